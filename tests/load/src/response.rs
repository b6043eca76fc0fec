//! Reads one HTTP/1.1 response as its bytes come in, and knows when it is whole.

use crate::loss::Loss;

/// No head is longer; a server that sends one is not speaking HTTP.
const LONGEST_HEAD: usize = 64 * 1024;

/// What is kept of a body: enough to identify the process that responded.
const KEPT: usize = 256;

/// A whole response.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// The start of the body.
    pub(crate) body: Vec<u8>,
    /// Whether the server will close the connection.
    pub(crate) close: bool,
}

/// A response as far as it has come.
#[derive(Debug)]
pub(crate) struct Reader {
    /// What came and was not understood yet.
    unread: Vec<u8>,
    head: Option<Head>,
    body: Vec<u8>,
    /// Whether anything came at all.
    begun: bool,
}

#[derive(Debug)]
struct Head {
    status: u16,
    close: bool,
    rest: Rest,
}

/// How much of the body is yet to come.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
enum Rest {
    Bytes(u64),
    UntilClosed,
    /// Before the line with a chunk's size.
    ChunkSize,
    ChunkData(u64),
    /// Before the line end behind a chunk.
    ChunkEnd,
    /// Before one of the lines behind the last chunk.
    Trailer,
    Nothing,
}

impl Reader {
    pub(crate) fn new() -> Self {
        Self { unread: Vec::new(), head: None, body: Vec::new(), begun: false }
    }

    /// Takes what came; returns the response as soon as it is whole.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Option<Response>, Loss> {
        self.begun |= !bytes.is_empty();
        self.unread.extend_from_slice(bytes);
        while self.head.is_none() {
            let Some(head) = self.read_head()? else { return Ok(None) };
            // 1xx only announces another; it has no body.
            if head.status >= 200 {
                self.head = Some(head);
            }
        }
        while self.read_body()? {}
        match &self.head {
            Some(Head { rest: Rest::Nothing, .. }) if !self.unread.is_empty() => Err(Loss::Garbage),
            Some(Head { rest: Rest::Nothing, .. }) => Ok(self.whole()),
            _ => Ok(None),
        }
    }

    /// Takes the end of the connection, which is the end of some responses.
    pub(crate) fn end(&mut self) -> Result<Response, Loss> {
        match &self.head {
            Some(Head { rest: Rest::UntilClosed, .. }) => self.whole().ok_or(Loss::Truncated),
            _ if self.begun => Err(Loss::Truncated),
            _ => Err(Loss::Closed),
        }
    }

    fn whole(&mut self) -> Option<Response> {
        let head = self.head.take()?;
        Some(Response {
            status: head.status,
            body: std::mem::take(&mut self.body),
            close: head.close || head.rest == Rest::UntilClosed,
        })
    }

    fn read_head(&mut self) -> Result<Option<Head>, Loss> {
        // Reported at once: the empty line at the end of a head may never come.
        let start = &self.unread[..self.unread.len().min(7)];
        if !b"HTTP/1.".starts_with(start) {
            return Err(Loss::Garbage);
        }
        let Some(length) = find(&self.unread, b"\r\n\r\n") else {
            let endless = self.unread.len() > LONGEST_HEAD;
            return if endless { Err(Loss::Garbage) } else { Ok(None) };
        };
        let head = parse_head(&self.unread[..length])?;
        self.unread.drain(..length + 4);
        Ok(Some(head))
    }

    /// Takes one step into the body; false when that needs more bytes.
    fn read_body(&mut self) -> Result<bool, Loss> {
        let Some(head) = &mut self.head else { return Ok(false) };
        let (taken, rest) = match head.rest {
            Rest::Nothing => return Ok(false),
            Rest::Bytes(0) => (0, Rest::Nothing),
            _ if self.unread.is_empty() => return Ok(false),
            Rest::Bytes(left) => {
                let taken = keep(&mut self.body, &self.unread, left);
                (taken, Rest::Bytes(left - taken as u64))
            }
            Rest::UntilClosed => (keep(&mut self.body, &self.unread, u64::MAX), Rest::UntilClosed),
            Rest::ChunkData(left) => {
                let taken = keep(&mut self.body, &self.unread, left);
                let left = left - taken as u64;
                (taken, if left == 0 { Rest::ChunkEnd } else { Rest::ChunkData(left) })
            }
            Rest::ChunkSize | Rest::ChunkEnd | Rest::Trailer => {
                let Some(length) = find(&self.unread, b"\r\n") else {
                    let endless = self.unread.len() > LONGEST_HEAD;
                    return if endless { Err(Loss::Garbage) } else { Ok(false) };
                };
                (length + 2, after_line(head.rest, &self.unread[..length])?)
            }
        };
        head.rest = rest;
        self.unread.drain(..taken);
        Ok(true)
    }
}

/// What follows a line of the chunked framing.
fn after_line(rest: Rest, line: &[u8]) -> Result<Rest, Loss> {
    match rest {
        Rest::ChunkSize => Ok(match parse_chunk_size(line).ok_or(Loss::Garbage)? {
            0 => Rest::Trailer,
            size => Rest::ChunkData(size),
        }),
        Rest::ChunkEnd if line.is_empty() => Ok(Rest::ChunkSize),
        Rest::Trailer if line.is_empty() => Ok(Rest::Nothing),
        Rest::Trailer => Ok(Rest::Trailer),
        _ => Err(Loss::Garbage),
    }
}

