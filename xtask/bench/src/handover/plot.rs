//! Plots latency over time, one lane to a system, with marks at restarts.

use super::Outcome;
use super::trial::Trial;
use std::fmt::{self, Write};
use std::time::Duration;

const WIDTH: f64 = 1000.0;
/// Room for the names, left of the lanes.
const LEFT: f64 = 150.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 70.0;
/// From one lane to the next, and what of that is the lane's own.
const PITCH: f64 = 112.0;
const HEIGHT: f64 = 88.0;

/// Requests due in so much time are one point of a line.
const STEP: Duration = Duration::from_millis(50);

/// The latencies at the foot and the head of a lane, in ms; the scale between is logarithmic.
const SCALE: (f64, f64) = (0.1, 3000.0);

const STYLE: &str = "
text { font: 13px system-ui, sans-serif; fill: #222 }
.small { font-size: 11px; fill: #666 }
.name { font-weight: 600; font-size: 15px }
.lost { fill: #c1121f; font-weight: 600 }
.ground { fill: #f6f7f9 }
.grid { stroke: #dfe2e7 }
.restart { stroke: #8a93a3; stroke-dasharray: 3 3 }
.worst { fill: none; stroke: #e08a1e; stroke-width: 1 }
.median { fill: none; stroke: #1f5fa8; stroke-width: 1.5 }
.loss { fill: #c1121f }
";

pub(super) fn svg(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    // A string takes all that is written to it.
    write_all(&mut text, outcomes).unwrap_or_default();
    text
}

fn write_all(text: &mut String, outcomes: &[Outcome]) -> fmt::Result {
    let trials = || outcomes.iter().filter_map(|outcome| outcome.trial.as_ref().ok());
    let ends = trials().flat_map(|trial| trial.report.samples.iter().map(|sample| sample.due));
    let end = ends.max().unwrap_or(STEP).max(STEP);
    let x = |at: Duration| LEFT + (WIDTH - LEFT - RIGHT) * (at.as_secs_f64() / end.as_secs_f64());

    let height = TOP + PITCH * outcomes.len() as f64 + 20.0;
    writeln!(
        text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         role=\"img\" aria-label=\"latency over time, with restarts\">"
    )?;
    writeln!(text, "<style>{STYLE}</style>")?;
    writeln!(text, "<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>")?;
    legend(text)?;
    for (index, outcome) in outcomes.iter().enumerate() {
        let top = TOP + PITCH * index as f64;
        let middle = top + HEIGHT / 2.0;
        writeln!(
            text,
            "<text class=\"name\" x=\"12\" y=\"{middle}\">{}</text>",
            outcome.peer.name
        )?;
        let width = WIDTH - LEFT - RIGHT;
        writeln!(
            text,
            "<rect class=\"ground\" x=\"{LEFT}\" y=\"{top}\" width=\"{width}\" \
             height=\"{HEIGHT}\"/>"
        )?;
        match &outcome.trial {
            Ok(trial) => lane(text, trial, top, x)?,
            Err(_) => writeln!(
                text,
                "<text class=\"small\" x=\"{}\" y=\"{middle}\">not measured</text>",
                LEFT + 10.0
            )?,
        }
    }
    let foot = TOP + PITCH * outcomes.len() as f64;
    for second in (0..=end.as_secs()).step_by(5) {
        let x = x(Duration::from_secs(second));
        writeln!(
            text,
            "<text class=\"small\" x=\"{x:.1}\" y=\"{foot}\" text-anchor=\"middle\">{second} \
             s</text>"
        )?;
    }
    writeln!(text, "</svg>")
}

fn legend(text: &mut String) -> fmt::Result {
    writeln!(
        text,
        "<text class=\"name\" x=\"12\" y=\"24\">Latency from when a request was due, while the \
         server restarts</text>"
    )?;
    let entries = [("median", "median"), ("worst", "worst"), ("restart", "restart")];
    for (index, (class, name)) in entries.into_iter().enumerate() {
        let x = LEFT + 100.0 * index as f64;
        writeln!(
            text,
            "<path class=\"{class}\" d=\"M{x} 45h24\"/><text x=\"{}\" y=\"49\">{name}</text>",
            x + 30.0
        )?;
    }
    let x = LEFT + 300.0;
    writeln!(
        text,
        "<circle class=\"loss\" cx=\"{x}\" cy=\"45\" r=\"3\"/><text x=\"{}\" y=\"49\">requests \
         lost; a point of the lines stands for {} ms</text>",
        x + 10.0,
        STEP.as_millis()
    )
}

/// One system: the grid, its restarts, the lines, and what was lost.
fn lane(text: &mut String, trial: &Trial, top: f64, x: impl Fn(Duration) -> f64) -> fmt::Result {
    let y = |ms: f64| {
        let (low, high) = SCALE;
        let share = (ms.clamp(low, high) / low).ln() / (high / low).ln();
        top + HEIGHT * (1.0 - share)
    };
    for (ms, label) in [(1.0, "1 ms"), (10.0, "10 ms"), (100.0, "100 ms"), (1000.0, "1 s")] {
        let y = y(ms);
        writeln!(
            text,
            "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{}\"/><text class=\"small\" x=\"{}\" \
             y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
            WIDTH - RIGHT,
            LEFT - 4.0,
            y + 4.0
        )?;
    }
    for handover in &trial.handovers {
        let x = x(handover.signalled);
        writeln!(text, "<path class=\"restart\" d=\"M{x:.1} {top}v{HEIGHT}\"/>")?;
    }
    let points = points(trial);
    for (class, value) in
        [("worst", Point::worst as fn(&Point) -> Option<f64>), ("median", Point::median)]
    {
        let mut path = String::new();
        let mut pen = 'M';
        for (index, point) in points.iter().enumerate() {
            // The line is broken where there was no response.
            let Some(value) = value(point) else {
                pen = 'M';
                continue;
            };
            write!(path, "{pen}{:.1} {:.1}", x(STEP * index as u32), y(value))?;
            pen = 'L';
        }
        writeln!(text, "<path class=\"{class}\" d=\"{path}\"/>")?;
    }
    for (index, point) in points.iter().enumerate().filter(|(_, point)| point.lost > 0) {
        // By area: ten times the losses are ten times the ink.
        let radius = (f64::from(point.lost).sqrt() * 1.2 + 1.0).min(9.0);
        let x = x(STEP * index as u32);
        writeln!(
            text,
            "<circle class=\"loss\" cx=\"{x:.1}\" cy=\"{:.1}\" r=\"{radius:.1}\"/>",
            top + 10.0
        )?;
    }
    let lost: u32 = points.iter().map(|point| point.lost).sum();
    let class = if lost > 0 { "lost" } else { "small" };
    let middle = top + HEIGHT / 2.0 + 18.0;
    writeln!(text, "<text class=\"{class}\" x=\"12\" y=\"{middle}\">{lost} lost</text>")
}

/// The requests that were due in one step of time.
#[derive(Default)]
struct Point {
    /// Of those answered, in ms.
    latencies: Vec<f64>,
    lost: u32,
}

impl Point {
    fn worst(&self) -> Option<f64> {
        self.latencies.iter().copied().max_by(f64::total_cmp)
    }

    fn median(&self) -> Option<f64> {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied()
    }
}

fn points(trial: &Trial) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    for sample in &trial.report.samples {
        let index = (sample.due.as_millis() / STEP.as_millis()) as usize;
        if points.len() <= index {
            points.resize_with(index + 1, Point::default);
        }
        let latency = sample.at.saturating_sub(sample.due).as_secs_f64() * 1e3;
        match sample.outcome {
            Ok(()) => points[index].latencies.push(latency),
            Err(_) => points[index].lost += 1,
        }
    }
    points
}
