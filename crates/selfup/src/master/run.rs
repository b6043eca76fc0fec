use std::{os::fd::AsFd, time::Duration};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
};
use selfup_signals::{End, Signal};

use super::{
    Cause, Event, Master, Time, children::Running, event::Unsuitable, group, mailbox::Letter,
    manager::Due, step::step, upgrade::News,
};
use crate::{
    Error, ErrorKind,
    control::{FromChild, FromMaster, Incoming, VERSION},
    event::Event as Told,
    intake::warnings_of,
};

impl Master {
    /// Runs to the end of the program; how that ended.
    pub(crate) fn run(mut self) -> Result<End, Error> {
        loop {
            self.step_through();
            if let Some(end) = self.end {
                return Ok(end);
            }
            self.wait().map_err(|errno| {
                Error::new(ErrorKind::Master, "could not wait for the children").because(errno)
            })?;
            self.gather();
        }
    }

    /// Lets the lifecycle look at what has happened, and acts on what it decides.
    pub(super) fn step_through(&mut self) {
        while let Some(event) = self.events.pop_front() {
            let now = self.now();
            let (lifecycle, actions) = step(self.lifecycle.clone(), now, event);
            self.lifecycle = lifecycle;
            for action in actions {
                self.perform(action);
            }
            self.tell_the_manager();
        }
    }

    pub(super) fn tell_the_manager(&mut self) {
        let now = self.now();
        let summary = self.reporter.summary();
        let failed = self.manager.observe(&self.lifecycle, || summary.to_string(), now);
        self.not_told(failed);
    }

