//! Fetches a new executable from a file.
//!
//! [`File`] is a [`Fetch`](selfup_fetch::Fetch) that polls one path: where a build writes to,
//! where `scp` or `rsync` copy to, where a deployment flips a symbolic link.
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
//! A file is known by its stamp: device, inode, size, and the times of its last modification and
//! last change in nanoseconds. A changed one is handed out only when two polls, at least
//! [`quiet`](File::quiet) apart (default 1 s), have seen the same stamp, and while it is read,
//! its stamp must stay the same to the last byte; otherwise the reader ends with
//! [`ErrorKind::Changed`](selfup_fetch::ErrorKind::Changed) in place of an end, and the file is
//! fetched again when it has come to rest. So what comes out is what was in the file at one
//! moment, unless someone writes through a memory mapping.
//!
//! A copy that pauses for longer than the quiet time looks finished. Publish by renaming, which
//! has no such moment at all: write beside the path, then `mv`. Whether the bytes make up a whole
//! executable is for the installer to see.
//!
//! # By content
//!
//! The stamp only says when to look again. A file that was touched, linked or copied over with
//! equal bytes is handed out again; whoever reads it finds them equal and settles it as
//! [`UpToDate`](selfup_fetch::Outcome::UpToDate), and then the new stamp is the known one. That
//! costs one reading.
//!
//! # Signatures
//!
//! Where one is wanted, it is read from beside the file, from `NAME.minisig`, each time the file is
//! handed out. It signs the executable itself: that of `app.gz` is `app.minisig`, made of `app`. A
//! file that was refused is handed out again when another signature is there.
//!
//! # What it does not
//!
//! No watching (inotify and the like do not see network file systems and miss renames of parents),
//! no directories, no archives. Files whose names end in `.gz`, `.zst` or `.xz` are decompressed.
//!
//! # Features
//!
//! - `zstd`, `xz`: `.zst` and `.xz` files. Without them, such a path is refused at the start.
//!
//! # Limits
//!
//! Times of changes come from the file system; one that keeps whole seconds, like FAT, cannot tell
//! two changes of equal size within one, unless the quiet time is longer. Waiting for a network
//! file system that is gone is the kernel's, and has no deadline here.
//!
//! # Platforms
//!
//! Unix. Elsewhere the stamp is size and modification time only.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod file;
mod open;
mod reading;
mod stamp;

pub use file::File;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
