//! One loop: waits for signals, children, other threads and deadlines, and feeds them in.

use std::{
    os::fd::AsFd,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
};
use selfup_channel::FromMaster;
use selfup_lifecycle::{Cause, Event, Generation, Time};
use selfup_program::process::standstill;
use selfup_signals::{End, Pid, Signal};

use super::Master;
use crate::{
    children::{Reaped, Running},
    error::{Error, ErrorKind},
    event::Event as Told,
    executable::Identified,
    hearing,
    left_running::{self as left, Left},
    mailbox::Letter,
    manager::Due,
    process_group as group,
    reason::RollbackReason,
    upgrades::News,
};

/// How long the end of the master waits for a service manager that does not read.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A child whose channel has been closed for so long is not about to end.
const CLOSED_FOR: Duration = Duration::from_secs(1);

/// How often a child is looked after whose end may come without a wake-up.
const LOOK_AFTER: Duration = Duration::from_secs(1);

impl Master {
    /// Runs to the end of the program; how that ended.
    ///
    /// # Errors
    ///
    /// The master cannot wait for its children any more.
    pub fn run(mut self) -> Result<End, Error> {
        loop {
            // At first without having waited: of a child that ended before the master's handlers were
            // there, nothing else tells.
            self.gather();
            self.step_through();
            if let Some(end) = self.end {
                for left in std::mem::take(&mut self.left) {
                    left.wait(LAST_WORDS);
                    self.tell_of(&left);
                }
                self.manager.finish(self.now(), LAST_WORDS);
                return Ok(end);
            }
            self.wait().map_err(|errno| {
                Error::new(ErrorKind::Master, "could not wait for the children").because(errno)
            })?;
        }
    }

    /// Lets the lifecycle look at what has happened, and acts on what it decides.
    pub(super) fn step_through(&mut self) {
        while let Some(event) = self.events.pop_front() {
            if let Some(event) = self.look_first(event) {
                self.happens(event);
            }
        }
    }

    pub(super) fn happens(&mut self, event: Event) {
        let now = self.now();
        for action in self.lifecycle.step(now, event) {
            self.perform(action);
        }
        self.tell_the_manager();
    }

    pub(super) fn tell_the_manager(&mut self) {
        let now = self.now();
        let summary = self.reporter.status_line();
        let failed = self.manager.observe(&self.lifecycle, || summary.to_string(), now);
        self.not_told(failed);
    }

    /// Sleeps until there is something to gather.
    fn wait(&mut self) -> Result<(), Errno> {
        let mut fds: Vec<PollFd<'_>> = [self.signals.as_fd(), self.mail.as_fd()]
            .into_iter()
            .chain(self.children.wake_ups())
            .map(|fd| PollFd::new(fd, PollFlags::POLLIN))
            .collect();
        fds.extend(self.manager.waits_for().map(|fd| PollFd::new(fd, PollFlags::POLLOUT)));
        let begun = Instant::now();
        let asked = self.timeout();
        match poll(&mut fds, poll_timeout(asked)) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
        let slept = asked.and_then(|asked| standstill::lost(asked, begun.elapsed()));
        // A turn of the loop takes no time by itself, but what the hook takes is the program's.
        let busy = begun.duration_since(self.awake).saturating_sub(self.reporter.hook_took());
        let stood = standstill::lost(Duration::ZERO, busy);
        self.awake = Instant::now();
        let lost = slept.into_iter().chain(stood).reduce(|slept, stood| slept + stood);
        lost.into_iter().for_each(|time| self.children.stood_still(time));
        if let Some(time) = lost.filter(|_| self.lifecycle.next_deadline().is_some()) {
            self.reporter.tell(&Told::Frozen { time });
            self.events.push_back(Event::Frozen(time));
        }
        Ok(())
    }

