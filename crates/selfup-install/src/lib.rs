//! Stages, verifies and installs a new executable in the place of another, keeps the previous one, and
//! rolls back to it.
//!
//! Each step consumes the one before, so bytes that have not been verified cannot be installed:
//!
//! ```text
//! Target ── stage ──▶ Staged ── write, verify ──▶ Verified ── try_out ──▶ Trial ── commit
//!                                                        │                      └─ roll_back
//!                                                        └─ install ──▶ Installed ── commit
//!                                                                                └─ roll_back
//! ```
//!
//! - [`Target::preflight`] checks before a download that the result could be installed.
//! - [`Target::stage`] locks out other installers and creates a file beside the target.
//! - [`Staged::write`] streams the new executable into that file in constant memory, and compares size,
//!   digests and signature ([`Expected`]).
//! - [`Staged::verify`] checks the headers: the file has to be an executable for this machine and, if
//!   required, a selfup program that is not older than the one that runs ([`Checks`]). Then it calls a hook,
//!   and runs the executable once with a random token ([`Probe`]).
//! - [`Verified::try_out`] keeps the executable beside the target, for a program that first starts it from
//!   there. [`Trial::commit`] replaces the target by one `rename(2)`, preserves owner, mode and extended
//!   attributes, and flushes file and directory. [`Trial::roll_back`] removes it.
//! - [`Verified::install`] replaces the target at once. [`Installed::commit`] ends its trial;
//!   [`Installed::roll_back`], or [`Target::roll_back`] at any later time, renames the previous executable
//!   over the target, and records that this one is refused.
//! - [`Target::begin`], at each start of the program, rolls back an executable that is still on trial and
//!   was started too often.
//!
//! **At every instant the path leads to a whole executable**, whatever happens: the old one until the rename,
//! the new one after it. An error before the rename leaves the target unchanged, and removes the staged file.
//! An installer that is killed leaves files that the next one recognises and removes.
//!
//! # What it does not do
//!
//! This crate downloads nothing, starts nothing but the probe, neither logs nor prints nor retries, and never
//! ends the process.
//!
//! # Examples
//!
//! A program that does not respond to the probe is replaced by its next version:
//!
//! ```
//! use selfup_install::{Checks, Expected, Target};
//!
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("app");
//! # std::fs::write(&path, "#!/bin/sh\necho one\n")?;
//! let mut download = &b"#!/bin/sh\necho two\n"[..];
//!
//! let target = Target::new(&path)?;
//! target.preflight()?;
//! let mut staged = target.stage(Expected::new().size(19))?;
//! staged.write(&mut download, &mut |_bytes| ())?;
//! let verified = staged.verify(Checks::new().probe(None))?;
//! let installed = verified.install()?;
//! assert_eq!(installed.id(), target.id()?);
//!
//! let restored = installed.roll_back("it does not start")?; // or commit()
//! assert_eq!(std::fs::read_to_string(&path)?, "#!/bin/sh\necho one\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Files
//!
//! All files are hidden, and in the target's directory, because a rename cannot leave a file system. For a
//! target `app`:
//!
//! | name | exists |
//! |---|---|
//! | `.app.selfup-new-` and 12 random characters | from `stage` to `install` |
//! | `.app.selfup-trial-` and 12 random characters | from `try_out` to `commit`, one for each master |
//! | `.app.selfup-lock` | from `stage` to `install`; it holds the pid |
//! | `.app.selfup-turn` | for a moment, while anything but temporary files is changed |
//! | `.app.selfup-replaced` | around the rename |
//! | `.app.selfup-previous` | from the first installation on |
//! | `.app.selfup-record` | while an upgrade is on trial or was never started, or something was refused |
//!
//! To roll back by hand, without such a program: `mv .app.selfup-previous app`, and chmod(1) for the bits of
//! the mode that the kept file has lost.
//!
//! # Limits
//!
//! - The lock is advisory: it locks out other installers of this kind, but no package manager. If one
//!   replaces the target in the instant between the last check and the rename, its file is lost.
//! - Users who may replace the target are trusted: root, the user of this process, the owners of the target
//!   and of its directory. Files of other users in that directory are ignored ([`Target::doubted`]).
//! - Executables that need `binfmt_misc` are refused, unless they replace one of the same kind.
//! - `security.ima` and `security.evm` are not preserved, because they sign the old bytes.
//!
//! # Platform
//!
//! Linux. On other Unixes extended attributes are not preserved, and the immutable flag, mount points and
//! `noexec` mounts are detected late. Elsewhere the crate is empty.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg(unix)]

mod attributes;
mod belief;
mod beside;
mod digest;
mod eintr;
mod error;
mod examination;
mod expected;
mod first_start;
mod format;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod id;
mod identity;
mod install;
mod installed;
mod lay_aside;
mod lock;
mod marker;
mod name;
mod names;
mod notes;
mod occupant;
mod package;
mod pause;
mod placement;
mod preflight;
mod previous;
mod probe;
mod reason;
mod record;
mod recover;
mod refusal;
mod replaced;
mod short_lock;
mod signature;
mod staged;
mod stale_files;
mod still_replaces;
mod sys;
mod take_up;
mod target;
mod temporary;
mod trial;
mod verify;
mod version;
mod warning;
mod words;

pub use digest::Digest;
pub use error::{Cause, Error, ErrorKind, Result};
pub use examination::Examination;
pub use expected::Expected;
pub use id::Id;
pub use install::InstallFailed;
pub use installed::{Installed, SettleFailed};
pub use notes::Notes;
pub use pause::Pause;
pub use previous::{Previous, Restored};
pub use probe::{PROBE_VARIABLE, Probe, probe_answer};
pub use recover::Start;
pub use refusal::Refusal;
pub use replaced::Replaced;
pub use signature::PublicKey;
pub use staged::Staged;
pub use target::Target;
pub use trial::{CommitFailed, Committed, Trial};
pub use verify::{Checks, PreUpgrade, Verified};
pub use version::VersionPolicy;
pub use warning::Warning;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
