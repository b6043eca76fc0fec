//! Parses the command line of the programs under test.
//!
//! It has options of the form `key=value`, or a key alone, in any order. A child gets those of its
//! master.

use std::str::FromStr;

/// Whether the word was given.
pub fn given(word: &str) -> bool {
    std::env::args().skip(1).any(|argument| argument == word)
}

/// The value of the option `key=value`, if it was given.
///
/// # Panics
///
/// If it cannot be read.
pub fn option<T: FromStr>(key: &str) -> Option<T> {
    std::env::args().skip(1).find_map(|argument| {
        let value = argument.strip_prefix(key)?.strip_prefix('=')?;
        let read = value.parse().ok();
        Some(read.unwrap_or_else(|| panic!("{argument} makes no sense")))
    })
}
