//! The state of a service, as the protocol writes it.

use serde::{Deserialize, Serialize};

/// The state of a service. Times are seconds since the epoch, ids are SHA-1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    /// The name of the service.
    pub service: String,
    /// The pid of the master.
    pub pid: u32,
    /// When the master started.
    pub since: u64,
    /// The executable of the master.
    pub master: Executable,
    /// `starting`, `serving`, `restarting` or `stopping`.
    pub phase: String,
    /// The same in one line, for people.
    pub line: String,
    /// The children, oldest first.
    pub generations: Vec<Child>,
    /// The sockets.
    pub sockets: Vec<Listening>,
    /// New executables.
    pub upgrades: Upgrades,
    /// How many times a child has taken over from another.
    pub restarts: u64,
    /// The version of the protocol between master and child.
    pub child_protocol: u32,
}

/// An executable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Executable {
    /// The path.
    pub path: String,
    /// The version, if it is known.
    pub version: Option<String>,
    /// The id, if it is known.
    pub id: Option<String>,
}

/// A child.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Child {
    /// Its number.
    pub generation: u64,
    /// Its process.
    pub pid: u32,
    /// `candidate`, `active`, `draining` or `killed`.
    pub role: String,
    /// For how many seconds it has run.
    pub age: f64,
    /// In how many seconds it has to be ready, or to have ended.
    pub deadline_in: Option<f64>,
    /// The version of its program, if it has declared one.
    pub version: Option<String>,
    /// The id of its executable, if it is known.
    pub id: Option<String>,
    /// How many connections it has, as far as selfup sees them and it has reported them.
    pub connections: Option<u32>,
    /// What it reports about itself.
    pub status: Option<String>,
    /// What it waits for before it is ready.
    pub lacks: Option<String>,
}

/// A socket.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Listening {
    /// The name from the configuration.
    pub name: String,
    /// The address, with the real port.
    pub address: String,
}

/// What is known about new executables.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Upgrades {
    /// Whether there is a source.
    pub enabled: bool,
    /// Where new executables come from, without credentials.
    pub source: Option<String>,
    /// When the source was last asked.
    pub last_look: Option<u64>,
    /// When the source is asked again, if that is known.
    pub next_look: Option<u64>,
    /// Why the last look has failed.
    pub failing: Option<String>,
    /// What became of the last upgrade, in one line.
    pub last: Option<String>,
    /// The executable at the path, which the next start of the service runs.
    pub installed: Option<Executable>,
    /// The executable that it has replaced, to which a rollback returns.
    pub previous: Option<Executable>,
    /// Whether an executable is on trial.
    pub on_trial: bool,
    /// In how many seconds the executable on probation is committed.
    pub committed_in: Option<f64>,
    /// Why nothing is fetched.
    pub paused: Option<Paused>,
    /// The executables that were refused, the latest first.
    pub refused: Vec<Refused>,
    /// How many upgrades were committed by this master.
    pub committed: u64,
    /// How many were rolled back by this master.
    pub rolled_back: u64,
}

/// Why no upgrade is fetched.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Paused {
    /// The reason that an operator has given.
    pub reason: String,
    /// Since when.
    pub since: u64,
}

/// An executable that is not tried.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Refused {
    /// The id.
    pub id: String,
    /// Why, in one line.
    pub reason: String,
    /// When it was refused.
    pub since: u64,
    /// When it may be tried again; never, if there is none.
    pub retry_at: Option<u64>,
}

/// What an event tells besides, each under its name.
pub type Facts = serde_json::Map<String, serde_json::Value>;

/// An event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fact {
    /// When, in milliseconds since the epoch.
    pub at: u64,
    /// Which event.
    pub kind: String,
    /// The child that it concerns.
    pub generation: Option<u64>,
    /// The event in one line, for people.
    pub text: String,
    /// What it tells besides.
    #[serde(flatten)]
    pub facts: Facts,
}
