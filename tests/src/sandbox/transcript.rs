//! What a process wrote, line by line, as it came.

use std::fmt;
use std::io::{BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The lines of one process, from all of its streams.
#[derive(Debug)]
pub(super) struct Transcript {
    start: Instant,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<Line>,
    open_streams: usize,
}

#[derive(Debug)]
struct Line {
    at: Duration,
    stream: &'static str,
    text: String,
    /// A wait has returned this line.
    taken: bool,
}

impl Transcript {
    /// Times count from `start`.
    pub(super) fn new(start: Instant) -> Arc<Self> {
        Arc::new(Self { start, state: Mutex::default(), changed: Condvar::new() })
    }

    /// Records a stream from now on, in a thread that ends with it.
    pub(super) fn record(
        self: &Arc<Self>,
        stream: &'static str,
        source: impl Read + Send + 'static,
    ) {
        self.lock().open_streams += 1;
        let transcript = Arc::clone(self);
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let mut returned = false;
            // Reading from a terminal that no process has open any more is an error.
            for byte in BufReader::new(source).bytes().map_while(Result::ok) {
                // On a terminal both end a line; the first alone is where it is written over.
                match byte {
                    b'\n' if returned => {}
                    b'\n' | b'\r' => {
                        transcript.push(stream, String::from_utf8_lossy(&bytes).into_owned());
                        bytes.clear();
                    }
                    other => bytes.push(other),
                }
                returned = byte == b'\r';
            }
            if !bytes.is_empty() {
                transcript.push(stream, String::from_utf8_lossy(&bytes).into_owned());
            }
            transcript.lock().open_streams -= 1;
            transcript.changed.notify_all();
        });
    }

    fn push(&self, stream: &'static str, text: String) {
        let at = self.start.elapsed();
        self.lock().lines.push(Line { at, stream, text, taken: false });
        self.changed.notify_all();
    }

    /// The first matching line that no wait has returned before, as soon as there is one.
    pub(super) fn take(
        &self,
        within: Duration,
        matches: impl Fn(&str) -> bool,
    ) -> Result<String, NoLine> {
        let deadline = Instant::now() + within;
        let mut state = self.lock();
        loop {
            if let Some(line) = state.lines.iter_mut().find(|l| !l.taken && matches(&l.text)) {
                line.taken = true;
                return Ok(line.text.clone());
            }
            if state.open_streams == 0 {
                return Err(NoLine::Ended);
            }
            let Some(left) = deadline.checked_duration_since(Instant::now()) else {
                return Err(NoLine::Late);
            };
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Whether no process holds the writing end of any stream any more.
    pub(super) fn ended(&self) -> bool {
        self.lock().open_streams == 0
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.lock().lines.iter().map(|line| line.text.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why there is no such line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoLine {
    Late,
    /// All streams are closed, so no line will come.
    Ended,
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lock().lines {
            writeln!(f, "  {:8.3} {} {}", line.at.as_secs_f64(), line.stream, line.text)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::PATIENCE;
    use super::*;

    fn of(text: &'static str) -> Arc<Transcript> {
        let transcript = Transcript::new(Instant::now());
        transcript.record("out", text.as_bytes());
        transcript
    }

    #[test]
    fn each_line_is_given_once_and_in_any_order() {
        let transcript = of("a 1\nb 1\na 2\nend without newline");
        let take = |start: &str| transcript.take(PATIENCE, |line| line.starts_with(start));
        assert_eq!(take("b").unwrap(), "b 1");
        assert_eq!(take("a").unwrap(), "a 1");
        assert_eq!(take("a").unwrap(), "a 2");
        assert_eq!(take("end").unwrap(), "end without newline");
        assert_eq!(take("a"), Err(NoLine::Ended));
        assert_eq!(transcript.lines().len(), 4);
    }

    #[test]
    fn a_silent_stream_is_not_waited_for_beyond_the_deadline() {
        let (reader, _writer) = std::io::pipe().unwrap();
        let transcript = Transcript::new(Instant::now());
        transcript.record("out", reader);
        assert_eq!(transcript.take(Duration::ZERO, |_| true), Err(NoLine::Late));
        assert!(!transcript.ended());
    }

    #[test]
    fn bytes_that_are_no_text_are_kept_as_well_as_can_be() {
        let transcript = Transcript::new(Instant::now());
        transcript.record("out", &b"\xff\r\n"[..]);
        assert_eq!(transcript.take(PATIENCE, |_| true).unwrap(), "\u{fffd}");
    }
}
