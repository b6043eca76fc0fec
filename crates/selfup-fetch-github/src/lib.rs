//! Fetches a new executable from the releases of a GitHub repository.
//!
//! [`GitHub`] is a [`Fetch`](selfup_fetch::Fetch) that polls the releases of one repository, on
//! github.com or on a GitHub Enterprise Server, and brings the asset that is for this platform.
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
//! The latest by default: of all that are neither drafts nor pre-releases, the one with the highest
//! version. A tag is a version if it is a semantic one or one to three numbers, with or without a
//! `v` before it. Versions go before tags that are none; among the latter the time of publication
//! decides. GitHub's own mark of the latest release does not count, since it moves to a `1.9.1` that
//! is published after `2.0.0`.
//!
//! For this the list of releases is asked for in pages of 100, the newest first, and a further page
//! only where those before it have no release that counts (10 pages at most). So the highest version
//! is that of the last 100 releases. Another choice is a [`tag`](GitHub::tag), which also follows a
//! rolling one such as `nightly`: what is new is told by the ids of release and asset and the
//! asset's size, digest and time, not by the tag.
//!
//! The artifact's version is the tag, without its `v` if it is a version.
//!
//! # Which asset
//!
//! By default the one whose name says that it is for this platform. The name's words, that is what
//! stands between anything but letters and digits, are compared whole, in any case: `arm` is not
//! `arm64`, `x86` is not `x86_64`. The operating system and the architecture must be named, and no
//! other of either:
//!
//! | | words |
//! |---|---|
//! | Linux | `linux` |
//! | macOS | `darwin`, `macos`, `apple`, `osx`, `mac` |
//! | x86_64 | `x86_64`, `amd64`, `x64` |
//! | x86 | `i686`, `i386`, `386`, `x86` and the like |
//! | aarch64 | `aarch64`, `arm64`, `armv8` |
//! | armv7 | `armv7` and the like, `armhf`; else what is for `armv6` or `arm` |
//! | armv6 | `armv6` and the like; else what is for `arm` |
//! | others | Rust's name and the usual ones, such as `ppc64le`, `riscv64`, `loong64` |
//!
//! Of several, a Linux program that was built for musl prefers `musl` to what names no C library,
//! and never takes `gnu`; one that was built for glibc prefers `gnu`, then what names none, and
//! takes `musl` where there is nothing else, since that is static and runs there too. If the same is
//! packed in several ways, the one that costs least is taken. Checksums, signatures, packages of
//! distributions and the like are never taken. The repository's name at the start of the asset's
//! does not count.
//!
//! Where that gives none or several, the error lists them, and [`asset`](GitHub::asset) or
//! [`asset_matching`](GitHub::asset_matching) say which. An asset that is missing may come later, so
//! that is asked for again.
//!
//! # What an asset may be
//!
//! The executable as it is, or compressed: `.gz`, `.xz`, `.zst`. Or an archive that holds it:
//! `.tar`, `.tar.gz`, `.tar.xz`, `.tar.zst`, their short forms such as `.tgz`, and `.zip`. Of an archive
//! the file is taken that is called as this program's executable is, else the only executable;
//! [`member`](GitHub::member) names another. It is unpacked on its way. Only a zip archive, and files
//! that may turn out to be the wrong ones, are kept meanwhile, in files without a name beside the
//! present executable; see [`selfup_fetch::archive`], also for what is refused.
//!
//! # What is verified
//!
//! The bytes as they come over the line are held against the size and the digest that the API gives.
//! Where it gives no digest (assets from before June 2025, older Enterprise Servers), a checksum is
//! looked for in the release: `ASSET.sha256`, `.sha256sum`, `.sha512` or `.sha512sum`, else the
//! asset's line in a list (`SHA256SUMS`, `SHA512SUMS`, with `.txt` or without, `…checksums.txt`).
//! What differs is an error in place of the end.
//!
//! That guards against broken transfers and uploads. It is no proof of where an executable comes
//! from: whoever may replace the asset may replace its checksum. A signature is: where one is wanted,
//! it is fetched from the asset of the same name without `.gz`, `.tar.xz` and the like and with
//! `.minisig` (`app-linux-x64.minisig` for `app-linux-x64.tar.xz`). It signs the executable as it is
//! run, not the file or archive it is packed in: a signature of the archive is not looked at. What
//! was refused is fetched again when its signature changes.
//!
//! # Quota
//!
//! GitHub answers 60 requests an hour without a token, to all behind an address together, and 5,000
//! with one, to all tokens of a user together. A poll is one request, and an executable that is
//! fetched takes one more, and one each for a signature and a checksum that are looked for. Polls
//! are conditional (`If-None-Match`): with a token, one that finds nothing new counts for nothing;
//! without one it counts like any other.
//!
//! So without a token, at the default [interval](GitHub::interval) of 5 min, five hosts behind one
//! address use the whole of it up. With one, any number of hosts may poll every 30 s for nothing,
//! and a release costs two to four requests for each. Actions' own `GITHUB_TOKEN` has 1,000 an hour.
//!
//! A limit that is hit is an [`Unavailable`](selfup_fetch::ErrorKind::Unavailable) that says until
//! when, by the server's clock, and nothing is asked for before; the same after a response that says
//! that it was the last one. Where the API asks to be left alone without saying for how long, that
//! is a minute. It is never longer than an hour.
//!
//! # Tokens
//!
//! A private repository needs a fine-grained token with the repository permission `contents: read`,
//! a classic one with `repo`, or that of a GitHub App's installation with the former. For a public one
//! a token without any permission raises the limit. It is sent to the API's origin only: downloads
//! are redirected to another host, which does not get it. Over `http:` it is not sent, but to
//! this machine itself. `GITHUB_TOKEN` of the environment is read only where
//! [`token_from_env`](GitHub::token_from_env) asks for it.
//!
//! # What it does not
//!
//! It verifies no signature: that is for the installer. It does not log, and waits for nothing
//! between polls. A download that is cut is gone on with where it was cut, if the host that keeps it
//! gives a strong tag, up to five times and as long as it gets on; nothing else is tried again.
//!
//! # How it is made
//!
//! With octocrab, over a client of its own: rustls, HTTP/1.1, and Mozilla's roots compiled in, or your own ([`trust`](GitHub::trust)). octocrab's retries, redirects, logging and caches are
//! not in it. Between polls there is no thread, no socket and no runtime: each poll makes a
//! current-thread runtime of tokio's, which lives until the artifact is read or dropped and moves
//! only while somebody reads.
//!
//! The cryptography of TLS is what the program has installed as rustls' default for its process, or else
//! that of the feature `tls-aws-lc-rs` or `tls-ring`. Neither is on by default, since each turns on a
//! feature of rustls: beside a program's own choice of the other one, rustls would no longer find the
//! program's by itself, and panic. So turn on the one that the program has, or either where it has none.
//! Without any, [`init`](selfup_fetch::Fetch::init) says so.
//!
//! # Limits
//!
//! It blocks, and so must not be called from within a tokio runtime, which panics then; use
//! `spawn_blocking`. Proxies are for `https:` only, and spoken to without TLS. Names are resolved by the system on a short-lived thread; a resolver
//! that hangs beyond the deadline keeps that thread until it responds.
//!
//! # Platforms
//!
//! All that tokio and the chosen cryptography know.

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
