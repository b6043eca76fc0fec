//! The loop that sends what is due, and waits for whatever happens next.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;

use crate::config::{Config, Each, Lane};
use crate::connection::Connection;
use crate::ended::Ended;
use crate::exchange::{Exchange, Failure, Progress};
use crate::loss::Loss;
use crate::report::{Incident, Sample};
use crate::response::Response;
use crate::running::Shared;
use crate::schedule::Schedule;

/// The state of the sending thread.
pub(crate) struct Driver<'a> {
    start: Instant,
    address: SocketAddr,
    timeout: Duration,
    grace: Option<Duration>,
    keep_samples: bool,
    each: Option<Each>,
    lanes: Vec<Traffic>,
    exchanges: Vec<Exchange>,
    /// When the last one must be over, once stopped.
    end: Option<Duration>,
    room: Vec<u8>,
    shared: &'a Shared,
    woken: UnixStream,
}

/// One lane's state.
struct Traffic {
    schedule: Schedule,
    request: Rc<[u8]>,
    /// Due, and waiting for a kept connection.
    waiting: VecDeque<Duration>,
    /// Free places for kept connections, some with a connection; `None` on a lane that keeps none.
    places: Option<VecDeque<Option<Connection>>>,
    /// Requests that have been sent, or wait to be, and are not over.
    under_way: usize,
    at_once: usize,
}

impl Traffic {
    fn new(lane: &Lane, address: SocketAddr) -> Self {
        Self {
            schedule: Schedule::new(lane.rate, lane.limit),
            request: lane.request(address).into(),
            waiting: VecDeque::new(),
            places: lane.kept.map(|count| (0..count.get()).map(|_| None).collect()),
            under_way: 0,
            at_once: lane.at_once.unwrap_or(usize::MAX),
        }
    }
}

impl<'a> Driver<'a> {
    pub(crate) fn new(
        config: Config,
        start: Instant,
        shared: &'a Shared,
        woken: UnixStream,
    ) -> Self {
        let Config { address, timeout, grace, keep_samples, each, lanes } = config;
        let lanes = lanes.iter().map(|lane| Traffic::new(lane, address)).collect();
        Self {
            start,
            address,
            timeout,
            grace,
            keep_samples,
            each,
            lanes,
            exchanges: Vec::new(),
            end: None,
            room: vec![0; 64 * 1024],
            shared,
            woken,
        }
    }

    pub(crate) fn run(mut self) {
        loop {
            if self.end.is_none() && self.shared.is_stopped() {
                self.stop();
            }
            // In this order, because what is late frees a place for what is due.
            self.expire();
            self.send_due();
            if self.is_finished() {
                return;
            }
            self.wait_and_advance();
        }
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn stop(&mut self) {
        let now = self.now();
        // What was due before the stop is sent, so that stopping late hides nothing.
        self.send_due();
        for lane in &mut self.lanes {
            lane.schedule.stop();
        }
        self.end = Some(match self.grace {
            _ if self.shared.is_abandoned() => now,
            Some(grace) => now + grace,
            None => Duration::MAX,
        });
    }

    fn is_finished(&self) -> bool {
        self.exchanges.is_empty()
            && self.lanes.iter().all(|it| it.waiting.is_empty() && it.schedule.next().is_none())
    }

    fn send_due(&mut self) {
        let now = self.now();
        for lane in 0..self.lanes.len() {
            let traffic = &mut self.lanes[lane];
            while let Some(due) = traffic.schedule.take_due(now) {
                if traffic.under_way < traffic.at_once {
                    traffic.under_way += 1;
                    traffic.waiting.push_back(due);
                    self.shared.report().lanes[lane].sent += 1;
                }
            }
            self.send_waiting(lane);
        }
    }

    /// Sends what waits, as far as there are places.
    fn send_waiting(&mut self, lane: usize) {
        while !self.lanes[lane].waiting.is_empty() {
            let idle = match &mut self.lanes[lane].places {
                None => None,
                Some(places) => match places.pop_front() {
                    Some(place) => place,
                    None => return,
                },
            };
            if let Some(due) = self.lanes[lane].waiting.pop_front() {
                self.send(lane, due, idle);
            }
        }
    }

    fn send(&mut self, lane: usize, due: Duration, idle: Option<Connection>) {
        let kept = idle.is_some();
        let idle = idle.filter(Connection::is_idle);
        if kept && idle.is_none() {
            self.shared.report().lanes[lane].noticed += 1;
        }
        let reused = idle.is_some();
        let request = Rc::clone(&self.lanes[lane].request);
        match Exchange::begin(lane, due, request, idle, self.address) {
            // On an idle connection the request is written before anything else can happen.
            Ok(exchange) if reused => {
                let progress = exchange.advance(&mut self.room);
                self.settle(lane, due, progress);
            }
            Ok(exchange) => self.exchanges.push(exchange),
            Err(failure) => self.settle(lane, due, Progress::Lost(failure)),
        }
    }

    /// Waits until an exchange can go on, or something is due, or late, or the load is stopped.
    fn wait_and_advance(&mut self) {
        let timeout = self.next_moment().map(|moment| moment.saturating_sub(self.now()));
        let mut fds: Vec<_> = self
            .exchanges
            .iter()
            .map(|exchange| PollFd::new(exchange.as_fd(), exchange.interest()))
            .collect();
        if self.end.is_none() {
            fds.push(PollFd::new(self.woken.as_fd(), PollFlags::POLLIN));
        }
        match ppoll(&mut fds, timeout.map(TimeSpec::from_duration), None) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => panic!("ppoll: {errno}"),
        }
        let ready: Vec<bool> = fds.iter().map(|fd| fd.any().unwrap_or(true)).collect();
        drop(fds);
        for (exchange, ready) in std::mem::take(&mut self.exchanges).into_iter().zip(ready) {
            if ready {
                let (lane, due) = (exchange.lane, exchange.due);
                let progress = exchange.advance(&mut self.room);
                self.settle(lane, due, progress);
            } else {
                self.exchanges.push(exchange);
            }
        }
    }

