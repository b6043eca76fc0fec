//! A model of the inbox, which handlers and the reader share: loom plays every order of their steps.
//!
//! The model compiles the crate's own `inbox.rs` once more, with loom's atomics and with a pipe that has
//! room for a single record. A handler that interrupts the reader's own thread is one of the orders: the
//! reader continues when the handler has returned.

#[path = "inbox.rs"]
#[allow(clippy::duplicate_mod, reason = "a model is another compilation of the same file")]
mod inbox;

mod sync {
    pub(crate) use loom::sync::atomic::{AtomicU32, Ordering};
}

/// A pipe with room for one record.
mod pipe {
    use loom::sync::{Arc, Mutex};

    use crate::record::Record;

    #[derive(Debug)]
    pub(crate) struct ReadEnd(Arc<Mutex<Option<Record>>>);

    #[derive(Debug)]
    pub(crate) struct WriteEnd(Arc<Mutex<Option<Record>>>);

    pub(super) fn pipe() -> (ReadEnd, WriteEnd) {
        let record = Arc::new(Mutex::new(None));
        (ReadEnd(Arc::clone(&record)), WriteEnd(record))
    }

    impl ReadEnd {
        pub(crate) fn read(&self) -> Option<Record> {
            self.0.lock().unwrap().take()
        }

        pub(super) fn is_readable(&self) -> bool {
            self.0.lock().unwrap().is_some()
        }
    }

    impl WriteEnd {
        pub(crate) fn write(&self, record: &Record) -> bool {
            let mut there = self.0.lock().unwrap();
            let has_room = there.is_none();
            if has_room {
                *there = Some(*record);
            }
            has_room
        }
    }
}

use loom::{sync::Arc, thread};

use crate::{record::Record, signal::Signal};
use inbox::Inbox;
use pipe::ReadEnd;

fn put(inbox: &Inbox, signal: Signal) {
    inbox.put(signal, &Record { number: signal.as_raw(), ..Record::WAKE });
}

/// Reads everything, as [`Receiver::pending`](crate::Receiver::pending) does.
fn take(inbox: &Inbox, pipe: &ReadEnd, taken: &mut Vec<i32>) {
    while let Some(received) = inbox.next(pipe) {
        taken.push(received.signal.as_raw());
    }
    inbox.wake_if_overflown();
}

/// Handlers run while the reader reads. Signals that it has not seen then make the pipe readable.
fn each_signal_is_reported(handlers: &'static [&'static [Signal]]) {
    loom::model(move || {
        let (pipe, write) = pipe::pipe();
        let inbox = Arc::new(Inbox::new(write));
        let handlers: Vec<_> = handlers
            .iter()
            .map(|signals| {
                let inbox = Arc::clone(&inbox);
                thread::spawn(move || signals.iter().for_each(|signal| put(&inbox, *signal)))
            })
            .collect();
        let mut taken = Vec::new();
        take(&inbox, &pipe, &mut taken);
        handlers.into_iter().for_each(|handler| handler.join().unwrap());
        while pipe.is_readable() {
            take(&inbox, &pipe, &mut taken);
        }
        taken.sort_unstable();
        assert_eq!(taken, [Signal::USR1, Signal::USR2].map(Signal::as_raw));
    });
}

#[test]
fn two_handlers_that_run_at_once_are_reported_once_each() {
    each_signal_is_reported(&[&[Signal::USR1], &[Signal::USR2]]);
}

#[test]
fn successive_signals_are_reported_once_each() {
    each_signal_is_reported(&[&[Signal::USR1, Signal::USR2]]);
}

/// The pipe is full from the start, and the reader stops in the middle.
#[test]
fn signals_that_the_reader_leaves_wake_it_again() {
    loom::model(|| {
        let (pipe, write) = pipe::pipe();
        let inbox = Arc::new(Inbox::new(write));
        put(&inbox, Signal::USR1);
        let handler = thread::spawn({
            let inbox = Arc::clone(&inbox);
            move || put(&inbox, Signal::USR2)
        });
        let mut taken: Vec<_> =
            inbox.next(&pipe).into_iter().map(|received| received.signal.as_raw()).collect();
        inbox.wake_if_overflown();
        handler.join().unwrap();
        while pipe.is_readable() {
            take(&inbox, &pipe, &mut taken);
        }
        taken.sort_unstable();
        assert_eq!(taken, [Signal::USR1, Signal::USR2].map(Signal::as_raw));
    });
}
