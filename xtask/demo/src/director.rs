//! The steps of the demo, and what each waits for.

use super::VERSIONS;
use super::clients::{Clients, Kind};
use super::event::{Event, Events};
use super::line::Line;
use super::origin::Origin;
use super::process::Process;
use super::story::Story;
use super::tally::Tally;
use super::transcript::Transcript;
use selfup_load::Report;
use selfup_signals::{End, Signal};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use xtask_support::command::{Failure, Result};
use xtask_support::stop::Stop;

/// How long the response to a slow request takes: several times as long as an upgrade.
const HOLD: Duration = Duration::from_secs(2);
/// Longer than any step takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many of the master's last lines help to see what went wrong.
const REPORT: usize = 20;

#[derive(Debug)]
pub(super) struct Director<'a> {
    app: Process,
    events: &'a Events,
    verbose: bool,
    story: Story,
    transcript: Transcript,
    clients: Option<Clients>,
    /// The outcomes of the requests, once the last one is over.
    reports: (Report, Vec<Report>),
    /// When a slow request was sent last.
    asked_slowly: Option<Instant>,
    address: Option<SocketAddr>,
    report: Vec<String>,
    ended: bool,
}

impl<'a> Director<'a> {
    pub(super) fn new(app: Process, events: &'a Events, verbose: bool) -> Self {
        Self {
            app,
            events,
            verbose,
            story: Story::default(),
            transcript: Transcript::default(),
            clients: None,
            reports: Default::default(),
            asked_slowly: None,
            address: None,
            report: Vec::new(),
            ended: false,
        }
    }

    /// Runs from the first line of the app to its exit, and returns the outcomes of the requests.
    pub(super) fn play(mut self, origin: &Origin) -> Result<Tally, Stop> {
        match self.acts(origin) {
            Ok(()) => {
                let (calls, slow) = &self.reports;
                let tally = Tally::new(calls, slow, self.transcript.losses());
                self.transcript.summary(&tally);
                Ok(tally)
            }
            Err(stop) => {
                if matches!(stop, Stop::Interrupted(_)) {
                    self.leave();
                }
                Err(stop)
            }
        }
    }

    fn acts(&mut self, origin: &Origin) -> Result<(), Stop> {
        self.open(origin)?;
        for version in 2..=VERSIONS {
            self.upgrade(version, origin)?;
        }
        self.close()
    }

    fn open(&mut self, origin: &Origin) -> Result<(), Stop> {
        self.transcript.heading(&format!("running app#1, upgrades from {}", origin.url()));
        self.until("app#1 listens", |it| it.story.listens(1) && it.address.is_some())?;
        let Some(address) = self.address else { return Ok(()) };
        let rate = Clients::PER_SECOND;
        self.transcript.heading(&format!("calling http://{address}/ {rate} times a second"));
        self.clients = Some(Clients::start(address, self.events.sender()));
        self.until("app#1 says hello", |it| it.story.greeted(1))
    }

    /// The slow request must still be open when the new version listens.
    fn upgrade(&mut self, version: u32, origin: &Origin) -> Result<(), Stop> {
        self.transcript
            .heading(&format!("publishing app#{version}, with a slow request under way"));
        self.ask_slowly();
        origin.publish(version);
        self.until(&format!("app#{version} listens"), |it| {
            it.ask_slowly_again();
            it.story.listens(version)
        })?;
        self.until(&format!("app#{version} says hello"), |it| it.story.greeted(version))?;
        self.until(&format!("app#{} exits", version - 1), |it| it.story.exited(version - 1))
    }

    fn close(&mut self) -> Result<(), Stop> {
        self.story.encore(VERSIONS);
        self.until(&format!("app#{VERSIONS} says hello"), |it| it.story.greeted(VERSIONS))?;
        if let Some(clients) = self.clients.take() {
            self.reports = clients.stop();
        }
        self.transcript.heading(&format!("stopping app#{VERSIONS}"));
        self.app.signal(Signal::TERM);
        self.until("the app ends", |it| it.ended)?;
        match self.app.wait()? {
            End::Exited(0) if self.story.exited(VERSIONS) => Ok(()),
            end => Err(self.failure(&format!("app#{VERSIONS} did not exit with code 0: it {end}"))),
        }
    }

