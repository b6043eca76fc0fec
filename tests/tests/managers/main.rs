//! Tests under real process managers, with the files from the pages in docs/: a stable pid, the true
//! exit status, and never a second master.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "in a test a panic is the report, and what it prints is read with it"
)]

mod container;
mod contract;
mod handoff;
mod notification;
mod start_stop_daemon;
mod systemd;

use contract::App;
use selfup_tests::manager::{Manager, Runit, S6, Supervisord};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The whole contract with one manager; the number is for it alone.
macro_rules! under {
    ($module:ident, $manager:ty, $number:literal) => {
        mod $module {
            use super::*;

            #[test]
            fn restarts_and_upgrades_keep_the_pid_and_lose_nothing() {
                run::<$manager>(
                    FREE_PORT,
                    contract::restarts_and_upgrades_keep_the_pid_and_lose_nothing,
                );
            }

            #[test]
            fn a_stop_lets_requests_finish() {
                run::<$manager>(FREE_PORT, contract::a_stop_lets_requests_finish);
            }

            #[test]
            fn the_end_of_the_program_is_reported_and_it_is_started_again() {
                run::<$manager>(
                    FREE_PORT,
                    contract::the_end_of_the_program_is_reported_and_it_is_started_again,
                );
            }

            #[test]
            fn a_killed_master_is_replaced_while_its_child_finishes() {
                run::<$manager>(
                    own_address($number),
                    contract::a_killed_master_is_replaced_while_its_child_finishes,
                );
            }
        }
    };
}

under!(supervisord, Supervisord, 201);
under!(runit, Runit, 202);
under!(s6, S6, 203);

const FREE_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// An address that no other test has, so that it can be taken again.
fn own_address(number: u8) -> SocketAddr {
    let [.., high, low] = std::process::id().to_be_bytes();
    SocketAddr::from(([127, number, high, low], 8080))
}

fn run<M: Manager>(address: SocketAddr, test: fn(App<M>)) {
    if M::available() {
        test(App::start(address));
    }
}
