//! The report on the outcome of each request.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::latency::Latencies;
use crate::loss::Loss;

/// How many losses are listed one by one, and how many different bodies.
const MOST: usize = 100;

/// What became of the requests of a load, in all and lane by lane.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// Lane by lane, in the order of the configuration.
    pub lanes: Vec<LaneReport>,
    /// The processes or bodies that responded.
    pub speakers: BTreeMap<Speaker, Seen>,
    /// The first losses, one by one.
    pub incidents: Vec<Incident>,
    /// All requests in the order in which they ended, if they were to be
    /// [kept](crate::Config::keep_samples).
    pub samples: Vec<Sample>,
}

/// What became of one request.
#[derive(Copy, Clone, Debug)]
#[non_exhaustive]
pub struct Sample {
    /// The place of its lane in the configuration.
    pub lane: usize,
    /// When it was due, from the start of the load.
    pub due: Duration,
    /// When it was answered or lost.
    pub at: Duration,
    /// Why it was lost, if it was.
    pub outcome: Result<(), Loss>,
}

/// What became of the requests of one lane.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct LaneReport {
    /// The lane's name.
    pub name: String,
    /// How many requests were due.
    pub sent: u64,
    /// How many had a whole response with status 200.
    pub answered: u64,
    /// How many were lost, by reason.
    pub losses: BTreeMap<Loss, u64>,
    /// How many kept connections the server had closed, as was noticed before writing to them.
    pub noticed: u64,
    /// How many kept connections the server asked to close, by `Connection: close`.
    pub asked_to_close: u64,
    /// How long the responses took.
    pub latencies: Latencies,
}

/// A process that responded, by the `pid=` in the body, or else by the body itself.
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
#[non_exhaustive]
pub enum Speaker {
    /// The body has `pid=` and this number.
    Pid(u32),
    /// The start of a body that has not.
    Body(String),
}

/// When a speaker responded, from the start of the load.
#[derive(Copy, Clone, Debug)]
#[non_exhaustive]
pub struct Seen {
    /// The first response.
    pub first: Duration,
    /// The last.
    pub last: Duration,
    /// How many there were.
    pub responses: u64,
}

/// One request that was lost.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Incident {
    /// The lane's name.
    pub lane: String,
    /// When the request was due, from the start of the load.
    pub due: Duration,
    /// When it was lost.
    pub at: Duration,
    /// Why.
    pub loss: Loss,
    /// The system's words, or what came instead.
    pub detail: String,
}

impl LaneReport {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// How many requests were lost, for whatever reason.
    pub fn lost(&self) -> u64 {
        self.losses.values().sum()
    }

    /// How many were lost for one reason.
    pub fn lost_by(&self, loss: Loss) -> u64 {
        self.losses.get(&loss).copied().unwrap_or_default()
    }

    /// How many kept connections were replaced without a loss.
    pub fn moved(&self) -> u64 {
        self.noticed + self.asked_to_close
    }

    /// How many are neither answered nor lost yet; none once the load has been stopped.
    pub fn in_flight(&self) -> u64 {
        self.sent - self.answered - self.lost()
    }

    fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.answered += other.answered;
        for (loss, count) in &other.losses {
            *self.losses.entry(*loss).or_default() += count;
        }
        self.noticed += other.noticed;
        self.asked_to_close += other.asked_to_close;
        self.latencies.extend(&other.latencies);
    }
}

impl Report {
    /// All lanes together.
    pub fn total(&self) -> LaneReport {
        let mut total = LaneReport::new("all");
        for lane in &self.lanes {
            total.add(lane);
        }
        total
    }

    /// The lane of that name.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn lane(&self, name: &str) -> &LaneReport {
        let lane = self.lanes.iter().find(|lane| lane.name == name);
        lane.unwrap_or_else(|| panic!("no lane is called {name:?}"))
    }

    /// How many requests were due.
    pub fn sent(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.sent).sum()
    }

    /// How many requests were answered.
    pub fn answered(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.answered).sum()
    }

    /// How many requests were lost.
    pub fn lost(&self) -> u64 {
        self.lanes.iter().map(LaneReport::lost).sum()
    }

    /// How many requests were lost for one reason.
    pub fn lost_by(&self, loss: Loss) -> u64 {
        self.lanes.iter().map(|lane| lane.lost_by(loss)).sum()
    }

    /// How many kept connections were replaced without a loss.
    pub fn moved(&self) -> u64 {
        self.lanes.iter().map(LaneReport::moved).sum()
    }

    /// The pids that responded, by the time of their first response.
    pub fn pids(&self) -> Vec<u32> {
        let mut pids: Vec<_> = self.speakers.iter().collect();
        pids.sort_by_key(|(_, seen)| seen.first);
        let pid = |speaker: &Speaker| match speaker {
            Speaker::Pid(pid) => Some(*pid),
            Speaker::Body(_) => None,
        };
        pids.into_iter().filter_map(|(speaker, _)| pid(speaker)).collect()
    }

    pub(crate) fn note_response(&mut self, body: &[u8], at: Duration) {
        let speaker = Speaker::of(body);
        if self.speakers.len() >= MOST && !self.speakers.contains_key(&speaker) {
            return;
        }
        let seen = self.speakers.entry(speaker);
        let seen = seen.or_insert(Seen { first: at, last: at, responses: 0 });
        seen.last = at;
        seen.responses += 1;
    }

    pub(crate) fn note_incident(&mut self, incident: Incident) {
        if self.incidents.len() < MOST {
            self.incidents.push(incident);
        }
    }
}

