//! What the metrics are, as a recorder shows it.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

const COUNTERS: [(&str, &str); 6] = [
    ("selfup_restarts_total", "Restarts, by what requested them and by their outcome."),
    ("selfup_upgrades_total", "New executables, by what became of them."),
    ("selfup_children_ended_total", "Children that have ended, by how."),
    ("selfup_children_killed_total", "Children that the master has killed, by the reason."),
    ("selfup_fetches_total", "Times that the source of upgrades was asked, by the outcome."),
    ("selfup_warnings_total", "Warnings of the master, by what they are about."),
];

const GAUGES: [(&str, &str); 3] = [
    ("selfup_children", "Children that run, by their role."),
    ("selfup_serving_generation", "The generation that serves, or 0."),
    ("selfup_on_probation", "Whether an upgrade is on probation: 1 or 0."),
];

const SECONDS: [(&str, &str); 1] =
    [("selfup_restart_duration_seconds", "How long restarts took, from the start to the outcome.")];

pub(super) fn describe() {
    for (name, text) in COUNTERS {
        describe_counter!(name, Unit::Count, text);
    }
    for (name, text) in GAUGES {
        describe_gauge!(name, Unit::Count, text);
    }
    for (name, text) in SECONDS {
        describe_histogram!(name, Unit::Seconds, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_each_and_each_is_shown() {
        let (page, code) =
            (include_str!("../../../../docs/guide/observing.md"), include_str!("meters.rs"));
        let described: Vec<_> =
            COUNTERS.iter().chain(&GAUGES).chain(&SECONDS).map(|(name, _)| *name).collect();
        for name in &described {
            assert!(page.contains(&format!("| `{name}` |")), "{name} is not on the page");
            assert!(code.contains(&format!("!(\"{name}\"")), "{name} is not shown");
        }
        let shown: Vec<_> = code.split("!(\"selfup_").skip(1).collect();
        assert!(shown.iter().all(|call| described.iter().any(|name| {
            name.strip_prefix("selfup_").is_some_and(|name| call.starts_with(&format!("{name}\"")))
        })));
    }
}
