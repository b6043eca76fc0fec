use std::{
    fmt,
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
};

use crate::{GracefulShutdown, IdleGrace};

/// A connection that the program's end waits for.
///
/// It reads and writes like the stream it holds, with two differences. As long as it exists, a
/// program that was told to finish does not end, up to the terminate timeout. And once it was told
/// to finish, a connection on which nothing is under way — nothing was read since the last write,
/// or at all — reads as ended when its [`IdleGrace`] is over, so that a silent client does not keep
/// the old process. A request that began is never cut: reading goes on as long as it takes.
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    /// Something was read and not answered yet.
    under_way: AtomicBool,
    drain: GracefulShutdown,
    idle_grace: IdleGrace,
    accepted: Instant,
    /// When something was last read or written, in nanoseconds after it was accepted.
    last_used: AtomicU64,
    _counted: Counted,
}

/// The stream within a [`Connection`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Stream {
    /// From a TCP listener.
    Tcp(TcpStream),
    /// From a Unix stream listener.
    Unix(UnixStream),
}

impl Connection {
    pub(crate) fn new(
        stream: Stream,
        drain: GracefulShutdown,
        idle_grace: Duration,
        counted: Counted,
    ) -> Self {
        Self {
            stream,
            under_way: AtomicBool::new(false),
            drain,
            idle_grace: IdleGrace::new(idle_grace),
            accepted: Instant::now(),
            last_used: AtomicU64::new(0),
            _counted: counted,
        }
    }

    /// The stream itself, for its options and addresses. Reading from it directly knows no grace.
    #[must_use]
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// Ends one direction, or both, as [`TcpStream::shutdown`] does.
    ///
    /// # Errors
    ///
    /// Those of shutdown(2), such as a peer that is gone.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        match &self.stream {
            Stream::Tcp(stream) => stream.shutdown(how),
            Stream::Unix(stream) => stream.shutdown(how),
        }
    }

    /// Whether there is something to read; `false` when the grace for an idle connection is over.
    fn wait_readable(&self) -> io::Result<bool> {
        while !self.under_way.load(Ordering::Relaxed) {
            let Some(since) = self.drain.since() else {
                // The drain is looked at again only if the client has nothing to say.
                if self.poll(Some(self.drain.readable()?), PollTimeout::NONE)? {
                    return Ok(true);
                }
                continue;
            };
            let end = self.idle_grace.end(since, self.quiet_since());
            let over = Instant::now() >= end;
            let readable = self.poll(None, left_until(end))?;
            if readable || over {
                return Ok(readable);
            }
        }
        Ok(true)
    }

    fn is_used(&self) {
        let age = u64::try_from(self.accepted.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.last_used.store(age, Ordering::Relaxed);
    }

    fn quiet_since(&self) -> Instant {
        self.accepted + Duration::from_nanos(self.last_used.load(Ordering::Relaxed))
    }

    /// Waits for the client, or for `other`; says whether it was the client.
    fn poll(&self, other: Option<BorrowedFd<'_>>, timeout: PollTimeout) -> io::Result<bool> {
        let stream = self.stream.as_fd();
        let mut fds = [
            PollFd::new(stream, PollFlags::POLLIN),
            PollFd::new(other.unwrap_or(stream), PollFlags::POLLIN),
        ];
        match poll(&mut fds, timeout) {
            Ok(_) => Ok(fds[0].any().unwrap_or(true)),
            // The caller looks at the clock and waits again.
            Err(Errno::EINTR) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }
}

/// What is left, rounded up to whole milliseconds so that waiting it out is enough.
fn left_until(end: Instant) -> PollTimeout {
    let left = end.saturating_duration_since(Instant::now()) + Duration::from_millis(1);
    PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)
}

impl Read for &Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.wait_readable()? {
            return Ok(0);
        }
        let len = match &self.stream {
            Stream::Tcp(stream) => (&*stream).read(buffer)?,
            Stream::Unix(stream) => (&*stream).read(buffer)?,
        };
        self.under_way.store(len > 0, Ordering::Relaxed);
        self.is_used();
        Ok(len)
    }
}

impl Write for &Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.under_way.store(false, Ordering::Relaxed);
        self.is_used();
        match &self.stream {
            Stream::Tcp(stream) => (&*stream).write(bytes),
            Stream::Unix(stream) => (&*stream).write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&mut &*self).read(buffer)
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&mut &*self).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        (&mut &*self).flush()
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

