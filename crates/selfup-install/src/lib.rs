//! Stages, verifies and installs a new executable in the place of another, keeps the previous one,
//! and goes back to it.
//!
//! Each step consumes the one before, so that bytes which were not verified cannot be installed:
//!
//! ```text
//! Target ── stage ──▶ Staged ── write, verify ──▶ Verified ── try_out ──▶ Trial ── commit
//!                                                        │                      └─ revert
//!                                                        └─ install ──▶ Installed ── commit
//!                                                                                └─ revert
//! ```
//!
//! - [`Target::preflight`] tells before a download whether its result could be installed.
//! - [`Target::stage`] locks out other installers and creates a file beside the target.
//! - [`Staged::write`] streams into it in constant memory, and compares size, digests and signature
//!   ([`Expected`]).
//! - [`Staged::verify`] reads from its headers whether it is an executable for this machine, and if
//!   asked to, whether it is a selfup program and not older than what runs ([`Checks`]); asks a hook;
//!   and runs it once with a random token ([`Probe`]).
//! - [`Verified::try_out`] keeps it beside the target, for a program that starts it from there first.
//!   [`Trial::commit`] replaces the target by one `rename(2)`, with owner, mode and extended
//!   attributes carried over, and with file and directory flushed; [`Trial::revert`] removes it.
//! - [`Verified::install`] replaces the target at once.
//! - [`Installed::commit`] keeps it; [`Installed::revert`], or [`Target::rollback`] at any later
//!   time, puts the previous executable back, and remembers that this one is refused.
//! - [`Target::begin`], at each start of the program, puts it back where neither was done and the
//!   program came to its end too often.
//!
//! **Whatever happens, at every instant the path leads to a whole executable**: the old one up to
//! the rename, the new one from there on. Before the rename an error leaves the target alone, and
//! what was staged is removed. An installer that is killed leaves files that the next one
//! recognises and removes.
//!
//! # What it does not do
//!
//! It downloads nothing, starts nothing but the probe, logs, retries and prints nothing, and never
//! ends the process.
//!
//! # Examples
//!
//! A program without selfup's answer to the probe is replaced by its next version:
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
//! let verified = staged.verify(Checks::new().without_probe())?;
//! let installed = verified.install()?;
//! assert_eq!(installed.id(), target.id()?);
//!
//! let restored = installed.revert("it does not start")?; // or commit()
//! assert_eq!(std::fs::read_to_string(&path)?, "#!/bin/sh\necho one\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Files
//!
//! All are in the target's directory, because a rename cannot leave a file system, and are hidden.
//! For a target `app`:
//!
//! | name | is there |
//! |---|---|
//! | `.app.selfup-new-` and 12 random characters | from `stage` to `install` |
//! | `.app.selfup-trial-` and 12 random characters | from `try_out` to `commit`; one for each master |
//! | `.app.selfup-lock` | from `stage` to `install`; it holds the pid |
//! | `.app.selfup-turn` | for a moment, while anything but temporary files is changed |
//! | `.app.selfup-replaced` | around the rename |
//! | `.app.selfup-previous` | from the first installation on |
//! | `.app.selfup-record` | while an upgrade is on trial or was never started, or something was refused |
//!
//! To go back by hand, without any program of this kind: `mv .app.selfup-previous app`, and a chmod(1)
//! for what the kept file has lost of its mode.
//!
//! # Limits
//!
//! - The lock is advisory: it keeps other installers of this kind away, not a package manager. One
//!   that replaces the target in the instant between the last look and the rename loses.
//! - Who may replace the target is trusted: root, the same user, the owners of the target and of its
//!   directory. Files of others in that directory are ignored ([`Target::doubted`]).
//! - Executables that need `binfmt_misc` are refused, unless they are of the kind they replace.
//! - `security.ima` and `security.evm` are not carried over: they sign the old bytes.
//!
//! # Platform
//!
//! Linux. On other Unixes extended attributes are not carried over, and the immutable flag, mount
//! points and `noexec` mounts are noticed late. Elsewhere the crate is empty.
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
