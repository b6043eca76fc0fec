//! Events as those of `tracing`, with fields; restarts and upgrades as spans.

use selfup_fetch::printable;
use selfup_lifecycle::Cause;
use selfup_signals::{End, Pid};
use tracing::{Level, Span, field::Empty};

use super::course::Turn;
use crate::{event::Event, facts::Facts};

/// The spans that are open.
#[derive(Debug, Default)]
pub(super) struct Spans {
    restart: Option<Span>,
    upgrade: Option<Span>,
}

/// One call for each level, since the level of a call has to be known when it is compiled. A subscriber sees only the
/// fields that the event has.
macro_rules! emit {
    ($level:expr, $event:expr) => {
        if tracing::enabled!(target: TARGET, $level) {
            let facts = Facts::of($event);
            let message = $event.to_string();
            let end = match facts.end {
                Some(End::Signaled { core_dumped, .. }) => Some(core_dumped),
                _ => None,
            };
            tracing::event!(
                target: TARGET,
                $level,
                kind = facts.kind,
                generation = facts.generation,
                pid = facts.pid.map(|pid| pid.as_raw()),
                pids = facts.pids.map(|pids| tracing::field::debug(numbers(pids))),
                id = facts.id.map(tracing::field::display),
                version = facts.version,
                before = facts.before,
                name = facts.name,
                address = facts.address.map(tracing::field::display),
                code = facts.code(),
                signal = facts.signal().map(tracing::field::display),
                core_dumped = end,
                cause = facts.cause,
                reason = facts.reason,
                detail = facts.detail,
                os_error = facts.os_error,
                lacks = facts.lacks,
                status = facts.status,
                seconds = facts.time.map(|time| time.as_secs_f64()),
                count = facts.count,
                transient = facts.transient,
                still_serving = facts.still_serving,
                killed = facts.killed,
                channel_closed = facts.channel_closed,
                message = &*printable(&message),
            );
        }
    };
}

/// By which a filter names all of this.
const TARGET: &str = "selfup";

impl Spans {
    /// An event that begins something is inside of it, and so is the one that ends it.
    pub(super) fn note(&mut self, event: &Event, turns: &[Turn]) {
        let (ends, begins): (Vec<_>, Vec<_>) = turns.iter().copied().partition(is_end);
        // What begins may take the place of something that ends.
        if begins.is_empty() {
            self.emit(event);
            self.turn(&ends);
        } else {
            self.turn(&ends);
            self.turn(&begins);
            self.emit(event);
        }
    }

    pub(super) fn turn(&mut self, turns: &[Turn]) {
        for turn in turns {
            match *turn {
                Turn::RestartBegins(cause) => self.restart = Some(self.restart_span(cause)),
                Turn::RestartEnds { outcome, .. } => close(self.restart.take(), outcome.name()),
                Turn::UpgradeBegins(id) => {
                    let id = tracing::field::display(id);
                    let span = tracing::info_span!(
                        target: TARGET, "upgrade", id, version = Empty, outcome = Empty
                    );
                    self.upgrade = Some(span);
                }
                Turn::UpgradeEnds(outcome) => close(self.upgrade.take(), outcome.name()),
            }
        }
    }

    /// A restart for the sake of an upgrade is a part of it.
    fn restart_span(&self, cause: Cause) -> Span {
        let _upgrade = self.upgrade.as_ref().map(Span::enter);
        let cause = cause.kind();
        tracing::info_span!(target: TARGET, "restart", cause, generation = Empty, outcome = Empty)
    }

    fn emit(&self, event: &Event) {
        self.record(event);
        // Subscribers that show in what an event is look at what is entered.
        let _upgrade = self.upgrade.as_ref().map(Span::enter);
        let _restart = self.restart.as_ref().map(Span::enter);
        if event.is_warning() {
            emit!(Level::WARN, event);
        } else if is_detail(event) {
            emit!(Level::DEBUG, event);
        } else {
            emit!(Level::INFO, event);
        }
    }

    /// What is known only later.
    fn record(&self, event: &Event) {
        match event {
            Event::Started { generation, .. } | Event::Serving { generation, .. } => {
                if let Some(restart) = &self.restart {
                    restart.record("generation", *generation);
                }
            }
            Event::Upgraded { version: Some(version), .. }
            | Event::Committed { version: Some(version), .. }
            | Event::RolledBack { version: Some(version), .. } => {
                if let Some(upgrade) = &self.upgrade {
                    upgrade.record("version", version.as_str());
                }
            }
            _ => {}
        }
    }
}

fn is_end(turn: &Turn) -> bool {
    matches!(turn, Turn::RestartEnds { .. } | Turn::UpgradeEnds(_))
}

/// Events that may come very often, and rarely matter.
fn is_detail(event: &Event) -> bool {
    matches!(
        event,
        Event::Forwarded { .. }
            | Event::SignalWaits { .. }
            | Event::UpToDate { .. }
            | Event::Status { .. }
    )
}

fn numbers(pids: &[Pid]) -> Vec<i32> {
    pids.iter().map(|pid| pid.as_raw()).collect()
}

/// The span ends when it is dropped.
fn close(span: Option<Span>, outcome: &'static str) {
    if let Some(span) = span {
        span.record("outcome", outcome);
    }
}
