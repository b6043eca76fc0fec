//! A little colour, for terminals only.

use std::io::{IsTerminal, stdout};
use std::sync::LazyLock;

/// Colour is for eyes: a pipe, a file, or a reader who set `NO_COLOR` gets plain text.
static COLOUR: LazyLock<bool> = LazyLock::new(|| stdout().is_terminal() && !refused());

/// Whether what is written to standard output may be coloured.
pub(crate) fn coloured() -> bool {
    *COLOUR
}

#[expect(clippy::disallowed_methods, reason = "NO_COLOR is the reader's wish, not a setting")]
fn refused() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

pub(crate) fn good(text: &str) -> String {
    painted("32", text)
}

pub(crate) fn bad(text: &str) -> String {
    painted("1;31", text)
}

pub(crate) fn heading(text: &str) -> String {
    painted("1", text)
}

fn painted(code: &str, text: &str) -> String {
    if coloured() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}
