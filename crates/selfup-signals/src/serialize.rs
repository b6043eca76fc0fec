//! Signals, pids and ends as serde writes them.

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{end::End, pid::Pid, signal::Signal};

impl Serialize for Signal {
    /// The name, such as `SIGTERM`: numbers differ between systems.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Pid {
    /// The number.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i32(self.as_raw())
    }
}

impl Serialize for End {
    /// A map: `code`, or `signal` and `core_dumped`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Exited(code) => map.serialize_entry("code", code)?,
            Self::Signaled { signal, core_dumped } => {
                map.serialize_entry("signal", signal)?;
                map.serialize_entry("core_dumped", core_dumped)?;
            }
        }
        map.end()
    }
}
