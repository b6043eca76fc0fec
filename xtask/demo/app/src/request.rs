use std::{
    io::{self, Read},
    time::Duration,
};

/// More than any request of the demo has.
const LONGEST: usize = 8 * 1024;

/// Reads one request, to the end of its head; how long its response shall take. `None` when the
/// client has no more.
///
/// The client waits for each response, so nothing of a next request is ever behind this one.
pub(crate) fn read(mut stream: impl Read) -> io::Result<Option<Duration>> {
    let mut request = Vec::new();
    let mut chunk = [0; 512];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut chunk)? {
            0 if request.is_empty() => return Ok(None),
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => request.extend_from_slice(&chunk[..read]),
        }
        if request.len() > LONGEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    Ok(Some(hold(&String::from_utf8_lossy(&request))))
}

fn hold(request: &str) -> Duration {
    let milliseconds = request
        .strip_prefix("GET /slow?ms=")
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    Duration::from_millis(milliseconds.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_says_how_long() {
        let read = |request: &str| read(request.as_bytes()).unwrap();
        assert_eq!(read("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), Some(Duration::ZERO));
        assert_eq!(read("GET /slow?ms=70 HTTP/1.1\r\n\r\n"), Some(Duration::from_millis(70)));
        assert_eq!(read(""), None);
    }

    #[test]
    fn half_a_request_is_none() {
        assert!(read("GET / HTTP/1.1\r\n".as_bytes()).is_err());
    }
}
