//! A server on plain `std`: a thread for each connection, restarts and upgrades without loss.
//!
//! `hello [ADDRESS [URL]]`: listens on ADDRESS (default 127.0.0.1:3000); with a URL, upgrades itself
//! from there. `kill -USR2` to the process restarts it.

use std::{
    env,
    io::{self, BufRead, BufReader, Write},
    process::ExitCode,
    thread,
};

use selfup::{Connection, State};

fn main() -> ExitCode {
    selfup::sanity_check();
    let mut arguments = env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:3000".into());
    let mut config = selfup::Config::new(program).address(address);
    if let Some(url) = arguments.next() {
        config = config.fetcher(selfup::fetch::Http::new(url));
    }
    selfup::run(config)
}

fn program(state: State) -> io::Result<()> {
    let listener = state.listener();
    let greeting = format!("app ({}) says hello\n", state.id());
    writeln!(io::stderr(), "app ({}) listening...", state.id())?;
    for connection in listener.incoming() {
        let (connection, greeting) = (connection?, greeting.clone());
        thread::spawn(move || serve(&connection, &greeting));
    }
    // Told to finish. Returning waits for the connections that are still open.
    writeln!(io::stderr(), "app ({}) exiting...", state.id())
}

/// Answers requests until the client closes, or falls silent while the program finishes.
fn serve(mut connection: &Connection, greeting: &str) -> io::Result<()> {
    let mut lines = BufReader::new(connection).lines();
    while let Some(request) = lines.next().transpose()? {
        while lines.next().transpose()?.is_some_and(|header| !header.is_empty()) {}
        let length = greeting.len();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
        let body = if request.starts_with("HEAD ") { "" } else { greeting };
        connection.write_all(format!("{head}{body}").as_bytes())?;
    }
    Ok(())
}
