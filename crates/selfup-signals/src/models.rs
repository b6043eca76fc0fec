//! A model of the inbox, at which handlers and the reader meet: loom plays every order of their steps.
//!
//! What is modelled is the very file of the crate, compiled once more with loom's atomics, and with a pipe
//! that has room for a single record. A handler that interrupts the reader's own thread is one of the
//! orders: the reader goes on when it has returned.

#[path = "inbox.rs"]
#[allow(clippy::duplicate_mod, reason = "a model is another compilation of the same file")]
mod inbox;

mod sync {
    pub(crate) use loom::sync::atomic::{AtomicU64, Ordering};
}

/// A pipe of one record.
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

/// As [`Receiver::pending`](crate::Receiver::pending) is read to its end.
fn take(inbox: &Inbox, pipe: &ReadEnd, taken: &mut Vec<i32>) {
    while let Some(received) = inbox.next(pipe) {
        taken.push(received.signal.as_raw());
    }
    inbox.wake_if_overflown();
}

/// Handlers run while the reader reads; whatever it has not seen then makes it readable.
fn all_are_told(handlers: &'static [&'static [Signal]]) {
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
fn each_of_two_handlers_that_run_at_the_same_time_is_heard_once() {
    all_are_told(&[&[Signal::USR1], &[Signal::USR2]]);
}

#[test]
fn signals_that_come_one_after_the_other_are_heard_once_each() {
    all_are_told(&[&[Signal::USR1, Signal::USR2]]);
}

/// The pipe is full already, and the reader leaves in the middle.
#[test]
fn a_reader_that_leaves_some_comes_again() {
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
