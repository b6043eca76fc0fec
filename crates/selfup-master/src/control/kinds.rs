//! The names of the events in the protocol.

use crate::event::Event;

/// Returns the name of an event, and the child that it concerns.
pub(super) fn of(event: &Event) -> (&'static str, Option<u64>) {
    match event {
        Event::Listening { .. } => ("listening", None),
        Event::Started { generation, .. } => ("started", Some(*generation)),
        Event::SpawnFailed { generation, .. } => ("spawn-failed", Some(*generation)),
        Event::Serving { generation, .. } => ("serving", Some(*generation)),
        Event::AssumedReady { generation, .. } => ("assumed-ready", Some(*generation)),
        Event::CandidateFailed { generation, .. } => ("candidate-failed", Some(*generation)),
        Event::Draining { generation, .. } => ("draining", Some(*generation)),
        Event::Killed { generation, .. } => ("killed", Some(*generation)),
        Event::Ended { generation, .. } => ("ended", Some(*generation)),
        Event::LeftRunning { generation, .. } => ("left-running", Some(*generation)),
        Event::Forwarded { generation, .. } => ("forwarded", Some(*generation)),
        Event::SignalWaits { .. } => ("signal-waits", None),
        Event::Restarting { .. } => ("restarting", None),
        Event::RestartWaits { .. } => ("restart-waits", None),
        Event::RestartIgnored { .. } => ("restart-ignored", None),
        Event::RestartOutdated { generation, .. } => ("restart-outdated", Some(*generation)),
        Event::Frozen { .. } => ("frozen", None),
        Event::Stopping => ("stopping", None),
        Event::Status { generation, .. } => ("status", Some(*generation)),
        Event::FetchFailed { .. } => ("fetch-failed", None),
        Event::FetchRecovered => ("fetch-recovered", None),
        Event::FetchDisabled { .. } => ("fetch-disabled", None),
        Event::UpToDate { .. } => ("up-to-date", None),
        Event::Refused { .. } => ("refused", None),
        Event::Installed { .. } => ("installed", None),
        Event::Upgraded { generation, .. } => ("upgraded", Some(*generation)),
        Event::Committed { .. } => ("committed", None),
        Event::RolledBack { .. } => ("rolled-back", None),
        Event::Warning { .. } => ("warning", None),
    }
}
