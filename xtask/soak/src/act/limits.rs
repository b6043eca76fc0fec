//! The limits of a master, by prlimit(1).

use crate::service::Service;
use xtask_support::command::stdout_of;
use xtask_support::stop::Result;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    OpenFiles,
    Processes,
}

impl Limit {
    const fn option(self) -> &'static str {
        match self {
            Self::OpenFiles => "--nofile",
            Self::Processes => "--nproc",
        }
    }
}

/// The soft limit of the master.
pub(super) fn soft(service: &Service, limit: Limit) -> Result<String> {
    let words = [limit.option(), "--output=SOFT", "--noheadings"];
    Ok(prlimit(service, &words)?.trim().to_owned())
}

pub(super) fn set_soft(service: &Service, limit: Limit, soft: &str) -> Result {
    prlimit(service, &[&format!("{}={soft}:", limit.option())]).map(drop)
}

/// Waits until the release that came while there was too little is the one that serves.
pub(super) fn recovered(service: &mut Service, next: u64) -> Result {
    service.release = next;
    service.settled()?;
    service.restarted()?;
    service.right_file()?;
    service.journal.tolerate(&[]);
    Ok(())
}

fn prlimit(service: &Service, words: &[&str]) -> Result<String> {
    let mut command = service.stage.as_user("prlimit");
    Ok(stdout_of(command.arg("--pid").arg(service.master.to_string()).args(words))?)
}
