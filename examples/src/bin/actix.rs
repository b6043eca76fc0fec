//! A server on actix-web: restarts, upgrades and stops without losing a request.
//!
//! `actix [ADDRESS [URL]]` listens on ADDRESS (default 127.0.0.1:3000); with a URL, it upgrades
//! itself from there. `GET /` says hello, `GET /slow?ms=N` after N ms, `POST /echo` sends the body
//! back.

use std::{env, io, process::ExitCode, time::Duration};

use actix_web::{
    App,
    rt::{System, time::sleep},
    web::{self, Data, Query},
};
use selfup::State;

fn main() -> ExitCode {
    selfup::sanity_check();
    let mut arguments = env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:3000".into());
    let mut config = selfup::Config::new(program).address(address);
    if let Some(url) = arguments.next() {
        // Without a trusted_key, anyone who controls the source controls the program: an example has no
        // key of its own, a program that is published sets one.
        config = config.fetcher(selfup::fetch::Http::new(url));
    }
    selfup::run(config)
}

fn program(state: State) -> io::Result<()> {
    let hello = Data::new(format!("hello from pid={} ({})\n", std::process::id(), state.id()));
    let app = move || {
        App::new()
            .app_data(hello.clone())
            .route("/", web::get().to(async |hello: Data<String>| hello.to_string()))
            .route("/slow", web::get().to(slow))
            .route("/echo", web::post().to(async |body: String| body))
    };
    // Longer than clients keep connections that they do not use: what a client sends at the moment
    // at which the server closes is lost.
    let kept = Duration::from_secs(75);
    let server = selfup_actix::server(app)
        .configure(|http| http.keep_alive(kept).client_request_timeout(kept));
    System::new().block_on(server.run(state.take_listener()))
}

async fn slow(hello: Data<String>, Query(Slow { ms }): Query<Slow>) -> String {
    sleep(Duration::from_millis(ms)).await;
    hello.to_string()
}

#[derive(serde::Deserialize)]
struct Slow {
    ms: u64,
}
