//! `serving WAY [word…]`: a program that takes its socket first, and then has something to do before
//! it serves in one way or another. It prints `#N took` in between, and `#N serves` before it does.
//!
//! - The Nth generation waits at `gate-N` in between. While there is a file `broken`, it fails there.
//! - `two` is for a second listener, `admin`, that the program does not take.
//! - `says-ready` has it call `State::ready` before it serves; `accepting` says so for the one socket.
//! - `statuses` sends 500 lines of status before it is ready.
//! - `closes` closes every descriptor of the process when a client comes.
//! - `starts=PROGRAM` starts another program before `run`, in the child.
//! - `prepares` counts its threads before any is selfup's; `prepares-badly` fails then.
//! - `variables` prints those by which a child knows its master; `threaded` has another thread before
//!   `run`, in master and child.
//! - `few` leaves no descriptor free until there is a file `enough`.
//! - `control=NAME` opens a control socket.
//! - `timeout=MILLISECONDS` is the ready timeout, `terminate=MILLISECONDS` the terminate timeout.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "the test looks at what it does")]

use actix_web::{App, HttpServer, web};
use axum::{Router, routing::get};
use hyper::service::service_fn;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use selfup::{Config, Handover, Listener, State, Verbosity};
use selfup_tests::gate;
use selfup_tests::subject::{given, option};
use std::convert::Infallible;
use std::future::ready;
use std::io::{self, Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let way = std::env::args().nth(1).unwrap();
    if let Some(program) = option::<String>("starts")
        && std::env::vars_os().any(|(name, _)| name == "SELFUP_GENERATION")
    {
        start_another(&program);
    }
    if given("threaded") {
        std::thread::spawn(|| {
            loop {
                std::thread::park()
            }
        });
    }
    let datagrams = way.starts_with("udp");
    let address = if datagrams { "udp://127.0.0.1:0" } else { "127.0.0.1:0" };
    let mut config = Config::new(move |state| program(&state, &way)).listen("http", address);
    if given("prepares") || given("prepares-badly") {
        config = config.in_child(|| {
            let threads = std::fs::read_dir("/proc/self/task")?.count();
            println!("prepared with {threads} thread");
            if given("prepares-badly") { Err(io::Error::other("no landlock here")) } else { Ok(()) }
        });
    }
    if given("two") {
        config = config.listen("admin", "127.0.0.1:0");
    }
    if given("sequential") {
        config = config.handover(Handover::Sequential);
    }
    if let Some(name) = option::<String>("control") {
        config = config.control(name);
    }
    if let Some(milliseconds) = option("timeout") {
        config = config.ready_timeout(Duration::from_millis(milliseconds));
    }
    if let Some(milliseconds) = option("terminate") {
        config = config.terminate_timeout(Duration::from_millis(milliseconds));
    }
    selfup::run(config.drain_on_terminate(true).verbosity(Verbosity::Debug))
}

fn program(state: &State, way: &str) -> io::Result<()> {
    if given("variables") {
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        let is_ours = |name: &String| name.starts_with("LISTEN_") || name.starts_with("SELFUP_");
        let is_ours = |name: &String| is_ours(name) && !name.starts_with("SELFUP_TEST");
        let mut names: Vec<_> = names.filter(is_ours).collect();
        names.sort_unstable();
        println!("#{} finds {names:?}", state.generation());
    }
    match way {
        "udp-recv" | "udp-poll" => datagrams(state, way),
        "tokio" | "axum" | "hyper" | "tokio-raw" => {
            tokio::runtime::Runtime::new()?.block_on(on_tokio(state, way))
        }
        "actix" | "actix-raw" => actix_web::rt::System::new().block_on(on_actix(state, way)),
        _ => on_std(state, way),
    }
}

/// What has to be before the first client: it may take its time, and it may fail.
fn prepare(state: &State) -> io::Result<()> {
    let me = state.generation();
    println!("#{me} took");
    gate::pass(&format!("gate-{me}"));
    if Path::new("broken").exists() {
        return Err(io::Error::other("could not connect to the database"));
    }
    if given("statuses") {
        (0..500).for_each(|number| state.status(&format!("step {number}")));
    }
    println!("#{me} serves");
    if given("says-ready") {
        state.ready();
    }
    Ok(())
}

/// Another program of selfup's, which has nothing to do with this one and goes on by itself.
#[expect(clippy::disallowed_methods, reason = "the test looks at what it does")]
fn start_another(program: &str) {
    let mut command = std::process::Command::new(program);
    drop(command.args(["incoming", "other"]).spawn().unwrap());
}

/// Has no descriptor left until there is a file `enough`.
fn use_up_descriptors() {
    let mut taken = Vec::new();
    while let Ok(file) = std::fs::File::open("/dev/null") {
        taken.push(file);
    }
    std::thread::spawn(move || {
        while std::fs::metadata("enough").is_err() {
            std::thread::park_timeout(Duration::from_millis(5));
        }
        drop(taken);
    });
}

