//! A command-line tool that updates itself from wherever its arguments say.
//!
//! First comes the word: `update`, `check`, `renew` for an update that is started at once, or anything
//! else for what the tool is for. Then:
//!
//! - `file=PATH`, `http=URL`, `manifest=URL`, or `github=URL`, that of the API, names the source.
//! - `trusted_key=KEY`, `size_cap=BYTES`, `allow_downgrade` and `force` are as in the library.
//! - `runtime` calls it from within a tokio runtime.
//! - `progress` prints on stderr how far it is.
//!
//! Its version is noted behind its code (`semver=1.2.3`).

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the test looks at what it says"
)]

use selfup::fetch::{File, GitHub, Http};
use selfup::{Progress, Update, Updated, UpgradePolicy};
use selfup_tests::release::Notes;
use selfup_tests::subject::{given, option};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let notes = Notes::of_this_program();
    if notes.has("broken") {
        eprintln!("does not start");
        return ExitCode::from(3);
    }
    selfup::sanity_check();
    let word = std::env::args().nth(1).unwrap_or_default();
    if !["update", "check", "renew"].contains(&word.as_str()) {
        println!("works as {}", notes.get("semver").unwrap_or("?"));
        return ExitCode::SUCCESS;
    }
    let mut update =
        source().only_check(word == "check").force(given("force")).upgrade_policy(policy(&notes));
    if given("progress") {
        update = update.on_progress(|Progress { bytes, total, .. }| {
            eprintln!("{bytes} of {}", total.unwrap_or_default());
        });
    }
    let updated = if given("runtime") {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async { selfup::update(update) })
    } else {
        selfup::update(update)
    };
    match updated {
        Ok(updated) => {
            println!("{updated}");
            if let (Updated::Installed { .. }, "renew") = (&updated, word.as_str()) {
                println!("it was {}", std::process::id());
                return fails(&updated.exec_new().unwrap_err());
            }
            if word == "renew" {
                println!("it is {}", std::process::id());
            }
            ExitCode::SUCCESS
        }
        Err(error) => fails(&error),
    }
}

fn policy(notes: &Notes) -> UpgradePolicy {
    let mut policy = UpgradePolicy::new().allow_downgrade(given("allow_downgrade"));
    if let Some(version) = notes.get("semver") {
        policy = policy.version(version);
    }
    if let Some(key) = option::<String>("trusted_key") {
        policy = policy.trusted_key(key);
    }
    if let Some(bytes) = option("size_cap") {
        policy = policy.size_cap(bytes);
    }
    policy
}

fn fails(error: &selfup::Error) -> ExitCode {
    println!("{error:?}");
    println!("{:?}, {}", error.kind(), if error.is_transient() { "for now" } else { "for good" });
    if let Some(advice) = error.advice() {
        println!("advice: {advice}");
    }
    ExitCode::FAILURE
}

fn source() -> Update {
    if let Some(path) = option::<PathBuf>("file") {
        return Update::new(File::new(path).quiet(Duration::ZERO));
    }
    if let Some(url) = option::<String>("http") {
        return Update::new(Http::new(url).proxy_from_env(false));
    }
    if let Some(url) = option::<String>("github") {
        return Update::new(GitHub::new("example", "app").base_url(url).proxy_from_env(false));
    }
    let url = option::<String>("manifest").expect("a source, please");
    Update::new(Http::manifest(url).proxy_from_env(false))
}
