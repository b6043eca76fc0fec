//! What goes back and forth between the server's thread and the one that decides.

use std::{
    fmt,
    io::{self, Read, Write},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

use crate::{request::Request, response::Response, status::Fact};

/// The most events that wait for the server's thread.
const MOST_EVENTS: usize = 1024;

/// What the server's thread has heard.
#[derive(Debug)]
pub enum Heard {
    /// A client asks. The number is for the response.
    Asked(u64, Request),
    /// The client that has asked this has gone.
    Gone(u64),
}

/// Sends responses to the clients.
pub struct Replies {
    shared: Arc<Shared>,
    finished: mpsc::Receiver<()>,
}

/// The thread's side.
pub(super) struct Inbox {
    shared: Arc<Shared>,
    wake: UnixStream,
    pub(super) finished: mpsc::Sender<()>,
}

pub(super) enum Order {
    Respond(u64, Response),
    Publish(Fact),
    Finish,
}

struct Shared {
    orders: Mutex<Vec<Order>>,
    /// The number of clients that are sent each event.
    listeners: AtomicUsize,
    wake: UnixStream,
}

pub(super) fn pair() -> io::Result<(Replies, Inbox)> {
    let (wake, wakes) = UnixStream::pair()?;
    wake.set_nonblocking(true)?;
    wakes.set_nonblocking(true)?;
    let shared = Shared { orders: Mutex::default(), listeners: AtomicUsize::new(0), wake: wakes };
    let shared = Arc::new(shared);
    let (sender, finished) = mpsc::channel();
    let inbox = Inbox { shared: Arc::clone(&shared), wake, finished: sender };
    Ok((Replies { shared, finished }, inbox))
}

impl Replies {
    /// Responds to a request. If the client has gone, nothing happens.
    pub fn respond(&self, request: u64, response: Response) {
        self.shared.order(Order::Respond(request, response));
    }

    /// Returns whether any client is sent the events.
    #[must_use]
    pub fn has_listeners(&self) -> bool {
        self.shared.listeners.load(Ordering::Relaxed) > 0
    }

    /// Sends an event to the clients that listen.
    pub fn publish(&self, event: Fact) {
        self.shared.order(Order::Publish(event));
    }

    /// Sends what is left, for at most this long, and removes the socket.
    pub fn finish(&self, within: Duration) {
        self.shared.order(Order::Finish);
        // After that, the socket is recognised as stale.
        let _finished = self.finished.recv_timeout(within);
    }
}

impl Shared {
    fn order(&self, order: Order) {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(order, Order::Publish(_)) || orders.len() < MOST_EVENTS {
            orders.push(order);
        }
        drop(orders);
        // A full socket has bytes in it, and one byte is enough to wake the thread.
        let _woken = (&self.wake).write(&[0]);
    }
}

impl Inbox {
    pub(super) fn take(&mut self) -> Vec<Order> {
        // The bytes first: what is sent now leaves one for the next time.
        let mut bytes = [0; 64];
        while matches!(self.wake.read(&mut bytes), Ok(1..)) {}
        std::mem::take(&mut *self.shared.orders.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn set_listeners(&self, number: usize) {
        self.shared.listeners.store(number, Ordering::Relaxed);
    }
}

impl AsFd for Inbox {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

impl fmt::Debug for Replies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replies").finish_non_exhaustive()
    }
}
