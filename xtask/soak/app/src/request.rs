use std::{
    io::{self, BufRead, BufReader, Read},
    time::Duration,
};

use selfup::Connection;

/// Reads one request to the end of its body; how long its response shall take. `None` when the client
/// has no more.
pub(crate) fn read(stream: &mut BufReader<&Connection>) -> io::Result<Option<Duration>> {
    let (mut hold, mut length, mut first) = (Duration::ZERO, 0, true);
    let mut line = String::new();
    loop {
        line.clear();
        match stream.read_line(&mut line)? {
            0 if first => return Ok(None),
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            _ if first => hold = wanted(&line),
            _ if line == "\r\n" => break,
            _ => length = content_length(&line).unwrap_or(length),
        }
        first = false;
    }
    io::copy(&mut stream.take(length), &mut io::sink())?;
    Ok(Some(hold))
}

fn wanted(line: &str) -> Duration {
    let milliseconds = line
        .strip_prefix("GET /slow?ms=")
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    Duration::from_millis(milliseconds.unwrap_or_default())
}

fn content_length(line: &str) -> Option<u64> {
    let (name, value) = line.split_once(':')?;
    name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
}
