//! A program that upgrades itself from the releases of a repository on GitHub.
//!
//! `github OWNER REPO`: of the latest release, it takes the file whose name says that it is for
//! this platform, such as `app-x86_64-unknown-linux-musl.tar.gz`, and the executable in it. A token
//! in `GITHUB_TOKEN` is sent along: a private repository needs one.

use std::{env, io, process::ExitCode};

use selfup::fetch::GitHub;

fn main() -> ExitCode {
    selfup::sanity_check();
    let mut arguments = env::args().skip(1);
    let (Some(owner), Some(repo)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: github OWNER REPO");
        return ExitCode::from(2);
    };
    // It asks every five minutes: without a token, an address may ask 60 times an hour.
    // Without a trusted_key, anyone who controls the source controls the program: an example has no
    // key of its own, a program that is published sets one.
    let fetcher = GitHub::new(owner, repo).token_from_env();
    selfup::run(selfup::Config::new(program).fetcher(fetcher))
}

fn program(state: selfup::State) -> io::Result<()> {
    println!("running {} as child {}", state.id(), state.generation());
    // The work of a program without sockets goes here, until it is time to finish.
    state.graceful_shutdown().wait();
    println!("finishing {}", state.id());
    Ok(())
}