    /// Sleeps until there is something to gather.
    fn wait(&self) -> Result<(), Errno> {
        let channels = self.children.iter().filter(|child| !child.channel_closed);
        let mut fds: Vec<PollFd<'_>> = [self.signals.as_fd(), self.mail.as_fd()]
            .into_iter()
            .chain(channels.map(|child| child.channel.as_fd()))
            .map(|fd| PollFd::new(fd, PollFlags::POLLIN))
            .collect();
        match poll(&mut fds, self.timeout()) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(errno) => Err(errno),
        }
    }

    fn timeout(&self) -> PollTimeout {
        let deadlines = [self.lifecycle.next_deadline(), self.manager.next_deadline()];
        match deadlines.into_iter().flatten().min() {
            _ if !self.unread.is_empty() => PollTimeout::ZERO,
            None => PollTimeout::NONE,
            Some(deadline) => {
                // Rounded up, so that the deadline has passed when poll returns.
                let left = self.now().until(deadline).saturating_add(Duration::from_millis(1));
                PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)
            }
        }
    }

    /// Turns all that is there into events. What a child said comes before its end.
    fn gather(&mut self) {
        let mut a_child_is_alive = false;
        for child in self.children.iter_mut() {
            while let Some(incoming) = child.hear() {
                a_child_is_alive |= matches!(incoming, Incoming::Message(FromChild::Alive));
                self.events.extend(said(child, incoming, &mut self.reporter));
            }
        }
        let mut a_child_changed = false;
        self.unread.extend(self.signals.pending());
        // Handlers interrupt each other, so that what comes at one moment comes in any order. Those
        // that are for every child come last: one that is started by a restart gets them, too.
        self.unread.sort_by_key(|received| matches!(received.signal, Signal::INT | Signal::QUIT));
        for received in self.unread.drain(..) {
            match received.signal {
                Signal::CHLD => a_child_changed = true,
                _ => self.events.push_back(Event::Signal(group::arrived(received))),
            }
        }
        if a_child_changed {
            for (mut child, end) in self.children.reap() {
                while let Some(incoming) = child.hear() {
                    self.events.extend(said(&mut child, incoming, &mut self.reporter));
                }
                let generation = child.generation.number();
                if let Some(since) = child.was_not_heard_for() {
                    let reason = format!(
                        "child {} closed its control channel {:.1} s before it ended: something in it \
                         closes descriptors that are not its own (closefrom, close_range)",
                        child.generation,
                        since.as_secs_f64()
                    );
                    self.reporter.tell(&Told::Trouble { reason });
                }
                self.reporter.tell(&Told::Ended { generation, end });
                self.events.push_back(Event::Exited(child.generation, end));
            }
            if let Err(error) = self.orphans.reap(&self.children) {
                self.trouble("could not reap orphans, which stay as zombies", &error);
            }
        }
        for letter in self.mail.take() {
            match letter {
                Letter::Restart => self.events.push_back(Event::Restart(Cause::Call)),
                Letter::Upgrade(news) => self.hear_news(news),
                Letter::Runs(generation, id) => {
                    self.reporter.summary().runs(generation.number(), id);
                    self.tell_the_manager();
                }
            }
        }
        if self.lifecycle.next_deadline().is_some_and(|deadline| deadline <= self.now()) {
            self.events.push_back(Event::Tick);
        }
        self.feed_the_watchdog(a_child_is_alive);
    }

    /// Tells the manager that the service is alive, if that is due and true.
    fn feed_the_watchdog(&mut self, a_child_is_alive: bool) {
        let serving = self.lifecycle.active().and_then(|active| self.children.find(active));
        let failed = match self.manager.due(self.now(), serving.is_some()) {
            Some(Due::Tell) => self.manager.is_alive(),
            Some(Due::Ask) => {
                // One that does not read its messages does not answer either.
                let _asked = serving.map(|child| child.channel.send(&FromMaster::Ask));
                None
            }
            None => None,
        };
        let answered = a_child_is_alive.then(|| self.manager.is_alive()).flatten();
        self.not_told(failed.or(answered));
    }

    fn hear_news(&mut self, news: News) {
        let told = match news {
            News::FetchOff(reason) => Told::FetchOff { reason },
            News::FetchFailed(reason) => Told::FetchFailed { reason },
            News::FetchWorks => Told::FetchWorks,
            News::UpToDate(id) => Told::UpToDate { id: id.to_string() },
            News::Refused(reason) => Told::Refused { reason },
            News::AlreadyThere(id) => {
                self.events.push_back(Event::Replaced);
                Told::Installed { id: id.to_string() }
            }
            News::Installed(installed) => {
                let id = installed.id().to_string();
                for reason in warnings_of(&installed) {
                    self.reporter.tell(&Told::Trouble { reason });
                }
                self.upgrades.installed(installed);
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

fn said(
    child: &mut Running,
    incoming: Incoming<FromChild>,
    reporter: &mut super::Reporter,
) -> Option<Event> {
    let generation = child.generation;
    match incoming {
        Incoming::Message(FromChild::Hello { version: VERSION, program }) => {
            child.version = program;
            None
        }
        Incoming::Message(FromChild::Hello { version, .. }) => {
            let reason = format!(
                "child {generation} speaks version {version} of the control protocol, this master \
                 version {VERSION}; restart the service to replace the master"
            );
            reporter.tell(&Told::Trouble { reason });
            Some(Event::Unsuitable(generation, Unsuitable::Protocol))
        }
        Incoming::Message(FromChild::Ready) => Some(Event::Ready(generation)),
        Incoming::Message(FromChild::Restart) => Some(Event::AskedToRestart(generation)),
        Incoming::Message(FromChild::Status(text)) => {
            reporter.tell(&Told::Status { generation: generation.number(), text });
            None
        }
        Incoming::Message(FromChild::NotReady(why)) => {
            child.lacks = Some(why);
            None
        }
        Incoming::Message(FromChild::Alive | FromChild::Unknown(_))
        | Incoming::Nothing
        | Incoming::Closed => None,
        Incoming::Malformed => {
            let reason = format!("child {generation} sent a message that cannot be read");
            reporter.tell(&Told::Trouble { reason });
            None
        }
    }
}
