//! The thread that sees to handoffs: one loop, which sleeps until something happens.

use std::{
    io::{self, Read},
    os::{fd::AsFd, unix::net::UnixStream},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use selfup_channel::{ChildEnd, FromChild, FromMaster, Incoming};
use selfup_program::Serving;
use selfup_signals::{End, Receiver, Signal};

use crate::{
    decide::{Input, Phase, Situation, Why},
    error::Result,
    event::Event,
    manager::Manager,
    next::{News, Next},
    probation::Probation,
    request::Request,
    settings::Handoff,
    strategy::Strategy,
    successor::Recipe,
    upgrader::Upgrader,
};

pub(crate) struct Coordinator {
    pub(crate) settings: Handoff,
    pub(crate) situation: Situation,
    pub(crate) upgrader: Upgrader,
    pub(crate) serving: Serving,
    pub(crate) manager: Manager,
    pub(crate) recipe: Recipe,
    pub(crate) probation: Probation,
    pub(crate) predecessor: Option<ChildEnd>,
    pub(crate) next: Option<Next>,
    /// A helper that drains, to be reaped when it has ended.
    pub(crate) released: Option<Next>,
    /// The call that waits for the end of the handoff.
    pub(crate) caller: Option<mpsc::Sender<Result<()>>>,
    /// The program has drained.
    pub(crate) finished: Option<mpsc::Sender<Result<()>>>,
    pub(crate) drain_ends: Option<Instant>,
    pub(crate) receiver: Receiver,
    pub(crate) requests: mpsc::Receiver<Request>,
    pub(crate) rung: UnixStream,
}

/// A helper that has closed its channel is about to end.
const TICK: Duration = Duration::from_millis(20);

impl Coordinator {
    /// Starts the thread. Signals are blocked in it, as in the caller.
    pub(crate) fn spawn(mut self) -> io::Result<()> {
        let thread = thread::Builder::new().name("selfup-handoff".into());
        thread.spawn(move || {
            loop {
                self.turn();
            }
        })?;
        Ok(())
    }

    fn turn(&mut self) {
        self.wait();
        self.look_at_signals();
        self.look_at_predecessor();
        self.look_at_next();
        self.look_at_released();
        while let Ok(request) = self.requests.try_recv() {
            self.handle(request);
        }
        self.look_at_probation();
        self.look_at_drain();
    }

    fn wait(&mut self) {
        let is_active = self.situation.phase == Phase::Active;
        let deadlines = [
            self.next.as_ref().and_then(|next| next.deadline),
            self.drain_ends.filter(|_| !self.waits_for_released()),
            self.probation.deadline().filter(|_| is_active),
        ];
        let now = Instant::now();
        let soonest = deadlines.into_iter().flatten().min();
        let mut timeout = soonest.map(|deadline| deadline.saturating_duration_since(now));
        let mut fds = vec![
            PollFd::new(self.receiver.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.rung.as_fd(), PollFlags::POLLIN),
        ];
        let mut watch = |fd| fds.push(PollFd::new(fd, PollFlags::POLLIN));
        if let Some(predecessor) = &self.predecessor {
            watch(predecessor.as_fd());
        }
        for next in self.next.iter().chain(&self.released) {
            match next.wake_up() {
                Some(fd) => watch(fd),
                None => timeout = Some(timeout.map_or(TICK, |timeout| timeout.min(TICK))),
            }
        }
        let timeout = timeout.map_or(PollTimeout::NONE, |timeout| {
            // Rounded up, so that it has passed when poll returns.
            let timeout = timeout.saturating_add(Duration::from_millis(1));
            PollTimeout::try_from(timeout).unwrap_or(PollTimeout::MAX)
        });
        // After an error, everything is looked at, and then waited for again.
        let _ready = poll(&mut fds, timeout);
        let _hushed = (&self.rung).read(&mut [0; 64]);
    }

    fn look_at_signals(&mut self) {
        let received: Vec<Signal> = self.receiver.pending().map(|one| one.signal).collect();
        for signal in received {
            let stops = matches!(signal, Signal::TERM | Signal::INT);
            if signal == self.settings.upgrade_signal {
                self.decide(Input::Upgrade { may_wait: true });
            } else if stops && !self.settings.drain_on_terminate {
                self.recipe.end_by = signal;
                self.decide(Input::Terminate);
            } else if signal == Signal::QUIT || stops {
                if let Some(hook) = &mut self.settings.on_quit {
                    hook();
                }
                self.decide(Input::Quit);
            } else {
                let hook = match signal {
                    Signal::HUP => &mut self.settings.on_hangup,
                    _ => &mut self.settings.on_user1,
                };
                if let Some(hook) = hook {
                    hook();
                }
            }
        }
    }

    fn look_at_predecessor(&mut self) {
        while let Some(channel) = &self.predecessor {
            match channel.poll() {
                Ok(Incoming::Message(FromMaster::Drain)) => self.decide(Input::Drain),
                Ok(Incoming::Message(FromMaster::Ask)) => {
                    let _sent = channel.send(&FromChild::Alive);
                }
                Ok(Incoming::Message(FromMaster::End)) => self.decide(Input::Terminate),
                Ok(Incoming::Message(_) | Incoming::Malformed) => {}
                Ok(Incoming::Nothing) => return,
                Ok(Incoming::Closed) | Err(_) => {
                    self.predecessor = None;
                    self.decide(Input::Alone);
                }
            }
        }
    }

    fn look_at_next(&mut self) {
        let Some(next) = &mut self.next else { return };
        if next.wake_up().is_none() {
            return;
        }
        match next.news() {
            News::Ready => self.is_ready(),
            News::Alive => {
                next.deadline = None;
                self.decide(Input::SuccessorReady);
            }
            News::Gone => self.decide(Input::SuccessorFailed),
            News::Nothing => {
                let late = next.deadline.is_some_and(|deadline| deadline <= Instant::now());
                if late {
                    self.recipe.is_late = true;
                    self.decide(Input::SuccessorFailed);
                }
            }
        }
    }

    /// The manager learns of it first. Only when it has responded after that, it is the service: one that is killed
    /// before has cost nothing, and one that is killed later was the service already.
    fn is_ready(&mut self) {
        let Some(next) = &mut self.next else { return };
        let told = match self.settings.strategy {
            Strategy::Single => self.manager.hand_over(next.pid().unsigned_abs()),
            Strategy::Double => Ok(()),
        };
        self.recipe.was_announced = self.settings.strategy == Strategy::Single;
        next.ask();
        self.warn_of(told);
    }

    fn look_at_released(&mut self) {
        let Some(helper) = &mut self.released else { return };
        let is_closed = helper.wake_up().is_none() || helper.news() == News::Gone;
        if is_closed && !helper.lives() {
            self.released = None;
        }
    }

    /// Not during a handoff: the successor answers for the executable after it.
    fn look_at_probation(&mut self) {
        if self.situation.phase != Phase::Active {
            return;
        }
        match self.probation.look() {
            None => {}
            Some(Ok(path)) => self.report(&Event::Committed { path }),
            Some(Err(text)) => self.warn_of(Err(text)),
        }
    }

    fn look_at_drain(&mut self) {
        let late = self.drain_ends.is_some_and(|end| end <= Instant::now());
        if self.waits_for_released() {
            return;
        }
        let returns = self.situation.phase == Phase::Draining(Why::Return);
        if returns && (late || self.finished.is_some()) {
            let error = self.execute();
            // The helper is the service. This process can rely on none of its descriptors.
            match self.finished.take() {
                Some(finished) => {
                    let _heard = finished.send(Err(error));
                    thread::park();
                }
                None => End::Exited(1).mirror(),
            }
        } else if let Some(finished) = self.finished.take() {
            let _heard = finished.send(Ok(()));
        } else if late {
            End::Signaled { signal: Signal::KILL, core_dumped: false }.mirror();
        }
    }

    /// The new file would not know the helper of the handoff before, and never reap it.
    fn waits_for_released(&self) -> bool {
        self.situation.phase == Phase::Draining(Why::Return) && self.released.is_some()
    }

    fn handle(&mut self, request: Request) {
        let (input, reply) = match request {
            Request::Ready(reply) => (Input::Ready, reply),
            Request::Stop(reply) => (Input::Quit, reply),
            Request::Stopping(reply) => {
                if !matches!(self.situation.phase, Phase::Draining(_)) {
                    self.decide(Input::Quit);
                }
                let _heard = reply.send(());
                return;
            }
            Request::Upgrade(caller) => {
                self.upgrade_by(caller);
                return;
            }
            #[cfg(feature = "upgrade")]
            Request::UpgradeTo(trial, caller) => {
                self.upgrade_to(*trial, caller);
                return;
            }
            Request::Finish(finished) => {
                self.finished = Some(finished);
                return;
            }
        };
        self.decide(input);
        // It may not wait any more.
        let _heard = reply.send(());
    }

    /// A call that comes while another one waits is refused.
    pub(crate) fn upgrade_by(&mut self, caller: mpsc::Sender<Result<()>>) {
        let waits = self.caller.replace(caller);
        self.decide(Input::Upgrade { may_wait: false });
        if waits.is_some() {
            self.caller = waits;
        }
    }

    pub(crate) fn warn_of(&mut self, done: Result<(), String>) {
        if let Err(text) = done {
            self.report(&Event::Warning(text));
        }
    }
}
