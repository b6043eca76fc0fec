//! Tests a running master with every fetcher, through the facade alone: upgrades under load, the times
//! of its polls, and that no fetcher delays its end.

mod pauses;
mod stops;
mod upgrades;

use selfup_tests::{
    release::Release,
    service::Deployment,
    source::{Remote, Source},
};

selfup_tests::contract! {
    play;
    upgrades::under_load:                     file http manifest github s3;
    pauses::it_backs_off_while_it_fails:      http manifest github s3;
    pauses::it_waits_as_long_as_it_is_asked:  http manifest github s3;
    pauses::it_asks_at_its_interval:          http manifest github s3;
    stops::while_resolving:                   http manifest github s3;
    stops::while_connecting:                  http manifest github s3;
    stops::in_the_tls_handshake:              http manifest github s3;
    stops::before_the_response:                 http manifest github s3;
    stops::in_the_head:                       http manifest github s3;
    stops::in_the_body:                       http manifest github s3;
    stops::between_two_attempts:              http manifest github s3;
}

/// A program, and where it fetches from.
struct Stage<S> {
    deployment: Deployment,
    /// The release that is installed at the start.
    first: Release,
    source: S,
}

fn play<S: Source>(name: &str, case: impl FnOnce(&mut Stage<S>)) {
    if !S::is_possible() {
        return;
    }
    let (deployment, first) = Deployment::with(name, env!("CARGO_BIN_EXE_fetching"), "version=1");
    let source = S::start(deployment.sandbox());
    let mut stage = Stage { deployment, first, source };
    case(&mut stage);
    stage.source.stop();
    stage.deployment.finish();
}

impl<S: Source> Stage<S> {
    /// A release that differs from the others by its number.
    fn release(&self, number: u32) -> Release {
        self.deployment.release(&format!("version={number}"))
    }
}
