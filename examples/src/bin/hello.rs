//! A server on plain `std`: a thread for each connection, restarts and upgrades without loss.
//!
//! `hello [ADDRESS [URL]]` listens on ADDRESS (default 127.0.0.1:3000); with a URL, it upgrades
//! itself from there. `kill -USR2` to the process restarts it.

#![allow(clippy::print_stdout, reason = "it talks to a person")]

use std::{
    env,
    io::{self, BufRead, BufReader, Read, Write},
    process::ExitCode,
    sync::Arc,
    thread,
};

use selfup::{Connection, State};

fn main() -> ExitCode {
    selfup::sanity_check();
    let mut arguments = env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:3000".into());
    let mut config = selfup::Config::new(program).address(address);
    if let Some(url) = arguments.next() {
        // Without a trusted_key, anyone who controls the source controls the program: an example has no
        // key of its own, a program that is published sets one.
        config = config.fetcher(selfup::fetch::Http::new(url));
    }
    selfup::run(config)
}

fn program(state: State) -> io::Result<()> {
    let (listener, state) = (state.take_listener(), Arc::new(state));
    println!("app ({}) listening...", state.id());
    for connection in listener.incoming() {
        let (connection, state) = (connection?, Arc::clone(&state));
        thread::spawn(move || serve(&connection, &state));
    }
    // The drain has begun. Returning waits for the connections that are still open.
    println!("app ({}) exiting...", state.id());
    Ok(())
}

/// Responds to requests until the client has no more, or the program is to drain.
fn serve(mut connection: &Connection, state: &State) -> io::Result<()> {
    let mut reader = BufReader::new(connection);
    while next_request(&mut reader, connection)? {
        let finish = state.graceful_shutdown().requested();
        let next = if finish { "close" } else { "keep-alive" };
        let body = format!("hello from pid={} ({})\n", std::process::id(), state.id());
        let head = format!("Content-Length: {}\r\nConnection: {next}\r\n", body.len());
        connection.write_all(format!("HTTP/1.1 200 OK\r\n{head}\r\n{body}").as_bytes())?;
        if finish {
            break;
        }
    }
    Ok(())
}

/// Waits for the next request and reads past it, body and all: what is unread when a connection is
/// closed resets it.
fn next_request(reader: &mut BufReader<&Connection>, connection: &Connection) -> io::Result<bool> {
    // Unless the next one has begun already, nothing is under way here: a client that is silent does
    // not keep a program that is to finish.
    if reader.buffer().is_empty() {
        connection.idle();
    }
    let (mut line, mut length) = (String::new(), 0);
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(false);
        }
        match line.split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
            _ if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    io::copy(&mut reader.take(length), &mut io::sink())?;
    Ok(true)
}
