//! `handing single|double std|axum|actix|hyper|tonic [word…]`: a server that hands over without a master. Each response, and the
//! line `#N pid=PID serves`, has its generation and its pid.
//!
//! - `address=ADDRESS` is where it listens, 127.0.0.1:0 otherwise.
//! - The Nth generation waits at `gate-N` before it is ready. While there is a file `broken`, it fails there.
//! - `passes` passes on a log file, one end of a connection, and a pipe that nothing takes.
//! - `timeout=MILLISECONDS` is the ready timeout, `pid_file=PATH` the pid file, `drains` has SIGTERM drain.
//! - On SIGHUP and SIGUSR1 it prints that; with `calls`, SIGUSR1 has it call `upgrade` in a thread, with `from=PATH`
//!   `upgrade_from` that file.
//! - `trusted_key=KEY` and `probation=MILLISECONDS` are as in the library; `events` prints those of upgrades.
//! - Its version is noted behind its code (`version=2`); if `crashes` is, it fails as if there were a file `broken`.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "the test looks at what it does")]

use actix_web::{App, web};
use axum::{
    Router,
    extract::Query,
    routing::{get, post},
};
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    service::service_fn,
};
use hyper_util::service::TowerToHyperService;
use selfup::fetch::File;
use selfup_handoff::{
    Connection, Event, Handoff, Listener, Strategy, Upgrade, UpgradePolicy, Upgrader,
};
use selfup_tests::gate;
use selfup_tests::release::Notes;
use selfup_tests::subject::{given, option};
use std::fs::OpenOptions;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;
use tonic::service::Routes;
use tonic_health::{
    pb::health_server::HealthServer,
    server::{HealthReporter, HealthService},
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let strategy = if given("double") { Strategy::Double } else { Strategy::Single };
    let called: Arc<OnceLock<Upgrader>> = Arc::default();
    let mut handoff = Handoff::new(strategy).on_hangup(|| println!("hangup")).on_user1({
        let called = Arc::clone(&called);
        move || match called.get().filter(|_| given("calls") || source().is_some()).cloned() {
            Some(upgrader) if source().is_some() => drop(thread::spawn(move || {
                let upgraded = upgrader.upgrade_from(&mut upgrade());
                println!("upgrade_from: {upgraded:?}");
            })),
            Some(upgrader) => drop(thread::spawn(move || {
                println!("upgrade: {:?}", upgrader.upgrade().map_err(|error| error.kind()));
            })),
            None => println!("user1"),
        }
    });
    if let Some(milliseconds) = option("timeout") {
        handoff = handoff.ready_timeout(Duration::from_millis(milliseconds));
    }
    if let Some(path) = option::<String>("pid_file") {
        handoff = handoff.pid_file(path);
    }
    if let Some(milliseconds) = option("probation") {
        handoff = handoff.probation(Duration::from_millis(milliseconds));
    }
    if given("events") {
        handoff = handoff.on_event(|event| {
            if let Event::Committed { .. } | Event::RolledBack { .. } | Event::Warning(_) = event {
                println!("event {event:?}");
            }
        });
    }
    let upgrader = handoff.drain_on_terminate(given("drains")).start()?;
    drop(called.set(upgrader.clone()));
    let address = option("address").unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let listener = upgrader.listen("http", &address)?;
    if given("passes") {
        pass_on(&upgrader)?;
    }
    let me = upgrader.generation();
    gate::pass(&format!("gate-{me}"));
    let notes = Notes::of_this_program();
    if Path::new("broken").exists() || notes.has("crashes") {
        return Err("could not connect to the database".into());
    }
    upgrader.ready()?;
    let response = format!("#{me} pid={}\n", std::process::id());
    println!("#{me} pid={} serves", std::process::id());
    println!("#{me} has version {}", notes.version());
    if given("axum") {
        on_tokio(listener, response)?;
    } else if given("hyper") {
        on_hyper(listener, response)?;
    } else if given("tonic") {
        on_tonic(listener)?;
    } else if given("actix") {
        actix_web::rt::System::new().block_on(on_actix(listener, response))?;
    } else {
        on_std(listener, &response)?;
    }
    println!("#{me} pid={} has drained", std::process::id());
    upgrader.finish()?;
    Ok(())
}

fn source() -> Option<String> {
    option("from")
}

