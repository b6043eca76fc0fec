//! Releases of the service, good and bad: copies of one executable with notes behind its code.

use super::disturbance::Bad;
use std::fs;
use std::path::PathBuf;
use xtask_support::stop::{Result, Stop};

/// Where releases are published, and from what they are made.
#[derive(Debug)]
pub(super) struct Releases {
    executable: Vec<u8>,
    source: PathBuf,
    /// The latest number; every release has its own, a bad one too.
    number: u64,
    /// The number of the latest good release.
    current: Vec<u8>,
}

impl Releases {
    pub(super) const fn new(executable: Vec<u8>, source: PathBuf) -> Self {
        Self { executable, source, number: 0, current: Vec::new() }
    }

    /// Publishes a good release, and returns its number.
    pub(super) fn publish_good(&mut self) -> Result<u64> {
        self.number += 1;
        self.current = self.noted("");
        self.publish_current()?;
        Ok(self.number)
    }

    /// Publishes the latest good release again.
    pub(super) fn publish_current(&self) -> Result {
        self.publish(&self.current)
    }

    /// Whether these are the bytes of the latest good release.
    pub(super) fn is_current(&self, bytes: &[u8]) -> bool {
        bytes == self.current
    }

    pub(super) fn publish_bad(&mut self, bad: Bad) -> Result {
        self.number += 1;
        let bytes = self.bad(bad);
        self.publish(&bytes)
    }

    fn bad(&self, bad: Bad) -> Vec<u8> {
        match bad {
            Bad::Text => format!("<html>not release {}</html>\n", self.number).into_bytes(),
            Bad::Truncated => {
                // Each one is different: an executable that was refused once is not tried again.
                let length = self.executable.len() / 2 + (self.number % 997) as usize;
                self.executable[..length].to_vec()
            }
            Bad::OtherMachine => self.for_another_machine(),
            Bad::NoSelfup => {
                let mut bytes = fs::read("/bin/true").unwrap_or_default();
                bytes.extend(self.notes("").bytes());
                bytes
            }
            Bad::ProbeExits => self.noted("probe_exits"),
            Bad::ProbeCrashes => self.noted("probe_crashes"),
            Bad::ProbeHangs => self.noted("probe_hangs"),
            Bad::ExitsAtOnce => self.noted("exits=3"),
            Bad::NeverReady => self.noted("never_ready"),
            Bad::ExitsInProbation { after } => self.noted(&format!("dies={}", after.as_millis())),
            Bad::AbortsInProbation { after } => {
                self.noted(&format!("dies={} aborts", after.as_millis()))
            }
        }
    }

    fn for_another_machine(&self) -> Vec<u8> {
        let mut bytes = self.noted("");
        // The machine number: aarch64, or x86-64 where this is aarch64.
        if let Some(machine) = bytes.get_mut(18) {
            *machine = if *machine == 183 { 62 } else { 183 };
        }
        bytes
    }

    fn noted(&self, notes: &str) -> Vec<u8> {
        let mut bytes = self.executable.clone();
        bytes.extend(self.notes(notes).bytes());
        bytes
    }

    fn notes(&self, notes: &str) -> String {
        format!("\n#soak release={} {notes}\n", self.number)
    }

    /// Publishes by a rename, so that the file is complete at once.
    fn publish(&self, bytes: &[u8]) -> Result {
        let beside = self.source.with_extension("new");
        let published = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, &self.source));
        published.map_err(|error| {
            Stop::because(format!("{} cannot be published: {error}", self.source.display()))
        })
    }
}
