//! Fetches a new executable from S3, or a server that speaks as S3 does.
//!
//! [`S3`] is a [`Fetch`](selfup_fetch::Fetch) that polls one key of a bucket. As long as the object
//! is the one that was last settled, a poll is one `HEAD` request; when it changes, it is a `GET`
//! of that very version as well.
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
//! - **Polls cheaply.** An object is unchanged while its version id and its `ETag` are. They count
//!   as seen once the executable is settled as installed, up to date or refused; a broken transfer
//!   is fetched again.
//! - **Fetches what it has seen.** The `GET` names the version (in a bucket that keeps versions)
//!   and the `ETag`. What was replaced in between is
//!   [`ErrorKind::Changed`](selfup_fetch::ErrorKind::Changed), and the next poll has it.
//! - **Verifies what is promised.** The object's own checksum (SHA-256, SHA-1, CRC64NVME, CRC32C or
//!   CRC32, the strongest that it has) is worked out while the bytes go by; if it does not match,
//!   reading fails at the end. SHA-256 and SHA-1 go to whoever installs as well, unless the bytes
//!   are decompressed. The checksum of a multipart upload counts only if it is of the full object,
//!   and an `ETag` is never taken for an MD5.
//! - **Never waits for ever.** Every phase has a deadline: connection, response and credentials, the
//!   time without any byte, the whole. See [`S3`] for the defaults.
//! - **Brings the signature** where one is wanted: the object beside it whose key ends in
//!   `.minisig`. It signs the executable itself: that of `app.gz` is `app.minisig`, made of `app`.
//!   What was refused is fetched again when its signature changes.
//! - **Follows a manifest**, with the feature `manifest`: one document that says what is published
//!   for all platforms (`S3::manifest`).
//! - **Decompresses** an object whose key ends in `.gz` (with the features of `selfup-fetch`, `.zst`
//!   and `.xz` too), or whose `Content-Encoding` is `gzip`.
//! - **Tells the version** that the publisher has put into the object's metadata, as
//!   `x-amz-meta-version` (`aws s3 cp --metadata version=1.2.3 …`).
//! - **Says what to do**: for a wrong bucket, key, region, endpoint or key pair, a missing right, a
//!   clock that is wrong. Secrets are in no message.
//!
//! # What it does not
//!
//! It verifies no signature, does not log, and keeps nothing running: the waiting between polls is
//! the caller's ([`Backoff`](selfup_fetch::Backoff)), and requests are not repeated by the SDK.
//! It does not look for the region of a bucket by itself; the error names it. No multi-region access
//! points, no objects encrypted with a customer's key (SSE-C), no requester pays. Of the SDK's chain,
//! single sign-on and `credential_process` are left out.
//!
//! # Resuming
//!
//! Where the line breaks in the middle of an object, the rest is asked for, up to
//! [`resumptions`](S3::resumptions) times, with growing pauses, and as long as each part brings
//! something. The request names the same version and `ETag`, so parts of two objects are never put
//! together.
//!
//! # Permissions
//!
//! `s3:GetObject` for the key, and for that of the signature. In a bucket that keeps versions,
//! `s3:GetObjectVersion` lets a transfer go on although the object is replaced meanwhile; without
//! it, one more request is made once, and the `ETag` alone is the condition from then on. With
//! `s3:ListBucket`, S3 says that a key is missing; without it, a missing key looks like one that
//! may not be read. That goes for the signature too, which must then be there if it is wanted.
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
//! A poll is one `HEAD` on a connection of its own, which S3 counts as it counts a `GET`: at one a
//! minute, 43,800 a month. While a refused executable waits for its signature, it is two requests.
//! A role's credentials are kept until five minutes before they expire, so that the instance's
//! metadata or STS are asked that often and not at each poll; credentials from the environment or a
//! file are read anew each time.
//!
//! # The runtime
//!
//! The SDK is asynchronous. Each poll starts a private tokio runtime on the calling thread, which
//! goes on with the artifact's reader until that ends, fails or is dropped. Between polls there is
//! neither thread, socket nor descriptor. Names are resolved by the system on a short-lived thread;
//! a resolver that hangs beyond the deadline keeps that thread until it responds.
//!
//! # TLS
//!
//! rustls, with the cryptography of the feature `tls-aws-lc-rs` or `tls-ring`. Neither is on by default,
//! since each turns on a feature of rustls: beside a program's own choice of the other one, rustls would no
//! longer find the program's by itself, and panic. So turn on the one that the program has, or either
//! where it has none; a default provider that the program has installed does not count, as the SDK takes
//! none. Without any, `https:` is refused. The trusted roots are Mozilla's, compiled in, so that it works in a container
//! without any certificates, and the same everywhere; [`S3::trust`] replaces them with your own. The
//! platform's store is not read.
//!
//! # Platforms
//!
//! All that the SDK, tokio and the chosen cryptography know. Rust 1.94.1, which the SDK asks for.

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
