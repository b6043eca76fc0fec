//! Arrays of C strings for execve(2).

#![allow(unsafe_code, reason = "a raw pointer is neither Send nor Sync by itself")]

use std::ffi::{CString, c_char};
use std::ptr;

use crate::pass::pid_variable::PidVariable;

/// Strings, and an array of pointers to them, which ends in a null pointer.
pub(crate) struct Pointers {
    array: Vec<*const c_char>,
    /// The strings of the pointers. The text of a `CString` stays in place when the `CString` moves.
    _strings: Vec<CString>,
    pids: Vec<PidVariable>,
}

// SAFETY: the pointers lead to memory that this value owns and never writes, except for the pid
// variables, which consist of atomics.
unsafe impl Send for Pointers {}
// SAFETY: as above.
unsafe impl Sync for Pointers {}

impl Pointers {
    pub(crate) fn new(strings: Vec<CString>) -> Self {
        Self::with_pids(strings, Vec::new())
    }

    /// Adds further strings to the array, which are completed later.
    pub(crate) fn with_pids(strings: Vec<CString>, pids: Vec<PidVariable>) -> Self {
        let array = strings
            .iter()
            .map(|string| string.as_ptr())
            .chain(pids.iter().map(PidVariable::as_ptr))
            .chain([ptr::null()])
            .collect();
        Self { array, _strings: strings, pids }
    }

    pub(crate) fn as_ptr(&self) -> *const *const c_char {
        self.array.as_ptr()
    }

    pub(crate) fn pids(&self) -> &[PidVariable] {
        &self.pids
    }
}
