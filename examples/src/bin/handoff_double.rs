//! The standard library alone, without a master: SIGUSR2 has a helper serve until this process has executed the new file
//! in its own place. The pid stays.
//!
//! `handoff_double [ADDRESS]` listens on ADDRESS (default 127.0.0.1:3000).

use std::{
    env,
    error::Error,
    io::{self, BufRead, BufReader, Write},
    thread,
};

use selfup_handoff::{Connection, Handoff, Strategy};

fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".into());
    let upgrader = Handoff::new(Strategy::Double).drain_on_terminate(true).start()?;
    let listener = upgrader.listen("http", &address)?;
    let hello = format!("hello from pid={} #{}\n", std::process::id(), upgrader.generation());
    upgrader.ready()?;
    for connection in listener.incoming() {
        let (connection, hello) = (connection?, hello.clone());
        thread::spawn(move || serve(&connection, &hello));
    }
    drop(listener);
    // It waits for the connections, and returns only after a stop.
    upgrader.finish()?;
    Ok(())
}

fn serve(mut connection: &Connection, hello: &str) -> io::Result<()> {
    let lines = BufReader::new(connection).lines();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let head = format!("Content-Length: {}\r\nConnection: close\r\n", hello.len());
    connection.write_all(format!("HTTP/1.1 200 OK\r\n{head}\r\n{hello}").as_bytes())
}
