//! Events as serde writes them: flat maps of what they tell, under the names of the control socket.

use std::time::{SystemTime, UNIX_EPOCH};

use selfup_fetch::printable;
use selfup_signals::End;
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{
    attempt::Attempt,
    error::ErrorKind,
    event::Event,
    facts::Facts,
    reason::{Check, KillReason, RefusalReason, RollbackReason},
    report::Report,
    warning::Warning,
    why::Reason,
};

impl Serialize for Report {
    /// A map: `at` in milliseconds since 1970, and what the event serialises as.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("at", &milliseconds(self.at))?;
        event(&mut map, &self.event)?;
        map.end()
    }
}

impl Serialize for Event {
    /// A map: `kind`, what the event tells, and `text` in one line for people.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        event(&mut map, self)?;
        map.end()
    }
}

macro_rules! serialize_facts {
    ($($reason:ty: $facts:expr;)*) => {$(
        impl Serialize for $reason {
            /// A map: `reason` in one word, what belongs to it, and `text` in one line for people.
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                facts(&mut map, &$facts(self))?;
                map.serialize_entry("text", &*printable(&self.to_string()))?;
                map.end()
            }
        }
    )*};
}

serialize_facts! {
    KillReason: Facts::of_kill;
    RollbackReason: Facts::of_rollback;
    RefusalReason: Facts::of_refusal;
    Warning: Facts::of_warning;
}

macro_rules! serialize_word {
    ($($word:ty: $name:expr;)*) => {$(
        impl Serialize for $word {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($name(self))
            }
        }
    )*};
}

serialize_word! {
    Attempt: Attempt::kind;
    Check: |check: &Check| check.kind();
    ErrorKind: |kind: &ErrorKind| kind.name();
    Reason: Reason::as_str;
}

fn event<M: SerializeMap>(map: &mut M, event: &Event) -> Result<(), M::Error> {
    let told = Facts::of(event);
    map.serialize_entry("kind", told.kind)?;
    facts(map, &told)?;
    map.serialize_entry("text", &*printable(&event.to_string()))
}

fn facts<M: SerializeMap>(map: &mut M, told: &Facts<'_>) -> Result<(), M::Error> {
    put(map, "generation", told.generation)?;
    put(map, "pid", told.pid)?;
    put(map, "pids", told.pids)?;
    put(map, "id", told.id)?;
    put(map, "version", told.version)?;
    put(map, "before", told.before)?;
    put(map, "name", told.name)?;
    put(map, "address", told.address)?;
    put(map, "code", told.code())?;
    put(map, "signal", told.signal())?;
    put(map, "core_dumped", core_dumped(told.end))?;
    put(map, "cause", told.cause)?;
    put(map, "reason", told.reason)?;
    put(map, "detail", told.detail)?;
    put(map, "os_error", told.os_error)?;
    put(map, "lacks", told.lacks)?;
    put(map, "status", told.status)?;
    put(map, "seconds", told.time.map(|time| time.as_secs_f64()))?;
    put(map, "count", told.count)?;
    put(map, "transient", told.transient)?;
    put(map, "still_serving", told.still_serving)?;
    put(map, "killed", told.killed)?;
    put(map, "channel_closed", told.channel_closed)
}

fn put<M: SerializeMap>(
    map: &mut M,
    name: &'static str,
    value: Option<impl Serialize>,
) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| map.serialize_entry(name, &value))
}

fn core_dumped(end: Option<End>) -> Option<bool> {
    match end {
        Some(End::Signaled { core_dumped, .. }) => Some(core_dumped),
        _ => None,
    }
}

fn milliseconds(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json, to_value};

    use super::*;
    use crate::samples;

    #[test]
    fn an_event_is_a_flat_map_under_the_names_of_the_control_socket() {
        for event in samples::every_event() {
            let Value::Object(map) = to_value(&event).unwrap() else { panic!("no map: {event:?}") };
            assert_eq!(map["kind"], event.kind());
            assert_eq!(map["text"], event.to_string());
            let generation = event.generation().map(Value::from);
            assert_eq!(map.get("generation"), generation.as_ref(), "{event:?}");
            let is_flat = |value: &Value| !value.is_object() && !value.is_null();
            assert!(map.values().all(is_flat), "{map:?}");
            let at = UNIX_EPOCH + std::time::Duration::from_millis(1_500);
            let report = Report { at, ..Report::from(event) };
            let Value::Object(mut reported) = to_value(&report).unwrap() else { panic!("no map") };
            assert_eq!(reported.remove("at"), Some(json!(1500)));
            assert_eq!(reported, map);
        }
    }

    #[test]
    fn facts_keep_their_types() {
        let killed = Event::CandidateFailed {
            generation: 2,
            end: Some(End::Signaled { signal: selfup_signals::Signal::SEGV, core_dumped: true }),
            still_serving: true,
        };
        assert_eq!(
            to_value(killed).unwrap(),
            json!({
                "kind": "candidate-failed", "generation": 2, "signal": "SIGSEGV", "core_dumped": true,
                "still_serving": true,
                "text": "child #2 was killed by SIGSEGV (core dumped) before it was ready; the one that \
                         serves goes on serving",
            })
        );
        let reason = RollbackReason::Probation(End::Exited(3));
        assert_eq!(
            to_value(reason).unwrap(),
            json!({"reason": "probation", "code": 3, "text": "it exited with code 3 in its probation"})
        );
        assert_eq!(to_value(Check::Signature).unwrap(), json!("signature"));
        let killed = End::Signaled { signal: selfup_signals::Signal::KILL, core_dumped: false };
        assert_eq!(to_value(killed).unwrap(), json!({"signal": "SIGKILL", "core_dumped": false}));
        assert_eq!(to_value(End::Exited(3)).unwrap(), json!({"code": 3}));
        assert_eq!(to_value(samples::id()).unwrap(), json!(samples::id().to_string()));
        assert_eq!(to_value(selfup_lifecycle::Cause::Call).unwrap(), json!("call"));
    }

    /// The page is what clients are written by.
    #[test]
    fn the_page_of_the_control_socket_has_every_kind_and_fact() {
        let page = include_str!("../../../docs/CONTROL.md");
        let named = |name: &str| page.contains(&format!("`{name}`"));
        let mut names = BTreeSet::new();
        for event in samples::every_event() {
            names.insert(event.kind().to_owned());
            if let Event::Warning(warning) = &event {
                names.insert(warning.kind().to_owned());
            }
            let Value::Object(map) = to_value(&event).unwrap() else { panic!("no map") };
            names.extend(map.keys().cloned());
        }
        let missing: Vec<_> = names.iter().filter(|name| !named(name)).collect();
        assert!(missing.is_empty(), "not in docs/CONTROL.md: {missing:?}");
    }
}
