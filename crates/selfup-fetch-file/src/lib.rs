//! Fetches a new executable from a file.
//!
//! [`File`] is a [`Fetch`](selfup_fetch::Fetch) that polls one path: the output of a build, the target of `scp` or
//! `rsync`, or a symbolic link that a deployment changes.
//!
//! ```no_run
//! use selfup_fetch::{RunningExecutable, Fetch, Outcome};
//! use selfup_fetch_file::File;
//! use std::{io, time::Duration};
//!
//! let mut source = File::new("/srv/releases/app-{target}").interval(Duration::from_secs(5));
//! let current = RunningExecutable::new("/usr/bin/app", || String::from("0123abcd"));
//! source.init(&current)?;
//! if let Some(mut artifact) = source.fetch(&current)? {
//!     let copied = io::copy(&mut artifact.reader, &mut std::fs::File::create("app.new")?);
//!     source.report(if copied.is_ok() { Outcome::Installed } else { Outcome::Failed });
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Never half-copied
//!
//! A file is recognised by its stamp: device, inode, size, and the times of its last modification and last change
//! in nanoseconds. A changed file is returned only when two polls, at least [`quiet`](File::quiet) apart
//! (default 1 s), have seen the same stamp. While it is read, its stamp must not change until the last byte;
//! otherwise the reader returns [`ErrorKind::Changed`](selfup_fetch::ErrorKind::Changed) in place of the end, and
//! the file is fetched again when it no longer changes. So the reader returns the content of the file at one
//! moment, unless another process writes through a memory mapping.
//!
//! A copy that pauses for longer than the quiet time looks complete. Publish by renaming, which avoids this: write
//! beside the path, then `mv`. The installer checks whether the bytes are a whole executable.
//!
//! # By content
//!
//! The stamp only shows when to read again. A file that was touched, linked or replaced by equal bytes is returned
//! again. The caller finds the bytes equal and reports [`UpToDate`](selfup_fetch::Outcome::UpToDate), and the new
//! stamp becomes the known one. That costs one reading of the file.
//!
//! # Signatures
//!
//! If one is wanted, it is read from `NAME.minisig` beside the file each time the file is returned. It signs the
//! executable itself: the signature for `app.gz` is `app.minisig`, made of `app`. A file that was refused is
//! returned again when its signature changes.
//!
//! # What it does not
//!
//! It does not watch (inotify does not see network file systems, and misses renames of parent directories), and
//! supports neither directories nor archives. Files whose names end in `.gz`, `.zst` or `.xz` are decompressed.
//!
//! # Features
//!
//! - `zstd`, `xz`: `.zst` and `.xz` files. Without them, such a path is refused at the start.
//!
//! # Limits
//!
//! The times of changes come from the file system. If it keeps whole seconds, as FAT does, two changes of equal
//! size within one second cannot be distinguished, unless the quiet time is longer. Waiting for an unreachable
//! network file system happens in the kernel, without a deadline.
//!
//! # Platforms
//!
//! Unix. Elsewhere the stamp consists of size and modification time only.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod file;
mod open;
mod reading;
mod stamp;
mod sys;

pub use file::File;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
