//! The connections of a listener.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, OFlag, fcntl},
    poll::{PollFd, PollFlags, PollTimeout, poll},
};

use super::{counter::Counted, idle_grace::IdleGrace, shutdown::GracefulShutdown};

/// A connection that the program's end waits for.
///
/// It reads and writes like the stream it holds, with two differences. As long as it exists, a
/// program that is drained does not end, up to the terminate timeout. And in a program that is
/// drained, an idle connection reads as ended when its [`IdleGrace`] is over, so that a silent client
/// does not keep the old process.
///
/// A connection is idle until something is read from it, and again when the program says so by
/// [`idle`](Self::idle). Nobody else knows: an answer may be an interim one (`100 Continue`), the
/// rest of a body or of the next request may be on its way, both sides may talk at once. So what has
/// begun is never cut, however long it takes. A program that serves one request after the other on a
/// connection and does not say when it is idle is kept by clients that stay, until shortly before
/// the terminate timeout.
///
/// ```no_run
/// # use std::io::{self, BufRead, BufReader, Write};
/// /// Answers line by line.
/// fn serve(connection: &selfup::Connection) -> io::Result<()> {
///     let (mut lines, mut writer) = (BufReader::new(connection), connection);
///     let mut line = String::new();
///     loop {
///         line.clear();
///         // Unless the next one has begun already.
///         if lines.buffer().is_empty() {
///             connection.idle();
///         }
///         if lines.read_line(&mut line)? == 0 {
///             return Ok(());
///         }
///         writer.write_all(line.to_uppercase().as_bytes())?;
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    /// Nothing is under way: nothing was read, or none of it matters any more.
    idle: AtomicBool,
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
            idle: AtomicBool::new(true),
            drain,
            idle_grace: IdleGrace::new(idle_grace),
            accepted: Instant::now(),
            last_used: AtomicU64::new(0),
            _counted: counted,
        }
    }

    /// Says that nothing is under way: what was read is answered, and nothing of a further request
    /// has been read, into a buffer for example. It holds until something is read again.
    ///
    /// In a program that is drained, a connection that is idle reads as ended when its [`IdleGrace`]
    /// is over, and whoever waits for it in `read` returns. What the client sends before that is read.
    pub fn idle(&self) {
        self.idle.store(true, Ordering::Relaxed);
    }

    /// The stream itself, for its options and addresses. Reading from it directly knows no grace.
    ///
    /// A read timeout that is set on it holds for the connection. So does non-blocking mode; then it
    /// is the program that waits, and nothing wakes it at the end of the grace.
    #[must_use]
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// The address of the client; `None` on a Unix socket, whose clients have none, and when the client has
    /// gone.
    #[must_use]
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        match &self.stream {
            Stream::Tcp(stream) => stream.peer_addr().ok(),
            Stream::Unix(_) => None,
        }
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

    /// Whether to read on; `false` when the grace for an idle connection is over. Waits as long as
    /// reading from the stream would.
    fn wait_readable(&self) -> io::Result<bool> {
        // Else reading from the stream is as good.
        if !self.idle.load(Ordering::Relaxed) || self.poll(None, PollTimeout::ZERO)? {
            return Ok(true);
        }
        let (begun, patience) = (Instant::now(), self.patience()?);
        loop {
            let end =
                self.drain.since().map(|since| self.idle_grace.end(since, self.quiet_since()));
            let of_grace = end.map(|end| end.saturating_duration_since(Instant::now()));
            if of_grace.is_some_and(|left| left.is_zero()) {
                return self.poll(None, PollTimeout::ZERO);
            }
            let left = patience.map(|patience| patience.saturating_sub(begun.elapsed()));
            if left.is_some_and(|left| left.is_zero()) {
                // As the stream says it.
                return Err(Errno::EAGAIN.into());
            }
            let timeout = left.into_iter().chain(of_grace).min();
            // The drain is looked at again only if the client has nothing to say.
            let drain = if end.is_none() { Some(self.drain.fd()?) } else { None };
            if self.poll(drain, timeout.map_or(PollTimeout::NONE, rounded_up))? {
                return Ok(true);
            }
        }
    }

    /// How long reading from the stream would wait; nothing for ever.
    fn patience(&self) -> io::Result<Option<Duration>> {
        let flags = OFlag::from_bits_retain(fcntl(&self.stream, FcntlArg::F_GETFL)?);
        if flags.contains(OFlag::O_NONBLOCK) {
            return Ok(Some(Duration::ZERO));
        }
        match &self.stream {
            Stream::Tcp(stream) => stream.read_timeout(),
            Stream::Unix(stream) => stream.read_timeout(),
        }
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

/// In whole milliseconds, so that waiting it out is enough.
fn rounded_up(timeout: Duration) -> PollTimeout {
    PollTimeout::try_from(timeout.saturating_add(Duration::from_millis(1)))
        .unwrap_or(PollTimeout::MAX)
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
        if len > 0 {
            self.idle.store(false, Ordering::Relaxed);
        }
        self.is_used();
        Ok(len)
    }
}

impl Write for &Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serving::counter::Counter;

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
        connection.idle();
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
        connection.idle();
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
    fn the_read_timeout_of_the_program_holds() {
        let (mut connection, _client, drain) = connected(Duration::from_secs(60));
        let Stream::Unix(stream) = connection.stream() else { panic!("a Unix stream") };
        stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let timed_out = within(move || {
            let before = connection.read(&mut [0; 8]).unwrap_err().kind();
            drain.request();
            (before, connection.read(&mut [0; 8]).unwrap_err().kind())
        });
        assert_eq!(timed_out, (io::ErrorKind::WouldBlock, io::ErrorKind::WouldBlock));
    }

    #[test]
    fn a_connection_that_does_not_block_does_not_wait() {
        let (mut connection, mut client, drain) = connected(Duration::ZERO);
        connection.stream.set_nonblocking(true).unwrap();
        let (connection, before) = within(move || {
            let before = connection.read(&mut [0; 8]).unwrap_err().kind();
            (connection, before)
        });
        assert_eq!(before, io::ErrorKind::WouldBlock);
        client.write_all(b"half").unwrap();
        let mut connection = connection;
        assert_eq!(connection.read(&mut [0; 8]).unwrap(), 4);
        drain.request();
        let under_way = within(move || connection.read(&mut [0; 8]).unwrap_err().kind());
        assert_eq!(under_way, io::ErrorKind::WouldBlock, "a request is under way");
    }

    #[test]
    fn an_answer_in_the_middle_of_a_request_does_not_make_it_idle() {
        let (mut connection, mut client, drain) = connected(Duration::ZERO);
        client.write_all(b"head").unwrap();
        assert_eq!(connection.read(&mut [0; 8]).unwrap(), 4);
        connection.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
        drain.request();
        let (done, is_done) = std::sync::mpsc::channel();
        let reader = std::thread::spawn(move || done.send(connection.read(&mut [0; 8]).unwrap()));
        let cut = is_done.recv_timeout(Duration::from_millis(50));
        assert!(cut.is_err(), "it is not cut while its body is late, but read {cut:?}");
        client.write_all(b"body").unwrap();
        assert_eq!(is_done.recv_timeout(Duration::from_secs(20)), Ok(4));
        reader.join().unwrap().unwrap();
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

    /// What `work` gives, unless it hangs.
    fn within<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
        let (done, is_done) = std::sync::mpsc::channel();
        std::thread::spawn(move || done.send(work()));
        is_done.recv_timeout(Duration::from_secs(20)).expect("it returns")
    }
}
