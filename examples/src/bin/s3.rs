//! A program that upgrades itself from a bucket of S3, or of a server that speaks as S3 does.
//!
//! `s3 s3://BUCKET/KEY`, as in `s3 s3://releases/app-{os}-{arch}.gz`. Keys, region and server come
//! from where every AWS tool has them: the environment (`AWS_ACCESS_KEY_ID`, `AWS_REGION`,
//! `AWS_ENDPOINT_URL_S3`), the files in `~/.aws`, or the machine's role.

use std::{env, io, process::ExitCode, time::Duration};

use selfup::fetch::S3;

fn main() -> ExitCode {
    selfup::sanity_check();
    let Some(url) = env::args().nth(1) else {
        eprintln!("usage: s3 s3://BUCKET/KEY");
        return ExitCode::from(2);
    };
    // Without a trusted_key, anyone who controls the source controls the program: an example has no
    // key of its own, a program that is published sets one.
    let fetcher = S3::from_url(url).interval(Duration::from_secs(30));
    selfup::run(selfup::Config::new(program).fetcher(fetcher))
}

fn program(state: selfup::State) -> io::Result<()> {
    println!("running {} as child {}", state.id(), state.generation());
    // The work of a program without sockets goes here, until it is time to finish.
    state.graceful_shutdown().wait();
    println!("finishing {}", state.id());
    Ok(())
}
