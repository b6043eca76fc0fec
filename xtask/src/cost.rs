//! `cargo xtask cost`: what each feature of `selfup` adds to a build.
//!
//! The table is in Markdown, for ARCHITECTURE.md. The time that a build takes is that of this
//! machine at this moment; how busy the compiler was depends less on what else the machine does.

use crate::command::{Failure, Result, cargo, stdout_of};
use crate::crates;
use crate::workspace::Workspace;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use std::time::{Duration, Instant};

const PACKAGE: &str = "selfup";

/// What is chosen of the package.
struct Choice {
    name: String,
    flags: Vec<String>,
}

/// What that costs.
#[derive(Clone, Copy)]
struct Cost {
    crates: usize,
    /// How long an unoptimised build takes from an empty folder.
    build: Duration,
    /// How long one core would be busy with it.
    work: Duration,
}

/// Measures the features named, or all of them. Without any feature is measured in any case, since
/// it is what the others add to.
pub(crate) fn run(names: &[String]) -> Result {
    let workspace = Workspace::load()?;
    let package = workspace.ours().find(|package| package.name == PACKAGE);
    let features = package.map(|package| package.features.clone()).unwrap_or_default();
    if let Some(unknown) = names.iter().find(|name| !features.contains(name)) {
        let known = features.join(", ");
        return Err(Failure::new(format!("there is no feature `{unknown}`; there are {known}")));
    }
    // Downloads take place before, so that their time does not count.
    stdout_of(&mut cargo(&["fetch", "--quiet"]))?;
    println!("| features | crates | added | first debug build | on one core |");
    println!("|---|---:|---:|---:|---:|");
    let mut base = None;
    for choice in choices(&features, names) {
        let cost = measured(&choice)?;
        println!("{}", row(&choice, cost, base));
        base.get_or_insert(cost);
    }
    println!("\n{}", circumstances()?);
    Ok(())
}

fn choices(features: &[String], names: &[String]) -> Vec<Choice> {
    let flags = |flags: &[&str]| flags.iter().map(|flag| (*flag).to_owned()).collect();
    let bare = ["--no-default-features"];
    let mut choices = vec![Choice { name: "none".to_owned(), flags: flags(&bare) }];
    let is_wanted = |name: &&String| names.is_empty() || names.contains(name);
    choices.extend(features.iter().filter(is_wanted).map(|name| match name.as_str() {
        "default" => Choice { name: "the default ones".to_owned(), flags: Vec::new() },
        name => Choice {
            name: format!("`{name}`"),
            flags: flags(&["--no-default-features", "--features", name]),
        },
    }));
    if names.is_empty() {
        choices.push(Choice { name: "all".to_owned(), flags: flags(&["--all-features"]) });
    }
    choices
}

fn measured(choice: &Choice) -> Result<Cost> {
    let mut selection = vec!["--package", PACKAGE];
    selection.extend(choice.flags.iter().map(String::as_str));
    let crates = crates::count(&selection)?;
    let nothing = tempfile::tempdir()
        .map_err(|error| Failure::new(format!("no folder to build in: {error}")))?;
    let mut build = cargo(&["build", "--quiet", "--locked", "--offline"]);
    build.args(&selection).arg("--target-dir").arg(nothing.path());
    let (started, before) = (Instant::now(), work()?);
    stdout_of(&mut build)?;
    Ok(Cost { crates, build: started.elapsed(), work: work()?.saturating_sub(before) })
}

/// Of all programs that we have started so far and that have ended, and of theirs.
fn work() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| {
        Failure::new(format!("could not read the time that builds take: {error}"))
    })?;
    let sum = usage.user_time() + usage.system_time();
    Ok(Duration::from_micros(u64::try_from(sum.num_microseconds()).unwrap_or_default()))
}

fn row(choice: &Choice, cost: Cost, base: Option<Cost>) -> String {
    let added = base.map(|base| cost.crates.saturating_sub(base.crates).to_string());
    let (name, crates, added) = (&choice.name, cost.crates, added.unwrap_or_default());
    let (build, work) = (cost.build.as_secs_f64(), cost.work.as_secs_f64());
    format!("| {name} | {crates} | {added} | {build:.1} s | {work:.1} s |")
}

fn circumstances() -> Result<String> {
    let version = stdout_of(&mut cargo(&["--version"]))?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(format!("{} on {cores} cores.", version.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn all_is_measured_unless_something_is_named() {
        let features = strings(&["default", "http", "s3"]);
        let names = |named: &[&str]| -> Vec<String> {
            choices(&features, &strings(named)).into_iter().map(|choice| choice.name).collect()
        };
        assert_eq!(names(&[]), ["none", "the default ones", "`http`", "`s3`", "all"]);
        assert_eq!(names(&["s3"]), ["none", "`s3`"]);
    }

    #[test]
    fn a_row_shows_what_is_added() {
        let cost = |crates, seconds| {
            let build = Duration::from_secs(seconds);
            Cost { crates, build, work: 2 * build }
        };
        let choice = &choices(&strings(&["http"]), &[])[1];
        let text = row(choice, cost(60, 9), Some(cost(40, 5)));
        assert_eq!(text, "| `http` | 60 | 20 | 9.0 s | 18.0 s |");
        assert_eq!(row(choice, cost(40, 5), None), "| `http` | 40 |  | 5.0 s | 10.0 s |");
    }
}
