//! Processes that their parent does not wait for: it ends before they do.

use std::process::Command;
use std::thread;
use std::time::Duration;

/// Three that end soon, each in its way, and the first time one that stays and heeds no signal.
const DAEMONS: &str = "for end in 'exit 0' 'exit 7' 'kill -KILL $$'; do
                           sh -c \"sleep 0.01; $end\" &
                       done
                       test $0 != 1 || setsid sh -c 'trap \"\" TERM INT HUP; sleep 3600; :' &";

/// Starts some now and then, thirty times.
pub(crate) fn drop_some(generation: u64) {
    thread::spawn(move || {
        for time in 1..=30 {
            let status = Command::new("sh").args(["-c", DAEMONS, &time.to_string()]).status();
            assert!(status.is_ok_and(|status| status.success()));
            thread::park_timeout(Duration::from_millis(10));
        }
        println!("#{generation} has left its last");
    });
}
