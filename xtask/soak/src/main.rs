//! `cargo xtask soak`: a service under load is troubled in every way that it is to bear, in an order
//! that follows from a seed.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "soak talks to a person at a terminal")]

mod act;
mod audit;
mod awaited;
mod build;
mod disturbance;
mod interrupt;
mod journal;
mod load;
mod manager;
mod news;
mod options;
mod plan;
mod proc;
mod random;
mod releases;
mod report;
mod service;
mod stage;
mod stderr;
mod visit;

use audit::Audit;
use interrupt::Interrupts;
use options::Options;
use plan::Plan;
use releases::Releases;
use report::Steps;
use selfup_load::Running;
use service::Service;
use stage::Stage;
use std::process::ExitCode;
use std::time::Instant;
use xtask_support::command::{Failure, Result};
use xtask_support::progress::Progress;
use xtask_support::stop::{self, Stop};
use xtask_support::workspace::Workspace;
use xtask_support::{apt, interrupt as signals, needs, style, task};

fn main() -> ExitCode {
    task::main(options::HELP, Options::parse, |options| run(&options))
}

/// Fails if anything was lost that was promised, or is left behind.
fn run(options: &Options) -> Result {
    let seed = options.seed.unwrap_or_else(random::seed);
    println!("seed {seed}");
    let outcome = soak(options, seed);
    println!("to repeat it: {}", options.command(seed));
    match outcome {
        Ok(()) => Ok(()),
        Err(Stop::Failed(failure)) => Err(failure),
        Err(Stop::Interrupted(signal)) => {
            println!("ended by {signal}: nothing is left running or lying about");
            signals::end_by(signal)
        }
    }
}

fn soak(options: &Options, seed: u64) -> stop::Result {
    provide()?;
    let target = Workspace::load()?.target().to_owned();
    let executable = build::service(&target, options.release)?;
    let stage = Stage::build(&target, executable.len() as u64)?;
    let releases = Releases::new(executable, stage.path("source/app"));
    let interrupts = Interrupts::new()?;
    let mut service = Service::start(stage, releases, options.broken.clone(), interrupts)?;
    let outcome = trouble(&mut service, options, seed);
    if let Err(Stop::Failed(_)) = outcome {
        service.stage.keep();
        println!(
            "the log, of which these are the last lines, is {}",
            service.journal.path().display()
        );
        println!("{}", service.journal.tail());
    }
    outcome
}

/// What moves the clock.
fn provide() -> Result {
    match needs::missing().iter().find(|need| need.command == "faketime") {
        Some(need) if needs::root() => apt::install(&[need.package]),
        Some(need) => Err(Failure::new(format!(
            "{} is not here, which {}: sudo apt-get install {}",
            need.command, need.why, need.package
        ))),
        None => Ok(()),
    }
}

fn trouble(service: &mut Service, options: &Options, seed: u64) -> stop::Result {
    act::warm_up(service)?;
    let mut audit = Audit::begin(service)?;
    let load = load::start(service.address, options.rate);
    let mut steps = Steps::default();
    let mut excused = 0;
    let outcome = play(service, &mut audit, options, seed, &load, &mut steps, &mut excused);
    let report = load.stop();
    let outcome = outcome.and_then(|()| leave(service, &mut audit));
    println!("{}", steps.text());
    println!("{}", report::events(&service.journal.counts, &audit));
    print!("{}", report::requests(&report, &steps));
    outcome?;
    if excused > 0 {
        println!("{excused} requests were lost with children that were killed while they served");
    }
    match report.lost().saturating_sub(excused) {
        0 => {
            println!(
                "{}",
                style::good("nothing was lost that was promised, and nothing is left behind")
            );
            Ok(())
        }
        lost => Err(Stop::because(format!("{lost} requests were lost"))),
    }
}

/// Goes through the plan until the time is over.
fn play(
    service: &mut Service,
    audit: &mut Audit,
    options: &Options,
    seed: u64,
    load: &Running,
    steps: &mut Steps,
    excused: &mut u64,
) -> stop::Result {
    let mut progress = Progress::new();
    for (step, number) in Plan::new(seed, &options.only).zip(1..) {
        if load.start().elapsed() >= options.length {
            break;
        }
        let text = format!("step {number}: {}", step.disturbance);
        let (now, length) = (load.start().elapsed().as_secs(), options.length.as_secs());
        let (restarts, answered) = (service.journal.counts.handovers, load.answered());
        progress.show(&format!(
            "{now} of {length} s, restarts {restarts}, answered {answered}, {text}"
        ));
        service.journal.note(&text);
        steps.begin(load.start().elapsed(), step.disturbance.kind(), text.clone());
        let lost = load.lost();
        act::act(service, audit, step.disturbance)
            .map_err(|stop| stop.during(&format!("{text} ({:.1?})", load.start().elapsed())))?;
        *excused += (load.lost() - lost).min(step.disturbance.may_lose());
        if load.lost() > *excused {
            // The report lists them one by one.
            break;
        }
        audit.note_memory(service);
        service.pause(step.pause)?;
    }
    Ok(())
}

/// After the load: the service has what it had before, and ends without a trace.
fn leave(service: &mut Service, audit: &mut Audit) -> stop::Result {
    let started = Instant::now();
    service.journal.note("the load has ended");
    audit.child(service)?;
    audit.master(service)?;
    act::end(service)?;
    service.wait_gone()?;
    audit.files(service)?;
    service.journal.note(&format!("all is gone after {:?}", started.elapsed()));
    service.explained()
}
