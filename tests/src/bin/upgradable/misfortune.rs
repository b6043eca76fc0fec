//! The faults of some releases once they serve, and their reactions to signals.

use selfup_signals::{Receiver, Signal};
use selfup_tests::{release::Notes, subject::option};
use std::net::UdpSocket;
use std::thread;
use std::time::Duration;

/// Ends the program, or prepares to, as the notes say.
pub(crate) fn end_badly(notes: &Notes) {
    if notes.has("crashes_on_sight") {
        thread::spawn(|| {
            super::wait_while_not_there("crash");
            std::process::abort();
        });
    }
    if let Some(code) = notes.get("leaves_with") {
        println!("v{} leaves", notes.version());
        super::exit(code.parse().unwrap_or(255));
    }
    bind_a_port_of_its_own(notes);
}

/// As a program does that opens the port of its metrics by itself, after all else.
fn bind_a_port_of_its_own(notes: &Notes) {
    let Some(port) = option::<u16>("metrics") else { return };
    match UdpSocket::bind(("127.0.0.1", port)) {
        Ok(metrics) => drop(thread::spawn(move || metrics.recv(&mut [0]))),
        Err(error) => {
            println!("v{} cannot serve its metrics: {error}", notes.version());
            super::exit(4);
        }
    }
}

/// With the word `catches`, says which signal came and does nothing else about it.
pub(crate) fn catch_signals(notes: &Notes) {
    if !selfup_tests::subject::given("catches") {
        return;
    }
    let version = notes.version();
    let caught = [Signal::INT, Signal::QUIT, Signal::HUP, Signal::USR1];
    let Ok(mut receiver) = Receiver::new(caught) else { return println!("cannot catch") };
    thread::spawn(move || {
        loop {
            for received in receiver.pending() {
                println!("v{version} got {}", received.signal);
            }
            thread::park_timeout(Duration::from_millis(2));
        }
    });
}
