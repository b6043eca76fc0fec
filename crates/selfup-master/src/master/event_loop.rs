//! The loop: waits for signals, children, other threads and deadlines, and feeds them to the lifecycle.

use std::{
    os::fd::AsFd,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
};
use selfup_channel::FromMaster;
#[cfg(feature = "metrics")]
use selfup_lifecycle::{Generation, Standing};
use selfup_lifecycle::{Input, Time};
use selfup_program::process::standstill;
use selfup_signals::{End, Signal};

use super::Master;
#[cfg(feature = "metrics")]
use crate::observe::Population;
use crate::{
    child_messages,
    error::{Error, ErrorKind},
    event::Event,
    left_running,
    manager::Due,
    process_group as group,
};

/// How long the end of the master waits for a service manager that does not read.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// How often the loop looks after a child whose end may cause no wake-up.
const LOOK_AFTER: Duration = Duration::from_secs(1);

impl Master {
    /// Runs until the program ends, and returns how it ended.
    ///
    /// # Errors
    ///
    /// The master cannot wait for its children any more.
    pub fn run(mut self) -> Result<End, Error> {
        loop {
            // The first turn does not wait: a child may have ended before the handlers were installed, and
            // then nothing wakes the loop.
            self.gather();
            self.handle_inputs();
            if let Some(end) = self.end {
                for left in std::mem::take(&mut self.left) {
                    left.wait(LAST_WORDS);
                    self.report_left_running(&left);
                }
                self.manager.finish(self.now(), LAST_WORDS);
                #[cfg(feature = "control")]
                if let Some(control) = self.reporter.control() {
                    control.finish(LAST_WORDS);
                }
                return Ok(end);
            }
            self.wait().map_err(|errno| {
                Error::new(ErrorKind::Master, "could not wait for the children").because(errno)
            })?;
        }
    }

    pub(super) fn handle_inputs(&mut self) {
        while let Some(input) = self.inputs.pop_front() {
            if let Some(input) = self.look_first(input) {
                self.handle(input);
            }
        }
    }

    /// Gives an input to the lifecycle, and performs the actions that follow.
    pub(super) fn handle(&mut self, input: Input) {
        let now = self.now();
        for action in self.lifecycle.step(now, input) {
            self.perform(action);
        }
        self.update_manager();
    }

    /// Reports to the service manager what has changed.
    pub(super) fn update_manager(&mut self) {
        let now = self.now();
        let status = self.reporter.status_line();
        let failed = self.manager.update(&self.lifecycle, || status.to_string(), now);
        self.warn_about_manager(failed);
        #[cfg(feature = "metrics")]
        self.show_population();
    }

    #[cfg(feature = "metrics")]
    fn show_population(&mut self) {
        let mut population = Population {
            serving: self.lifecycle.active().map(Generation::number),
            on_probation: self.lifecycle.on_probation_until().is_some(),
            ..Population::default()
        };
        for child in self.children.iter() {
            match self.lifecycle.standing(child.generation) {
                Some((Standing::Candidate, _)) => population.candidates += 1,
                Some((Standing::Active, _)) => population.active += 1,
                Some((Standing::Draining, _)) => population.draining += 1,
                Some((Standing::Killed, _)) | None => population.killed += 1,
            }
        }
        self.reporter.show_population(population);
    }

    /// Sleeps until there is something to gather.
    fn wait(&mut self) -> Result<(), Errno> {
        let mut fds: Vec<PollFd<'_>> = [self.signals.as_fd(), self.inbox.as_fd()]
            .into_iter()
            .chain(self.children.wake_ups())
            .map(|fd| PollFd::new(fd, PollFlags::POLLIN))
            .collect();
        fds.extend(self.manager.waits_for_room().map(|fd| PollFd::new(fd, PollFlags::POLLOUT)));
        let begun = Instant::now();
        let asked = self.timeout();
        match poll(&mut fds, poll_timeout(asked)) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
        let slept = asked.and_then(|asked| standstill::lost(asked, begun.elapsed()));
        // A turn of the loop takes no time by itself. The time of the hook is the program's.
        let busy = begun.duration_since(self.awake).saturating_sub(self.reporter.hook_took());
        let stood = standstill::lost(Duration::ZERO, busy);
        self.awake = Instant::now();
        let lost = slept.into_iter().chain(stood).reduce(|slept, stood| slept + stood);
        lost.into_iter().for_each(|time| self.children.add_frozen_time(time));
        if let Some(time) = lost.filter(|_| self.lifecycle.next_deadline().is_some()) {
            self.report(Event::Frozen { time });
            self.inputs.push_back(Input::Frozen(time));
        }
        Ok(())
    }

