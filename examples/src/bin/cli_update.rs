//! A command-line tool that keeps itself up to date, in two ways.
//!
//! `cli_update update URL` installs what is new there, `cli_update check URL` only looks.
//! `cli_update shout URL` is what the tool is for: it copies its input to its output in upper case.
//! While it works, a new version is installed; nothing restarts under its user, the next start runs it.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it talks to the user")]

use std::{
    env,
    io::{self, BufRead},
    process::ExitCode,
};

use selfup::{Config, Restarts, Update, Updated, fetch::Http, progress_bar};

fn main() -> ExitCode {
    selfup::sanity_check();
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["update", url] => update(url, false),
        ["check", url] => update(url, true),
        // Without a trusted_key, anyone who controls the source controls the program: an example has no
        // key of its own, a program that is published sets one.
        ["shout", url] => {
            let config = Config::new(shout).fetcher(Http::new(*url));
            selfup::run(config.restarts(Restarts::Never))
        }
        _ => {
            eprintln!("usage: cli_update update URL | check URL | shout URL");
            ExitCode::from(2)
        }
    }
}

fn update(url: &str, only_check: bool) -> ExitCode {
    let update = Update::new(Http::new(url)).only_check(only_check).on_progress(progress_bar());
    match selfup::update(update) {
        Ok(updated) => {
            println!("{updated}");
            if let Updated::Installed { warnings, .. } = updated {
                warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn shout(_state: selfup::State) -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        println!("{}", line?.to_uppercase());
    }
    Ok(())
}
