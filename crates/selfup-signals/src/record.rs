//! The record of one signal, as the bytes that go through the pipe.

use crate::origin::{Origin, Received, Value};
use crate::pid::Pid;
use crate::signal::Signal;
use crate::sys::sender::Sender;
use crate::sys::system::sender;

/// The length of a record in bytes. A pipe writes fewer than `PIPE_BUF` (4096) bytes in one piece or not
/// at all, so handlers that run at the same time never mix their records.
pub(crate) const LENGTH: usize = 16 + size_of::<usize>();

/// What a handler sees of a signal, in plain numbers, because a handler may neither allocate nor lock.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) struct Record {
    /// The number of the signal, or 0 for a wake-up: the reader has to look at the overflow.
    pub(crate) number: i32,
    pub(crate) code: i32,
    pub(crate) pid: i32,
    pub(crate) uid: u32,
    pub(crate) value: usize,
}

impl Record {
    /// A record that only wakes the reader.
    pub(crate) const WAKE: Self = Self { number: 0, code: 0, pid: 0, uid: 0, value: 0 };

    pub(crate) fn encode(&self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        bytes[0..4].copy_from_slice(&self.number.to_ne_bytes());
        bytes[4..8].copy_from_slice(&self.code.to_ne_bytes());
        bytes[8..12].copy_from_slice(&self.pid.to_ne_bytes());
        bytes[12..16].copy_from_slice(&self.uid.to_ne_bytes());
        bytes[16..].copy_from_slice(&self.value.to_ne_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: [u8; LENGTH]) -> Self {
        let word = |at: usize| [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        let mut value = [0; size_of::<usize>()];
        value.copy_from_slice(&bytes[16..]);
        Self {
            number: i32::from_ne_bytes(word(0)),
            code: i32::from_ne_bytes(word(4)),
            pid: i32::from_ne_bytes(word(8)),
            uid: u32::from_ne_bytes(word(12)),
            value: usize::from_ne_bytes(value),
        }
    }

    /// Returns the signal with its origin, or `None` for [`Record::WAKE`].
    pub(crate) fn received(&self) -> Option<Received> {
        let signal = Signal::from_raw(self.number)?;
        let (pid, uid) = (Pid::new(self.pid), self.uid);
        let origin = match sender(self.code) {
            Sender::Process => Origin::Process { pid, uid },
            Sender::Queued => Origin::Queued { pid, uid, value: Value::from_bits(self.value) },
            Sender::Kernel => Origin::Kernel,
            Sender::Other => Origin::Other { code: self.code },
            Sender::Unknown => Origin::Unknown,
        };
        Some(Received::new(signal, origin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_the_pipe() {
        let record = Record {
            number: 34,
            code: -1,
            pid: 4_194_304,
            uid: u32::MAX - 1,
            value: usize::MAX - 2,
        };
        assert_eq!(Record::decode(record.encode()), record);
    }

    #[test]
    fn the_code_determines_the_origin() {
        let origin = |code| {
            let record = Record { number: libc::SIGTERM, code, pid: 7, uid: 8, value: 9 };
            record.received().unwrap().origin
        };
        let pid = Pid::new(7);
        assert_eq!(origin(libc::SI_USER), Origin::Process { pid, uid: 8 });
        assert_eq!(origin(libc::SI_TKILL), Origin::Process { pid, uid: 8 });
        let value = Value::from_bits(9);
        assert_eq!(origin(libc::SI_QUEUE), Origin::Queued { pid, uid: 8, value });
        assert_eq!(origin(libc::SI_KERNEL), Origin::Kernel);
        assert_eq!(origin(libc::CLD_EXITED), Origin::Kernel);
        assert_eq!(origin(libc::SI_TIMER), Origin::Other { code: libc::SI_TIMER });
    }

    #[test]
    fn a_sender_outside_the_pid_namespace_has_no_pid() {
        let record = Record { number: 15, code: libc::SI_USER, pid: 0, uid: 8, value: 0 };
        let origin = record.received().unwrap().origin;
        assert_eq!(origin, Origin::Process { pid: None, uid: 8 });
    }

    #[test]
    fn a_wake_up_is_not_a_signal() {
        assert_eq!(Record::WAKE.received(), None);
    }
}
