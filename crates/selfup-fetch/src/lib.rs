//! Where a new executable comes from: the [`Fetch`] trait and what every fetcher shares.
//!
//! A fetcher is asked again and again whether its source has something new, and answers with
//! an [`Artifact`] (a reader of the bytes, and what is known about them) or with nothing. It
//! is told afterwards what became of them ([`Outcome`]), and only then takes them for seen, so
//! that a broken transfer is tried again and a refused binary is not fetched twice.
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
//! `init` once, then for ever: wait ([`Backoff`] says how long) → `fetch` → read the artifact
//! to its end → `report`. Everything is called from one thread at a time and may block; a
//! fetcher sets its own deadlines, so that no call blocks for ever.
//!
//! # What is here
//!
//! - [`Fetch`], [`RunningExecutable`], [`Artifact`], [`Digest`], [`Outcome`]: the contract; [`Offer`] is what is
//!   known before an artifact comes.
//! - [`from_fn`]: a closure as a fetcher.
//! - [`expand`] and [`Template`]: `{os}`, `{arch}` and `{target}` in addresses and paths.
//! - [`decompress`], [`gunzip`] and [`Compression`]: decompression that notices truncation and
//!   refuses bombs.
//! - [`archive`]: the executable inside a `.tar.gz`, `.zip` and the like.
//! - [`checked`]: a reader that holds what passes against a size and digests.
//! - [`Backoff`]: when to ask again, with jitter, after success and failure.
//! - [`redact`]: an address without its secrets, for messages.
//! - [`printable`]: text from outside without what moves a terminal.
//! - [`unprotected`]: what to say of a source without encryption.
//! - [`is_loopback`]: whether what is sent to a host stays on this machine.
//! - [`parts`]: what fetchers over a network have in common.
//! - [`Error`]: one error for all fetchers, which knows whether asking again may help.
//!
//! # What is not
//!
//! No network, no clock, no thread, no `unsafe`; files only where [`archive::Spool`] says, and the one
//! that runs ([`RunningExecutable::has`]). An executable is not verified here: its digests and signatures are carried to whoever installs.
//! Fetchers live in crates of their own.
//!
//! # Features
//!
//! None is on by default; gzip is always there.
//!
//! - `zstd`: Zstandard, decompressed by `ruzstd`.
//! - `xz`: xz, decompressed by `lzma-rust2`.
//! - `archive`: tar and zip, with the help of `tar` and `rawzip`. `.tar.zst` and `.tar.xz` need
//!   `zstd` and `xz` as well.
//! - `manifest`: the module of that name, which reads what is published for all platforms in one
//!   JSON document.
//! - `tls`: the cryptography of `https:`, which `tls-ring` and `tls-aws-lc-rs` build in; for fetchers.
//!
//! A form that is not built in is known all the same, and refused as a matter of
//! [`Configuration`](ErrorKind::Configuration), with the name of the feature.
//!
//! # Limits
//!
//! What is compressed may grow to 200 times its size ([`decompress`] has the figures, and those of
//! memory; [`archive`] has those of archives). Platforms: all that `std` and the decoders know.

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
pub mod parts;
mod printable;
mod redact;
mod running_executable;
mod signature;
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