/// Takes the socket out of its listener.
fn raw(listener: Listener) -> TcpListener {
    listener.into_tcp().unwrap()
}

fn answer(mut connection: impl Read + Write, me: u64) {
    // Clients may be gone.
    drop(connection.read(&mut [0; 1024]));
    drop(write!(connection, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n#{me}\n"));
}

fn on_std(state: &State, way: &str) -> io::Result<()> {
    let (listener, me, drain) =
        (state.take_listener(), state.generation(), state.graceful_shutdown());
    match way {
        "incoming" => {
            prepare(state)?;
            if given("few") {
                use_up_descriptors();
            }
            for connection in listener.incoming() {
                answer(connection?, me);
                if given("closes") {
                    // As closefrom(3) does.
                    for fd in 3..64 {
                        let _gone = nix::unistd::close(fd);
                    }
                    println!("#{me} closed everything");
                    drain.wait();
                    std::thread::park();
                }
            }
            return Ok(());
        }
        // Waits by itself, and accepts when there is a client.
        "poll" => {
            prepare(state)?;
            while !drain.requested() {
                let mut fds = [
                    PollFd::new(listener.as_fd(), PollFlags::POLLIN),
                    PollFd::new(drain.fd()?, PollFlags::POLLIN),
                ];
                poll(&mut fds, PollTimeout::NONE)?;
                if fds[0].any() == Some(true)
                    && let Some(connection) = listener.accept()?
                {
                    answer(connection, me);
                }
            }
            return Ok(());
        }
        _ => {}
    }
    let accepting = listener.accepting();
    let socket = raw(listener);
    socket.set_nonblocking(false)?;
    prepare(state)?;
    if given("accepting") {
        accepting.begin();
    }
    std::thread::spawn(move || {
        while let Ok((connection, _)) = socket.accept() {
            answer(connection, me);
        }
    });
    drain.wait();
    Ok(())
}

async fn on_tokio(state: &State, way: &str) -> io::Result<()> {
    let (listener, me) = (state.take_listener(), state.generation());
    let router = Router::new().route("/", get(async move || format!("#{me}\n")));
    match way {
        "axum" => {
            prepare(state)?;
            selfup_tokio::axum::serve(listener, router).await
        }
        "hyper" => {
            prepare(state)?;
            let answer =
                move |_| ready(Ok::<_, Infallible>(hyper::Response::new(format!("#{me}\n"))));
            selfup_tokio::hyper::serve(listener, service_fn(answer)).await
        }
        "tokio" => {
            // It is made one of tokio's before there is anything to serve with.
            let listener = selfup_tokio::Listener::new(listener)?;
            let drain = listener.drain();
            prepare(state)?;
            axum::serve(listener, router).with_graceful_shutdown(drain.wait()).await
        }
        _ => {
            let listener = tokio::net::TcpListener::from_std(raw(listener))?;
            prepare(state)?;
            let drain = state.graceful_shutdown();
            axum::serve(listener, router).with_graceful_shutdown(drain).await
        }
    }
}

async fn on_actix(state: &State, way: &str) -> io::Result<()> {
    let (listener, me) = (state.take_listener(), state.generation());
    let app = move || App::new().route("/", web::get().to(move || ready(format!("#{me}\n"))));
    if way == "actix" {
        prepare(state)?;
        return selfup_actix::serve(listener, app).await;
    }
    let server = HttpServer::new(app).disable_signals().workers(1).listen(raw(listener))?;
    prepare(state)?;
    let server = server.run();
    let (handle, drain) = (server.handle(), state.graceful_shutdown());
    actix_web::rt::spawn(async move {
        drain.await;
        handle.stop(true).await;
    });
    server.await
}

fn datagrams(state: &State, way: &str) -> io::Result<()> {
    let (socket, me) = (state.take_udp_socket("http").unwrap(), state.generation());
    let drain = state.graceful_shutdown();
    if way == "udp-recv" {
        // For the other generations, too: the mode is one of the socket.
        socket.set_nonblocking(false)?;
        prepare(state)?;
        std::thread::spawn(move || while echo(&socket, me).is_ok() {});
        drain.wait();
        return Ok(());
    }
    prepare(state)?;
    while !drain.requested() {
        let mut fds = [
            PollFd::new(socket.as_fd(), PollFlags::POLLIN),
            PollFd::new(drain.fd()?, PollFlags::POLLIN),
        ];
        poll(&mut fds, PollTimeout::NONE)?;
        drop(echo(&socket, me));
    }
    Ok(())
}

fn echo(socket: &UdpSocket, me: u64) -> io::Result<()> {
    let (_, sender) = socket.recv_from(&mut [0; 64])?;
    socket.send_to(format!("#{me}").as_bytes(), sender).map(drop)
}
