//! The public interface of a crate, one item a line.

use super::toolchain::FORMAT;
use public_api::Builder;
use std::fs;
use std::path::Path;
use xtask_support::command::{Failure, Result};

/// Traits that hold by themselves, and that no author decides about: of these, it matters whether
/// something may go to another thread.
const UNDECIDED: [&str; 5] = [
    "core::marker::Freeze",
    "core::marker::Unpin",
    "core::marker::UnsafeUnpin",
    "core::panic::unwind_safe::RefUnwindSafe",
    "core::panic::unwind_safe::UnwindSafe",
];

/// As it is in rustdoc's file for the crate.
pub(super) fn of(json: &Path) -> Result<String> {
    let text = fs::read_to_string(json).map_err(|error| failed(json, &error))?;
    readable(&text).map_err(|reason| failed(json, &reason))?;
    let interface = Builder::from_rustdoc_json(json).omit_blanket_impls(true).build();
    let interface = interface.map_err(|error| failed(json, &error))?;
    let lines = interface.items().map(ToString::to_string).filter(|line| matters(line));
    Ok(lines.map(|line| line + "\n").collect())
}

/// Whether the file has the format that is understood here.
fn readable(text: &str) -> Result<(), String> {
    const NAME: &str = "\"format_version\":";
    let digits = text.rfind(NAME).map(|at| &text[at + NAME.len()..]).unwrap_or_default();
    let digits = digits.split(|next: char| !next.is_ascii_digit()).next().unwrap_or_default();
    if digits.parse() == Ok(FORMAT) {
        return Ok(());
    }
    Err(format!(
        "rustdoc has written format {digits:?}, and this task reads {FORMAT}: raise public-api in \
         xtask/api/Cargo.toml, and the version and the format in toolchain.rs, together"
    ))
}

fn matters(line: &str) -> bool {
    !UNDECIDED.iter().any(|name| {
        let rest = line.split_once(name).map(|(_, rest)| rest);
        line.starts_with("impl") && rest.is_some_and(|rest| rest.starts_with(" for "))
    })
}

fn failed(json: &Path, reason: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("could not read the interface in {}: {reason}", json.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_format_is_named() {
        assert_eq!(readable(&format!("{{\"paths\":{{}},\"format_version\":{FORMAT}}}")), Ok(()));
        let other = readable("{\"format_version\":1}").unwrap_err();
        assert!(other.contains("format \"1\"") && other.contains("57"), "{other}");
        assert!(readable("").is_err());
    }

    #[test]
    fn whether_a_type_may_go_to_another_thread_matters() {
        assert!(matters("impl core::marker::Send for selfup::State"));
        assert!(matters("impl !core::marker::Sync for selfup::State"));
        assert!(!matters("impl<T> core::marker::Unpin for selfup::Tokio<T> where T: Unpin"));
        assert!(matters("pub fn selfup::f() -> impl core::marker::Unpin"));
    }
}
