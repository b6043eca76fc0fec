//! Models of the counters, at which connections and the server meet: loom plays every order of their steps.
//!
//! What is modelled are the very files of the crate, compiled once more with loom's locks in place of those
//! of the standard library: they take them from `super::sync`, and have no tests of their own, which would
//! run outside of a model here.

#[path = "activity.rs"]
#[allow(dead_code, clippy::duplicate_mod, reason = "a model need not use all of the same file")]
mod activity;
#[path = "open.rs"]
#[allow(dead_code, clippy::duplicate_mod, reason = "a model need not use all of the same file")]
mod open;

mod sync {
    pub(super) use loom::sync::{Arc, Mutex};
}

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Wake, Waker},
};

use loom::thread;

use activity::Activity;
use open::{NoneOpen, Open};

/// How often a task was woken.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn task() -> (Arc<Count>, Waker) {
    let count = Arc::<Count>::default();
    (Arc::clone(&count), Waker::from(count))
}

fn is_over(none: &mut Pin<Box<NoneOpen<'_>>>, waker: &Waker) -> bool {
    none.as_mut().poll(&mut Context::from_waker(waker)).is_ready()
}

#[test]
fn a_server_that_waits_is_woken_by_the_last_connection_or_sees_that_there_is_none() {
    loom::model(|| {
        let open = Open::new();
        let ending = Arc::new(AtomicUsize::new(0));
        let connections = [open.count(), open.count()].map(|connection| {
            let ending = Arc::clone(&ending);
            thread::spawn(move || {
                ending.fetch_add(1, SeqCst);
                drop(connection);
            })
        });
        let (woken, waker) = task();
        let mut none = Box::pin(open.none());
        let seen = is_over(&mut none, &waker);
        if seen {
            assert_eq!(ending.load(SeqCst), 2, "it ended with a connection open");
        }
        connections.into_iter().for_each(|connection| connection.join().unwrap());
        assert!(seen || woken.0.load(SeqCst) == 1, "nobody woke it");
        assert!(is_over(&mut none, &waker));
    });
}

#[test]
fn two_that_wait_are_both_woken() {
    loom::model(|| {
        let open = Open::new();
        let connection = open.count();
        let ending = thread::spawn(move || drop(connection));
        let waiting = [task(), task()].map(|(woken, waker)| {
            let mut none = Box::pin(open.none());
            let seen = is_over(&mut none, &waker);
            (none, seen, woken)
        });
        ending.join().unwrap();
        for (none, seen, woken) in waiting {
            assert!(seen || woken.0.load(SeqCst) == 1, "nobody woke it");
            drop(none);
        }
    });
}

#[test]
fn a_server_that_leaves_at_that_moment_leaves_no_waker_behind() {
    loom::model(|| {
        let open = Open::new();
        let (connection, other) = (open.count(), open.count());
        let (count, waker) = task();
        let mut none = Box::pin(open.none());
        assert!(!is_over(&mut none, &waker));
        drop(waker);
        let ending = thread::spawn(move || drop(connection));
        drop(none);
        ending.join().unwrap();
        assert_eq!(Arc::strong_count(&count), 1, "its waker is still there");
        drop(other);
    });
}

#[test]
fn a_connection_that_waits_is_woken_by_the_end_of_its_last_exchange_or_sees_it() {
    loom::model(|| {
        let activity = Activity::new();
        let exchanges = [activity.begin(false), activity.begin(false)]
            .map(|exchange| thread::spawn(move || drop(exchange)));
        let (woken, waker) = task();
        let context = Context::from_waker(&waker);
        let seen = activity.quiet_since(&context).is_some();
        if seen {
            assert!(!activity.is_under_way(), "it was quiet while something was under way");
        }
        exchanges.into_iter().for_each(|exchange| exchange.join().unwrap());
        assert!(seen || woken.0.load(SeqCst) == 1, "nobody woke it");
        assert!(activity.quiet_since(&context).is_some());
    });
}
