use crate::command::{program, stdout_of};
use crate::soak::proc;
use crate::soak::service::Service;
use crate::soak::stop::Result;
use std::time::Duration;

/// What a master may say that has no descriptor left.
const NEWS: &[&[&str]] = &[
    &["Too many open files"],
    &["could not start child #"],
    &["could not hand over to child #"],
    &["no upgrade for now"],
];

/// Long enough for a restart and some looks at the source.
const LASTS: Duration = Duration::from_millis(700);

/// Who serves goes on serving, and nobody is to blame: once there are enough again, the release that
/// came meanwhile is the one that serves.
pub(super) fn run_out(service: &mut Service, more: u64) -> Result {
    service.wait_decided()?;
    service.settled()?;
    let before = limit(service, "")?;
    let open: usize = proc::descriptors_of(service.master).values().sum();
    service.journal.tolerate(NEWS);
    limit(service, &format!("={}:", open as u64 + more))?;
    service.restart()?;
    let next = service.releases.publish_good()?;
    service.pause(LASTS)?;
    limit(service, &format!("={before}:"))?;
    service.release = next;
    service.settled()?;
    service.restarted()?;
    service.settled()?;
    service.journal.tolerate(&[]);
    Ok(())
}

/// Sets the soft limit of the master, or tells it.
fn limit(service: &Service, limit: &str) -> Result<String> {
    let pid = service.master.to_string();
    let words = ["--pid", &pid, &format!("--nofile{limit}"), "--output=SOFT", "--noheadings"];
    let words = if limit.is_empty() { &words[..] } else { &words[..3] };
    Ok(stdout_of(&mut program("prlimit", words))?.trim().to_owned())
}
