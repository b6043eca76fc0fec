//! The program of the handover benchmark without a master: `handed single|double ADDRESS`.

use std::error::Error;

use axum::{Router, body::Bytes, routing::get};
use selfup_handoff::{Handoff, Strategy};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let strategy = match arguments.next().as_deref() {
        Some("double") => Strategy::Double,
        _ => Strategy::Single,
    };
    let upgrader = Handoff::new(strategy).start()?;
    let listener = upgrader.listen("http", &arguments.next().ok_or("no address")?)?;
    let response = format!("pid={}\n", std::process::id());
    let posted = response.clone();
    let route = get(async move || response.clone()).post(async move |_: Bytes| posted.clone());
    let router = Router::new().route("/", route);
    upgrader.ready()?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(selfup_tokio::axum::serve(listener, router))?;
    drop(runtime);
    upgrader.finish()?;
    Ok(())
}
