//! Writes the results as JSON.

use super::figures::{Figures, Quantiles};
use super::silent::CLIENTS;
use super::trial::{Handover, Trial};
use super::{Options, Outcome};
use serde_json::{Value, json};
use std::time::Duration;

pub(super) fn text(outcomes: &[Outcome], options: &Options) -> String {
    let systems: Vec<Value> = outcomes.iter().map(system).collect();
    let all = json!({
        "restarts": options.restarts,
        "requests_per_second": options.rate,
        "systems": systems,
    });
    format!("{all:#}\n")
}

fn system(outcome: &Outcome) -> Value {
    let (name, how) = (outcome.peer.name, outcome.peer.how);
    match &outcome.trial {
        Err(reason) => json!({ "name": name, "how": how, "missing": reason }),
        Ok(trial) => {
            let mut system = measured(trial);
            system["name"] = name.into();
            system["how"] = how.into();
            system
        }
    }
}

fn measured(trial: &Trial) -> Value {
    let figures = Figures::of(trial);
    let losses = figures.losses.iter().map(|(loss, count)| (loss.to_string(), json!(count)));
    let handover = |it: &Handover| {
        json!({
            "signal_ms": ms(it.signalled),
            "first_answer_ms": ms(it.answered - it.signalled),
            "old_gone_ms": ms(it.done - it.signalled),
        })
    };
    let lane = |lane: &selfup_load::LaneReport| {
        json!({
            "name": lane.name, "sent": lane.sent, "lost": lane.lost(), "moved": lane.moved(),
        })
    };
    json!({
        "version": trial.version,
        "sent": figures.sent,
        "lost": figures.lost(),
        "lost_by": losses.collect::<serde_json::Map<_, _>>(),
        "lanes": trial.report.lanes.iter().map(lane).collect::<Vec<_>>(),
        "steady_ms": quantiles(figures.steady),
        "around_ms": quantiles(figures.around),
        "handovers": trial.handovers.iter().map(handover).collect::<Vec<_>>(),
        "resident": trial.resident.map(|it| json!({
            "rss_kib": it.memory.resident,
            "pss_kib": it.memory.proportional,
            "wakeups": it.wakeups,
        })),
        "all_processes_pss_kib": trial.memory,
        "silent": trial.silent.map(|it| json!({
            "clients": CLIENTS,
            "answered": it.answered,
            "old_gone_ms": ms(it.done),
        })),
        "trouble": trial.trouble,
    })
}

fn quantiles(Quantiles { p50, p99, p999, max }: Quantiles) -> Value {
    json!({ "p50": ms(p50), "p99": ms(p99), "p99.9": ms(p999), "max": ms(max) })
}

/// To the microsecond.
fn ms(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1e3
}
