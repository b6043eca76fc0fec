//! A model of the mailbox, at which other threads and the loop meet: loom plays every order of their steps.
//!
//! What is modelled is the very file of the master, compiled once more with loom's locks, and with a pair
//! of sockets that has room for a single byte.

#[path = "mailbox.rs"]
#[allow(dead_code, clippy::duplicate_mod, reason = "a model need not use all of the same file")]
mod mailbox;

mod sync {
    use std::{
        cell::RefCell,
        io::{self, ErrorKind, Read, Write},
        os::fd::{AsFd, BorrowedFd},
    };

    pub(super) use std::sync::PoisonError;

    pub(super) use loom::sync::{Arc, Mutex};

    /// One end of a pair. Bytes go one way only, as in the mailbox.
    #[derive(Debug)]
    pub(super) struct UnixStream(Arc<Mutex<usize>>);

    thread_local! {
        /// The bytes of the latest pair.
        static LATEST: RefCell<Option<Wake>> = const { RefCell::new(None) };
    }

    /// What the loop polls.
    pub(super) struct Wake(Arc<Mutex<usize>>);

    impl Wake {
        /// That of the mailbox that was just made.
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

        #[expect(clippy::unused_self, reason = "as that of the standard library")]
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

use crate::upgrades::News;
use mailbox::{Letter, mailbox};
use sync::Wake;

/// What came, and how many restarts.
fn sorted(letters: Vec<Letter>, works: &mut usize, restarts: &mut usize) {
    for letter in letters {
        match letter {
            Letter::Upgrade(News::FetchRecovered) => *works += 1,
            Letter::Restart => *restarts += 1,
            other => panic!("nobody has posted {other:?}"),
        }
    }
}

/// The loop looks while others post. What it has not taken then makes it look again.
#[test]
fn what_is_posted_is_taken_or_wakes_the_loop() {
    loom::model(|| {
        let (mailbox, mut mail) = mailbox().unwrap();
        let wake = Wake::of_the_latest();
        let news = thread::spawn({
            let mailbox = mailbox.clone();
            move || mailbox.post(Letter::Upgrade(News::FetchRecovered))
        });
        let restart = thread::spawn(move || mailbox.restart());
        let (mut works, mut restarts) = (0, 0);
        sorted(mail.take(), &mut works, &mut restarts);
        news.join().unwrap();
        restart.join().unwrap();
        while wake.is_readable() {
            sorted(mail.take(), &mut works, &mut restarts);
        }
        assert_eq!((works, restarts), (1, 1));
    });
}

/// Two that wait are one, but one that is asked for after the first was taken is another.
#[test]
fn what_comes_before_a_restart_is_seen_by_one_that_follows() {
    loom::model(|| {
        let (mailbox, mut mail) = mailbox().unwrap();
        let wake = Wake::of_the_latest();
        // Not loom's: that one step is before the other in a thread is all that matters.
        let published = Arc::new(AtomicUsize::new(0));
        let asking: Vec<_> = (0..2)
            .map(|_| {
                let (mailbox, published) = (mailbox.clone(), Arc::clone(&published));
                thread::spawn(move || {
                    published.fetch_add(1, SeqCst);
                    mailbox.restart();
                })
            })
            .collect();
        // What a child sees that is started for it.
        let mut seen = 0;
        let mut turn = |mail: &mut mailbox::Mail| {
            if !mail.take().is_empty() {
                seen = published.load(SeqCst);
            }
        };
        turn(&mut mail);
        asking.into_iter().for_each(|asking| asking.join().unwrap());
        while wake.is_readable() {
            turn(&mut mail);
        }
        assert_eq!(seen, 2, "a restart was lost");
    });
}
