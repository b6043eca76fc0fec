//! The environment of a probed process.

use std::ffi::{CString, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::{PROBE_VARIABLE, Token};

/// The variables that concern this process alone: as a master or child, or as a service of a manager.
const OURS: [&[u8]; 4] = [b"SELFUP_", b"LISTEN_", b"WATCHDOG_", b"NOTIFY_SOCKET"];

/// Returns all other variables of this process, and the token.
pub(super) fn of_probe(token: &Token) -> io::Result<Vec<CString>> {
    let mut variables: Vec<_> = std::env::vars_os().filter_map(variable).collect();
    variables.push(CString::new(format!("{PROBE_VARIABLE}={token}"))?);
    Ok(variables)
}

fn variable((name, value): (OsString, OsString)) -> Option<CString> {
    if OURS.iter().any(|ours| name.as_bytes().starts_with(ours)) {
        return None;
    }
    let text = [name.into_vec(), value.into_vec()].join(&b'=');
    // The environment holds no zero bytes.
    CString::new(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ours_alone_is_left_out() {
        let kept = |name: &str| variable((name.into(), "x".into()));
        for name in ["SELFUP_CONTROL", "SELFUP_BIN_CHECK", "LISTEN_FDS", "NOTIFY_SOCKET"] {
            assert_eq!(kept(name), None, "{name}");
        }
        assert_eq!(kept("LD_LIBRARY_PATH"), Some(c"LD_LIBRARY_PATH=x".into()));
    }

    #[test]
    fn the_token_is_there_once() {
        let variables = of_probe(&Token("42".into())).unwrap();
        let ours: Vec<_> =
            variables.iter().filter(|it| it.as_bytes().starts_with(b"SELFUP_")).collect();
        assert_eq!(ours, [c"SELFUP_BIN_CHECK=42"]);
    }
}
