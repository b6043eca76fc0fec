//! Fetches a new executable from S3, or from a server with the same interface.
//!
//! [`S3`] is a [`Fetch`](selfup_fetch::Fetch) that polls one key of a bucket. As long as the object is the last one
//! with a final outcome, a poll is one `HEAD` request; when it changes, a `GET` of exactly that version follows.
//!
//! ```no_run
//! use selfup_fetch::{RunningExecutable, Fetch, Outcome};
//! use selfup_fetch_s3::S3;
//! use std::{fs::File, io, time::Duration};
//!
//! let mut source = S3::from_url("s3://releases/{os}/{arch}/app.gz")
//!     .region("eu-west-1")
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
//! - **Polls cheaply.** An object is unchanged while its version id and its `ETag` are. They count as seen once the
//!   executable is reported as installed, up to date or refused. A broken transfer is fetched again.
//! - **Fetches exactly what it has seen.** The `GET` names the `ETag` and, in a bucket with versions, the version. If
//!   the object was replaced in between, that is [`ErrorKind::Changed`](selfup_fetch::ErrorKind::Changed), and the
//!   next poll gets the new one.
//! - **Verifies checksums.** The object's own checksum (SHA-256, SHA-1, CRC64NVME, CRC32C or CRC32, the strongest that
//!   it has) is computed as the bytes pass. If it does not match, reading fails at the end. SHA-256 and SHA-1 are
//!   passed on to the installer too, unless the bytes are decompressed. The checksum of a multipart upload counts
//!   only if it covers the full object, and an `ETag` is never taken for an MD5.
//! - **Has a deadline for every phase**: connection, response and credentials, the time without any byte, the whole
//!   transfer. See [`S3`] for the defaults.
//! - **Fetches the signature** if one is wanted: the object beside it whose key ends in `.minisig`. It signs the
//!   executable itself: the signature for `app.gz` is `app.minisig`, made of `app`. An executable that was refused
//!   is fetched again when its signature changes.
//! - **Follows a manifest**, with the feature `manifest`: one document that describes a release for all platforms
//!   (`S3::manifest`).
//! - **Decompresses** an object whose key ends in `.gz` (with the features of `selfup-fetch`, `.zst`
//!   and `.xz` too), or whose `Content-Encoding` is `gzip`.
//! - **Reads the version** that the publisher has put into the object's metadata, as `x-amz-meta-version`
//!   (`aws s3 cp --metadata version=1.2.3 …`).
//! - **Explains errors**: a wrong bucket, key, region, endpoint or key pair, a missing right, a wrong clock. No message
//!   contains a secret.
//!
//! # What it does not
//!
//! It verifies no signatures, does not log, and keeps nothing running: the caller waits between polls
//! ([`Backoff`](selfup_fetch::Backoff)), and the SDK does not repeat requests. It does not look for the region of a
//! bucket by itself; the error names it. It supports no multi-region access points, no objects encrypted with a
//! customer's key (SSE-C), and no requester pays. Of the SDK's chain, single sign-on and `credential_process` are
//! left out.
//!
//! # Resuming
//!
//! If the connection breaks off in the middle of an object, the rest is requested, up to
//! [`resumptions`](S3::resumptions) times, with growing pauses, as long as each part brings some bytes. The request
//! names the same version and `ETag`, so parts of two objects are never joined.
//!
//! # Permissions
//!
//! `s3:GetObject` for the key, and for that of the signature. In a bucket with versions, `s3:GetObjectVersion` allows
//! a transfer to continue although the object is replaced meanwhile; without it, one more request is made once, and
//! the `ETag` alone is the condition from then on. With `s3:ListBucket`, S3 reports a missing key; without it, a
//! missing key looks like a forbidden one. That applies to the signature too, which has to exist then if it is
//! wanted.
//!
//! ```json
//! {
//!   "Version": "2012-10-17",
//!   "Statement": [
//!     {
//!       "Effect": "Allow",
//!       "Action": ["s3:GetObject", "s3:GetObjectVersion"],
//!       "Resource": "arn:aws:s3:::releases/*"
//!     },
//!     {
//!       "Effect": "Allow",
//!       "Action": "s3:ListBucket",
//!       "Resource": "arn:aws:s3:::releases"
//!     }
//!   ]
//! }
//! ```
//!
//! An object that is encrypted with a key of KMS needs `kms:Decrypt` for that.
//!
//! # Costs
//!
//! A poll is one `HEAD` on a connection of its own, which S3 counts like a `GET`: at one a minute, 43,800 a month.
//! While a refused executable waits for its signature, it is two requests. A role's credentials are kept until five
//! minutes before they expire, so that a poll need not query the instance's metadata or STS; credentials from the
//! environment or a file are read again each time.
//!
//! # The runtime
//!
//! The SDK is asynchronous. Each poll starts a private tokio runtime on the calling thread, which continues with the
//! artifact's reader until that ends, fails or is dropped. Between polls there is neither thread, socket nor
//! descriptor. Names are resolved by the system on a short-lived thread;
//! a resolver that hangs beyond the deadline keeps that thread until it responds.
//!
//! # TLS
//!
//! TLS is rustls, with the cryptography of the feature `tls-aws-lc-rs` or `tls-ring`. Neither is on by default,
//! because each turns on a feature of rustls: if both are on in one program, rustls cannot choose a default by
//! itself, and panics where the program relies on that. So turn on the one that the program uses, or either if it
//! uses none. A default provider that the program has installed does not count, because the SDK accepts none. Without
//! a feature, `https:` is refused. The trusted roots are Mozilla's, compiled in, so they work in a container without
//! certificates, and are the same everywhere. [`S3::trust`] replaces them with your own. The platform's store is not
//! read.
//!
//! # Platforms
//!
//! All that the SDK, tokio and the chosen cryptography support. The SDK requires Rust 1.94.1.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod access;
mod body;
mod bucket;
mod checksum;
mod client;
mod credentials;
mod exposure;
mod failure;
#[cfg(feature = "manifest")]
mod manifest;
mod object;
mod phase;
mod poll;
mod refusal;
#[cfg(feature = "manifest")]
mod relative;
mod request;
mod resumption;
mod roots;
mod s3;
mod session;
mod settings;
mod signature;
mod tls;

pub use s3::S3;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
