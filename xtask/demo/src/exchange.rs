//! One request and its answer over HTTP/1.1, and every way in which that can fail.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than any answer takes, slow ones included.
const PATIENCE: Duration = Duration::from_secs(20);

/// The client's side of a connection on which one request at a time is made.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    /// The server has said that it will close.
    last: bool,
}

/// A whole answer.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    body: String,
    last: bool,
}

impl Connection {
    /// Opens a connection; if that fails, why.
    pub(super) fn open(address: SocketAddr) -> Result<Self, String> {
        let open = || -> io::Result<TcpStream> {
            let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            Ok(stream)
        };
        match open() {
            Ok(stream) => Ok(Self { stream, last: false }),
            Err(error) => Err(reason("connecting", &error)),
        }
    }

    /// Whether another request may be made: the server has not closed the connection, nor said that
    /// it would.
    pub(super) fn usable(&self) -> bool {
        let silent = || -> io::Result<bool> {
            self.stream.set_nonblocking(true)?;
            let peeked = self.stream.peek(&mut [0]);
            self.stream.set_nonblocking(false)?;
            Ok(peeked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock))
        };
        !self.last && silent().unwrap_or(false)
    }

    /// Sends a request; what fails is why it is lost.
    pub(super) fn ask(&mut self, path: &str, keep: bool) -> Result<(), String> {
        let close = if keep { "" } else { "Connection: close\r\n" };
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{close}\r\n");
        let written = self.stream.write_all(request.as_bytes());
        written.map_err(|error| reason("writing the request", &error))
    }

    /// Waits for the answer; its body, or why there is none.
    pub(super) fn answer(&mut self) -> Result<String, String> {
        let answer = self.receive()?;
        self.last = answer.last;
        match answer.status {
            200 => Ok(answer.body),
            status => Err(format!("status {status}")),
        }
    }

    fn receive(&mut self) -> Result<Answer, String> {
        let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
        loop {
            if let Some(answer) = parse(&bytes)? {
                return Ok(answer);
            }
            match self.stream.read(&mut chunk) {
                Ok(0) if bytes.is_empty() => return Err("closed without an answer".to_owned()),
                Ok(0) => return Err(format!("cut off after {} bytes", bytes.len())),
                Ok(read) => bytes.extend_from_slice(&chunk[..read]),
                Err(error) => return Err(reason("waiting for the answer", &error)),
            }
        }
    }
}

fn reason(doing: &str, error: &io::Error) -> String {
    let what = match error.kind() {
        ErrorKind::ConnectionRefused => "refused".to_owned(),
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => "reset".to_owned(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            format!("nothing happened for {} s", PATIENCE.as_secs())
        }
        _ => error.to_string(),
    };
    format!("{what} while {doing}")
}

/// The answer, once it is there as a whole.
fn parse(bytes: &[u8]) -> Result<Option<Answer>, String> {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return Ok(None) };
    let mut lines = head.split("\r\n");
    let status =
        lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
    let header = |name: &str| {
        let mut fields = lines.clone().filter_map(|line| line.split_once(':'));
        let field = fields.find(|(field, _)| field.eq_ignore_ascii_case(name));
        field.map(|(_, value)| value.trim())
    };
    let length = header("content-length").and_then(|length| length.parse::<usize>().ok());
    let (Some(status), Some(length)) = (status, length) else {
        return Err(format!("no answer, but {:?}", head));
    };
    match body.len() {
        have if have < length => Ok(None),
        have if have > length => Err(format!("{} bytes too many", have - length)),
        _ => {
            let last = header("connection").is_some_and(|it| it.eq_ignore_ascii_case("close"));
            Ok(Some(Answer { status, body: body.to_owned(), last }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    const WHOLE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

    #[test]
    fn an_answer_is_whole_or_none() {
        for end in 0..WHOLE.len() {
            assert_eq!(parse(&WHOLE.as_bytes()[..end]), Ok(None), "{end}");
        }
        let answer = Answer { status: 200, body: "hello".to_owned(), last: false };
        assert_eq!(parse(WHOLE.as_bytes()), Ok(Some(answer)));
        assert!(parse(format!("{WHOLE}!").as_bytes()).unwrap_err().contains("1 bytes too many"));
        assert!(parse(b"HTTP/1.1 200 OK\r\n\r\nhello").is_err());
        assert!(parse(b"SSH-2.0\r\n\r\n").is_err());
    }

    /// What a client gets from a server that does this with its connection.
    fn served(serve: impl FnOnce(TcpStream) + Send + 'static) -> Result<String, String> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let mut stream = listener.accept().unwrap().0;
            assert!(stream.read(&mut [0; 1024]).unwrap() > 0);
            serve(stream);
        });
        let mut connection = Connection::open(address).unwrap();
        connection.ask("/", true).unwrap();
        let result = connection.answer();
        server.join().unwrap();
        result
    }

    #[test]
    fn each_loss_says_what_happened() {
        let answer = |text: &'static str| {
            served(move |mut stream| stream.write_all(text.as_bytes()).unwrap())
        };
        assert_eq!(answer(WHOLE), Ok("hello".to_owned()));
        assert_eq!(answer(&WHOLE[..30]), Err("cut off after 30 bytes".to_owned()));
        assert_eq!(answer(""), Err("closed without an answer".to_owned()));
        let busy = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(answer(busy), Err("status 503".to_owned()));
    }

    #[test]
    fn nobody_listening_is_a_refusal() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        assert_eq!(Connection::open(address).unwrap_err(), "refused while connecting");
    }

    #[test]
    fn a_connection_that_the_server_closed_is_not_used_again() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connection = Connection::open(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept().unwrap();
        assert!(connection.usable());
        drop(server);
        assert!(!connection.usable());
    }
}
