//! A model of the inbox, which other threads and the loop share: loom plays every order of their steps.
//!
//! The model compiles the master's own `inbox.rs` once more, with loom's locks and with a pair of sockets
//! that has room for a single byte.

#[path = "inbox.rs"]
#[allow(dead_code, clippy::duplicate_mod, reason = "a model need not use all of the same file")]
mod inbox;

mod sync {
    use std::{
        cell::RefCell,
        io::{self, ErrorKind, Read, Write},
        os::fd::{AsFd, BorrowedFd},
    };

    pub(super) use std::sync::PoisonError;

    pub(super) use loom::sync::{Arc, Mutex};

    /// One end of a pair. Bytes go one way only, as in the inbox.
    #[derive(Debug)]
    pub(super) struct UnixStream(Arc<Mutex<usize>>);

    thread_local! {
        /// The bytes of the latest pair.
        static LATEST: RefCell<Option<Wake>> = const { RefCell::new(None) };
    }

    /// The socket that the loop polls.
    pub(super) struct Wake(Arc<Mutex<usize>>);

    impl Wake {
        /// The socket of the inbox that was just created.
        pub(super) fn of_the_latest() -> Self {
            LATEST.take().unwrap()
        }

        pub(super) fn is_readable(&self) -> bool {
            *self.0.lock().unwrap() > 0
        }
    }

    impl UnixStream {
        pub(super) fn pair() -> io::Result<(Self, Self)> {
            let bytes = Arc::new(Mutex::new(0));
            LATEST.set(Some(Wake(Arc::clone(&bytes))));
            Ok((Self(Arc::clone(&bytes)), Self(bytes)))
        }

        #[expect(clippy::unused_self, reason = "the signature is that of the standard library")]
        pub(super) fn set_nonblocking(&self, _: bool) -> io::Result<()> {
            Ok(())
        }
    }

    impl Read for UnixStream {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            match std::mem::take(&mut *self.0.lock().unwrap()) {
                0 => Err(ErrorKind::WouldBlock.into()),
                bytes => Ok(bytes),
            }
        }
    }

    impl Write for &UnixStream {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            let mut bytes = self.0.lock().unwrap();
            if *bytes > 0 {
                return Err(ErrorKind::WouldBlock.into());
            }
            *bytes = 1;
            Ok(1)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl AsFd for UnixStream {
        fn as_fd(&self) -> BorrowedFd<'_> {
            unreachable!("a model polls by `Wake`")
        }
    }
}

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use loom::thread;

use crate::event::Event;
use inbox::{Inbox, Message, inbox};
use sync::Wake;

/// Counts the messages of both kinds.
fn count(messages: Vec<Message>, reports: &mut usize, restarts: &mut usize) {
    for message in messages {
        match message {
            Message::Report(Event::FetchRecovered) => *reports += 1,
            Message::Restart => *restarts += 1,
            other => panic!("{other:?} was not sent"),
        }
    }
}

/// The loop reads while other threads send. Messages that it has not taken then wake it again.
#[test]
fn a_message_is_taken_or_wakes_the_loop() {
    loom::model(|| {
        let (sender, mut messages) = inbox().unwrap();
        let wake = Wake::of_the_latest();
        let report = thread::spawn({
            let sender = sender.clone();
            move || sender.send(Message::Report(Event::FetchRecovered))
        });
        let restart = thread::spawn(move || sender.send(Message::Restart));
        let (mut reports, mut restarts) = (0, 0);
        count(messages.take(), &mut reports, &mut restarts);
        report.join().unwrap();
        restart.join().unwrap();
        while wake.is_readable() {
            count(messages.take(), &mut reports, &mut restarts);
        }
        assert_eq!((reports, restarts), (1, 1));
    });
}

/// Two requests that wait become one, but a request after the first was taken is another one.
#[test]
fn a_change_before_a_request_is_seen_by_a_restart_after_it() {
    loom::model(|| {
        let (sender, mut messages) = inbox().unwrap();
        let wake = Wake::of_the_latest();
        // Not one of loom's: only the order within each thread matters.
        let published = Arc::new(AtomicUsize::new(0));
        let asking: Vec<_> = (0..2)
            .map(|_| {
                let (sender, published) = (sender.clone(), Arc::clone(&published));
                thread::spawn(move || {
                    published.fetch_add(1, SeqCst);
                    sender.send(Message::Restart);
                })
            })
            .collect();
        // What a child that is started now sees.
        let mut seen = 0;
        let mut turn = |messages: &mut Inbox| {
            if !messages.take().is_empty() {
                seen = published.load(SeqCst);
            }
        };
        turn(&mut messages);
        asking.into_iter().for_each(|asking| asking.join().unwrap());
        while wake.is_readable() {
            turn(&mut messages);
        }
        assert_eq!(seen, 2, "a restart was lost");
    });
}
