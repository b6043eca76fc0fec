//! Under process managers that others wrote, with the files that the pages in docs/ show: one stable
//! pid, the true end, and never a second master.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test a panic is the report")]

mod contract;
mod start_stop_daemon;

use contract::App;
use selfup_tests::manager::{Manager, Runit, S6, Supervisord};

/// The whole contract with one manager.
macro_rules! under {
    ($module:ident, $manager:ty) => {
        mod $module {
            use super::*;

            #[test]
            fn restarts_and_upgrades_keep_the_pid_and_lose_nothing() {
                run::<$manager>(contract::restarts_and_upgrades_keep_the_pid_and_lose_nothing);
            }

            #[test]
            fn a_stop_lets_requests_finish() {
                run::<$manager>(contract::a_stop_lets_requests_finish);
            }

            #[test]
            fn an_end_of_the_program_is_told_and_it_is_started_anew() {
                run::<$manager>(contract::an_end_of_the_program_is_told_and_it_is_started_anew);
            }
        }
    };
}

under!(supervisord, Supervisord);
under!(runit, Runit);
under!(s6, S6);

fn run<M: Manager>(test: fn(App<M>)) {
    if M::available() {
        test(App::start());
    }
}
