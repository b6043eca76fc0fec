//! The report at the end.

use super::audit::Audit;
use super::disturbance::Kind;
use super::journal::Counts;
use selfup_load::{Incident, Report};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

/// So many losses are listed one by one.
const LOSSES: usize = 10;

/// When each step began, from the start of the load, and what it was.
#[derive(Debug, Default)]
pub(super) struct Steps {
    begun: Vec<(Duration, String)>,
    counts: BTreeMap<Kind, usize>,
}

impl Steps {
    pub(super) fn begin(&mut self, at: Duration, kind: Kind, text: String) {
        self.begun.push((at, text));
        *self.counts.entry(kind).or_default() += 1;
    }

    /// The step that was under way.
    fn during(&self, at: Duration) -> &str {
        let before = self.begun.iter().rev().find(|(begun, _)| *begun <= at);
        before.map_or("the start", |(_, text)| text)
    }

    pub(super) fn text(&self) -> String {
        let kinds = self.counts.iter();
        kinds.map(|(kind, count)| format!("{} {count}", kind.name())).collect::<Vec<_>>().join(", ")
    }
}

/// What happened to the service.
pub(super) fn events(counts: &Counts, audit: &Audit) -> String {
    let mut text = format!(
        "restarts {} (by {} masters, up to {} by one), upgrades committed {}, rolled back {}, refused {}",
        counts.handovers,
        counts.masters,
        audit.longest,
        counts.committed,
        counts.rolled_back,
        counts.refused
    );
    write!(text, "\nmasters audited {}", audit.audits).ok();
    if let Some((growth, handovers)) = audit.growth {
        write!(text, ", most growth of memory {growth} KiB in {handovers} restarts").ok();
    }
    text
}

/// What became of the requests.
pub(super) fn requests(report: &Report, steps: &Steps) -> String {
    let mut text = String::new();
    writeln!(
        text,
        "{:<8}{:>10}{:>10}{:>6}{:>10}{:>10}",
        "", "sent", "answered", "lost", "p99 ms", "max ms"
    )
    .ok();
    for lane in report.lanes.iter().chain([&report.total()]) {
        let [p99, max] = lane.latencies.quantiles([0.99, 1.0]).map(|it| it.as_secs_f64() * 1e3);
        let (name, sent, answered, lost) = (&lane.name, lane.sent, lane.answered, lane.lost());
        writeln!(text, "{name:<8}{sent:>10}{answered:>10}{lost:>6}{p99:>10.1}{max:>10.1}").ok();
    }
    for (loss, count) in &report.total().losses {
        writeln!(text, "lost: {count} {loss}").ok();
    }
    for incident in report.incidents.iter().take(LOSSES) {
        let Incident { due, .. } = incident;
        writeln!(text, "  {incident}, during {}", steps.during(*due)).ok();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_reported_with_what_was_under_way() {
        let mut steps = Steps::default();
        steps.begin(Duration::from_secs(2), Kind::Clock, "1: clock".to_owned());
        steps.begin(Duration::from_secs(3), Kind::Restart, "2: restart".to_owned());
        assert_eq!(steps.during(Duration::from_secs(1)), "the start");
        assert_eq!(steps.during(Duration::from_secs(2)), "1: clock");
        assert_eq!(steps.during(Duration::from_secs(9)), "2: restart");
        assert_eq!(steps.text(), "restart 1, clock 1");
    }
}