    /// How long it may sleep, if not until something happens.
    fn timeout(&self) -> Option<Duration> {
        if !self.unread.is_empty() || !self.events.is_empty() {
            return Some(Duration::ZERO);
        }
        let now = self.now();
        let deadline = self.lifecycle.next_deadline();
        let deadlines = [deadline, self.manager.next_deadline()];
        let until = deadlines.into_iter().flatten().map(|deadline| now.until(deadline));
        let look = deadline.map(|_| standstill::LOOK);
        let look_after = self.children.are_to_be_looked_after().then_some(LOOK_AFTER);
        let look_at_left = (!self.left.is_empty()).then_some(left::GRACE);
        until.chain(look).chain(look_after).chain(look_at_left).min()
    }

    /// Turns what is there into events. What a child said comes before its end.
    fn gather(&mut self) {
        let failed = self.manager.send(self.now());
        self.not_told(failed);
        let mut a_child_is_alive = false;
        for child in self.children.iter_mut() {
            let heard = hearing::hear(child, hearing::PER_TURN);
            a_child_is_alive |= heard.alive;
            self.events.extend(heard.events);
            heard.told.iter().for_each(|told| self.reporter.tell(told));
            note_version(&mut self.newest_version, child);
        }
        self.unread.extend(self.signals.pending());
        // Handlers interrupt each other, so that what comes at one moment comes in any order. Those
        // that are for every child come last: one that is started by a restart gets them, too.
        self.unread.sort_by_key(|received| matches!(received.signal, Signal::INT | Signal::QUIT));
        for received in self.unread.drain(..) {
            if received.signal != Signal::CHLD {
                self.events.push_back(Event::Signal(group::arrived(received)));
            }
        }
        self.reap();
        self.look_at_what_is_left();
        self.look_at_channels();
        self.drain_again();
        for letter in self.mail.take() {
            match letter {
                Letter::Restart => self.events.push_back(Event::Restart(Cause::Call)),
                Letter::Upgrade(news) => self.hear_news(news),
                Letter::Runs(identified) => self.hear_what_runs(*identified),
            }
        }
        if self.lifecycle.next_deadline().is_some_and(|deadline| deadline <= self.now()) {
            self.events.push_back(Event::Tick);
        }
        self.feed_the_watchdog(a_child_is_alive);
        // Not all that is told here is an event for the lifecycle.
        self.tell_the_manager();
    }

    /// Another executable serves than before: of an upgrade, or because somebody has put it there.
    fn hear_what_runs(&mut self, identified: Identified) {
        let Identified { generation, id, version, before } = identified;
        self.reporter.status_line().runs(generation.number(), id);
        let Some(before) = before else { return };
        match before.refusal {
            // That was told when the master did it.
            Some(_) if self.rolled_back == Some(before.id) => {}
            Some(reason) => {
                self.rolled_back = Some(before.id);
                self.upgrades.rolled_back_by_hand(before.id);
                let (refused, version) = (before.id, before.version);
                let reason = RollbackReason::Recorded(reason);
                self.reporter.tell(&Told::RolledBack { refused, version, reason });
            }
            None => self.reporter.tell(&Told::Upgraded {
                generation: generation.number(),
                id,
                version,
                before: before.version,
            }),
        }
    }

    /// Tells of a child that has closed its channel, and lives on. One that ends closes it a moment
    /// before.
    fn look_at_channels(&mut self) {
        let mut closed = Vec::new();
        for child in self.children.iter_mut().filter(|child| !child.closed_told) {
            if child.closed_for(self.awake).is_some_and(|time| time >= CLOSED_FOR) {
                child.closed_told = true;
                closed.push(child.generation);
            }
        }
        for generation in closed {
            let reason = format!(
                "child {generation} has closed its control channel; it gets SIGTERM when it is to drain"
            );
            self.reporter.tell(&Told::Warning { reason });
        }
    }

    /// Tells of what children have left running, if it does not end by itself.
    fn look_at_what_is_left(&mut self) {
        let now = self.now();
        let left = std::mem::take(&mut self.left).into_iter().filter(Left::is_there);
        let (due, not_yet): (Vec<_>, Vec<_>) = left.partition(|left| left.is_due(now));
        self.left = not_yet;
        due.iter().for_each(|left| self.tell_of(left));
    }

    fn tell_of(&mut self, left: &Left) {
        let (generation, pids) = (left.generation.number(), left.pids());
        if left.is_there() {
            self.reporter.tell(&Told::LeftRunning { generation, pids, killed: false });
        }
    }

