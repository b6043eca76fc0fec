//! Models of the counters, at which connections, responses and the end of the server meet: loom plays every
//! order of their steps.
//!
//! What is modelled are the very files of the crate, compiled once more with what is in `sync`: loom's
//! atomics, and stand-ins for what they use of tokio, which do what tokio promises and no more. Time passes
//! at once there, whatever happens meanwhile.

#[path = "../open.rs"]
#[allow(clippy::duplicate_mod, reason = "a model is another compilation of the same file")]
mod open;
#[path = "../owed.rs"]
#[allow(clippy::duplicate_mod, reason = "a model is another compilation of the same file")]
mod owed;
mod sync;

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Wake, Waker},
    time::Duration,
};

use loom::thread::{self, JoinHandle};

use open::Open;
use owed::Owed;

/// How often a task was woken since somebody looked.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Polls it first, and then only when it was woken. It has to be over when all have ended, `ended` of them
/// at that moment.
fn is_over_in_the_end(
    mut future: Pin<Box<dyn Future<Output = ()> + '_>>,
    threads: [JoinHandle<()>; 2],
    ended: &AtomicUsize,
) {
    let woken = Arc::<Count>::default();
    let waker = Waker::from(Arc::clone(&woken));
    let mut poll = || {
        let is_over = future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        if is_over {
            assert_eq!(ended.load(SeqCst), 2, "it was over too early");
        }
        is_over
    };
    let mut is_over = poll();
    for thread in threads {
        if !is_over && woken.0.swap(0, SeqCst) > 0 {
            is_over = poll();
        }
        thread.join().unwrap();
    }
    while !is_over {
        assert!(woken.0.swap(0, SeqCst) > 0, "nobody woke it");
        is_over = poll();
    }
}

/// Drops it on another thread. Before, that it has ended is noted.
fn ending<T: 'static>(counted: T, ended: &Arc<AtomicUsize>) -> JoinHandle<()> {
    let ended = Arc::clone(ended);
    thread::spawn(move || {
        ended.fetch_add(1, SeqCst);
        drop(counted);
    })
}

/// With three interruptions at most, in which whatever is lost here is lost already, so that it takes no
/// minutes.
fn model(play: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(play);
}

#[test]
fn the_end_waits_for_every_response_that_is_owed_and_no_longer() {
    model(|| {
        let (owed, ended) = (Owed::default(), Arc::default());
        let threads = [owed.count(), owed.count()].map(|owing| ending(owing, &ended));
        is_over_in_the_end(Box::pin(owed.none_for(Duration::ZERO)), threads, &ended);
    });
}

#[test]
fn the_end_waits_for_every_connection_and_no_longer() {
    model(|| {
        let (open, ended) = (Open::default(), Arc::default());
        let threads = [open.count(), open.count()].map(|counted| ending(counted, &ended));
        is_over_in_the_end(Box::pin(open.none_for(Duration::ZERO)), threads, &ended);
    });
}
