//! One configuration for all platforms: the URL names the operating system and the architecture.
//!
//! `multi_platform BASE_URL`: on 64-bit Linux on x86, fetches `BASE_URL/app-linux-x86_64`.
//! `{target}` would be the whole target triple.

use std::{env, io, process::ExitCode, time::Duration};

use selfup::fetch::Http;

fn main() -> ExitCode {
    selfup::sanity_check();
    let Some(base) = env::args().nth(1) else {
        eprintln!("usage: multi_platform BASE_URL");
        return ExitCode::from(2);
    };
    let url = format!("{base}/app-{{os}}-{{arch}}");
    // Without a trusted_key, anyone who controls the source controls the program: an example has no
    // key of its own, a program that is published sets one.
    let fetcher = Http::new(url).interval(Duration::from_secs(1));
    selfup::run(selfup::Config::new(program).fetcher(fetcher))
}

fn program(state: selfup::State) -> io::Result<()> {
    println!("running {} as child {}", state.id(), state.generation());
    // The work of a program without sockets goes here, until it is time to finish.
    state.graceful_shutdown().wait();
    println!("finishing {}", state.id());
    Ok(())
}
