//! Where a new executable comes from: the [`Fetch`] trait and what every fetcher shares.
//!
//! A fetcher is polled for something new, and returns an [`Artifact`] (a reader of the bytes, and what is known
//! about them) or nothing. The caller then reports what became of the artifact ([`Outcome`]). Only after that
//! does the fetcher remember it as seen, so that a broken transfer is repeated, and a refused executable is not
//! fetched twice.
//!
//! ```
//! use selfup_fetch::{Artifact, RunningExecutable, Fetch, Outcome, from_fn};
//!
//! let mut releases = vec![b"the new program".as_slice()];
//! let mut fetcher = from_fn(move |_: &RunningExecutable| {
//!     Ok::<_, std::io::Error>(releases.pop().map(Artifact::new))
//! });
//!
//! let current = RunningExecutable::new("/usr/bin/app", || String::from("0123abcd"));
//! let mut artifact = fetcher.fetch(&current)?.expect("something new");
//! let mut bytes = Vec::new();
//! std::io::copy(&mut artifact.reader, &mut bytes)?;
//! fetcher.report(Outcome::Installed);
//! assert!(fetcher.fetch(&current)?.is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The flow
//!
//! `init` once, then repeatedly: wait ([`Backoff`] computes how long) → `fetch` → read the artifact to its
//! end → `report`. All calls come from one thread at a time and may block. A fetcher sets its own deadlines,
//! so that no call blocks for ever.
//!
//! # What is here
//!
//! - [`Fetch`], [`RunningExecutable`], [`Artifact`], [`Digest`], [`Outcome`]: the contract; [`Offer`] is what is
//!   known before an artifact comes.
//! - [`from_fn`]: a closure as a fetcher.
//! - [`expand`] and [`Template`]: `{os}`, `{arch}` and `{target}` in URLs and paths.
//! - [`decompress`], [`gunzip`] and [`Compression`]: decompression that detects truncation and refuses bombs.
//! - [`archive`]: the executable inside a `.tar.gz`, `.zip` and the like.
//! - [`checked`]: a reader that compares what passes with a size and digests.
//! - [`Backoff`]: when to poll again, with jitter, after success and failure.
//! - [`redact`]: a URL without its secrets, for messages.
//! - [`printable`]: text from outside without control characters.
//! - [`unprotected`]: the warning about a source without encryption.
//! - [`is_loopback`]: whether a host is this machine.
//! - [`Error`]: one error for all fetchers, which shows whether another attempt may help.
//!
//! # What is not
//!
//! No network, no clock, no thread, no `unsafe`. Files are used only as [`archive::Spool`] allows, and to read
//! the running executable ([`RunningExecutable::has`]). This crate does not verify executables: it passes
//! digests and signatures on to the installer. Fetchers are crates of their own.
//!
//! # Features
//!
//! None is on by default. gzip is always available.
//!
//! - `zstd`: Zstandard, decompressed by `ruzstd`.
//! - `xz`: xz, decompressed by `lzma-rust2`.
//! - `archive`: tar and zip, with the help of `tar` and `rawzip`. `.tar.zst` and `.tar.xz` need
//!   `zstd` and `xz` as well.
//! - `manifest`: the module of that name, which reads what is published for all platforms in one
//!   JSON document.
//! - `tls`: the cryptography of `https:` for fetchers, which `tls-ring` and `tls-aws-lc-rs` build in.
//!
//! A format that is not built in is recognised all the same, and refused as
//! [`Configuration`](ErrorKind::Configuration), with the name of the feature.
//!
//! # Limits
//!
//! Compressed data may grow to 200 times their size. [`decompress`] has the details, also those of memory, and
//! [`archive`] has those of archives. Platforms: all that `std` and the decoders support.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

pub mod archive;
mod artifact;
mod backoff;
mod checked;
mod compression;
mod counted;
mod decompress;
mod digest;
mod error;
mod fetch;
mod from_fn;
mod loopback;
#[cfg(feature = "manifest")]
pub mod manifest;
mod offer;
// Public for the fetchers of this project alone, which are crates of their own: programs do not need it, and it
// changes with the fetchers.
#[doc(hidden)]
pub mod parts;
mod printable;
mod redact;
mod running_executable;
mod signature;
#[cfg(feature = "archive")]
mod sys;
mod template;
mod unprotected;

pub use artifact::Artifact;
pub use backoff::Backoff;
pub use checked::{Checked, checked};
pub use compression::Compression;
pub use counted::Counted;
pub use decompress::{Decompress, decompress, gunzip};
pub use digest::{Algorithm, Digest};
pub use error::{Error, ErrorKind, Result};
pub use fetch::{Fetch, Outcome};
pub use from_fn::{FromFn, from_fn};
pub use loopback::is_loopback;
pub use offer::Offer;
pub use printable::printable;
pub use redact::redact;
pub use running_executable::RunningExecutable;
pub use signature::{executable_name, read_signature, signature_name};
pub use template::{Platform, Template, expand};
pub use unprotected::unprotected;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
