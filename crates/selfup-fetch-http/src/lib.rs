//! Fetches a new executable over HTTP and HTTPS.
//!
//! [`Http`] is a [`Fetch`](selfup_fetch::Fetch) that polls one address. As long as the server's
//! validators (`ETag`, `Last-Modified`, `Content-Length`) are those of the last settled
//! executable, a poll is one `HEAD` request; when they change, it is a `GET`.
//!
//! ```no_run
//! use selfup_fetch::{Current, Fetch, Outcome};
//! use selfup_fetch_http::Http;
//! use std::{fs::File, io, time::Duration};
//!
//! let mut source = Http::new("https://releases.example.com/app-{os}-{arch}.gz")
//!     .https_only(true)
//!     .interval(Duration::from_secs(60));
//! let current = Current::new("/usr/bin/app", || String::from("0123abcd"));
//! source.init(&current)?;
//! if let Some(mut artifact) = source.fetch(&current)? {
//!     let copied = io::copy(&mut artifact.reader, &mut File::create("/tmp/app.new")?);
//!     source.settle(if copied.is_ok() { Outcome::Installed } else { Outcome::Failed });
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it does
//!
//! - **Polls cheaply.** What counts as "unchanged" is for [`Validators`] to say. A server that
//!   does not answer `HEAD` is asked with a conditional `GET`. A server without validators is
//!   downloaded from at every poll, and whoever reads the bytes compares them; set a long
//!   [`interval`](Http::interval) there.
//! - **Remembers late.** Validators count as seen once the executable is settled as installed,
//!   up to date or refused. A broken transfer is fetched again.
//! - **Never waits for ever.** Every phase has a deadline: name and connection, answer, the time
//!   without any byte, the whole transfer. See [`Http`] for the defaults.
//! - **Never hands out half a file.** A body that is shorter than its `Content-Length`, a chunked
//!   one without its last chunk, or a gzip stream without its end fails while it is read.
//! - **Keeps secrets.** Credentials and headers of the configuration go to the configured origin
//!   (scheme, host and port) only, whatever redirects say; addresses in errors come without
//!   credentials and query values.
//! - **Follows redirects** up to a bound; `https` is never left for `http`.
//! - **Brings the signature** where one is wanted: from the same address with `.minisig` after its
//!   path, with the same credentials. It signs the executable itself: that of `app.gz` is
//!   `app.minisig`, made of `app`. What was refused is fetched again when its signature changes.
//! - **Decompresses** a file whose name ends in `.gz`. `Content-Encoding: gzip` is a different
//!   thing; it is not asked for, and undone where a server does it all the same.
//!
//! # What it does not
//!
//! It verifies neither digest nor signature: that is for the installer. It does not retry, log,
//! or keep a thread; the waiting between polls is the caller's
//! ([`Backoff`](selfup_fetch::Backoff)). No resumption of broken transfers, HTTP/2, client
//! certificates or SOCKS proxies.
//!
//! # TLS
//!
//! rustls with ring. The trusted roots are Mozilla's, compiled in, so that it works in a container
//! without any certificates, and the same everywhere; they age with the executable, which
//! replaces itself. [`Http::trust`] replaces them with your own. The platform's store is not read.
//!
//! # Limits
//!
//! A response without length and without chunks ends when the connection does, so that there, over
//! TLS too, a cut cannot be told from the end; a digest or the installer's look at the executable
//! can. Serve with a length.
//! `Last-Modified` counts whole seconds: where it is the only validator and was less than two
//! seconds old, the file is fetched once more. Names are resolved by the system on a short-lived
//! thread; a resolver that hangs beyond the deadline keeps that thread until it answers. Timeouts
//! of phases may add up to the total one.
//!
//! # Platforms
//!
//! All that `std` and ring know.

#![forbid(unsafe_code)]

mod answer;
mod body;
mod client;
mod content_range;
mod deadlines;
mod decode;
mod environment;
mod exchange;
mod failure;
mod forward;
mod http;
mod location;
#[cfg(feature = "manifest")]
mod manifest;
mod no_proxy;
mod origin;
mod pem;
mod poll;
mod proxies;
mod resumption;
mod seen;
mod settings;
mod signature;
mod status;
mod strong;
mod transfer;
mod url;
mod validators;

pub use http::Http;
pub use validators::Validators;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
