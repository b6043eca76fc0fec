//! An HTTP/1.1 client that keeps a fixed rate and misses nothing that goes wrong.
//!
//! The load is *open*: requests are due at fixed times, whether or not the ones before were
//! answered, and latency is counted from when a request was due. A server that makes all clients
//! wait for a moment cannot hide that behind a client that politely waits along.
//!
//! Every request that was due ends in exactly one way: answered, or lost for one of the reasons of
//! [`Loss`]. Nothing is ever sent twice. A keep-alive connection is looked at just before it is
//! written to; if the server has closed it by then, the request goes out on a new connection, which
//! is no loss and is counted as *moved*. Once a byte was written, whatever happens is the outcome.
//!
//! ```no_run
//! use std::time::Duration;
//! use selfup_load::{Config, Lane, Load};
//!
//! let address = "127.0.0.1:3000".parse().unwrap();
//! let running = Load::start(
//!     Config::new(address)
//!         .lane(Lane::new("fresh").rate(200.0))
//!         .lane(Lane::new("keep-alive").rate(200.0).keep_alive(8))
//!         .lane(Lane::new("post").rate(50.0).keep_alive(4).post(1024))
//!         .lane(Lane::new("slow").rate(2.0).path("/slow?ms=300")),
//! );
//! // Restart the server …
//! let report = running.stop();
//! println!("{report}");
//! assert_eq!(report.lost(), 0, "{report}");
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::must_use_candidate,
    reason = "a load that cannot go on is a test that cannot: a panic is the report"
)]

mod config;
mod connection;
mod driver;
mod ended;
mod exchange;
mod latency;
mod loss;
mod report;
mod response;
mod running;
mod schedule;

pub use config::{Config, Lane};
pub use ended::Ended;
pub use latency::Latencies;
pub use loss::Loss;
pub use report::{Incident, LaneReport, Report, Sample, Seen, Speaker};
pub use running::{Load, Running};
