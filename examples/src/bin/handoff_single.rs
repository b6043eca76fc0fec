//! axum without a master: SIGUSR2 has the process start its successor and end when that is ready. The pid changes.
//!
//! `handoff_single [ADDRESS [PIDFILE]]` listens on ADDRESS (default 127.0.0.1:3000).

use std::{env, error::Error};

use axum::{Router, routing::get};
use selfup_handoff::{Handoff, Strategy};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:3000".into());
    let mut handoff = Handoff::new(Strategy::Single).drain_on_terminate(true);
    if let Some(path) = arguments.next() {
        handoff = handoff.pid_file(path);
    }
    // Before the runtime, which starts threads.
    let upgrader = handoff.start()?;
    let listener = upgrader.listen("http", &address)?;
    let hello = format!("hello from pid={} #{}\n", std::process::id(), upgrader.generation());
    let router = Router::new().route("/", get(async move || hello.clone()));
    tokio::runtime::Runtime::new()?.block_on(async {
        // … what has to be done before the first client: until then, the predecessor serves …
        upgrader.ready()?;
        selfup_tokio::axum::serve(listener, router).await
    })?;
    upgrader.finish()?;
    Ok(())
}
