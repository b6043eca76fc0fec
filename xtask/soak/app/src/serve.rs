//! Responds to requests until it is time to drain, and to the last of them.

use std::{
    io::{self, BufReader, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use selfup::{Connection, GracefulShutdown, State};

use crate::{broken::Broken, clock, request, say::say};

/// Between two attempts to accept a connection.
const PAUSE: Duration = Duration::from_millis(100);

/// When to finish: at a drain, or, by itself, a release that is to end badly.
struct Finish {
    drain: GracefulShutdown,
    by_itself: AtomicBool,
}

impl Finish {
    fn now(&self) -> bool {
        self.drain.requested() || self.by_itself.load(Ordering::SeqCst)
    }
}

/// Returns when every connection has ended. Nothing is lost even by a release that `dies`: it
/// finishes like any other, but too early.
pub(crate) fn until_drained(
    state: &Arc<State>,
    release: u64,
    dies: Option<Duration>,
    broken: Broken,
) {
    let finish = Finish { drain: state.graceful_shutdown(), by_itself: AtomicBool::new(false) };
    let listener = state.take_listener();
    thread::scope(|scope| {
        if let Some(after) = dies {
            let finish = &finish;
            scope.spawn(move || {
                finish.by_itself.store(!finish.drain.wait_timeout(after), Ordering::SeqCst);
            });
        }
        // The accept that waits now is the last: there is load, so it does not wait for long.
        while !finish.now() {
            match listener.accept() {
                Ok(Some(connection)) => {
                    let (finish, state) = (&finish, &**state);
                    scope.spawn(move || serve(&connection, state, release, finish));
                }
                Ok(None) => break,
                // The connection waits in the queue until there is a descriptor.
                Err(error) => {
                    say('!', format_args!("could not accept a connection: {error}"));
                    thread::park_timeout(PAUSE);
                }
            }
        }
        broken.finish();
    });
}

fn serve(connection: &Connection, state: &State, release: u64, finish: &Finish) -> io::Result<()> {
    let mut reader = BufReader::new(connection);
    let mut last = false;
    while !last && let Some(hold) = next(&mut reader, connection)? {
        wait(hold);
        last = finish.now();
        let next = if last { "close" } else { "keep-alive" };
        let (pid, generation) = (std::process::id(), state.generation());
        let clock = clock::seconds();
        let body = format!("pid={pid} release={release} generation={generation} clock={clock}\n");
        let head = format!("Content-Length: {}\r\nConnection: {next}\r\n", body.len());
        let mut writer = connection;
        writer.write_all(format!("HTTP/1.1 200 OK\r\n{head}\r\n{body}").as_bytes())?;
    }
    Ok(())
}

/// How long the response to the next request shall take.
fn next(
    reader: &mut BufReader<&Connection>,
    connection: &Connection,
) -> io::Result<Option<Duration>> {
    if reader.buffer().is_empty() {
        connection.idle();
    }
    request::read(reader)
}

#[expect(clippy::disallowed_methods, reason = "a request that takes long is part of the load")]
fn wait(hold: Duration) {
    if !hold.is_zero() {
        thread::sleep(hold);
    }
}