    /// When the next request is due, or the next one in flight is late.
    fn next_moment(&self) -> Option<Duration> {
        let due = self.lanes.iter().filter_map(|lane| lane.schedule.next());
        let waiting = self.lanes.iter().filter_map(|lane| lane.waiting.front().copied());
        let in_flight = self.exchanges.iter().map(|exchange| exchange.due);
        let late = waiting.chain(in_flight).map(|due| self.deadline(due));
        due.chain(late).min()
    }

    fn deadline(&self, due: Duration) -> Duration {
        (due + self.timeout).min(self.end.unwrap_or(Duration::MAX))
    }

    /// Gives up what has taken too long.
    fn expire(&mut self) {
        let now = self.now();
        for exchange in std::mem::take(&mut self.exchanges) {
            if self.deadline(exchange.due) > now {
                self.exchanges.push(exchange);
            } else {
                let progress = Progress::Lost(Loss::TimedOut.into());
                self.settle(exchange.lane, exchange.due, progress);
            }
        }
        for lane in 0..self.lanes.len() {
            while let Some(&due) = self.lanes[lane].waiting.front()
                && self.deadline(due) <= now
            {
                self.lanes[lane].waiting.pop_front();
                self.note(lane, due, Err(Loss::TimedOut.into()));
            }
        }
    }

    /// Takes in how far an exchange has come, and frees its place when it is over.
    fn settle(&mut self, lane: usize, due: Duration, progress: Progress) {
        let connection = match progress {
            Progress::Waiting(exchange) => return self.exchanges.push(exchange),
            Progress::Answered(response, connection) => {
                if response.close && self.lanes[lane].places.is_some() {
                    self.shared.report().lanes[lane].asked_to_close += 1;
                }
                self.note(lane, due, judge(response));
                connection
            }
            Progress::Lost(failure) => {
                self.note(lane, due, Err(failure));
                None
            }
        };
        if let Some(places) = &mut self.lanes[lane].places {
            places.push_back(connection);
        }
    }

    /// Counts one request that is over.
    fn note(&mut self, lane: usize, due: Duration, outcome: Result<Vec<u8>, Failure>) {
        let at = self.now();
        self.lanes[lane].under_way -= 1;
        if let Some(Each(each)) = &self.each {
            let outcome = outcome.as_deref().map_err(ToString::to_string);
            each(&Ended { lane, due, at, outcome });
        }
        let mut report = self.shared.report();
        if self.keep_samples {
            let outcome = outcome.as_ref().map(|_| ()).map_err(|failure| failure.loss);
            report.samples.push(Sample { lane, due, at, outcome });
        }
        match outcome {
            Ok(body) => {
                report.lanes[lane].answered += 1;
                report.lanes[lane].latencies.push(at.saturating_sub(due));
                report.note_response(&body, at);
            }
            Err(Failure { loss, detail }) => {
                *report.lanes[lane].losses.entry(loss).or_default() += 1;
                let lane = report.lanes[lane].name.clone();
                report.note_incident(Incident { lane, due, at, loss, detail });
            }
        }
    }
}

/// Whether a whole response is the one that was wanted.
fn judge(response: Response) -> Result<Vec<u8>, Failure> {
    match response.status {
        200 => Ok(response.body),
        status => Err(Failure { loss: Loss::Status, detail: format!("status {status}") }),
    }
}
