//! Decides whether a probe has succeeded.

use std::fmt::{self, Display};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::Token;
use super::watch::{LIMIT, Seen};
use crate::error::ErrorKind;

/// The longest output that an error shows, in bytes.
const SHOWN: usize = 200;

/// Why the probe failed, as the end of a sentence about "the new executable".
#[derive(Debug)]
pub(super) struct Failure {
    kind: ErrorKind,
    text: String,
    transient: bool,
}

impl Failure {
    pub(super) fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether the machine may be to blame, and not the program: it was too slow, or out of memory.
    pub(super) fn is_transient(&self) -> bool {
        self.transient
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

const REMEDY: &str = "call selfup::sanity_check() first in main";

/// The exit code of the loader if it cannot load a program.
const NOT_LOADED: i32 = 127;

const LOADING: &str = "what it is linked with has to be here, or publish a static build";

pub(super) fn judge(seen: &Seen, token: &Token, deadline: Duration) -> Result<(), Failure> {
    let answer = format!("{token}\n");
    let answered = seen.stdout == answer.as_bytes();
    let failed = |text| Err(Failure { kind: ErrorKind::ProbeFailed, text, transient: false });
    if seen.flooded {
        return failed(format!("printed more than {LIMIT} bytes instead of the token; {REMEDY}"));
    }
    let Some(status) = seen.ended else {
        let printed = if answered { "the token".into() } else { shown(&seen.stdout) };
        let remedy = if answered { "exit after answering the probe" } else { REMEDY };
        let text = format!(
            "did not end within {deadline:?}, having printed {printed}{}; {remedy}",
            complaint(seen)
        );
        return Err(Failure { kind: ErrorKind::ProbeTimedOut, text, transient: true });
    };
    if !status.success() {
        let remedy = match status.code() {
            Some(NOT_LOADED) if !seen.stderr.is_empty() => format!("; {LOADING}"),
            Some(_) => format!("; {REMEDY}"),
            None => String::new(),
        };
        let text = format!("{}{}{remedy}", end(status), complaint(seen));
        // The kernel kills with it if memory is short. No program does so to itself.
        let transient = status.signal() == Some(libc::SIGKILL);
        return Err(Failure { kind: ErrorKind::ProbeFailed, text, transient });
    }
    if !seen.closed {
        return failed(format!(
            "left a process behind that keeps its standard output open; {REMEDY}"
        ));
    }
    if answered {
        return Ok(());
    }
    let printed = shown(&seen.stdout);
    let found = String::from_utf8_lossy(&seen.stdout);
    if found.contains(&token.0) {
        return failed(format!("printed more than the token: {printed}; {REMEDY}"));
    }
    failed(format!("printed {printed} instead of the token{}; {REMEDY}", complaint(seen)))
}

fn end(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with code {code}"),
        (None, Some(number)) => {
            let name = Signal::try_from(number).map_or("unnamed", Signal::as_str);
            format!("was killed by signal {number} ({name})")
        }
        (None, None) => format!("ended strangely ({status})"),
    }
}

fn complaint(seen: &Seen) -> String {
    if seen.stderr.is_empty() {
        return String::new();
    }
    format!(" (it complained {})", shown(&seen.stderr))
}

/// Prints any output on one line.
fn shown(output: &[u8]) -> String {
    if output.is_empty() {
        return "nothing".into();
    }
    let more = if output.len() > SHOWN { "…" } else { "" };
    let start = String::from_utf8_lossy(&output[..output.len().min(SHOWN)]);
    format!("\"{}{more}\"", start.trim_end().escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(stdout: &str, ended: Option<i32>, change: fn(&mut Seen)) -> Result<(), Failure> {
        let mut seen = Seen {
            stdout: stdout.into(),
            ended: ended.map(ExitStatus::from_raw),
            closed: true,
            ..Seen::default()
        };
        change(&mut seen);
        judge(&seen, &Token("42".into()), Duration::from_secs(5))
    }

    fn refused(stdout: &str, ended: Option<i32>, change: fn(&mut Seen)) -> (ErrorKind, String) {
        let failure = judged(stdout, ended, change).unwrap_err();
        (failure.kind(), failure.to_string())
    }

    #[test]
    fn only_the_token_alone_and_a_clean_exit_pass() {
        assert!(judged("42\n", Some(0), |_| ()).is_ok());
        for output in ["", "42", "42\n\n", " 42\n", "hello\n42\n", "42\n42\n", "43\n"] {
            let (kind, text) = refused(output, Some(0), |_| ());
            assert_eq!(kind, ErrorKind::ProbeFailed, "{output:?}");
            assert!(text.contains("sanity_check"), "{text}");
        }
    }

    #[test]
    fn each_end_has_its_words() {
        type Case = (&'static str, Option<i32>, fn(&mut Seen), &'static str);
        let cases: [Case; 8] = [
            ("", Some(3 << 8), |_| (), "exited with code 3"),
            ("", Some(127 << 8), |seen| seen.stderr = b"no lib".into(), "a static build"),
            ("42\n", Some(1 << 8), |seen| seen.stderr = b"no\nway".into(), r#""no\nway""#),
            ("42\n", Some(11), |_| (), "signal 11 (SIGSEGV)"),
            ("hi\n42\n", Some(0), |_| (), r#"more than the token: "hi\n42""#),
            ("", Some(0), |_| (), "printed nothing"),
            ("42\n", Some(0), |seen| seen.closed = false, "left a process behind"),
            ("", None, |seen| seen.flooded = true, "more than 4096 bytes"),
        ];
        for (output, ended, change, words) in cases {
            let (kind, text) = refused(output, ended, change);
            assert_eq!(kind, ErrorKind::ProbeFailed, "{text}");
            assert!(text.contains(words), "{text}");
            assert!(!text.contains('\n'), "{text}");
        }
    }

    #[test]
    fn a_hang_before_the_response_differs_from_one_after_it() {
        let (kind, silent) = refused("", None, |_| ());
        assert_eq!(kind, ErrorKind::ProbeTimedOut);
        assert!(silent.contains("within 5s, having printed nothing"), "{silent}");
        let (kind, answered) = refused("42\n", None, |_| ());
        assert_eq!(kind, ErrorKind::ProbeTimedOut);
        assert!(answered.contains("having printed the token"), "{answered}");
    }
}
