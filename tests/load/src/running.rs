//! Start a load, watch it, stop it.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use crate::config::Config;
use crate::driver::Driver;
use crate::report::{LaneReport, Report};

/// What the thread that sends and the one that watches share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    report: Mutex<Report>,
    stopped: AtomicBool,
    /// Whether the requests in flight are abandoned.
    abandoned: AtomicBool,
}

impl Shared {
    pub(crate) fn report(&self) -> MutexGuard<'_, Report> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::SeqCst)
    }
}

/// Sends requests at fixed times.
#[derive(Debug)]
#[non_exhaustive]
pub struct Load;

impl Load {
    /// Starts a thread that sends until it is stopped, or has sent all it may.
    ///
    /// # Panics
    ///
    /// If there is no descriptor or thread left.
    pub fn start(config: Config) -> Running {
        // Every lane is in the report from the first moment.
        let shared = Arc::new(Shared::default());
        shared.report().lanes =
            config.lanes.iter().map(|lane| LaneReport::new(&lane.name)).collect();
        let (wake, woken) = UnixStream::pair().expect("a socket pair");
        let theirs = Arc::clone(&shared);
        let start = Instant::now();
        let thread = thread::spawn(move || Driver::new(config, start, &theirs, woken).run());
        Running { start, shared, wake, thread: Some(thread) }
    }
}

/// A load that runs. Dropping it gives up what is in flight.
#[derive(Debug)]
pub struct Running {
    start: Instant,
    shared: Arc<Shared>,
    wake: UnixStream,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// The moment from which all times of the report are counted.
    pub fn start(&self) -> Instant {
        self.start
    }

    /// How many requests were answered until now.
    pub fn answered(&self) -> u64 {
        self.shared.report().answered()
    }

    /// How many requests were lost until now.
    pub fn lost(&self) -> u64 {
        self.shared.report().lost()
    }

    /// What became of the requests until now.
    pub fn report_so_far(&self) -> Report {
        self.shared.report().clone()
    }

    /// Sends no more, waits for what is in flight, and returns what became of it all.
    ///
    /// # Panics
    ///
    /// If the sending thread did.
    pub fn stop(mut self) -> Report {
        self.halt();
        self.join()
    }

    /// Waits until every lane has sent what it [may](crate::Lane::limit), and all of it is answered
    /// or lost. Without a limit on each lane it waits forever.
    ///
    /// # Panics
    ///
    /// If the sending thread did.
    pub fn finish(mut self) -> Report {
        self.join()
    }

    fn halt(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Fails when the thread has finished by itself.
        self.wake.write_all(&[0]).ok();
    }

    fn join(&mut self) -> Report {
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the load's thread");
        }
        std::mem::take(&mut *self.shared.report())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.shared.abandoned.store(true, Ordering::SeqCst);
            self.halt();
            // A panic there has been printed; one more here could hide the test's own.
            thread.join().ok();
        }
    }
}
