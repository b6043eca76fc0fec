//! A program whose output is read line by line while it runs.

use std::io::{BufRead, BufReader, PipeReader, pipe};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;
use std::{io, thread};

/// Starts it, and hands over the lines of both its streams as they come, until it has ended: what it
/// may have left running does not hold this up.
#[expect(clippy::disallowed_methods, reason = "its output is read while it runs")]
pub(crate) fn follow(command: &mut Command, mut line: impl FnMut(&str)) -> io::Result<ExitStatus> {
    const LOOK: Duration = Duration::from_millis(50);
    const LAST_WORDS: Duration = Duration::from_secs(1);
    let (reader, writer) = pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn()?;
    // While this process held the writing ends, there would be no end of the lines.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let lines = lines(reader);
    loop {
        let end = child.try_wait()?;
        match (lines.recv_timeout(if end.is_some() { LAST_WORDS } else { LOOK }), end) {
            (Ok(said), _) => line(&said),
            (Err(_), Some(end)) => return Ok(end),
            (Err(RecvTimeoutError::Disconnected), None) => return child.wait(),
            (Err(RecvTimeoutError::Timeout), None) => {}
        }
    }
}

/// The lines, from a thread that ends with them.
fn lines(reader: PipeReader) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut reader = BufReader::new(reader);
        let mut bytes = Vec::new();
        while reader.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
            let line = String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned();
            if sender.send(line).is_err() {
                return;
            }
            bytes.clear();
        }
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn both_streams_are_heard_line_by_line() {
        let mut heard = Vec::new();
        let mut command = shell("echo one; echo two >&2; printf three");
        let end = follow(&mut command, |line| heard.push(line.to_owned())).unwrap();
        assert!(end.success());
        assert_eq!(heard, ["one", "two", "three"]);
    }

    #[test]
    fn what_is_left_running_is_not_waited_for() {
        let mut command = shell("sleep 1000 & echo $!");
        let mut left = String::new();
        assert!(follow(&mut command, |line| left = line.to_owned()).unwrap().success());
        assert!(Command::new("kill").arg(left).status().unwrap().success());
    }
}