impl Speaker {
    fn of(body: &[u8]) -> Self {
        let body = String::from_utf8_lossy(body);
        let digits = body.split_once("pid=").map(|(_, rest)| {
            rest.split(|next: char| !next.is_ascii_digit()).next().unwrap_or_default()
        });
        match digits.and_then(|digits| digits.parse().ok()) {
            Some(pid) => Self::Pid(pid),
            None => Self::Body(body.trim().chars().take(60).collect()),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total();
        let rows = || self.lanes.iter().chain((self.lanes.len() > 1).then_some(&total));
        let width = rows().map(|lane| lane.name.chars().count()).max().unwrap_or_default();
        let blank = "";
        writeln!(
            f,
            "{blank:width$}  {:>8} {:>8} {:>6} {:>6}  {:>9} {:>9} {:>9} {:>9}",
            "sent", "answered", "lost", "moved", "p50 ms", "p99", "p99.9", "max"
        )?;
        for lane in rows() {
            let name = &lane.name;
            let (lost, moved) = (lane.lost(), lane.moved());
            write!(
                f,
                "{name:width$}  {:>8} {:>8} {lost:>6} {moved:>6} ",
                lane.sent, lane.answered
            )?;
            for latency in lane.latencies.quantiles([0.5, 0.99, 0.999, 1.0]) {
                write!(f, " {:>9.2}", latency.as_secs_f64() * 1e3)?;
            }
            writeln!(f)?;
        }
        for (loss, count) in &total.losses {
            writeln!(f, "lost: {count} {loss}")?;
        }
        for incident in self.incidents.iter().take(5) {
            writeln!(f, "  {incident}")?;
        }
        for (speaker, seen) in &self.speakers {
            let (first, last) = (seen.first.as_secs_f64(), seen.last.as_secs_f64());
            writeln!(f, "{speaker}: {} responses, {first:.3} s to {last:.3} s", seen.responses)?;
        }
        Ok(())
    }
}

impl fmt::Display for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lane, due, at, loss, detail } = self;
        let (due, at) = (due.as_secs_f64(), at.as_secs_f64());
        write!(f, "{lane}: {loss} at {at:.3} s, due at {due:.3} s")?;
        if detail.is_empty() { Ok(()) } else { write!(f, " ({detail})") }
    }
}

impl fmt::Display for Speaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pid(pid) => write!(f, "pid={pid}"),
            Self::Body(body) => write!(f, "{body:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pid_is_found_anywhere_in_a_body() {
        assert_eq!(Speaker::of(b"app#1 pid=1234 says hello\n"), Speaker::Pid(1234));
        assert_eq!(Speaker::of(b"pid=7"), Speaker::Pid(7));
        assert_eq!(Speaker::of(b"pid=?\n"), Speaker::Body("pid=?".to_owned()));
        assert_eq!(Speaker::of(b""), Speaker::Body(String::new()));
    }

    #[test]
    fn it_prints_as_a_table_with_losses_behind() {
        let mut lane = LaneReport { sent: 3, ..LaneReport::new("fresh") };
        lane.answered = 2;
        lane.losses.insert(Loss::Reset, 1);
        lane.latencies.push(Duration::from_micros(1500));
        let mut report = Report { lanes: vec![lane], ..Report::default() };
        report.note_response(b"pid=9", Duration::from_secs(1));
        let text = report.to_string();
        let row =
            "fresh         3        2      1      0       1.50      1.50      1.50      1.50\n";
        assert!(text.contains(row), "{text}");
        assert!(text.contains("lost: 1 reset\n"), "{text}");
        assert!(text.ends_with("pid=9: 1 responses, 1.000 s to 1.000 s\n"), "{text}");
    }
}
