//! A server on tokio alone, with a protocol of its own: restarts, upgrades and stops without losing
//! a line.
//!
//! `tokio [ADDRESS [URL]]` listens on ADDRESS (default 127.0.0.1:3000); with a URL, it upgrades
//! itself from there. A line is answered in upper case. `BYE` says that no other one will be: the
//! client is to connect again, and finds the successor.

use std::{env, io, process::ExitCode};

use selfup::State;
use selfup_tokio::{Connection, Drain, Listener};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

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
    tokio::runtime::Runtime::new()?.block_on(serve(state.take_listener()))
}

async fn serve(listener: selfup::Listener) -> io::Result<()> {
    let mut listener = Listener::new(listener)?;
    let drain = listener.drain();
    while let Some(connection) = listener.accept_with_retry().await {
        tokio::spawn(converse(connection, drain.clone()));
    }
    // The drain has begun: a successor accepts, and what is open here comes to its end.
    drain.none_open().await;
    Ok(())
}

/// Responds line by line. Once it drains, it still responds to one line that comes within the idle
/// grace.
async fn converse(connection: Connection, drain: Drain) -> io::Result<()> {
    let (reader, mut writer) = tokio::io::split(connection);
    let mut lines = BufReader::new(reader).lines();
    let mut last = false;
    while !last {
        let line = tokio::select! {
            biased;
            line = lines.next_line() => line?,
            () = drain.clone().wait() => None,
        };
        last = line.is_none() || drain.has_begun();
        let mut response = line.map(|line| line.to_uppercase() + "\n").unwrap_or_default();
        if last {
            response += "BYE\n";
        }
        writer.write_all(response.as_bytes()).await?;
    }
    Ok(())
}
