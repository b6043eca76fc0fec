//! Where new executables come from.
//!
//! A fetcher is given to [`Config::fetcher`](crate::Config::fetcher), or to
//! [`Update::new`](crate::Update::new). Those of the project are here if their feature is on; any other source is
//! a closure ([`from_fn`]) or an implementation of [`Fetch`].

#[cfg(feature = "manifest")]
pub use selfup_fetch::manifest;
pub use selfup_fetch::{
    Artifact, Digest, Error, ErrorKind, Fetch, Outcome, Platform, Result, RunningExecutable,
    expand, from_fn, gunzip,
};
#[cfg(feature = "file")]
pub use selfup_fetch_file::File;
#[cfg(feature = "github")]
pub use selfup_fetch_github::GitHub;
#[cfg(feature = "http")]
pub use selfup_fetch_http::{Http, Validators};
#[cfg(feature = "s3")]
pub use selfup_fetch_s3::S3;
