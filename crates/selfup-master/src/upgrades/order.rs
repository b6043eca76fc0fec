//! What an operator orders of the worker.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use selfup_fetch::{Artifact, Fetch, RunningExecutable};

use selfup_lifecycle::{Ticket, Until};

/// Whom to answer about an executable, and when.
pub(crate) type Asked = (Ticket, Until);

/// An order of an operator.
#[derive(Debug)]
pub(crate) struct Order {
    /// Whom to answer.
    pub(crate) asked: Asked,
    pub(crate) what: What,
}

/// What is ordered.
#[derive(Debug)]
#[cfg_attr(
    not(feature = "control"),
    expect(dead_code, reason = "operators come by the control socket alone")
)]
pub(crate) enum What {
    /// To look for an upgrade now.
    Fetch,
    /// To install the executable in this file.
    Install(PathBuf),
}

/// What became of an order that brought nothing to be tried.
#[derive(Debug)]
#[cfg_attr(
    not(feature = "control"),
    expect(dead_code, reason = "operators come by the control socket alone")
)]
pub(crate) enum OrderDone {
    /// There is nothing to do, for this reason.
    Nothing(&'static str),
    /// It was turned down, or did not work.
    Failed(String),
}

impl OrderDone {
    pub(super) fn on_trial() -> Self {
        Self::Failed("another executable is on trial".to_owned())
    }
}

/// The fetcher of a service without a source: only what an operator orders is installed.
pub(crate) struct NoSource;

impl Fetch for NoSource {
    fn fetch(
        &mut self,
        _current: &RunningExecutable,
    ) -> Result<Option<Artifact>, selfup_fetch::Error> {
        Ok(None)
    }
}

/// Opens an executable to install, with the signature beside it (`FILE.minisig`), if there is one.
pub(super) fn artifact(file: &Path) -> io::Result<Artifact> {
    let opened = File::open(file)?;
    let found = opened.metadata()?;
    if !found.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut artifact = Artifact::new(opened).size(found.len());
    let mut signature = file.as_os_str().to_owned();
    signature.push(".minisig");
    artifact.signature = fs::read_to_string(signature).ok();
    artifact.file_name = file.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(artifact)
}
