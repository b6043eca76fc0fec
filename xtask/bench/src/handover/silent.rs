//! Clients that are connected and have said nothing yet when a restart comes.

use super::super::request;
use super::service::Service;
use std::io::BufReader;
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};
use xtask_support::command::{Failure, Result};

/// The number of silent clients.
pub(super) const CLIENTS: usize = 50;

/// From the restart to their requests: within the idle grace of selfup, which is three seconds.
pub(super) const SILENCE: Duration = Duration::from_secs(1);

/// Longer than a response takes, and than a system lets a client wait for one.
const PATIENCE: Duration = Duration::from_secs(10);

/// The outcome for these clients.
#[derive(Clone, Copy)]
pub(super) struct Silent {
    pub(super) answered: usize,
    /// From the signal to the end of the old processes.
    pub(super) done: Duration,
}

/// Restarts the service, which has nothing else to do, while they are connected.
pub(super) fn ask(service: &mut Service<'_>) -> Result<Silent> {
    let clients: Vec<TcpStream> =
        (0..CLIENTS).map(|_| connect(service.address)).collect::<Result<_>>()?;
    // A later connection is served, so these were accepted.
    request::on_a_new_connection(service.address)
        .map_err(|error| Failure::new(format!("the service does not answer: {error}")))?;
    let asking = thread::spawn(move || {
        let begun = Instant::now();
        while let Some(rest) = SILENCE.checked_sub(begun.elapsed()) {
            thread::park_timeout(rest);
        }
        let mut clients = clients.into_iter().map(BufReader::new).collect::<Vec<_>>();
        clients.iter_mut().filter_map(|client| request::on(client).ok()).count()
    });
    let restarted = service.restart()?;
    let answered =
        asking.join().map_err(|_| Failure::new("the silent clients came to nothing".to_owned()))?;
    Ok(Silent { answered, done: restarted.done - restarted.signalled })
}

fn connect(address: SocketAddr) -> Result<TcpStream> {
    let client = TcpStream::connect(address);
    client
        .and_then(|client| client.set_read_timeout(Some(PATIENCE)).map(|()| client))
        .map_err(|error| Failure::new(format!("could not connect to {address}: {error}")))
}
