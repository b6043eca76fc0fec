//! Fetches a new executable over HTTP and HTTPS.
//!
//! [`Http`] is a [`Fetch`](selfup_fetch::Fetch) that polls one URL. As long as the server's validators (`ETag`,
//! `Last-Modified`, `Content-Length`) are those of the last executable with a final outcome, a poll is one `HEAD`
//! request; when they change, it is a `GET`.
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
//! - **Polls cheaply.** [`Validators`] decides what counts as unchanged. If a server does not respond to `HEAD`, or
//!   differently than to `GET`, polls are conditional `GET`s from then on. If a server sends no validators, each
//!   poll downloads the file, and the caller compares the bytes. That is the size of the file once each
//!   [`interval`](Http::interval), so set a long one, or configure the server to send an `ETag`.
//! - **Remembers late.** Validators count as seen once the executable is reported as installed, up to date or
//!   refused. A broken transfer is fetched again.
//! - **Has a deadline for every phase**: name and connection, response, the time without any byte, the whole
//!   transfer. See [`Http`] for the defaults.
//! - **Resumes** in the middle of a file, if the server can prove that the file is still the same: see
//!   [below](#resuming).
//! - **Never returns half a file.** Reading fails if a body is shorter than its `Content-Length`, a chunked one has no
//!   last chunk, or a gzip stream has no end.
//! - **Protects secrets.** Credentials, headers and the client certificate of the configuration go to the configured
//!   origin (scheme, host and port) alone, wherever redirects lead, and those of a proxy to the proxy alone. URLs
//!   in errors have neither credentials nor values of the query.
//! - **Follows redirects** up to a limit, but never from `https` to `http`.
//! - **Uses proxies**, those of the environment or [a configured one](Http::proxy).
//! - **Fetches the signature** if one is wanted: from the same URL with `.minisig` after its path, with the same
//!   credentials. It signs the executable itself: the signature for `app.gz` is `app.minisig`, made of `app`. A
//!   response with 404, 410 or 403 means that there is none (object stores respond with 403 for a missing object if
//!   the client may not list), and the installer refuses an executable that needs one. An executable that was
//!   refused is fetched again when its signature changes.
//! - **Follows a manifest**, with the feature `manifest`: one document that describes a release for all platforms
//!   (`Http::manifest`).
//! - **Decompresses** a file whose name ends in `.gz`, `.zst` or `.xz`, the latter two with the features `zstd` and
//!   `xz`. After redirects, the last name with such an extension counts. `Content-Encoding: gzip` is not requested,
//!   but decoded if a server sends it. Servers that declare a file's own compression as such a coding are handled.
//!
//! # What it does not
//!
//! It verifies neither digests nor signatures: the installer does. It does not poll by itself, log, or keep a
//! thread; the caller waits between polls ([`Backoff`](selfup_fetch::Backoff)). It supports no HTTP/2, no SOCKS
//! proxies, and no TLS to a proxy itself. The bytes of a transfer that has failed for good are not kept for the next
//! poll.
//!
//! # Resuming
//!
//! When a body breaks off (the connection ends or is reset, or no byte arrives for the
//! [stall timeout](Http::stall_timeout)), the rest is requested from the configured URL again, with `Range` and
//! `If-Range` (RFC 9110, sections 13.1.5 and 14), and the reader continues. That is done if the response had
//!
//! - a strong `ETag`; or no tag at all and a `Last-Modified` at least a minute before its `Date`. A
//!   weak tag does not allow to resume. Neither does a validator that [does not count](Validators);
//! - no content coding, and no `Accept-Ranges: none`.
//!
//! The rest is accepted only if it is a 206 that begins at the right byte, of a file of the same length with the same
//! validator, without a coding, from the same place (the query may differ, as that of presigned URLs
//! does). Anything else is never joined to the first part: a file that has changed is
//! [`ErrorKind::Changed`](selfup_fetch::ErrorKind::Changed), and the next poll fetches it from the
//! start.
//!
//! The rest is requested after a pause of up to 200 ms, which doubles up to 5 s as long as the server cannot be
//! reached or is failing. A `Retry-After` of up to 10 s is respected; a longer one ends the transfer, and the error
//! has it. After [10 requests](Http::resumptions), or one that brings no byte, the transfer has failed. The
//! [total timeout](Http::total_timeout) covers all of it.
//!
//! # When it fails
//!
//! The errors of [`fetch`](selfup_fetch::Fetch::fetch), and of the artifact's reader:
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
//! Within one call, only two requests are repeated: one on a kept connection that turned out to be closed, and the
//! one for the rest of a file. Everything else is repeated at the next poll, after the pause that
//! [`Backoff`](selfup_fetch::Backoff) computes (doubling, with jitter, and at least what the server asked for). That
//! includes permanent errors, because their cause may be corrected. A page that a captive portal serves in place of
//! the file is returned like any file. Once it is reported as refused, it is not fetched again, and the true file
//! is.
//!
//! # TLS
//!
//! TLS is rustls, with the cryptography that the program has installed as the default of its process, or else
//! that of the feature `tls-aws-lc-rs` or `tls-ring`. Neither is on by default, because each turns on a feature of
//! rustls: if both are on in one program, rustls cannot choose a default by itself, and panics where the program
//! relies on that. So turn on the one that the program uses, or either if it uses none. Without any, an
//! `https:` URL is refused, in the configuration and in redirects. The trusted roots are Mozilla's, compiled in,
//! so they work in a container without certificates, and are the same everywhere. They age with the executable,
//! which replaces itself. [`Http::trust`] replaces them with your own. The platform's store is not read. For servers
//! that require a client certificate, there is [`Http::client_certificate`].
//!
//! # Limits
//!
//! A response without a length and without chunks ends with the connection, so a truncated one cannot be
//! distinguished from a complete one, not over TLS either. A digest, or the installer's check of the executable, can
//! detect it. Serve files with a length. `Last-Modified` has whole seconds: if it is the only validator and was less
//! than two seconds old, the file is fetched once more. Names are resolved by the system on a short-lived thread; a
//! resolver that hangs beyond the deadline keeps that thread until it responds. The timeouts of phases may add up to
//! the total one. A server that keeps the connection, but never responds to `HEAD`, is not recognised, and causes a
//! timeout at each poll.
//!
//! # Platforms
//!
//! All that `std` and the chosen cryptography support.

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
