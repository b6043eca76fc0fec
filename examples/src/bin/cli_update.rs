//! A command-line tool that keeps itself up to date: while it works, a new version is installed,
//! and the next start runs it. Nothing is ever restarted under its user.
//!
//! `cli_update URL` copies its input to its output in upper case, and upgrades itself from URL.

use std::{
    env,
    io::{self, BufRead, Write},
    process::ExitCode,
};

use selfup::fetch::Http;

fn main() -> ExitCode {
    selfup::sanity_check();
    let Some(url) = env::args().nth(1) else {
        eprintln!("usage: cli_update URL");
        return ExitCode::from(2);
    };
    let config =
        selfup::Config::new(program).fetcher(Http::new(url)).no_restart(true).on_event(|event| {
            if let selfup::Event::Installed { id, .. } = event {
                eprintln!("a new version ({id}) is installed, and runs at the next start");
            }
        });
    selfup::run(config)
}

fn program(_state: selfup::State) -> io::Result<()> {
    let mut output = io::stdout();
    for line in io::stdin().lock().lines() {
        writeln!(output, "{}", line?.to_uppercase())?;
    }
    Ok(())
}