    /// Looks after the children in every turn: a SIGCHLD may have been taken by a handler, or a thread,
    /// of somebody else's.
    fn reap(&mut self) {
        for Reaped { mut child, end, unknown, killed } in self.children.reap(self.recipe.kill_group)
        {
            let heard = hearing::hear(&mut child, hearing::ALL);
            self.events.extend(heard.events);
            heard.told.iter().for_each(|told| self.reporter.tell(told));
            note_version(&mut self.newest_version, &child);
            let generation = child.generation.number();
            if let Some(since) = child.was_not_heard_for(self.awake) {
                let reason = format!(
                    "child {} closed its control channel {:.1} s before it ended: something in it \
                     closes descriptors that are not its own (closefrom, close_range)",
                    child.generation,
                    since.as_secs_f64()
                );
                self.reporter.tell(&Told::Warning { reason });
            }
            if unknown {
                let reason = format!(
                    "could not learn how child #{generation} ended, since somebody else in this \
                     process waited for it; it counts as a failure"
                );
                self.reporter.tell(&Told::Warning { reason });
            }
            self.reporter.tell(&Told::Ended { generation, end });
            self.events.push_back(Event::Exited(child.generation, end));
            if !killed.is_empty() {
                let killed = killed.into_iter().filter_map(Pid::new).collect();
                self.reporter.tell(&Told::LeftRunning { generation, pids: killed, killed: true });
            }
            if !child.channel_closed {
                let now = self.now();
                self.left.push(Left::new(child.generation, child.channel, child.their_end, now));
            }
        }
        if let Err(error) = self.orphans.reap(&self.children) {
            self.trouble("could not reap orphans, which stay as zombies", &error);
        }
    }

    /// Tells the manager that the service is alive, if that is due and true.
    fn feed_the_watchdog(&mut self, a_child_is_alive: bool) {
        let serving = self.lifecycle.active().and_then(|active| self.children.find(active));
        let failed = match self.manager.due(self.now(), serving.is_some()) {
            Some(Due::Tell) => self.manager.is_alive(self.now()),
            Some(Due::Ask) => {
                // One that does not read its messages does not answer either.
                let _asked = serving.map(|child| child.channel.send(&FromMaster::Ask));
                None
            }
            None => None,
        };
        let answered = a_child_is_alive.then(|| self.manager.is_alive(self.now())).flatten();
        self.not_told(failed.or(answered));
    }

    fn hear_news(&mut self, news: News) {
        let told = match news {
            News::FetchDisabled(reason) => Told::FetchDisabled { reason },
            News::Caution(reason) => Told::Warning { reason },
            News::FetchFailed(reason) => Told::FetchFailed { reason },
            News::FetchRecovered => Told::FetchRecovered,
            News::UpToDate(id) => Told::UpToDate { id },
            News::Refused(reason) => Told::Refused { reason },
            News::AlreadyThere(id) => {
                self.try_what_is_at_the_path();
                Told::Installed { id }
            }
            News::Looked(looked) => return self.hear_of_the_path(looked),
            News::Verified(trial) => {
                let (id, warnings) = (trial.id(), trial.warnings().to_vec());
                if !self.upgrades.verified(trial, self.lifecycle.waits_for_a_start()) {
                    return;
                }
                for warning in warnings {
                    self.reporter.tell(&Told::Warning { reason: warning.to_string() });
                }
                self.trial = Some(self.lifecycle.next_generation());
                self.events.push_back(Event::Installed);
                Told::Installed { id }
            }
        };
        self.reporter.tell(&told);
    }

    pub(super) fn now(&self) -> Time {
        Time::since_start(self.started.elapsed())
    }
}

fn note_version(newest: &mut Option<(Generation, String)>, child: &Running) {
    let is_newer = newest.as_ref().is_none_or(|(newest, _)| *newest < child.generation);
    if let Some(version) = child.version.clone().filter(|_| is_newer) {
        *newest = Some((child.generation, version));
    }
}

/// Rounded up, so that a deadline has passed when poll returns.
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
