//! The signal that the program is to drain.

use std::{
    fmt,
    future::Future,
    io::{self, Write},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    pin::Pin,
    sync::{Arc, Once as CalledOnce, OnceLock},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use super::once::{Once, Place};

/// The signal that the program is to drain: accept nothing more, finish the requests under way, return.
///
/// A program asks for it ([`requested`](Self::requested)), blocks on it ([`wait`](Self::wait)), polls it as a
/// file descriptor ([`fd`](Self::fd)), or awaits it in any async runtime: the value itself is a [`Future`].
/// All clones are one signal. Once requested, it stays requested.
///
/// The master requests it when the next child is ready, and when the service shuts down. The child requests
/// it by itself when its master has died; and on SIGTERM, if the program has asked for this value and has no handler
/// for that (`Config::drain_on_terminate`).
///
/// ```
/// # let state = selfup::State::disabled();
/// let shutdown = state.graceful_shutdown();
/// let worker = std::thread::spawn({
///     let shutdown = shutdown.clone();
///     move || while !shutdown.requested() {
///         // … one piece of work …
/// #       break;
///     }
/// });
/// # worker.join().unwrap();
/// ```
pub struct GracefulShutdown {
    shared: Arc<Shared>,
    /// Where this handle's waker is kept while it is awaited.
    place: Option<Place>,
}

struct Shared {
    request: Once,
    /// Set just before the request.
    since: OnceLock<Instant>,
    /// Created by the first call of `fd`: `(read end, write end)`.
    pipe: OnceLock<(UnixStream, UnixStream)>,
    /// What is done when the program asks for the signal for the first time.
    when_asked: OnceLock<WhenAsked>,
}

struct WhenAsked {
    done: CalledOnce,
    run: Box<dyn Fn(&GracefulShutdown) + Send + Sync>,
}

impl GracefulShutdown {
    pub(crate) fn new() -> Self {
        let shared = Shared {
            request: Once::new(),
            since: OnceLock::new(),
            pipe: OnceLock::new(),
            when_asked: OnceLock::new(),
        };
        Self { shared: Arc::new(shared), place: None }
    }

    /// Has this done when the program asks for the signal for the first time.
    pub(crate) fn when_asked(&self, run: impl Fn(&Self) + Send + Sync + 'static) {
        let when_asked = WhenAsked { done: CalledOnce::new(), run: Box::new(run) };
        let _second = self.shared.when_asked.set(when_asked);
    }

    /// The program asks for the signal, before it reports that it is ready: what follows is done by then.
    pub(crate) fn asked_for(&self) -> &Self {
        if let Some(WhenAsked { done, run }) = self.shared.when_asked.get() {
            done.call_once(|| run(self));
        }
        self
    }

    /// Whether the program is to drain. The call is one atomic load.
    #[must_use]
    pub fn requested(&self) -> bool {
        self.shared.request.has_happened()
    }

    /// Blocks until the program is to drain.
    pub fn wait(&self) {
        self.shared.request.wait();
    }

    /// Blocks until the program is to drain, at most for `timeout`. Returns whether it is.
    #[must_use]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.shared.request.wait_timeout(timeout)
    }

    /// A file descriptor that polls as readable (`POLLIN`) from the moment at which the program is to drain.
    /// It is only to be polled: do not read from it.
    ///
    /// The descriptor is the same for all clones, and stays open as long as one of them exists.
    ///
    /// ```no_run
    /// # fn main() -> std::io::Result<()> {
    /// # let shutdown = selfup::State::disabled().graceful_shutdown();
    /// use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    ///
    /// poll(&mut [PollFd::new(shutdown.fd()?, PollFlags::POLLIN)], PollTimeout::NONE)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The first call creates a socket pair, which fails when the process has no descriptors left.
    pub fn fd(&self) -> io::Result<BorrowedFd<'_>> {
        if self.shared.pipe.get().is_none() {
            let pair = UnixStream::pair()?;
            // A second caller drops its pair; the request below is written to the first one.
            let _second = self.shared.pipe.set(pair);
            self.shared.request.hold(|| {
                if self.shared.request.has_happened() {
                    self.shared.make_readable();
                }
            });
        }
        match self.shared.pipe.get() {
            Some((read, _)) => Ok(read.as_fd()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Requests it. Later calls change nothing.
    pub(crate) fn request(&self) {
        self.shared.request.happen(|| {
            self.shared.since.get_or_init(Instant::now);
            self.shared.make_readable();
        });
    }

    /// When it was requested; `None` as long as it was not.
    #[must_use]
    pub fn since(&self) -> Option<Instant> {
        if self.shared.request.has_happened() { self.shared.since.get().copied() } else { None }
    }
}

impl Shared {
    /// Called while nothing else can happen, so that a pipe made at the same moment is not missed.
    /// A second byte does no harm.
    fn make_readable(&self) {
        if let Some((_, write)) = self.pipe.get() {
            // One byte into an empty socket: this cannot fail or block.
            let _written = (&*write).write(&[0]);
        }
    }
}

impl Future for GracefulShutdown {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Self { shared, place } = &mut *self;
        if shared.request.poll(place, context.waker()) { Poll::Ready(()) } else { Poll::Pending }
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
        if let Some(place) = self.place.take() {
            self.shared.request.forget(place);
        }
    }
}

impl fmt::Debug for GracefulShutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GracefulShutdown")
            .field("requested", &self.shared.request.has_happened())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        os::fd::AsRawFd,
        sync::Mutex,
        task::{Wake, Waker},
    };

    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    use super::*;

    fn polls_as_readable(shutdown: &GracefulShutdown) -> bool {
        let fd = shutdown.fd().unwrap();
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
        let first = shutdown.fd().unwrap().as_raw_fd();
        assert_eq!(shutdown.fd().unwrap().as_raw_fd(), first);
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
        assert!(!shutdown.shared.request.is_awaited());
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

    /// A task's waker may own whatever the task owns, a handle among it.
    struct Owns {
        _handle: Mutex<GracefulShutdown>,
    }

    impl Wake for Owns {
        fn wake(self: Arc<Self>) {}
    }

    #[test]
    fn a_waker_that_owns_a_handle_is_dropped_without_a_deadlock() {
        let (done, is_done) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut shutdown = GracefulShutdown::new();
            for _ in 0..3 {
                let mut owned = shutdown.clone();
                assert!(poll_once(&mut owned, &Arc::default()).is_pending());
                let waker = Waker::from(Arc::new(Owns { _handle: Mutex::new(owned) }));
                let polled = Pin::new(&mut shutdown).poll(&mut Context::from_waker(&waker));
                assert!(polled.is_pending());
            }
            drop(shutdown);
            done.send(()).unwrap();
        });
        is_done.recv_timeout(Duration::from_secs(20)).expect("no deadlock");
    }
}
