//! A server that always sends the same response.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// Responds with this to every request, without the body to a `HEAD`, and returns the server's URL.
pub(crate) fn always(status: u16, headers: &str, body: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let head = format!(
        "HTTP/1.1 {status} Whatever\r\ncontent-type: application/xml\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    );
    let body = body.to_owned();
    thread::spawn(move || {
        for connection in listener.incoming() {
            // A client that disconnects does not stop the server.
            answer(connection.unwrap(), &head, &body).unwrap_or_default();
        }
    });
    format!("http://{address}")
}

fn answer(connection: TcpStream, head: &str, body: &str) -> std::io::Result<()> {
    let mut stream = BufReader::new(connection);
    loop {
        let mut line = String::new();
        let (mut is_head, mut is_first) = (false, true);
        while line != "\r\n" {
            line.clear();
            if stream.read_line(&mut line)? == 0 {
                return Ok(());
            }
            is_head |= is_first && line.starts_with("HEAD ");
            is_first = false;
        }
        let body = if is_head { "" } else { body };
        stream.get_mut().write_all(format!("{head}{body}").as_bytes())?;
    }
}

/// An error in the format of S3.
pub(crate) fn error(code: &str, message: &str, more: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code>\
         <Message>{message}</Message>{more}<RequestId>1</RequestId></Error>"
    )
}
