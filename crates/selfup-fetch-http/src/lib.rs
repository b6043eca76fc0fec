//! Fetches a new executable over HTTP and HTTPS.
//!
//! [`Http`] is a [`Fetch`](selfup_fetch::Fetch) that polls one address. As long as the server's
//! validators (`ETag`, `Last-Modified`, `Content-Length`) are those of the last settled
//! executable, a poll is one `HEAD` request; when they change, it is a `GET`.
//!
//! ```no_run
//! use selfup_fetch::{RunningExecutable, Fetch, Outcome};
//! use selfup_fetch_http::Http;
//! use std::{fs::File, io, time::Duration};
//!
//! let mut source = Http::new("https://releases.example.com/app-{os}-{arch}.gz")
//!     .https_only(true)
//!     .interval(Duration::from_secs(60));
//! let current = RunningExecutable::new("/usr/bin/app", || String::from("0123abcd"));
//! source.init(&current)?;
//! if let Some(mut artifact) = source.fetch(&current)? {
//!     let copied = io::copy(&mut artifact.reader, &mut File::create("/tmp/app.new")?);
//!     source.report(if copied.is_ok() { Outcome::Installed } else { Outcome::Failed });
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it does
//!
//! - **Polls cheaply.** What counts as "unchanged" is for [`Validators`] to say. A server that
//!   does not answer `HEAD`, or not as it answers `GET`, is asked with a conditional `GET` from then
//!   on. A server without validators is downloaded from at every poll, and whoever reads the bytes
//!   compares them: that is the size of the file once an [`interval`](Http::interval), so set a
//!   long one there, or have the server send an `ETag`.
//! - **Remembers late.** Validators count as seen once the executable is settled as installed,
//!   up to date or refused. A broken transfer is fetched again.
//! - **Never waits for ever.** Every phase has a deadline: name and connection, response, the time
//!   without any byte, the whole transfer. See [`Http`] for the defaults.
//! - **Goes on after a break** in the middle of a file, where the server can prove that it is still
//!   the same: see [below](#resuming).
//! - **Never hands out half a file.** A body that is shorter than its `Content-Length`, a chunked
//!   one without its last chunk, or a gzip stream without its end fails while it is read.
//! - **Keeps secrets.** Credentials, headers and the client certificate of the configuration go to
//!   the configured origin (scheme, host and port) only, whatever redirects say, and those of a
//!   proxy to the proxy only; addresses in errors come without credentials and query values.
//! - **Follows redirects** up to a bound; `https` is never left for `http`.
//! - **Goes through proxies**, those of the environment or [one of yours](Http::proxy).
//! - **Brings the signature** where one is wanted: from the same address with `.minisig` after its
//!   path, with the same credentials. It signs the executable itself: that of `app.gz` is
//!   `app.minisig`, made of `app`. A server that responses 404, 410 or 403 has none (object stores say
//!   403 of what is not there to those who may not list), so that the executable is refused where
//!   it needs one. What was refused is fetched again when its signature changes.
//! - **Follows a manifest**, with the feature `manifest`: one document that says what is published
//!   for all platforms (`Http::manifest`).
//! - **Decompresses** a file whose name ends in `.gz`, `.zst` or `.xz`, the latter two with the
//!   features `zstd` and `xz`; after redirects the last name that says so counts.
//!   `Content-Encoding: gzip` is a different thing; it is not asked for, and undone where a server
//!   does it all the same. Servers that take a file's own compression for such a coding are
//!   understood.
//!
//! # What it does not
//!
//! It verifies neither digest nor signature: that is for the installer. It does not poll again by
//! itself, log, or keep a thread; the waiting between polls is the caller's
//! ([`Backoff`](selfup_fetch::Backoff)). No HTTP/2, no SOCKS proxies, no TLS to a proxy itself. What
//! arrived of a transfer that failed for good is not kept for the next poll.
//!
//! # Resuming
//!
//! When a body breaks (the connection ends or is reset, or no byte comes for the
//! [stall timeout](Http::stall_timeout)), the rest is asked for from the configured address anew,
//! with `Range` and `If-Range` (RFC 9110, sections 13.1.5 and 14), and whoever reads does not
//! notice. That is done if the response had
//!
//! - a strong `ETag`; or no tag at all and a `Last-Modified` at least a minute before its `Date`. A
//!   weak tag leaves nothing to resume by. Nor does a validator that [does not count](Validators);
//! - no content coding, and no `Accept-Ranges: none`.
//!
//! The rest is taken only if it is a 206 that begins at the very byte, of a file of the same length
//! and under the same validator, not coded, from the same place (a query may differ: presigned
//! addresses do). Anything else is never joined to the first part: a file that has changed is
//! [`ErrorKind::Changed`](selfup_fetch::ErrorKind::Changed), and the next poll fetches it from the
//! start.
//!
//! The rest is asked for after a pause of up to 200 ms, which doubles up to 5 s as long as the
//! server cannot be reached or is in trouble. A `Retry-After` of up to 10 s is waited for; a longer
//! one ends the transfer and is passed on to the caller. After
//! [10 requests](Http::resumptions), or a rest that brings no byte, the transfer has failed. The
//! [total timeout](Http::total_timeout) spans all of it.
//!
//! # When it fails
//!
//! What [`fetch`](selfup_fetch::Fetch::fetch), or the artifact's reader, returns:
//!
//! | what happened | [kind](selfup_fetch::ErrorKind) | transient |
//! |---|---|---|
//! | settings that cannot work; `https:` without cryptography; a proxy of the environment that cannot be used; a compression that this build does not know | `Configuration` | no |
//! | no such name, refused, no route; a proxy that does not reach the host | `Unreachable` | yes |
//! | no connection, no response or not all of it within a deadline | `TimedOut` | yes |
//! | no byte for the stall timeout | `Stalled` ¹ | yes |
//! | the connection ended before the response or within it | `Truncated` ¹ | yes |
//! | the server's certificate is not accepted | `Untrusted` | no |
//! | 401, 403, 407; a client certificate is wanted or not accepted | `Denied` | no |
//! | 404, 410 | `NotFound` | yes |
//! | 408, 425, 429, 5xx; 403 with `Retry-After` | `Unavailable` ² | yes |
//! | other 4xx, but for 421 | `Protocol` | no |
//! | another status that is no file; no HTTP, no TLS; unsound framing; a coding that cannot be undone | `Protocol` | yes |
//! | too many redirects, or one that must not be followed | `Protocol` | no |
//! | the file changed before its rest was fetched | `Changed` | yes |
//! | not sound as the compression that its name tells | `Corrupt` | yes |
//! | the compressed data end too soon | `Truncated` | yes |
//! | it decompresses to far more than any executable does | `TooLarge` | no |
//!
//! ¹ In the body, what can be resumed is resumed first. ² With the delay that the server asked for
//! ([`retry_after`](selfup_fetch::Error::retry_after)).
//!
//! Within one call, nothing is asked twice but a request for which a connection was used that had
//! been kept open and turned out to be closed, and the rest of a file. Everything else is asked
//! again at the next poll: after the pause that [`Backoff`](selfup_fetch::Backoff) gives (doubling,
//! with jitter, no less than the server asked for), and since somebody may mend it, what is not
//! transient as well. A page that a captive portal serves in place of the file is handed out like
//! any file; once it is settled as refused, it is not fetched again, and the true file is.
//!
//! # TLS
//!
//! rustls, with the cryptography that the program has installed as rustls' default for its process, or else
//! that of the feature `tls-aws-lc-rs` or `tls-ring`. Neither is on by default, since each turns on a
//! feature of rustls: beside a program's own choice of the other one, rustls would no longer find the
//! program's by itself, and panic. So turn on the one that the program has, or either where it has none.
//! Without any, an `https:` address is refused, in the configuration and in redirects. The trusted roots are Mozilla's, compiled in, so that it works in a container
//! without any certificates, and the same everywhere; they age with the executable, which
//! replaces itself. [`Http::trust`] replaces them with your own. The platform's store is not read.
//! To a server that asks, [`Http::client_certificate`] says who we are.
//!
//! # Limits
//!
//! A response without length and without chunks ends when the connection does, so that there, over
//! TLS too, a cut cannot be told from the end; a digest or the installer's look at the executable
//! can. Serve with a length.
//! `Last-Modified` counts whole seconds: where it is the only validator and was less than two
//! seconds old, the file is fetched once more. Names are resolved by the system on a short-lived
//! thread; a resolver that hangs beyond the deadline keeps that thread until it responds. Timeouts
//! of phases may add up to the total one. A server that leaves `HEAD` without any response, but keeps
//! the connection, is not found out, and is a timeout at each poll.
//!
//! # Platforms
//!
//! All that `std` and the chosen cryptography know.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod body;
mod client;
mod coding;
mod content_range;
mod decode;
mod environment;
mod exchange;
mod failure;
mod fetch;
mod forward;
mod http;
mod known_validators;
mod location;
#[cfg(feature = "manifest")]
mod manifest;
mod no_proxy;
mod origin;
mod pem;
mod poll;
mod proxies;
mod response;
mod resumption;
mod settings;
mod signature;
mod status;
mod strong_validator;
mod timeout;
mod transfer;
mod url;
mod validators;

pub use http::Http;
pub use validators::Validators;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
