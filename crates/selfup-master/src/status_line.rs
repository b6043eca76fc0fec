//! The state of the service in one line for people, derived from the events.

use std::fmt;

use selfup_install::Id;

use crate::event::Event;

/// The state of the service in one line for people. It is derived from the reported events alone.
#[derive(Debug, Default)]
pub(crate) struct StatusLine {
    serving: Option<Serving>,
    doing: Option<&'static str>,
    /// The failure of the last restart, if it failed.
    restart: Option<String>,
    /// The result of the last upgrade.
    upgrade: Option<String>,
    /// The failure of the last update check, if it failed.
    fetch: Option<String>,
    /// The status that a child reported, with its generation.
    status: Option<(u64, String)>,
}

#[derive(Debug)]
struct Serving {
    generation: u64,
    version: Option<String>,
    id: Option<Id>,
}

impl StatusLine {
    pub(crate) fn update(&mut self, event: &Event) {
        match event {
            Event::Started { .. } if self.serving.is_none() => self.doing = Some("starting"),
            Event::Restarting { .. } => self.doing = Some("restarting"),
            Event::Serving { generation, version } => {
                let id = self.serving.take().and_then(|before| before.id);
                let version = version.clone();
                self.serving = Some(Serving { generation: *generation, version, id });
                self.doing = None;
                self.restart = None;
                // The status of another child is over. This one may have reported its own by now.
                self.status.take_if(|(whose, _)| *whose != *generation);
            }
            Event::CandidateFailed { still_serving, .. } => {
                self.restart = Some(event.to_string());
                if *still_serving {
                    self.doing = None;
                }
            }
            Event::SpawnFailed { .. } => self.restart = Some(event.to_string()),
            Event::Stopping => self.doing = Some("stopping"),
            Event::RolledBack { .. } => {
                // This covers the restart, too.
                self.restart = None;
                self.upgrade = Some(event.to_string());
            }
            Event::Installed { .. } | Event::Refused { .. } => {
                self.upgrade = Some(event.to_string());
                // The source works again.
                self.fetch = None;
            }
            Event::Upgraded { id, version, .. } | Event::Committed { id, version } => {
                let what = version.clone().unwrap_or_else(|| short(&id.to_string()).to_owned());
                self.upgrade = Some(format!("upgraded to {what}"));
            }
            Event::UpToDate { .. } => {
                self.fetch = None;
                // The executable that was refused is not published any more.
                self.upgrade.take_if(|upgrade| upgrade.starts_with("refused"));
            }
            Event::FetchFailed { .. } | Event::FetchDisabled { .. } => {
                self.fetch = Some(event.to_string());
            }
            Event::FetchRecovered => self.fetch = None,
            Event::Status { generation, text } => {
                let serves = self.serving.as_ref().map(|serving| serving.generation);
                // The status of a child that drains is not shown.
                if serves.is_none_or(|serves| serves <= *generation) {
                    self.status = Some((*generation, text.clone()));
                }
            }
            _ => {}
        }
    }

    /// Forgets the id, because another executable serves from now on.
    pub(crate) fn forget_id(&mut self) {
        if let Some(serving) = &mut self.serving {
            serving.id = None;
        }
    }

    /// Whether the id of the executable that serves is known.
    pub(crate) fn knows_the_id(&self) -> bool {
        self.serving.as_ref().is_some_and(|serving| serving.id.is_some())
    }

    /// Sets the id of the executable that a child runs.
    pub(crate) fn set_id(&mut self, generation: u64, id: Id) {
        if let Some(serving) = &mut self.serving
            && serving.generation == generation
        {
            serving.id = Some(id);
        }
    }
}

impl fmt::Display for StatusLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let serving = self.serving.as_ref().map(Serving::to_string);
        let parts = [
            self.doing,
            serving.as_deref(),
            self.status.as_ref().map(|(_, text)| text.as_str()),
            self.restart.as_deref(),
            self.upgrade.as_deref(),
            self.fetch.as_deref(),
        ];
        for (index, part) in parts.into_iter().flatten().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            f.write_str(part)?;
        }
        Ok(())
    }
}

impl fmt::Display for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "child #{} serves", self.generation)?;
        if let Some(version) = &self.version {
            write!(f, ", version {version}")?;
        }
        match &self.id {
            Some(id) => write!(f, ", id {}", short(&id.to_string())),
            None => Ok(()),
        }
    }
}

