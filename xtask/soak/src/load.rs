//! Sends the requests that must all get a response.

use selfup_load::{Config, Lane, Load, Running};
use std::net::SocketAddr;
use std::time::Duration;

/// Connections of each lane that keeps some.
const KEPT: usize = 16;

/// Bytes of a POST.
const BODY: usize = 1000;

/// Longer than any process is stopped; a request that takes longer is lost.
const TIMEOUT: Duration = Duration::from_secs(45);

/// A fifth of the requests open a connection of their own, and two a second take long.
pub(super) fn start(address: SocketAddr, rate: u32) -> Running {
    let rate = f64::from(rate);
    Load::start(
        Config::new(address)
            .timeout(TIMEOUT)
            .lane(Lane::new("new").rate(rate * 0.2))
            .lane(Lane::new("kept").rate(rate * 0.4).keep_alive(KEPT))
            .lane(Lane::new("posted").rate(rate * 0.4).keep_alive(KEPT).post(BODY))
            .lane(Lane::new("slow").rate(2.0).path("/slow?ms=600")),
    )
}