    /// Returns how long the loop may sleep, or `None` if only something that happens has to wake it.
    fn timeout(&self) -> Option<Duration> {
        if !self.unread.is_empty() || !self.inputs.is_empty() {
            return Some(Duration::ZERO);
        }
        let now = self.now();
        let deadline = self.lifecycle.next_deadline();
        let deadlines = [deadline, self.manager.next_deadline()];
        let until = deadlines.into_iter().flatten().map(|deadline| now.until(deadline));
        let look = deadline.map(|_| standstill::LOOK);
        let look_after = self.children.need_looking_after().then_some(LOOK_AFTER);
        let look_at_left = (!self.left.is_empty()).then_some(left_running::GRACE);
        until.chain(look).chain(look_after).chain(look_at_left).min()
    }

    /// Turns everything that has happened into inputs. The messages of a child come before its end.
    fn gather(&mut self) {
        let failed = self.manager.send(self.now());
        self.warn_about_manager(failed);
        let a_child_is_alive = self.read_children();
        self.unread.extend(self.signals.pending());
        // Handlers interrupt each other, so signals of one moment come in any order. Those for every child
        // come last, so that a child that a restart signal starts gets them too.
        self.unread.sort_by_key(|received| matches!(received.signal, Signal::INT | Signal::QUIT));
        for received in self.unread.drain(..) {
            if received.signal != Signal::CHLD {
                self.inputs.push_back(Input::Signal(group::arrived(received)));
            }
        }
        self.reap();
        self.look_at_left_running();
        self.look_at_channels();
        self.drain_again();
        for message in self.inbox.take() {
            self.take_message(message);
        }
        if self.lifecycle.next_deadline().is_some_and(|deadline| deadline <= self.now()) {
            self.inputs.push_back(Input::Tick);
        }
        self.feed_the_watchdog(a_child_is_alive);
        // The status line may have changed without an input for the lifecycle.
        self.update_manager();
    }

    /// Reads the messages of the children, and returns whether one has responded that it is alive.
    fn read_children(&mut self) -> bool {
        let mut is_alive = false;
        for child in self.children.iter_mut() {
            let batch = child_messages::read(child, child_messages::PER_TURN);
            is_alive |= batch.is_alive;
            self.inputs.extend(batch.inputs);
            batch.reports.into_iter().for_each(|event| self.reporter.report(event));
            super::reaping::note_version(&mut self.newest_version, child);
        }
        is_alive
    }

    /// Reports to the service manager that the service is alive, if that is due and true.
    fn feed_the_watchdog(&mut self, a_child_is_alive: bool) {
        let serving = self.lifecycle.active().and_then(|active| self.children.find(active));
        let failed = match self.manager.due(self.now(), serving.is_some()) {
            Some(Due::Report) => self.manager.report_alive(self.now()),
            Some(Due::AskChild) => {
                // A child that does not read its messages does not respond either.
                let _asked = serving.map(|child| child.channel.send(&FromMaster::Ask));
                None
            }
            None => None,
        };
        let responded = a_child_is_alive.then(|| self.manager.report_alive(self.now())).flatten();
        self.warn_about_manager(failed.or(responded));
    }

    pub(super) fn now(&self) -> Time {
        Time::since_start(self.started.elapsed())
    }
}

/// Rounds up, so that a deadline has passed when poll returns.
fn poll_timeout(sleep: Option<Duration>) -> PollTimeout {
    match sleep {
        None => PollTimeout::NONE,
        Some(Duration::ZERO) => PollTimeout::ZERO,
        Some(sleep) => {
            let sleep = sleep.saturating_add(Duration::from_millis(1));
            PollTimeout::try_from(sleep).unwrap_or(PollTimeout::MAX)
        }
    }
}
