//! Parses arguments of the form `key=value`, or `key` alone.

use super::observed;
use selfup::fetch::{Artifact, File, Http, RunningExecutable, from_fn};
use selfup::{
    Config, Handover, OnExit, Readiness, Report, Respawn, Restarts, State, Supervise,
    UpgradePolicy, Verbosity, Watchdog,
};
use selfup_tests::release::Notes;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, SystemTime};

/// As the arguments say; nothing if one of them is not known.
pub(crate) fn config(program: fn(State) -> ExitCode) -> Option<Config> {
    let notes = Notes::of_this_program();
    let mut config = Config::new(program).min_fetch_interval(Duration::from_millis(20));
    let mut policy = notes.all("trusts").fold(UpgradePolicy::new(), UpgradePolicy::trusted_key);
    if notes.has("bad_key") {
        policy = policy.trusted_key("RWnonsense");
    }
    for word in std::env::args().skip(1) {
        let (key, value) = word.split_once('=').unwrap_or((&word, ""));
        let configured = configure(config, policy, key, value);
        (config, policy) = match configured {
            Ok(configured) => configured,
            Err(why) => {
                eprintln!("{word}: {why}");
                return None;
            }
        };
    }
    if notes.has("listens_more") {
        config = config.listen("more", "127.0.0.1:0");
    }
    Some(config.upgrade_policy(policy))
}

fn configure(
    config: Config,
    policy: UpgradePolicy,
    key: &str,
    value: &str,
) -> Result<(Config, UpgradePolicy), String> {
    let policy = match key {
        "trusted_key" => policy.trusted_key(value),
        "version" => policy.version(value),
        // As of a program that is built anew for each release.
        "own_version" => policy.version(format!("{}.0.0", Notes::of_this_program().version())),
        "require_version" => policy.require_version(true),
        "allow_downgrade" => policy.allow_downgrade(true),
        "size_cap" => policy.size_cap(value.parse().map_err(|_| "a number, please")?),
        "exec_file" => policy.exec_file(value),
        "refuse_if" => {
            let hint = PathBuf::from(value);
            policy.pre_upgrade(move |new: &Path| refuse_if(&hint, new))
        }
        "asks" => policy.pre_upgrade(|_: &Path| ask_others()),
        "hook_panics" => policy.pre_upgrade(|_| panics::<Result<(), String>>()),
        _ => return Ok((configured(config, key, value)?, policy)),
    };
    Ok((config, policy))
}

fn configured(config: Config, key: &str, value: &str) -> Result<Config, String> {
    Ok(match key {
        "address" => config.address(value),
        "listen" => {
            let (name, address) = value.split_once(',').ok_or("a name and an address, please")?;
            config.listen(name, address)
        }
        "udp" => config.listen(value, "udp://127.0.0.1:0"),
        "http" => config.fetcher(Http::new(value)),
        "manifest" => config.fetcher(Http::manifest(value)),
        "http_stall_ms" => {
            let (time, url) = value.split_once(',').ok_or("a time and a URL, please")?;
            config.fetcher(Http::new(url).stall_timeout(millis(time)?))
        }
        "file" => config.fetcher(File::new(value).quiet(Duration::ZERO)),
        "closure" => {
            let path = PathBuf::from(value);
            let mut last = None;
            config.fetcher(from_fn(move |current: &RunningExecutable| {
                let read = read_if_changed(&path, &mut last);
                if matches!(read, Ok(Some(_))) {
                    println!("fetches, {} is in use", current.id());
                }
                read
            }))
        }
        "ready_timeout" => config.ready_timeout(millis(value)?),
        "terminate_timeout" => config.terminate_timeout(millis(value)?),
        "probation" => config.probation(millis(value)?),
        "idle_grace" => config.idle_grace(millis(value)?),
        "watchdog" => config.watchdog(match value {
            "child" => Watchdog::Child,
            "program" => Watchdog::Program,
            _ => Watchdog::Master,
        }),
        "catches" | "metrics" => config,
        "sequential" => config.handover(Handover::Sequential),
        "explicit" => config.readiness(Readiness::Explicit),
        "on_request" => config.supervise(Supervise::OnRequest),
        "notification_fd" => config.notification_fd(value.parse().map_err(|_| "a number, please")?),
        "respawn" => config.on_exit(OnExit::Respawn(Respawn::new().limit(millis(value)?))),
        "drain_on_terminate" => config.drain_on_terminate(true),
        "forward_terminate" => config.drain_on_terminate(false),
        "kill_group" => config.kill_group(true),
        "never_restarts" => config.restarts(Restarts::Never),
        "restarts_on_request" => config.restarts(Restarts::OnRequest),
        "required" => config.required(true),
        "as_if_unsupported" => config.as_if_unsupported(),
        "debug" => config.verbosity(Verbosity::Debug),
        "silent" => config.verbosity(Verbosity::Silent),
        "pid_file" => config.pid_file(value),
        "control" => config.control(value),
        "events" => config.on_event(tell),
        "events_panic" => config.on_event(|_| panics()),
        "traces" => observed::trace_to(value).map(|()| config).map_err(text)?,
        "traces_panic" => observed::trace_and_panic().map(|()| config).map_err(text)?,
        "meters" => config.on_event(observed::measure_to(value).map_err(text)?),
        "reports" => config.on_event(observed::serialise_to(value).map_err(text)?),
        _ => return Err("not known".to_owned()),
    })
}

fn text(error: io::Error) -> String {
    error.to_string()
}

fn millis(value: &str) -> Result<Duration, String> {
    value.parse().map(Duration::from_millis).map_err(|_| "milliseconds, please".to_owned())
}

/// A fetcher in a few lines: the file's content, when its modification time has changed.
fn read_if_changed(path: &Path, last: &mut Option<SystemTime>) -> io::Result<Option<Artifact>> {
    let modified = path.metadata()?.modified()?;
    if last.replace(modified) == Some(modified) {
        return Ok(None);
    }
    Ok(Some(Artifact::new(std::fs::File::open(path)?)))
}

fn refuse_if(hint: &Path, new: &Path) -> Result<(), String> {
    println!("asked about {}", new.display());
    match std::fs::read_to_string(hint) {
        Ok(reason) => Err(reason.trim_end().to_owned()),
        Err(_) => Ok(()),
    }
}

/// Has other programs ask, one after the other, and insists on hearing what they say.
fn ask_others() -> Result<(), String> {
    for code in 0..200 {
        let status = Command::new("sh").args(["-c", &format!("exit {code}")]).status();
        match status {
            Ok(status) if status.code() == Some(code) => {}
            other => return Err(format!("not {code}: {other:?}")),
        }
    }
    Ok(())
}

#[expect(clippy::panic, reason = "it is what is tested")]
fn panics<T>() -> T {
    panic!("a hook's own failure")
}

fn tell(report: &Report) {
    // The name of the event, and what it says of itself.
    let event = &report.event;
    let debug = format!("{event:?}");
    let name = debug.split([' ', '{', '(']).next().unwrap_or_default();
    println!("event {name}: {event}");
}
