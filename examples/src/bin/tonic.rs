//! A gRPC server with tonic: restarts, upgrades and stops without losing a call.
//!
//! `tonic [ADDRESS [URL]]` listens on ADDRESS (default 127.0.0.1:3000); with a URL, it upgrades
//! itself from there. Its one service is the standard one for health checks; another one is added
//! to `Routes` in the same way.

use std::{env, io, process::ExitCode};

use hyper_util::service::TowerToHyperService;
use selfup::State;
use tonic::service::Routes;

fn main() -> ExitCode {
    selfup::sanity_check();
    let mut arguments = env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:3000".into());
    let mut config = selfup::Config::new(program).address(address).drain_on_terminate(true);
    if let Some(url) = arguments.next() {
        // Without a trusted_key, whoever controls the source controls the program: an example has no
        // key of its own, a program that is published sets one.
        config = config.fetcher(selfup::fetch::Http::new(url));
    }
    selfup::run(config)
}

fn program(state: State) -> io::Result<()> {
    let (_reporter, health) = tonic_health::server::health_reporter();
    let service = TowerToHyperService::new(Routes::new(health).prepare());
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(selfup_tokio::hyper::serve(state.listener(), service))
}