impl Stream {
    pub(crate) fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_nonblocking(nonblocking),
            Self::Unix(stream) => stream.set_nonblocking(nonblocking),
        }
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(stream) => stream.as_fd(),
            Self::Unix(stream) => stream.as_fd(),
        }
    }
}

/// How many connections there are, for the end of the program to wait until there are none.
#[derive(Clone, Default)]
pub(crate) struct Counter(Arc<(Mutex<usize>, Condvar)>);

/// One of them.
#[derive(Debug)]
pub(crate) struct Counted(Counter);

impl Counter {
    pub(crate) fn count(&self) -> Counted {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Counted(self.clone())
    }

    /// Blocks until every connection has been dropped, at most for `limit`.
    pub(crate) fn wait_until_none(&self, limit: Duration) {
        let (count, changed) = &*self.0;
        let count = count.lock().unwrap_or_else(PoisonError::into_inner);
        // Either way it is time; which one it was does not matter.
        drop(changed.wait_timeout_while(count, limit, |count| *count > 0));
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let (count, changed) = &*self.0.0;
        *count.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        changed.notify_all();
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Counter").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connected(grace: Duration) -> (Connection, UnixStream, GracefulShutdown) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let drain = GracefulShutdown::new();
        let counted = Counter::default().count();
        (Connection::new(Stream::Unix(ours), drain.clone(), grace, counted), theirs, drain)
    }

    #[test]
    fn an_idle_connection_ends_after_the_grace_and_not_before_the_drain() {
        let (mut connection, _client, drain) = connected(Duration::from_millis(20));
        drain.request();
        assert_eq!(connection.read(&mut [0; 8]).unwrap(), 0);
    }

    #[test]
    fn what_comes_within_the_grace_is_read() {
        let (mut connection, mut client, drain) = connected(Duration::from_secs(60));
        drain.request();
        client.write_all(b"late").unwrap();
        assert_eq!(connection.read(&mut [0; 8]).unwrap(), 4);
    }

    #[test]
    fn a_request_that_began_is_not_cut() {
        let (mut connection, mut client, drain) = connected(Duration::ZERO);
        client.write_all(b"half").unwrap();
        assert_eq!(connection.read(&mut [0; 8]).unwrap(), 4);
        drain.request();
        let rest =
            std::thread::spawn(move || connection.read(&mut [0; 8]).map(|len| (len, connection)));
        client.write_all(b"rest").unwrap();
        let (len, mut connection) = rest.join().unwrap().unwrap();
        assert_eq!(len, 4);
        connection.write_all(b"answer").unwrap();
        assert_eq!(connection.read(&mut [0; 8]).unwrap(), 0, "answered, so idle again");
    }

    #[test]
    fn what_is_answered_after_the_grace_has_a_grace_of_its_own() {
        let grace = Duration::from_secs(1);
        let (mut connection, mut client, drain) = connected(grace);
        client.write_all(b"first").unwrap();
        assert_eq!(connection.read(&mut [0; 8]).unwrap(), 5);
        drain.request();
        let hears_nothing_for = |mut client: &UnixStream, time| {
            client.set_read_timeout(Some(time)).unwrap();
            let heard = client.read(&mut [0; 8]).map_err(|error| error.kind());
            assert_eq!(heard, Err(io::ErrorKind::WouldBlock));
        };
        hears_nothing_for(&client, 2 * grace);
        connection.write_all(b"answer").unwrap();
        client.read_exact(&mut [0; 6]).unwrap();
        let next =
            std::thread::spawn(move || connection.read(&mut [0; 8]).map(|len| (len, connection)));
        hears_nothing_for(&client, grace / 2);
        client.write_all(b"second").unwrap();
        assert_eq!(next.join().unwrap().unwrap().0, 6);
    }

    #[test]
    fn the_drain_wakes_a_reader_that_waits() {
        let (mut connection, _client, drain) = connected(Duration::ZERO);
        let reader = std::thread::spawn(move || connection.read(&mut [0; 8]));
        drain.request();
        assert_eq!(reader.join().unwrap().unwrap(), 0);
    }

    #[test]
    fn the_counter_waits_no_longer_than_it_may() {
        let counter = Counter::default();
        let _open = counter.count();
        counter.wait_until_none(Duration::from_millis(1));
    }

    #[test]
    fn the_counter_waits_for_the_last_connection() {
        let counter = Counter::default();
        let one = counter.count();
        let waiting = std::thread::spawn({
            let counter = counter.clone();
            move || counter.wait_until_none(Duration::MAX)
        });
        drop(one);
        waiting.join().unwrap();
    }
}
