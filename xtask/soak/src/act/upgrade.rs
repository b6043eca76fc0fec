use crate::disturbance::Bad;
use crate::service::Service;
use nix::sys::signal::Signal;
use std::fs::File;
use std::io::{ErrorKind, Write};
use xtask_support::stop::{Result, Stop};

/// A good release serves, and is committed.
pub(super) fn good(service: &mut Service) -> Result {
    service.release = service.releases.publish_good()?;
    service.settled().map(drop)
}

/// A bad release is refused, held back or rolled back, for the right reason; the one before serves again.
pub(super) fn bad(service: &mut Service, bad: Bad) -> Result {
    service.releases.publish_bad(bad)?;
    for words in news(bad) {
        service.wait_explained(words)?;
    }
    // Otherwise every later master would refuse it once more.
    service.releases.publish_current()?;
    service.settled().map(drop)
}

/// The release is rolled back, for now: a good one may have been killed, too. The next one stays.
pub(super) fn kill_on_probation(service: &mut Service) -> Result {
    service.wait_decided()?;
    let before = service.release;
    service.release = service.releases.publish_good()?;
    let child = service.settled()?.pid;
    service.signal(child, Signal::SIGKILL)?;
    service.release = before;
    for words in [&["was killed by SIGKILL", "soon after the upgrade"], PUT_BACK] {
        service.wait_explained(words)?;
    }
    service.wait_explained(&["child #", "was killed by SIGKILL"])?;
    service.forgive(child);
    service.settled()?;
    good(service)
}

const PUT_BACK: &[&str] = &["rolled back to the previous executable", "is refused from now on"];

fn news(bad: Bad) -> &'static [&'static [&'static str]] {
    match bad {
        Bad::Text => &[&["refused a new executable", "it is an HTML page"]],
        Bad::Truncated => &[&["it is truncated"]],
        Bad::OtherMachine => &[&["refused a new executable", "it is an ELF file for "]],
        Bad::NoSelfup => &[&["refused a new executable", "it is no selfup program"]],
        Bad::ProbeExits => &[&["refused a new executable", "exited with code 3"]],
        Bad::ProbeCrashes => &[&["refused a new executable", "SIGABRT"]],
        Bad::ProbeHangs => &[&["no upgrade for now", "did not end within"]],
        Bad::ExitsAtOnce => &[
            &["exited with code 3 before it was ready"],
            PUT_BACK,
            &["child #", "exited with code 3"],
        ],
        Bad::NeverReady => &[
            &["killed child #", "it was not ready within"],
            &["could not hand over to child #"],
            PUT_BACK,
            &["was killed by SIGKILL"],
        ],
        Bad::ExitsInProbation { .. } => &[
            &["exited with code 3 soon after the upgrade"],
            PUT_BACK,
            &["child #", "exited with code 3"],
        ],
        Bad::AbortsInProbation { .. } => &[
            &["was killed by SIGABRT", "soon after the upgrade"],
            PUT_BACK,
            &["child #", "was killed by SIGABRT"],
        ],
    }
}

/// The upgrade is not possible for now, and a message says why; restarts are. When there is room
/// again, the master upgrades.
pub(super) fn without_room(service: &mut Service) -> Result {
    const NEWS: &[&str] = &["no upgrade for now", "no space left"];
    service.wait_decided()?;
    let filler = service.stage.path("service/filler");
    let failed = |error| Stop::because(format!("{}: {error}", filler.display()));
    let mut file = File::create(&filler).map_err(failed)?;
    loop {
        match file.write_all(&[0; 64 * 1024]) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::StorageFull => break,
            Err(error) => return Err(failed(error)),
        }
    }
    drop(file);
    let next = service.releases.publish_good()?;
    service.wait_explained(NEWS)?;
    service.journal.tolerate(&[NEWS]);
    service.restarted()?;
    service.settled()?;
    std::fs::remove_file(&filler).map_err(failed)?;
    service.release = next;
    service.settled()?;
    service.journal.tolerate(&[]);
    Ok(())
}
