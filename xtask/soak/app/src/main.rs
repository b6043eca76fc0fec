//! The service that `cargo xtask soak` troubles.
//!
//! `selfup-soak-app ADDRESS [--broken=KIND]` listens on ADDRESS and takes its upgrades from the file
//! `source/app`. `GET /slow?ms=N` is answered after N ms, everything else at once. As long as there
//! is a file `hold`, a child does not take its socket; as long as there is a file `corrupt`, a transfer in
//! five is damaged. Its lines go to the file `log`, selfup's own to stderr. What else a release does is noted behind its
//! code. A child that is sent SIGUSR1 loses its control channel; it reports SIGHUP
//! and SIGQUIT.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what it prints is what soak reads")]

mod broken;
mod channel;
mod clock;
mod limits;
mod notes;
mod request;
mod say;
mod serve;
mod source;
mod sys;

use std::{env, path::Path, process::ExitCode, sync::Arc, thread, time::Duration};

use broken::Broken;
use channel::Channel;
use notes::Notes;
use say::say;
use selfup::{Config, State, Verbosity, fetch::File};
use source::Unreliable;

/// How often the source is looked at: well below what a service would choose.
const POLL: Duration = Duration::from_millis(25);
/// Releases that end badly in it do so sooner, though they finish what they have.
const PROBATION: Duration = Duration::from_secs(3);
/// Longer than a child is ever stopped or held.
const READY: Duration = Duration::from_secs(8);
/// Longer than any request, and than a child is ever stopped while it finishes.
const TERMINATE: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    let notes = Notes::of_this_program();
    selfup::sanity_check();
    let channel = Channel::of_this_process();
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [address, rest @ ..] = arguments.as_slice() else { return ExitCode::from(2) };
    let broken = Broken::among(rest);
    let mut leak = broken.leak();
    let source = File::new("source/app").interval(POLL).quiet(Duration::ZERO);
    selfup::run(
        Config::new(move |state| program(&Arc::new(state), &notes, channel, broken))
            .required(true)
            .address(address)
            .fetcher(Unreliable::new(source, broken))
            .min_fetch_interval(POLL)
            .probation(PROBATION)
            .ready_timeout(READY)
            .terminate_timeout(TERMINATE)
            .drain_on_terminate(true)
            .verbosity(Verbosity::Debug)
            .on_event(move |report| {
                let event = &report.event;
                leak(event);
                say(if event.is_warning() { '!' } else { '.' }, format_args!("{event}"));
            }),
    )
}

fn program(state: &Arc<State>, notes: &Notes, channel: Channel, broken: Broken) -> ExitCode {
    if let Some(code) = notes.number("exits") {
        return ExitCode::from(code as u8);
    }
    if notes.has("never_ready") {
        loop {
            thread::park();
        }
    }
    limits::raise_open_files();
    channel.lose_on_signal(broken);
    let drain = state.graceful_shutdown();
    while Path::new("hold").exists() && !drain.requested() {
        thread::park_timeout(Duration::from_millis(2));
    }
    let dies = notes.number("dies").map(Duration::from_millis);
    serve::until_drained(state, notes.release(), dies, broken);
    match dies {
        Some(_) if !drain.requested() && notes.has("aborts") => std::process::abort(),
        Some(_) if !drain.requested() => ExitCode::from(3),
        _ => ExitCode::SUCCESS,
    }
}
