//! A model of the tally, at which connections and the control thread meet: loom plays every order of their steps.
//!
//! It is the very file of the crate, compiled once more with loom's atomics.

#[path = "tally.rs"]
#[allow(clippy::duplicate_mod, reason = "it is the same file with other atomics")]
mod tally;

mod sync {
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU32, Ordering};
}

use loom::{sync::Arc, thread};

use tally::Tally;

#[test]
fn the_last_number_is_always_taken() {
    loom::model(|| {
        let tally = Arc::new(Tally::default());
        let connecting = [(); 2].map(|()| {
            let tally = Arc::clone(&tally);
            thread::spawn(move || tally.add())
        });
        let early = tally.take();
        let woken = connecting.map(|connecting| connecting.join().unwrap());
        // A change that nobody was woken for would stay unseen.
        assert!(!tally.has_changed() || woken.contains(&true));
        let late = tally.take();
        assert_eq!(late.or(early), Some(2));
        assert_eq!(tally.take(), None);
        assert!(tally.subtract() && !tally.subtract());
        assert_eq!(tally.take(), Some(0));
    });
}
