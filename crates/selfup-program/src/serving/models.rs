//! Models of the types at which threads meet: loom plays every order of their steps.
//!
//! What is modelled are the very files of the crate, compiled once more with loom's locks and atomics in
//! place of those of the standard library: they take them from `super::sync`, and have no tests of their
//! own, which would run outside of a model here.

#[path = "counter.rs"]
#[allow(dead_code, clippy::duplicate_mod, reason = "a model need not use all of the same file")]
mod counter;
#[path = "once.rs"]
#[allow(dead_code, clippy::duplicate_mod, reason = "a model need not use all of the same file")]
mod once;

mod sync {
    pub(crate) use std::sync::PoisonError;

    pub(crate) use loom::sync::{Arc, Condvar, Mutex, MutexGuard, atomic};
}

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    task::{Wake, Waker},
    time::Duration,
};

use loom::{
    sync::Arc,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
};

use counter::Counter;
use once::Once;

#[test]
fn the_end_of_a_program_waits_for_every_connection() {
    loom::model(|| {
        let (counter, open) = (Counter::default(), Arc::new(AtomicBool::new(true)));
        let connections = [counter.count(), counter.count()];
        let closing = thread::spawn({
            let open = Arc::clone(&open);
            move || {
                let [one, other] = connections;
                drop(one);
                open.store(false, Relaxed);
                drop(other);
            }
        });
        counter.wait_until_none(Duration::MAX);
        assert!(!open.load(Relaxed), "it ended with a connection open");
        closing.join().unwrap();
    });
}

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn task() -> (std::sync::Arc<Count>, Waker) {
    let count = std::sync::Arc::<Count>::default();
    (std::sync::Arc::clone(&count), Waker::from(count))
}

#[test]
fn a_task_that_waits_is_woken_or_sees_that_it_has_happened() {
    loom::model(|| {
        let (once, said) = (Arc::new(Once::new()), Arc::new(AtomicBool::new(false)));
        let happening = thread::spawn({
            let (once, said) = (Arc::clone(&once), Arc::clone(&said));
            move || once.happen(|| said.store(true, Relaxed))
        });
        let ((_, first), (woken, latest)) = (task(), task());
        let mut place = None;
        // It moves to another waker, as it does from one `select!` to the next.
        let seen = once.poll(&mut place, &first) || once.poll(&mut place, &latest);
        if seen {
            assert!(said.load(Relaxed), "what comes before it is seen");
        }
        happening.join().unwrap();
        assert!(seen || woken.0.load(Ordering::SeqCst) == 1);
        assert!(once.poll(&mut place, &latest));
        place.into_iter().for_each(|place| once.forget(place));
    });
}

#[test]
fn a_task_that_leaves_at_that_moment_leaves_nothing_behind() {
    loom::model(|| {
        let once = Arc::new(Once::new());
        let (_, waker) = task();
        let mut place = None;
        assert!(!once.poll(&mut place, &waker));
        let happening = thread::spawn({
            let once = Arc::clone(&once);
            move || once.happen(|| ())
        });
        place.into_iter().for_each(|place| once.forget(place));
        happening.join().unwrap();
        assert!(!once.is_awaited());
    });
}

#[test]
fn a_thread_that_waits_is_woken() {
    loom::model(|| {
        let once = Arc::new(Once::new());
        let happening = thread::spawn({
            let once = Arc::clone(&once);
            move || once.happen(|| ())
        });
        once.wait();
        assert!(once.has_happened());
        happening.join().unwrap();
    });
}