    fn ask_slowly(&mut self) {
        if let Some(clients) = &mut self.clients {
            self.story.slow_began(clients.ask_slowly(HOLD));
            self.asked_slowly = Some(Instant::now());
        }
    }

    /// Where an upgrade takes long, another slow request begins before the last one is answered.
    fn ask_slowly_again(&mut self) {
        if self.asked_slowly.is_some_and(|last| last.elapsed() > HOLD / 2) {
            self.ask_slowly();
        }
    }

    /// Shows what happens, until this holds.
    fn until(&mut self, what: &str, mut holds: impl FnMut(&mut Self) -> bool) -> Result<(), Stop> {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self) {
            if self.ended {
                let end = self.app.wait()?;
                return Err(self.failure(&format!("the app {end}; next would have been: {what}")));
            }
            if Instant::now() > deadline {
                let patience = PATIENCE.as_secs();
                return Err(self.failure(&format!("waited {patience} s in vain: {what}")));
            }
            if self.transcript.unseen() {
                return Err(Stop::Interrupted(Signal::PIPE));
            }
            if let Some(event) = self.events.next()? {
                self.take(event);
            }
        }
        Ok(())
    }

    fn take(&mut self, event: Event) {
        let rows = match event {
            Event::Out(line) => match Line::parse(&line) {
                Some(line) => self.story.printed(line),
                None => return self.transcript.other(&line),
            },
            Event::Err(line) => return self.reported(line),
            Event::Done(done) => {
                self.transcript.loss(&done);
                self.story.done(&done)
            }
            Event::Ended => {
                self.ended = true;
                return;
            }
            // The loop that waits for events handles an interrupt itself.
            Event::Interrupted(_) => return,
        };
        for row in rows {
            self.transcript.show(&row);
        }
    }

    /// The master's lines appear on request; anything else there is news.
    fn reported(&mut self, line: String) {
        match line.strip_prefix("[selfup master] ") {
            Some(report) => {
                self.address = self.address.or(listening_on(report));
                if self.verbose {
                    self.transcript.aside(&line);
                }
                self.report.push(line);
            }
            None => self.transcript.other(&line),
        }
    }

    fn failure(&self, what: &str) -> Stop {
        let first = self.report.len().saturating_sub(REPORT);
        let report = self.report[first..].join("\n");
        Failure::new(format!("{what}\nthe app's master has said:\n{report}")).into()
    }

    /// Ends the app before its time. A second interrupt ends this wait.
    fn leave(&mut self) {
        if let Some(clients) = &mut self.clients {
            clients.fall_silent();
        }
        self.app.signal(Signal::TERM);
        let deadline = Instant::now() + PATIENCE;
        while !self.ended && Instant::now() < deadline {
            match self.events.next_uninterrupted() {
                Some(Event::Interrupted(_)) => return,
                // Connections that come now are refused.
                Some(Event::Done(done)) if !matches!(done.kind, Kind::Slow(_)) => {}
                Some(event) => self.take(event),
                None => {}
            }
        }
    }
}

/// The address in the master's line `listening on tcp://127.0.0.1:3000 (address-0)`.
fn listening_on(report: &str) -> Option<SocketAddr> {
    let address = report.strip_prefix("listening on ")?.split(' ').next()?;
    address.strip_prefix("tcp://").unwrap_or(address).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_in_the_report() {
        let address = listening_on("listening on tcp://127.0.0.1:3000 (address-0)");
        assert_eq!(address, "127.0.0.1:3000".parse().ok());
        assert_eq!(listening_on("started child #1 (pid 7)"), None);
    }
}
