//! The axum example with errors that the handover tests must notice.
//!
//! `breaks_handover MODE ADDRESS`, where MODE is the error at its end: `exits` exits at once with open
//! requests, and `shuts` shuts the listening socket down for all processes.

#![allow(clippy::print_stderr, reason = "a program for tests")]

use std::{env, io, os::fd::AsRawFd, process::ExitCode, time::Duration};

use axum::{Router, extract::Query, routing::get, routing::post};
use selfup::State;

fn main() -> ExitCode {
    let mode = env::args().nth(1).unwrap_or_default();
    let address = env::args().nth(2).unwrap_or_default();
    selfup::run(selfup::Config::new(move |state| program(&state, &mode)).address(address))
}

fn program(state: &State, mode: &str) -> io::Result<()> {
    let router = Router::new()
        .route("/", get(async || format!("pid={}", std::process::id())))
        .route("/slow", get(async |Query(slow): Query<Slow>| slow.answer().await))
        .route("/echo", post(async |body: String| body));
    let drain = state.graceful_shutdown();
    let listener = state.take_listener().into_tcp().map_err(|_| io::ErrorKind::InvalidInput)?;
    let number = listener.as_raw_fd();
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let server = axum::serve(listener, router);
        state.ready();
        match mode {
            "exits" => {
                tokio::spawn(async { server.await });
                drain.await;
                Ok(())
            }
            "shuts" => {
                tokio::spawn(async { server.await });
                drain.await;
                nix::sys::socket::shutdown(number, nix::sys::socket::Shutdown::Both)?;
                tokio::time::sleep(Duration::from_secs(2)).await;
                Ok(())
            }
            _ => Err(io::Error::other(format!("there is no mode {mode:?}"))),
        }
    })
}

#[derive(serde::Deserialize)]
struct Slow {
    ms: u64,
}

impl Slow {
    async fn answer(self) -> String {
        tokio::time::sleep(Duration::from_millis(self.ms)).await;
        format!("pid={}", std::process::id())
    }
}
