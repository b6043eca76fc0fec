//! A server of many versions: what a release of it is like is noted behind its code
//! ([`selfup_tests::release`]), how it is run is said by its arguments, as `key=value`.
//!
//! It answers each line: `hello` and `id` at once, `hold` when `go` has come too; on `exit` it exits
//! with 3.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the test reads it")]

mod command_line;
mod litter;
mod misfortune;
mod observed;
mod probed;

use selfup::{Connection, Listener, State};
use selfup_tests::release::Notes;
use std::io::{self, BufRead, BufReader, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

pub(crate) fn main() -> ExitCode {
    if let Some(code) = selfup::cli::run("app") {
        return code;
    }
    let notes = Notes::of_this_program();
    if notes.has("sanity_check") {
        selfup::sanity_check();
    }
    if notes.has("hangs_in_main") {
        loop {
            thread::park();
        }
    }
    if let Some(code) = notes.get("exits_in_main") {
        return ExitCode::from(code.parse::<u8>().unwrap_or(255));
    }
    if notes.has("banner") {
        println!("welcome");
    }
    if notes.has("removes_itself") {
        std::env::current_exe().and_then(std::fs::remove_file).unwrap_or_default();
    }
    if notes.has("replaces_itself") {
        replace_itself().unwrap_or_default();
    }
    match command_line::config(program) {
        Some(config) => selfup::run(config),
        None => ExitCode::from(2),
    }
}

/// Puts another file with the same bytes in the place of the executable, as an upgrade does.
fn replace_itself() -> io::Result<()> {
    let path = std::env::current_exe()?;
    let new = path.with_extension("new");
    std::fs::copy("/proc/self/exe", &new)?;
    std::fs::rename(&new, &path)
}

fn program(state: State) -> ExitCode {
    let notes = Notes::of_this_program();
    start(&state, &notes);
    misfortune::catch_signals(&notes);
    if let Some(code) = notes.get("exits_at_once") {
        return ExitCode::from(code.parse::<u8>().unwrap_or(255));
    }
    let state = Arc::new(state);
    let listeners = state.take_listeners();
    for name in std::env::args().filter_map(|word| word.strip_prefix("udp=").map(str::to_owned)) {
        echo(&state, &name);
    }
    println!("v{} listens on {}", notes.version(), state.addresses().join(" "));
    if notes.has("loads") {
        // As long as there is a file of that name: a test decides about the time.
        wait_while_there("loading");
    }
    state.ready();
    misfortune::end_badly(&notes);
    if notes.has("litters") {
        litter::drop_some(state.generation());
    }
    stay_alive(&state);
    let mut serving = Vec::new();
    let mut listeners = listeners.into_iter();
    // It starts no thread before the first client: it listens even where no thread can be started.
    let last = listeners.next_back();
    for listener in listeners {
        let (state, notes) = (Arc::clone(&state), notes.clone());
        serving.push(thread::spawn(move || accept(&listener, &state, &notes)));
    }
    if let Some(listener) = last {
        accept(&listener, &state, &notes);
    }
    for thread in serving {
        drop(thread.join());
    }
    state.graceful_shutdown().wait();
    println!("v{} finishes", notes.version());
    ExitCode::SUCCESS
}

#[expect(clippy::disallowed_methods, reason = "asked for by a client")]
fn exit(code: i32) -> ! {
    std::process::exit(code)
}

fn accept(listener: &Listener, state: &Arc<State>, notes: &Notes) {
    for connection in listener.incoming() {
        let Ok(connection) = connection else {
            // No descriptors left; there may be some later.
            thread::park_timeout(Duration::from_millis(5));
            continue;
        };
        let (state, notes) = (Arc::clone(state), notes.clone());
        thread::spawn(move || serve(&connection, &state, &notes));
    }
}

/// What goes wrong with some releases before they serve.
fn start(state: &State, notes: &Notes) {
    println!("v{} starts, enabled={}", notes.version(), state.enabled());
    if notes.has("crashes_at_start") {
        std::process::abort();
    }
    if notes.has("killed_at_start") {
        // As by the kernel, when the memory is used up.
        nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL).unwrap_or_default();
    }
    if notes.has("never_ready") {
        loop {
            thread::park();
        }
    }
    if notes.has("fails_while_broken") && std::path::Path::new("broken").exists() {
        println!("v{} finds something broken", notes.version());
        exit(1);
    }
}

/// Says so, except while there is a file named `hung`.
fn stay_alive(state: &Arc<State>) {
    if std::env::args().any(|word| word == "watchdog=program") {
        let state = Arc::clone(state);
        thread::spawn(move || {
            loop {
                wait_while_there("hung");
                state.alive();
                thread::park_timeout(Duration::from_millis(5));
            }
        });
    }
}

fn serve(mut connection: &Connection, state: &State, notes: &Notes) -> io::Result<()> {
    let mut lines = BufReader::new(connection).lines();
    while let Some(line) = lines.next().transpose()? {
        let version = notes.version();
        match line.as_str() {
            "hold" => {
                println!("v{version} holds a request");
                lines.next().transpose()?;
            }
            "restart" => drop(selfup::restart()),
            "exit" => exit(3),
            "rollback" => println!("rolls back: {:?}", selfup::rollback()),
            "forgive" => {
                for refusal in selfup::refusals().into_iter().flatten() {
                    println!("forgives {refusal}: {:?}", selfup::forgive(&refusal.id));
                }
            }
            _ => {
                if let Some(id) = line.strip_prefix("forgive ") {
                    println!("forgives {id:?}: {:?}", selfup::forgive(id));
                }
            }
        }
        let (pid, generation) = (std::process::id(), state.generation());
        let mut response = format!("v{version} pid={pid} generation={generation}");
        response += &format!(" enabled={}", state.enabled());
        if line == "id" {
            response += &format!(" id={} path={}", state.id(), state.bin_path().display());
        }
        connection.write_all((response + "\n").as_bytes())?;
        connection.idle();
    }
    Ok(())
}

/// Sends each datagram back with the version in front.
fn echo(state: &State, name: &str) {
    let Ok(socket) = state.take_udp_socket(name) else { return println!("there is no {name}") };
    let (drain, version) = (state.graceful_shutdown(), Notes::of_this_program().version());
    thread::spawn(move || {
        let mut datagram = [0; 1024];
        while !drain.requested() {
            match socket.recv_from(&mut datagram) {
                Ok((length, sender)) => {
                    let text = String::from_utf8_lossy(&datagram[..length]).into_owned();
                    drop(socket.send_to(format!("v{version} {text}").as_bytes(), sender));
                }
                Err(_) => drop(drain.wait_timeout(Duration::from_millis(2))),
            }
        }
        println!("v{version} reads no more datagrams");
    });
}

fn wait_while_there(file: &str) {
    while std::path::Path::new(file).exists() {
        thread::park_timeout(Duration::from_millis(5));
    }
}

fn wait_while_not_there(file: &str) {
    while !std::path::Path::new(file).exists() {
        thread::park_timeout(Duration::from_millis(5));
    }
}
