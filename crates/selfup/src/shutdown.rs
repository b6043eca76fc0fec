use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    io::{self, Write},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    pin::Pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

/// Says when it is time to finish: accept nothing more, answer what is under way, return.
///
/// It can be asked ([`requested`](Self::requested)), waited on ([`wait`](Self::wait)), polled as a
/// file descriptor ([`readable`](Self::readable)) and awaited by any async runtime: the value
/// itself is a [`Future`]. Clones are the same handle. Once requested, it stays so.
///
/// It is requested when a successor has taken over, when the program is to shut down, and when the
/// master has died.
pub struct GracefulShutdown {
    shared: Arc<Shared>,
    /// Where this handle's waker is kept while it is awaited.
    place: Option<u64>,
}

struct Shared {
    request: Mutex<Request>,
    changed: Condvar,
    /// Made when somebody asks for it: `(read end, write end)`.
    pipe: OnceLock<(UnixStream, UnixStream)>,
}

#[derive(Default)]
struct Request {
    since: Option<Instant>,
    /// One for each handle that is awaited now.
    wakers: BTreeMap<u64, Waker>,
    next_place: u64,
}

impl GracefulShutdown {
    pub(crate) fn new() -> Self {
        Self {
            shared: Arc::new(Shared {
                request: Mutex::default(),
                changed: Condvar::new(),
                pipe: OnceLock::new(),
            }),
            place: None,
        }
    }

    /// Whether it is time to finish.
    #[must_use]
    pub fn requested(&self) -> bool {
        self.since().is_some()
    }

    /// Blocks until it is time to finish.
    pub fn wait(&self) {
        let mut request = self.lock();
        while request.since.is_none() {
            request = self.shared.changed.wait(request).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Blocks until it is time to finish, at most for `timeout`; says whether it is.
    #[must_use]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        let pending = |request: &mut Request| request.since.is_none();
        let (request, _) = self
            .shared
            .changed
            .wait_timeout_while(self.lock(), timeout, pending)
            .unwrap_or_else(PoisonError::into_inner);
        request.since.is_some()
    }

    /// A file descriptor that polls as readable once it is time to finish. It is there only to be
    /// polled (`POLLIN`): read nothing from it.
    ///
    /// # Errors
    ///
    /// The first call makes a socket pair, which fails when the process has no descriptors left.
    pub fn readable(&self) -> io::Result<BorrowedFd<'_>> {
        if self.shared.pipe.get().is_none() {
            let pair = UnixStream::pair()?;
            // Whoever comes second drops its pair; the request below is written to the first's.
            let _second = self.shared.pipe.set(pair);
            let request = self.lock();
            if request.since.is_some() {
                self.make_readable();
            }
        }
        match self.shared.pipe.get() {
            Some((read, _)) => Ok(read.as_fd()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// It is time. Later calls change nothing.
    pub(crate) fn request(&self) {
        let mut request = self.lock();
        if request.since.is_some() {
            return;
        }
        request.since = Some(Instant::now());
        self.make_readable();
        self.shared.changed.notify_all();
        let wakers = std::mem::take(&mut request.wakers);
        drop(request);
        wakers.into_values().for_each(Waker::wake);
    }

    /// Since when it is time to finish; `None` as long as it is not.
    #[must_use]
    pub fn since(&self) -> Option<Instant> {
        self.lock().since
    }

    /// Called with the lock held, so that a pipe made at the same moment is not missed. A second
    /// byte does no harm.
    fn make_readable(&self) {
        if let Some((_, write)) = self.shared.pipe.get() {
            // One byte into an empty socket: this cannot fail or block.
            let _written = (&*write).write(&[0]);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Request> {
        self.shared.request.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Future for GracefulShutdown {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut request = self.lock();
        if request.since.is_some() {
            return Poll::Ready(());
        }
        let place = self.place.unwrap_or_else(|| {
            request.next_place += 1;
            request.next_place
        });
        request.wakers.insert(place, context.waker().clone());
        drop(request);
        self.place = Some(place);
        Poll::Pending
    }
}

impl Clone for GracefulShutdown {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), place: None }
    }
}

impl Drop for GracefulShutdown {
    /// A server makes a handle for each connection: none may leave its waker behind.
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.lock().wakers.remove(&place);
        }
    }
}

impl fmt::Debug for GracefulShutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GracefulShutdown").field("requested", &self.requested()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::{os::fd::AsRawFd, task::Wake};

    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    use super::*;

    fn polls_as_readable(shutdown: &GracefulShutdown) -> bool {
        let fd = shutdown.readable().unwrap();
        let mut fds = [PollFd::new(fd, PollFlags::POLLIN)];
        poll(&mut fds, PollTimeout::ZERO).unwrap() == 1
    }

    #[test]
    fn every_face_says_the_same_before_and_after() {
        let early = GracefulShutdown::new();
        let late = early.clone();
        assert!(!early.requested() && !polls_as_readable(&early));
        assert!(!early.wait_timeout(Duration::ZERO));
        late.request();
        late.request();
        assert!(early.requested() && polls_as_readable(&early));
        assert!(early.wait_timeout(Duration::ZERO));
        early.wait();
    }

    #[test]
    fn a_descriptor_made_after_the_request_is_readable_and_stays_the_same() {
        let shutdown = GracefulShutdown::new();
        shutdown.request();
        assert!(polls_as_readable(&shutdown));
        let first = shutdown.readable().unwrap().as_raw_fd();
        assert_eq!(shutdown.readable().unwrap().as_raw_fd(), first);
    }

    #[derive(Default)]
    struct Count(std::sync::atomic::AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
    }

    fn poll_once(shutdown: &mut GracefulShutdown, count: &Arc<Count>) -> Poll<()> {
        let waker = Waker::from(Arc::clone(count));
        Pin::new(shutdown).poll(&mut Context::from_waker(&waker))
    }

    #[test]
    fn every_task_that_awaits_it_is_woken() {
        let (one, other) = (Arc::new(Count::default()), Arc::new(Count::default()));
        let shutdown = GracefulShutdown::new();
        let (mut first, mut second) = (shutdown.clone(), shutdown.clone());
        assert!(poll_once(&mut first, &one).is_pending());
        assert!(poll_once(&mut first, &one).is_pending());
        assert!(poll_once(&mut second, &other).is_pending());
        shutdown.request();
        for count in [&one, &other] {
            assert_eq!(count.0.load(std::sync::atomic::Ordering::SeqCst), 1);
        }
        assert!(poll_once(&mut first, &one).is_ready());
    }

    #[test]
    fn a_dropped_handle_leaves_no_waker_behind() {
        let shutdown = GracefulShutdown::new();
        for _ in 0..100 {
            assert!(poll_once(&mut shutdown.clone(), &Arc::default()).is_pending());
        }
        assert!(shutdown.lock().wakers.is_empty());
    }

    #[test]
    fn a_waiting_thread_is_woken() {
        let shutdown = GracefulShutdown::new();
        let waiting = std::thread::spawn({
            let shutdown = shutdown.clone();
            move || shutdown.wait()
        });
        shutdown.request();
        waiting.join().unwrap();
    }
}