fn upgrade() -> Upgrade {
    let source = File::new(source().unwrap()).quiet(Duration::ZERO);
    let version = format!("{}.0.0", Notes::of_this_program().version());
    let policy = UpgradePolicy::new().version(version);
    let policy = match option::<String>("trusted_key") {
        Some(key) => policy.name("app").trusted_key(key),
        None => policy,
    };
    Upgrade::new(source).upgrade_policy(policy)
}

/// The log grows by a line with each generation; the connection greets the test in its turn.
fn pass_on(upgrader: &Upgrader) -> io::Result<()> {
    let log = upgrader.take_fd("log").map(std::fs::File::from);
    let is_first = log.is_none();
    let mut log = match log {
        Some(log) => log,
        None => OpenOptions::new().create(true).append(true).open("log")?,
    };
    writeln!(log, "#{}", upgrader.generation())?;
    upgrader.inherit_fd("log", log)?;
    let mut connection = match upgrader.take_fd("connection") {
        Some(connection) => UnixStream::from(connection),
        None => UnixStream::connect("greeted")?,
    };
    writeln!(connection, "#{}", upgrader.generation())?;
    upgrader.inherit_fd("connection", connection)?;
    if is_first {
        upgrader.inherit_fd("left", UnixStream::connect("greeted")?)?;
    }
    Ok(())
}

fn on_tokio(listener: Listener, response: String) -> io::Result<()> {
    let slow = response.clone();
    let router = Router::new()
        .route("/", get(async move || response.clone()))
        .route(
            "/slow",
            get(async move |Query(Slow { ms }): Query<Slow>| {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                slow.clone()
            }),
        )
        .route("/echo", post(async |body: String| body));
    tokio::runtime::Runtime::new()?.block_on(selfup_tokio::axum::serve(listener, router))
}

fn on_hyper(listener: Listener, response: String) -> io::Result<()> {
    let service = service_fn(move |request| answer(response.clone(), request));
    tokio::runtime::Runtime::new()?.block_on(selfup_tokio::hyper::serve(listener, service))
}

async fn answer(
    response: String,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let body = match request.uri().path() {
        "/echo" => request.into_body().collect().await?.to_bytes(),
        "/slow" => {
            let ms = query.strip_prefix("ms=").and_then(|ms| ms.parse().ok()).unwrap_or(0);
            tokio::time::sleep(Duration::from_millis(ms)).await;
            response.into()
        }
        _ => response.into(),
    };
    Ok(Response::new(Full::new(body)))
}

fn on_tonic(listener: Listener) -> io::Result<()> {
    let health = HealthServer::new(HealthService::from_health_reporter(HealthReporter::new()));
    let service = TowerToHyperService::new(Routes::new(health).prepare());
    tokio::runtime::Runtime::new()?.block_on(selfup_tokio::hyper::serve(listener, service))
}

#[derive(serde::Deserialize)]
struct Slow {
    ms: u64,
}

async fn on_actix(listener: Listener, response: String) -> io::Result<()> {
    let app = move || {
        let (response, slow) = (response.clone(), response.clone());
        App::new()
            .route("/", web::get().to(move || std::future::ready(response.clone())))
            .route(
                "/slow",
                web::get().to(move |slow_by: web::Query<Slow>| {
                    let response = slow.clone();
                    async move {
                        actix_web::rt::time::sleep(Duration::from_millis(slow_by.ms)).await;
                        response
                    }
                }),
            )
            .route("/echo", web::post().to(async |body: Bytes| body))
    };
    selfup_actix::serve(listener, app).await
}

fn on_std(listener: Listener, response: &str) -> io::Result<()> {
    let drain = listener.graceful_shutdown();
    for connection in listener.incoming() {
        let (connection, response, drain) = (connection?, response.to_owned(), drain.clone());
        thread::spawn(move || respond(&connection, &response, &|| drain.requested()));
    }
    Ok(())
}

fn respond(mut connection: &Connection, response: &str, last: &dyn Fn() -> bool) -> io::Result<()> {
    let mut reader = BufReader::new(connection);
    loop {
        if reader.buffer().is_empty() {
            connection.idle();
        }
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            match line.split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().map_err(io::Error::other)?;
                }
                _ if line.trim_end().is_empty() => break,
                _ => {}
            }
        }
        io::copy(&mut (&mut reader).take(length), &mut io::sink())?;
        let last = last();
        let next = if last { "close" } else { "keep-alive" };
        let head = format!("Content-Length: {}\r\nConnection: {next}\r\n", response.len());
        connection.write_all(format!("HTTP/1.1 200 OK\r\n{head}\r\n{response}").as_bytes())?;
        if last {
            return Ok(());
        }
    }
}
