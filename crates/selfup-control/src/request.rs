//! What a client asks for: one line of JSON, decoded by a total function.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

/// The version of the protocol.
pub const VERSION: u32 = 1;

/// A request of an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is asked for.
    pub verb: Verb,
    /// When the response is due.
    pub wait: Wait,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    /// The state of the service.
    Status,
    /// To restart.
    Restart,
    /// To install the executable in this file, and to restart with it.
    Reload(PathBuf),
    /// To look for an upgrade now, and to restart with it.
    Upgrade,
    /// To roll back to the previous executable, and to restart with it.
    Rollback,
    /// To drain every child, and to end.
    Stop,
    /// To fetch no upgrade until it is resumed, for this reason.
    Pause(String),
    /// To fetch upgrades again.
    Resume,
    /// To try the refused executable with this id again.
    Forgive(String),
    /// To be sent each event from now on.
    Events,
    /// To do as if this signal had reached the master.
    Signal(String),
}

/// When the response is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wait {
    /// At once: the request is taken up, or turned down.
    #[default]
    No,
    /// When it is decided.
    Done,
    /// When an upgrade that it brings has survived its probation, too.
    Probation,
}

/// Why a line is no request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Whether the line is fine, but of another version, or with a verb that is not known.
    pub is_unsupported: bool,
    /// The reason, in one line.
    pub reason: String,
}

/// A request as it is written. Fields that are not known are ignored.
#[derive(Debug, Serialize, Deserialize)]
struct Wire {
    #[serde(default = "version")]
    v: u32,
    verb: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    wait: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    through_probation: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

fn version() -> u32 {
    VERSION
}

impl Request {
    /// Decodes a line, with or without its newline.
    ///
    /// # Errors
    ///
    /// The line is no JSON object, lacks a field, or asks for what this version does not know.
    pub fn decode(line: &[u8]) -> Result<Self, Malformed> {
        let wire: Wire = serde_json::from_slice(line).map_err(|error| malformed(&error))?;
        if wire.v != VERSION {
            let reason = format!("version {} of the protocol is not known, but {VERSION}", wire.v);
            return Err(Malformed { is_unsupported: true, reason });
        }
        let wait = match (wire.wait, wire.through_probation) {
            (_, true) => Wait::Probation,
            (true, false) => Wait::Done,
            (false, false) => Wait::No,
        };
        let lacks = |field: &str| malformed(&format_args!("`{}` needs `{field}`", wire.verb));
        let verb = match wire.verb.as_str() {
            "status" => Verb::Status,
            "restart" => Verb::Restart,
            "reload" => match wire.file {
                Some(file) if file.is_absolute() => Verb::Reload(file),
                Some(_) => return Err(malformed(&"`file` has to be an absolute path")),
                None => return Err(lacks("file")),
            },
            "upgrade" => Verb::Upgrade,
            "rollback" => Verb::Rollback,
            "stop" => Verb::Stop,
            "pause" => Verb::Pause(wire.reason.ok_or_else(|| lacks("reason"))?),
            "resume" => Verb::Resume,
            "forgive" => Verb::Forgive(wire.id.ok_or_else(|| lacks("id"))?),
            "events" => Verb::Events,
            "signal" => Verb::Signal(wire.name.ok_or_else(|| lacks("name"))?),
            other => {
                let reason = format!("there is no verb {other:.40?}");
                return Err(Malformed { is_unsupported: true, reason });
            }
        };
        Ok(Self { verb, wait })
    }

    /// Encodes the request as one line, with its newline.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut wire = Wire {
            v: VERSION,
            verb: self.verb.name().to_owned(),
            wait: self.wait != Wait::No,
            through_probation: self.wait == Wait::Probation,
            file: None,
            reason: None,
            id: None,
            name: None,
        };
        match &self.verb {
            Verb::Reload(file) => wire.file = Some(file.clone()),
            Verb::Pause(reason) => wire.reason = Some(reason.clone()),
            Verb::Forgive(id) => wire.id = Some(id.clone()),
            Verb::Signal(name) => wire.name = Some(name.clone()),
            _ => {}
        }
        // A path that is no UTF-8 cannot be written, and makes an empty line, which is no request.
        let mut line = serde_json::to_vec(&wire).unwrap_or_default();
        line.push(b'\n');
        line
    }
}

