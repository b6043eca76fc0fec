//! The loop of the server's thread.

use std::{
    io,
    os::fd::AsFd,
    time::{Duration, Instant},
};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::{
    connection::Connection,
    replies::{Heard, Inbox, Order},
    socket::Socket,
};
use crate::{
    request::{Request, Verb},
    response::{Outcome, Response},
};

/// The most clients at a time. A further one takes the place of the one that has been idle for longest.
const MOST_CLIENTS: usize = 64;

/// The most clients that are let in at once, before the others are looked at.
const PER_TURN: usize = 16;

/// How long no client is let in after that has failed, for lack of descriptors say.
const PAUSE: Duration = Duration::from_millis(100);

/// How long the end waits for clients that do not read.
const LAST_WORDS: Duration = Duration::from_millis(400);

type Hear = Box<dyn FnMut(Heard) + Send>;

/// The server.
pub(super) struct Server {
    socket: Socket,
    inbox: Inbox,
    hear: Hear,
    clients: Vec<Connection>,
    /// The number of the next request.
    next: u64,
    /// Until when no client is let in.
    paused_until: Option<Instant>,
    /// When everything has to be sent, once the service ends.
    ends_at: Option<Instant>,
}

impl Server {
    pub(super) fn new(socket: Socket, inbox: Inbox, hear: Hear) -> Self {
        let clients = Vec::new();
        Self { socket, inbox, hear, clients, next: 1, paused_until: None, ends_at: None }
    }

    pub(super) fn run(mut self) {
        loop {
            let now = Instant::now();
            let is_sent = self.clients.iter().all(|client| !client.has_unread());
            if self.ends_at.is_some_and(|ends_at| is_sent || ends_at <= now) {
                break;
            }
            let Ok(events) = self.wait(now) else { break };
            self.attend(&events);
            self.follow_orders();
            self.disconnect_the_slow();
            if events.first().is_some_and(|event| !event.is_empty()) {
                self.let_in();
            }
            let listeners = self.clients.iter().filter(|client| client.is_listening());
            self.inbox.set_listeners(listeners.count());
        }
        self.socket.remove();
        // The receiver may have given up.
        let _told = self.inbox.finished.send(());
    }

    /// Waits for the listening socket, the other thread, and each client, and returns what happened to each
    /// in this order.
    fn wait(&self, now: Instant) -> io::Result<Vec<PollFlags>> {
        let is_paused = self.paused_until.is_some_and(|until| now < until);
        let lets_in = if is_paused { PollFlags::empty() } else { PollFlags::POLLIN };
        let mut fds = vec![
            PollFd::new(self.socket.listener.as_fd(), lets_in),
            PollFd::new(self.inbox.as_fd(), PollFlags::POLLIN),
        ];
        fds.extend(self.clients.iter().map(|client| PollFd::new(client.as_fd(), client.wants())));
        let deadlines = self.clients.iter().filter_map(Connection::deadline);
        let next =
            deadlines.chain(self.ends_at).chain(self.paused_until.filter(|_| is_paused)).min();
        let timeout = next.map_or(PollTimeout::NONE, |at| {
            // Rounded up, so that a deadline has passed when poll returns.
            let left = at.saturating_duration_since(now) + Duration::from_millis(1);
            PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)
        });
        match poll(&mut fds, timeout) {
            Ok(_) => Ok(fds.iter().map(|fd| fd.revents().unwrap_or(PollFlags::empty())).collect()),
            Err(nix::errno::Errno::EINTR) => Ok(Vec::new()),
            Err(errno) => Err(errno.into()),
        }
    }

    fn attend(&mut self, events: &[PollFlags]) {
        let mut gone = Vec::new();
        for (index, event) in events.iter().skip(2).enumerate() {
            let Some(client) = self.clients.get_mut(index) else { break };
            // A client may send a request and go: that is done, too.
            let mut served = Ok(());
            if event.contains(PollFlags::POLLIN) {
                served = attend_one(client, &mut self.next, &mut self.hear);
            }
            if served.is_ok() && event.contains(PollFlags::POLLOUT) {
                served = client.write();
            }
            let hung_up = event.intersects(PollFlags::POLLHUP | PollFlags::POLLERR);
            if hung_up {
                served = Err(io::ErrorKind::BrokenPipe.into());
            }
            if served.is_err() {
                gone.push(index);
            }
        }
        self.disconnect(&gone);
    }

    fn follow_orders(&mut self) {
        for order in self.inbox.take() {
            match order {
                Order::Respond(request, response) => self.respond(request, &response),
                Order::Publish(event) => {
                    let line = Response::of_event(event);
                    let each = self.clients.iter_mut().enumerate();
                    let listening = each.filter(|(_, client)| client.is_listening());
                    let failed = listening.filter_map(|(index, client)| {
                        client.respond(&line).is_err().then_some(index)
                    });
                    let failed: Vec<_> = failed.collect();
                    self.disconnect(&failed);
                }
                Order::Finish => self.ends_at = Some(Instant::now() + LAST_WORDS),
            }
        }
    }

    fn respond(&mut self, request: u64, response: &Response) {
        let index = self.clients.iter().position(|client| client.waits_for() == Some(request));
        let Some(index) = index else { return };
        let Some(client) = self.clients.get_mut(index) else { return };
        let responded = client.respond(response);
        // The next request may have been read already.
        let next = responded.and_then(|()| attend_one(client, &mut self.next, &mut self.hear));
        if next.is_err() {
            self.disconnect(&[index]);
        }
    }

    fn disconnect_the_slow(&mut self) {
        let now = Instant::now();
        let slow = self.clients.iter().enumerate();
        let slow = slow.filter(|(_, client)| client.deadline().is_some_and(|at| at <= now));
        let slow: Vec<_> = slow.map(|(index, _)| index).collect();
        self.disconnect(&slow);
    }

    fn let_in(&mut self) {
        for _ in 0..PER_TURN {
            match self.socket.listener.accept() {
                Ok((stream, _)) => {
                    let Ok(mut client) = Connection::new(stream) else { continue };
                    // One that is denied is gone already, unless it has no room for the response.
                    if client.write().is_err() {
                        continue;
                    }
                    if self.clients.len() >= MOST_CLIENTS && !self.make_room() {
                        let text = format!("{MOST_CLIENTS} clients wait already; try again later");
                        client.close_with(&Response::new(Outcome::Busy, text));
                        continue;
                    }
                    self.clients.push(client);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    self.paused_until = Some(Instant::now() + PAUSE);
                    return;
                }
            }
        }
    }

    /// Disconnects the client that has been idle for longest, if there is one.
    fn make_room(&mut self) -> bool {
        let idle = self.clients.iter().enumerate().filter(|(_, client)| client.is_idle());
        let longest = idle.min_by_key(|(_, client)| client.last_active()).map(|(index, _)| index);
        longest.inspect(|index| self.disconnect(&[*index])).is_some()
    }

    /// `indices` are in ascending order.
    fn disconnect(&mut self, indices: &[usize]) {
        for index in indices.iter().rev() {
            if let Some(request) = self.clients.remove(*index).waits_for() {
                (self.hear)(Heard::Gone(request));
            }
        }
    }
}

/// Reads a request of this client.
fn attend_one(client: &mut Connection, next: &mut u64, hear: &mut Hear) -> io::Result<()> {
    let Some(request) = client.read()? else { return client.write() };
    if matches!(request, Request { verb: Verb::Events, .. }) {
        client.listens();
        return client.respond(&Response::new(Outcome::Accepted, "events follow"));
    }
    client.has_asked(*next);
    hear(Heard::Asked(*next, request));
    *next += 1;
    Ok(())
}
