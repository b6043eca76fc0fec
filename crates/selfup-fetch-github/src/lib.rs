//! Fetches a new executable from the releases of a GitHub repository.
//!
//! [`GitHub`] is a [`Fetch`](selfup_fetch::Fetch) that polls the releases of one repository, on github.com or on a
//! GitHub Enterprise Server, and fetches the asset for this platform.
//!
//! ```no_run
//! use selfup_fetch::{RunningExecutable, Fetch, Outcome};
//! use selfup_fetch_github::GitHub;
//! use std::{fs::File, io};
//!
//! let mut source = GitHub::new("example", "app").token_from_env();
//! let current = RunningExecutable::new("/usr/bin/app", || String::from("0123abcd"));
//! source.init(&current)?;
//! if let Some(mut artifact) = source.fetch(&current)? {
//!     let copied = io::copy(&mut artifact.reader, &mut File::create("/tmp/app.new")?);
//!     source.report(if copied.is_ok() { Outcome::Installed } else { Outcome::Failed });
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Which release
//!
//! By default the latest: of all releases that are neither drafts nor pre-releases, the one with the highest version.
//! A tag is a version if it is a semantic version, or one to three numbers, with or without a leading `v`. Versions
//! take precedence over other tags, among which the time of publication decides. GitHub's own mark of the latest
//! release does not count, because it moves to a `1.9.1` that is published after `2.0.0`.
//!
//! The list of releases is requested in pages of 100, the newest first, and a further page only if the earlier ones
//! have no release that counts (10 pages at most). So the highest version is that of the last 100 releases. Another
//! choice is a [`tag`](GitHub::tag), which also follows a rolling one such as `nightly`: a change is detected by the
//! ids of release and asset and by the asset's size, digest and time, not by the tag.
//!
//! The artifact's version is the tag, without its `v` if it is a version.
//!
//! # Which asset
//!
//! By default the one whose name is for this platform. The words of the name, which are separated by anything but
//! letters and digits, are compared as a whole, in any case: `arm` is not `arm64`, `x86` is not `x86_64`. The name
//! has to contain the operating system and the architecture, and no other of either:
//!
//! | | words |
//! |---|---|
//! | Linux | `linux` |
//! | macOS | `darwin`, `macos`, `apple`, `osx`, `mac` |
//! | x86_64 | `x86_64`, `amd64`, `x64` |
//! | x86 | `i686`, `i386`, `386`, `x86` and the like |
//! | aarch64 | `aarch64`, `arm64`, `armv8` |
//! | armv7 | `armv7` and the like, `armhf`; otherwise `armv6` or `arm` |
//! | armv6 | `armv6` and the like; otherwise `arm` |
//! | others | Rust's name and the usual ones, such as `ppc64le`, `riscv64`, `loong64` |
//!
//! Among several, a Linux program that was built for musl prefers `musl` to names without a C library, and never takes
//! `gnu`. A program that was built for glibc prefers `gnu`, then names without a C library, and takes `musl` as the
//! last resort, because that is static and runs there too. If the same executable is packed in several ways, the one
//! with the least cost is taken. Checksums, signatures, packages of distributions and the like are never taken. The
//! name of the repository at the start of an asset's name does not count.
//!
//! If none or several remain, the error lists them, and [`asset`](GitHub::asset) or
//! [`asset_matching`](GitHub::asset_matching) can choose one. A missing asset may be uploaded later, so the error is
//! transient.
//!
//! # What an asset may be
//!
//! The executable itself, or compressed: `.gz`, `.xz`, `.zst`. Or an archive with the executable: `.tar`, `.tar.gz`,
//! `.tar.xz`, `.tar.zst`, their short forms such as `.tgz`, and `.zip`. From an archive, the file with the name of this
//! program's executable is taken, otherwise the only executable; [`member`](GitHub::member) chooses another. Archives
//! are unpacked as they are transferred. Only a zip archive, and files that may turn out to be wrong, are buffered, in
//! files without a name beside the present executable; see [`selfup_fetch::archive`], also for what is refused.
//!
//! # What is verified
//!
//! The transferred bytes are compared with the size and the digest from the API. If there is no digest (assets from
//! before June 2025, older Enterprise Servers), the release is searched for a checksum: `ASSET.sha256`, `.sha256sum`,
//! `.sha512` or `.sha512sum`, otherwise the asset's line in a list (`SHA256SUMS`, `SHA512SUMS`, with or without
//! `.txt`, `…checksums.txt`). If something differs, the reader returns an error in place of the end.
//!
//! That protects against broken transfers and uploads. It does not prove where an executable comes from: anyone who can
//! replace the asset can replace its checksum. A signature does: if one is wanted, it is fetched from the asset of the
//! same name without `.gz`, `.tar.xz` and the like and with `.minisig` (`app-linux-x64.minisig` for
//! `app-linux-x64.tar.xz`). It signs the executable itself, not the file or archive in which it is packed; a signature
//! of the archive is ignored. An executable that was refused is fetched again when its signature changes.
//!
//! # Quota
//!
//! GitHub allows 60 requests an hour without a token, for all hosts behind one IP address together, and 5,000 with one,
//! for all tokens of a user together. A poll is one request. An executable that is fetched takes one more, and so do a
//! signature and a checksum. Polls are conditional (`If-None-Match`): with a token, a poll that finds nothing new does
//! not count; without one it does.
//!
//! So without a token, at the default [interval](GitHub::interval) of 5 min, five hosts behind one IP address use up the
//! whole quota. With a token, any number of hosts can poll every 30 s at no cost, and a release costs each of them two
//! to four requests. The `GITHUB_TOKEN` of Actions has 1,000 an hour.
//!
//! An exhausted quota is an [`Unavailable`](selfup_fetch::ErrorKind::Unavailable) error with the time until it is
//! renewed, by the server's clock. No request is made before that, not even after a response that announces itself as
//! the last one. If the API asks for a pause of unknown length, it is a minute. No pause is longer than an hour.
//!
//! # Tokens
//!
//! A private repository needs a fine-grained token with the repository permission `contents: read`, a classic one with
//! `repo`, or that of a GitHub App's installation with the former. For a public repository, a token without any
//! permission raises the quota. The token is sent to the API's origin alone: downloads are redirected to another host,
//! which does not get it. Over `http:` it is sent to this machine itself alone. The `GITHUB_TOKEN` of the environment
//! is read only if [`token_from_env`](GitHub::token_from_env) is called.
//!
//! # What it does not
//!
//! It verifies no signatures: the installer does. It does not log, and keeps nothing running between polls. A download
//! that breaks off is resumed, if the host sends a strong tag, up to five times and as long as each part brings some
//! bytes. No other request is repeated.
//!
//! # Implementation
//!
//! It uses octocrab over a client of its own: rustls, HTTP/1.1, and Mozilla's roots compiled in, or your own
//! ([`trust`](GitHub::trust)). octocrab's retries, redirects, logging and caches are not used. Between polls there is
//! no thread, no socket and no runtime: each poll creates a current-thread tokio runtime, which exists until the
//! artifact is read or dropped, and runs only while the artifact is being read.
//!
//! TLS is rustls, with the cryptography that the program has installed as the default of its process, or else
//! that of the feature `tls-aws-lc-rs` or `tls-ring`. Neither is on by default, because each turns on a feature of
//! rustls: if both are on in one program, rustls cannot choose a default by itself, and panics where the program
//! relies on that. So turn on the one that the program uses, or either if it uses none. Without any,
//! [`init`](selfup_fetch::Fetch::init) fails.
//!
//! # Limits
//!
//! It blocks, and so must not be called from within a tokio runtime, which panics then; use `spawn_blocking`. Proxies
//! are used for `https:` only, without TLS to the proxy itself. Names are resolved by the system on a short-lived
//! thread; a resolver that hangs beyond the deadline keeps that thread until it responds.
//!
//! # Platforms
//!
//! All that tokio and the chosen cryptography support.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod api;
mod artifact;
mod asset;
mod body;
mod checksum;
mod connect;
mod download;
mod exchange;
mod failure;
mod github;
mod limit;
mod listing;
mod poll;
mod release;
mod session;
mod settings;
mod signature;
mod status;
mod token;
mod trust;
mod version;

pub use github::GitHub;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
