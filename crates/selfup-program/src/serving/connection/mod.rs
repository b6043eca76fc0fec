//! The connections of a listener.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr},
    os::fd::{AsFd, BorrowedFd},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, OFlag, fcntl},
    poll::{PollFd, PollFlags, PollTimeout, poll},
};

use crate::ready::CountedConnection;

use super::{counter::Counted, idle_grace::IdleGrace, shutdown::GracefulShutdown, stream::Stream};

/// A connection that the program's end waits for.
///
/// It reads and writes like the stream that it holds, with two differences. As long as it exists, a program
/// that drains does not end, up to the terminate timeout. And while the program drains, an idle connection reads
/// as ended when its [`IdleGrace`] is over, so that a silent client does not keep the old process.
///
/// A connection is idle until something is read from it, and again when the program calls
/// [`idle`](Self::idle). Nothing else shows it: a response may be an interim one (`100 Continue`), the rest of a
/// body or of the next request may be on its way, or both sides may send at once. So what has begun is never cut,
/// however long it takes. A program that serves several requests on a connection, and does not call `idle`, is
/// kept by clients that stay connected, until shortly before the terminate timeout.
///
/// ```no_run
/// # use std::io::{self, BufRead, BufReader, Write};
/// /// Responds line by line.
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
    /// For the end of the program, and for the master.
    _counted: (Counted, CountedConnection),
}

impl Connection {
    pub(crate) fn new(
        stream: Stream,
        drain: GracefulShutdown,
        idle_grace: Duration,
        counted: (Counted, CountedConnection),
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

    /// Reports that nothing is under way: every request has its response, and nothing of a further request has
    /// been read, for example into a buffer. It holds until something is read again.
    ///
    /// While the program drains, an idle connection reads as ended when its [`IdleGrace`] is over, and a thread
    /// that waits in `read` returns. What the client sends before that is read.
    pub fn idle(&self) {
        self.idle.store(true, Ordering::Relaxed);
    }

    /// The stream itself, for its options and addresses. A read from it directly ignores the idle grace.
    ///
    /// A read timeout that is set on it holds for the connection. So does non-blocking mode; then the program
    /// waits by itself, and nothing wakes it at the end of the grace.
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

    /// Ends one direction, or both, as [`TcpStream::shutdown`](std::net::TcpStream::shutdown) does.
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

    /// Whether to read; `false` when the grace of an idle connection is over. Waits as long as a read from the
    /// stream would.
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

    /// How long a read from the stream would wait; `None` for ever.
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

    /// Waits for the client, or for `other`. Returns whether it was the client.
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

#[cfg(test)]
mod tests;
