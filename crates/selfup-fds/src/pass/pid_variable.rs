//! Environment strings with a pid, such as `LISTEN_PID=…`, which is known only after fork.

use std::ffi::c_char;
use std::sync::atomic::{AtomicU8, Ordering};

/// The largest number of digits of a `u32`.
const DIGITS: usize = 10;

/// An environment string with room for the digits of a pid.
///
/// It is written between fork and exec, where nothing may be allocated. Atomics allow that through
/// a shared reference.
pub(crate) struct PidVariable {
    text: Box<[AtomicU8]>,
    /// The position of the first digit.
    value: usize,
}

impl PidVariable {
    pub(crate) fn new(name: &str) -> Self {
        let text = name.bytes().chain([b'=']).chain([0; DIGITS + 1]).map(AtomicU8::new);
        Self { text: text.collect(), value: name.len() + 1 }
    }

    /// Writes the pid without leading zeros, which some readers would parse as octal.
    /// Async-signal-safe.
    pub(crate) fn write(&self, pid: u32) {
        let mut digits = [0; DIGITS];
        let mut first = DIGITS;
        let mut rest = pid;
        while first > 0 && (rest > 0 || first == DIGITS) {
            first -= 1;
            digits[first] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        let value = self.text.iter().skip(self.value);
        for (byte, digit) in value.zip(digits.iter().skip(first).chain([&0])) {
            byte.store(*digit, Ordering::Relaxed);
        }
    }

    /// Returns the string, which ends in NUL. The pointer is valid until this value moves.
    pub(crate) fn as_ptr(&self) -> *const c_char {
        self.text.as_ptr().cast()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(variable: &PidVariable) -> String {
        let bytes = variable.text.iter().map(|byte| byte.load(Ordering::Relaxed));
        String::from_utf8(bytes.take_while(|byte| *byte != 0).collect()).unwrap()
    }

    #[test]
    fn has_the_digits_and_no_others() {
        let variable = PidVariable::new("LISTEN_PID");
        // A shorter pid overwrites all digits of a longer one.
        for pid in [u32::MAX, 4_194_304, 100, 42, 10, 9, 1, 0] {
            variable.write(pid);
            assert_eq!(text(&variable), format!("LISTEN_PID={pid}"));
        }
    }
}
