//! A program that speaks TLS by itself, and leaves it to rustls which cryptography that is.
//!
//! `ROOTS URL`: says that it can, and then what it has fetched from there, or why it has not.

use selfup::fetch::{Fetch, Http, RunningExecutable};
use std::{env, fs, io, process::ExitCode};

fn main() -> ExitCode {
    // Panics where rustls cannot choose: its features are those of all that the program is built of.
    drop(rustls::ServerConfig::builder());
    println!("it serves");
    let mut arguments = env::args().skip(1);
    let (Some(roots), Some(url)) = (arguments.next(), arguments.next()) else {
        return ExitCode::SUCCESS;
    };
    match fetch(&roots, url) {
        Ok(text) => println!("it fetches {text}"),
        Err(error) => println!("it fails: {error}"),
    }
    ExitCode::SUCCESS
}

fn fetch(roots: &str, url: String) -> io::Result<String> {
    let mut source = Http::new(url).trust(fs::read(roots)?).proxy_from_env(false);
    let current = RunningExecutable::new("/proc/self/exe", String::new);
    source.init(&current).map_err(io::Error::from)?;
    let artifact = source.fetch(&current).map_err(io::Error::from)?;
    artifact.map_or(Ok(String::new()), |artifact| io::read_to_string(artifact.reader))
}