fn parse_head(bytes: &[u8]) -> Result<Head, Loss> {
    let text = std::str::from_utf8(bytes).map_err(|_| Loss::Garbage)?;
    let mut lines = text.split("\r\n");
    let (old, status) = parse_status_line(lines.next().unwrap_or_default()).ok_or(Loss::Garbage)?;
    let mut close = old;
    let mut length = None;
    let mut chunked = false;
    for line in lines {
        let (name, value) = line.split_once(':').ok_or(Loss::Garbage)?;
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            length = Some(parse_number(value, 10).ok_or(Loss::Garbage)?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            chunked = has_token(value, "chunked");
        } else if name.eq_ignore_ascii_case("connection") {
            close = has_token(value, "close") || old && !has_token(value, "keep-alive");
        }
    }
    let rest = match (status, chunked, length) {
        (100..200 | 204 | 304, ..) => Rest::Nothing,
        (_, true, _) => Rest::ChunkSize,
        (_, false, Some(length)) => Rest::Bytes(length),
        (_, false, None) => Rest::UntilClosed,
    };
    Ok(Head { status, close, rest })
}

/// Returns whether it is HTTP/1.0, and the status.
fn parse_status_line(line: &str) -> Option<(bool, u16)> {
    let mut words = line.splitn(3, ' ');
    let old = match words.next()? {
        "HTTP/1.1" => false,
        "HTTP/1.0" => true,
        _ => return None,
    };
    let status = words.next().filter(|word| word.len() == 3)?;
    Some((old, parse_number(status, 10)? as u16)).filter(|(_, status)| *status >= 100)
}

fn parse_chunk_size(line: &[u8]) -> Option<u64> {
    let line = std::str::from_utf8(line).ok()?;
    // Behind a semicolon there may be extensions.
    parse_number(line.split(';').next()?.trim(), 16)
}

/// Reads digits and nothing but digits; `from_str_radix` would take a sign.
fn parse_number(text: &str, radix: u32) -> Option<u64> {
    let digits = text.chars().all(|digit| digit.is_digit(radix));
    digits.then(|| u64::from_str_radix(text, radix).ok())?
}

fn has_token(value: &str, token: &str) -> bool {
    value.split(',').any(|word| word.trim().eq_ignore_ascii_case(token))
}

/// Adds at most `most` of the bytes to what is kept of a body; returns how many were consumed.
fn keep(body: &mut Vec<u8>, bytes: &[u8], most: u64) -> usize {
    let taken = usize::try_from(most).unwrap_or(usize::MAX).min(bytes.len());
    body.extend_from_slice(&bytes[..taken.min(KEPT - body.len())]);
    taken
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds it whole, and again byte by byte: both must come out the same.
    fn read(text: &str) -> Result<Option<Response>, Loss> {
        let whole = Reader::new().push(text.as_bytes());
        let mut reader = Reader::new();
        let mut single = Ok(None);
        for (at, byte) in text.bytes().enumerate() {
            single = reader.push(&[byte]);
            if !matches!(single, Ok(None)) {
                // What comes behind a whole response is the connection's business then.
                let rest = at + 1 < text.len() && single.is_ok();
                assert!(!rest || whole == Err(Loss::Garbage), "{text:?}");
                return whole;
            }
        }
        assert_eq!(whole, single, "{text:?}");
        whole
    }

    fn end(text: &str) -> Result<Response, Loss> {
        let mut reader = Reader::new();
        assert_eq!(reader.push(text.as_bytes()), Ok(None), "{text:?}");
        reader.end()
    }

    fn response(status: u16, body: &str, close: bool) -> Result<Option<Response>, Loss> {
        Ok(Some(Response { status, body: body.into(), close }))
    }

    #[test]
    fn every_framing_is_read_to_its_end() {
        let cases = [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", response(200, "hello", false)),
            ("HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n", response(200, "", false)),
            ("HTTP/1.1 204 No Content\r\n\r\n", response(204, "", false)),
            (
                "HTTP/1.1 503 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                response(503, "", true),
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nC;x=y\r\n, all of \
                 you\r\n0\r\nTrailer: 1\r\n\r\n",
                response(200, "hello, all of you", false),
            ),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                response(200, "ok", false),
            ),
            ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", response(200, "ok", true)),
            (
                "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok",
                response(200, "ok", false),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), expected, "{text:?}");
        }
    }

    #[test]
    fn only_a_body_without_a_length_may_end_with_the_connection() {
        let whole = end("HTTP/1.1 200 OK\r\n\r\nhello").unwrap();
        assert_eq!(whole, Response { status: 200, body: b"hello".into(), close: true });
        assert_eq!(end(""), Err(Loss::Closed));
        for text in [
            "H",
            "HTTP/1.1 200 OK\r\nContent-Le",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
            "HTTP/1.1 100 Continue\r\n\r\n",
        ] {
            assert_eq!(end(text), Err(Loss::Truncated), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_http_is_garbage() {
        for text in [
            "SSH-2.0-OpenSSH_9\r\n",
            "HTTP/2 200 OK\r\n\r\n",
            "HTTP/1.1 20 OK\r\n\r\n",
            "HTTP/1.1 +20 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nok\r\n",
        ] {
            assert_eq!(read(text), Err(Loss::Garbage), "{text:?}");
        }
    }

    #[test]
    fn of_a_long_body_only_the_start_is_kept() {
        let body = "x".repeat(100_000);
        let text = format!("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{body}");
        let response = Reader::new().push(text.as_bytes()).unwrap().unwrap();
        assert_eq!(response.body.len(), KEPT);
    }
}