impl Verb {
    /// Returns the name of the verb, as the protocol and the command line have it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Restart => "restart",
            Self::Reload(_) => "reload",
            Self::Upgrade => "upgrade",
            Self::Rollback => "rollback",
            Self::Stop => "stop",
            Self::Pause(_) => "pause",
            Self::Resume => "resume",
            Self::Forgive(_) => "forgive",
            Self::Events => "events",
            Self::Signal(_) => "signal",
        }
    }
}

fn malformed(reason: &dyn fmt::Display) -> Malformed {
    Malformed { is_unsupported: false, reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_verb() -> [Verb; 11] {
        [
            Verb::Status,
            Verb::Restart,
            Verb::Reload("/tmp/app".into()),
            Verb::Upgrade,
            Verb::Rollback,
            Verb::Stop,
            Verb::Pause("a \"freeze\"\nuntil Monday".into()),
            Verb::Resume,
            Verb::Forgive("77aa".into()),
            Verb::Events,
            Verb::Signal("HUP".into()),
        ]
    }

    #[test]
    fn a_request_is_one_line_and_survives_the_way() {
        for verb in every_verb() {
            for wait in [Wait::No, Wait::Done, Wait::Probation] {
                let request = Request { verb: verb.clone(), wait };
                let line = request.encode();
                assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
                assert_eq!(Request::decode(&line), Ok(request));
            }
        }
    }

    #[test]
    fn fields_that_are_not_known_are_ignored() {
        let request = Request::decode(br#"{"verb":"status","color":{"of":["the",1]},"v":1}"#);
        assert_eq!(request, Ok(Request { verb: Verb::Status, wait: Wait::No }));
    }

    #[test]
    fn what_is_not_known_is_told_apart_from_what_is_wrong() {
        let is_unsupported =
            |line: &str| Request::decode(line.as_bytes()).unwrap_err().is_unsupported;
        assert!(is_unsupported(r#"{"verb":"explode"}"#));
        assert!(is_unsupported(r#"{"v":2,"verb":"status"}"#));
        for line in ["", "{}", "[]", "status", r#"{"verb":"signal"}"#, r#"{"verb":7}"#, "\0"] {
            assert!(!is_unsupported(line), "{line}");
        }
        assert!(!is_unsupported(r#"{"verb":"reload","file":"app"}"#));
    }

    /// Random bytes, and requests with some bytes changed, never panic.
    #[test]
    fn any_bytes_are_decoded_or_turned_down() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let lines: Vec<_> = every_verb()
            .into_iter()
            .map(|verb| Request { verb, wait: Wait::Probation }.encode())
            .collect();
        let mut decoded = 0;
        for round in 0..50_000_usize {
            let mut bytes = lines[round % lines.len()].clone();
            if round % 4 == 0 {
                bytes = (0..next() % 64).map(|_| next() as u8).collect();
            }
            for _ in 0..next() % 4 {
                if !bytes.is_empty() {
                    let at = next() as usize % bytes.len();
                    bytes[at] = next() as u8;
                }
            }
            if let Ok(request) = Request::decode(&bytes) {
                decoded += 1;
                assert_eq!(Request::decode(&request.encode()), Ok(request));
            }
        }
        assert!(decoded > 1000, "{decoded}");
    }

    #[test]
    fn depth_does_not_overflow_the_stack() {
        let line = [b"{\"verb\":".as_slice(), &b"[".repeat(15_000)].concat();
        assert!(Request::decode(&line).is_err());
    }
}
