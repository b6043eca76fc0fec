//! Colours text on terminals.

use std::ffi::OsString;
use std::io::{IsTerminal, stdout};
use std::sync::LazyLock;

static TERMINAL: LazyLock<bool> =
    LazyLock::new(|| stdout().is_terminal() && wish("TERM").is_none_or(|name| name != "dumb"));

/// Colour is for eyes: a pipe, a file, or a reader who set `NO_COLOR` gets plain text.
static COLOUR: LazyLock<bool> =
    LazyLock::new(|| on_terminal() && wish("NO_COLOR").is_none_or(|value| value.is_empty()));

/// Whether standard output is a terminal on which a line can be replaced.
pub fn on_terminal() -> bool {
    *TERMINAL
}

/// Whether what is written to standard output may be coloured.
pub fn coloured() -> bool {
    *COLOUR
}

#[expect(clippy::disallowed_methods, reason = "the reader's wishes, not settings")]
fn wish(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

pub fn good(text: &str) -> String {
    painted("32", text)
}

pub fn bad(text: &str) -> String {
    painted("1;31", text)
}

pub fn heading(text: &str) -> String {
    painted("1", text)
}

pub fn faint(text: &str) -> String {
    painted("2", text)
}

/// A colour for each number, the same for the same.
pub fn tinted(number: u32, text: &str) -> String {
    const TINTS: [&str; 4] = ["36", "33", "35", "34"];
    painted(TINTS[number as usize % TINTS.len()], text)
}

fn painted(code: &str, text: &str) -> String {
    if coloured() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}