/// Shortens an id to the part that people compare.
fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use selfup_lifecycle::Cause;
    use selfup_signals::Pid;

    use super::*;
    use crate::{
        error::ErrorKind,
        reason::{Check, RefusalReason, RollbackReason},
    };
    use selfup_signals::End;

    const ID: &str = "77aa0011223344556677889900aabbccddeeff00";

    /// The line after each event.
    fn lines(events: &[Event]) -> Vec<String> {
        let mut status = StatusLine::default();
        let line = |event| {
            status.update(event);
            status.to_string()
        };
        events.iter().map(line).collect()
    }

    fn serving(generation: u64, version: Option<&str>) -> Event {
        Event::Serving { generation, version: version.map(str::to_owned) }
    }

    #[test]
    fn the_line_follows_a_service_from_start_to_stop() {
        let events = [
            Event::Started { generation: 1, pid: Pid::new(10).unwrap() },
            serving(1, Some("1.4.2")),
            Event::Status { generation: 1, text: "3 sessions".into() },
            Event::FetchFailed {
                kind: ErrorKind::Fetch,
                reason: "could not fetch http://h/app: refused".to_owned().into(),
            },
            Event::FetchRecovered,
            Event::Installed { id: ID.parse().unwrap() },
            Event::Restarting { cause: Cause::Upgrade },
            serving(2, Some("1.5.0")),
            Event::Status { generation: 1, text: "last words of a draining child".into() },
            Event::Committed { id: ID.parse().unwrap(), version: None },
            Event::Stopping,
        ];
        let installed = format!("installed {ID}");
        assert_eq!(
            lines(&events),
            [
                "starting",
                "child #1 serves, version 1.4.2",
                "child #1 serves, version 1.4.2; 3 sessions",
                "child #1 serves, version 1.4.2; 3 sessions; no upgrade for now: could not fetch \
                 http://h/app: refused",
                "child #1 serves, version 1.4.2; 3 sessions",
                &format!("child #1 serves, version 1.4.2; 3 sessions; {installed}"),
                &format!("restarting; child #1 serves, version 1.4.2; 3 sessions; {installed}"),
                &format!("child #2 serves, version 1.5.0; {installed}"),
                &format!("child #2 serves, version 1.5.0; {installed}"),
                "child #2 serves, version 1.5.0; upgraded to 77aa0011",
                "stopping; child #2 serves, version 1.5.0; upgraded to 77aa0011",
            ]
        );
    }

    #[test]
    fn a_failure_stays_until_a_success() {
        let failed = Event::CandidateFailed {
            generation: 2,
            end: Some(End::Exited(3)),
            still_serving: true,
        };
        let rolled_back = Event::RolledBack {
            refused: ID.parse().unwrap(),
            version: None,
            reason: RollbackReason::NotReady(Some(End::Exited(3))),
        };
        let lines = lines(&[
            serving(1, None),
            Event::Restarting { cause: Cause::Signal },
            failed.clone(),
            serving(3, None),
            Event::Restarting { cause: Cause::Upgrade },
            failed,
            rolled_back,
        ]);
        assert!(lines[2].starts_with("child #1 serves; child #2 exited with code 3"), "{lines:?}");
        assert_eq!(lines[3], "child #3 serves");
        assert!(lines[6].starts_with("child #3 serves; rolled back to the previous executable"));
        assert!(!lines[6].contains("child #2"), "once: {lines:?}");
    }

    #[test]
    fn outdated_parts_disappear() {
        let failed =
            Event::FetchFailed { kind: ErrorKind::Fetch, reason: "not found".to_owned().into() };
        let upgraded = Event::Upgraded {
            generation: 2,
            id: ID.parse().unwrap(),
            version: Some("1.5.0".into()),
            before: Some("1.4.2".into()),
        };
        let reason = "it is older".to_owned().into();
        let reason = RefusalReason::Check { check: Check::Version, reason };
        let lines = lines(&[
            serving(1, Some("1.4.2")),
            failed.clone(),
            Event::Installed { id: ID.parse().unwrap() },
            Event::Status { generation: 2, text: "9 sessions".into() },
            serving(2, Some("1.5.0")),
            upgraded,
            Event::RolledBack {
                refused: ID.parse().unwrap(),
                version: None,
                reason: RollbackReason::ByHand,
            },
            serving(3, Some("1.4.2")),
            Event::Refused { id: None, reason },
            Event::UpToDate { id: ID.parse().unwrap() },
        ]);
        assert!(lines[1].ends_with("no upgrade for now: not found"));
        assert!(!lines[2].contains("not found"), "{lines:?}");
        assert!(lines[5].ends_with("serves, version 1.5.0; 9 sessions; upgraded to 1.5.0"));
        assert!(!lines[6].contains("upgraded to"), "{lines:?}");
        assert!(lines[8].ends_with("serves, version 1.4.2; refused a new executable: it is older"));
        assert_eq!(lines[9], "child #3 serves, version 1.4.2");
    }

    #[test]
    fn the_id_is_that_of_the_child_that_serves() {
        let mut status = StatusLine::default();
        status.update(&serving(2, None));
        status.set_id(1, "00".repeat(20).parse().unwrap());
        assert_eq!(status.to_string(), "child #2 serves");
        status.set_id(2, ID.parse().unwrap());
        assert_eq!(status.to_string(), "child #2 serves, id 77aa0011");
        status.update(&serving(3, None));
        assert_eq!(status.to_string(), "child #3 serves, id 77aa0011", "of the same executable");
        status.forget_id();
        status.update(&serving(4, None));
        assert_eq!(status.to_string(), "child #4 serves");
    }
}
