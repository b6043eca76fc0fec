//! The program that `cargo xtask demo` builds three times, runs, and upgrades.
//!
//! `selfup-demo-app ADDRESS URL [--broken]` listens on ADDRESS and takes its upgrades from URL.
//! `GET /slow?ms=N` is answered after N ms, everything else at once.

#![allow(clippy::print_stdout, reason = "what it prints is what the demo shows")]

mod request;

use std::{
    env,
    io::{self, Write},
    process::ExitCode,
    thread,
    time::Duration,
};

use selfup::{Config, Connection, GracefulShutdown, State, Verbosity, fetch::Http};

/// The number of this build.
const BUILD: &str = match option_env!("BUILD_ID") {
    Some(id) => id,
    None => "0",
};

/// Well below what a service would choose, since a person is watching.
const POLL: Duration = Duration::from_millis(100);
/// Likewise: the next version is published a moment after this one serves.
const PROBATION: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    selfup::sanity_check();
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [address, url, rest @ ..] = arguments.as_slice() else { return ExitCode::from(2) };
    let broken = rest.iter().any(|argument| argument == "--broken");
    selfup::run(
        Config::new(move |state| program(&state, broken))
            .required(true)
            .address(address)
            .fetcher(Http::new(url).interval(POLL).proxy_from_env(false))
            .min_fetch_interval(POLL)
            .probation(PROBATION)
            .drain_on_terminate(true)
            .verbosity(Verbosity::Debug),
    )
}

fn program(state: &State, broken: bool) -> io::Result<()> {
    let name = format!("app#{BUILD} ({})", state.id());
    let drain = state.graceful_shutdown();
    println!("{name} listening...");
    let listener = state.take_listener();
    thread::scope(|scope| {
        for connection in listener.incoming() {
            let connection = connection?;
            let (name, drain) = (&name, &drain);
            scope.spawn(move || serve(&connection, name, drain));
        }
        if broken {
            println!("{name} exiting...");
            leave_at_once();
        }
        Ok::<_, io::Error>(()) // and the scope waits for the connections
    })?;
    println!("{name} exiting...");
    Ok(())
}

/// Responds to requests until the client has no more, or the program is to drain.
fn serve(mut connection: &Connection, name: &str, drain: &GracefulShutdown) -> io::Result<()> {
    let mut finish = false;
    while !finish && let Some(hold) = request::read(connection)? {
        wait(hold);
        finish = drain.requested();
        let next = if finish { "close" } else { "keep-alive" };
        let body = format!("{name} says hello\n");
        let head = format!("Content-Length: {}\r\nConnection: {next}\r\n", body.len());
        connection.write_all(format!("HTTP/1.1 200 OK\r\n{head}\r\n{body}").as_bytes())?;
        connection.idle();
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a request that takes long is part of the show")]
fn wait(hold: Duration) {
    thread::sleep(hold);
}

/// What a program must not do: end with requests under way.
#[expect(clippy::disallowed_methods, reason = "being wrong is the point")]
fn leave_at_once() -> ! {
    std::process::exit(0)
}
