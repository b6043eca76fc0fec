//! Relays one connection, and injects the faults.

use super::message::Head;
use super::upstream::Response;
use super::{Fault, Place, Request, Shared};
use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

pub(super) trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// What happens to a connection after a response.
pub(super) enum Then {
    Keep,
    Close,
    Reset,
}

/// Ends the connection as it shall be ended.
pub(super) fn end(socket: &TcpStream, then: Option<Then>) -> io::Result<()> {
    match then {
        // The connection closes when its last handle is dropped.
        Some(Then::Reset) => socket2::SockRef::from(socket).set_linger(Some(Duration::ZERO)),
        _ => socket.shutdown(Shutdown::Both),
    }
}

/// Relays one request after the other, as long as both sides like; what becomes of the connection.
pub(super) fn serve(socket: &TcpStream, shared: &Shared) -> io::Result<Then> {
    match shared.fault_at_the_door() {
        Some(Fault::Cut(_)) => return Ok(Then::Close),
        Some(Fault::Reset(_)) => return Ok(Then::Reset),
        Some(_) => return Ok(hang(socket)),
        None => {}
    }
    let identity = shared.lock().identity.clone();
    let stream: Box<dyn Stream> = match identity {
        Some(identity) => identity.wrap(socket.try_clone()?),
        None => Box::new(socket.try_clone()?),
    };
    let mut client = BufReader::new(stream);
    while let Some(head) = asked(&mut client)? {
        shared.lock().requests.push(Request { at: Instant::now(), head: head.clone() });
        let response = shared.upstream.ask(&head)?;
        let fault = shared.fault(response.announced);
        match send(&mut **client.get_mut(), socket, response, fault)? {
            Then::Keep => {}
            then => return Ok(then),
        }
    }
    Ok(Then::Close)
}

/// Reads the next request. It responds to a malformed one with an error, as servers do.
fn asked(client: &mut BufReader<Box<dyn Stream>>) -> io::Result<Option<Head>> {
    let head = Head::read(client);
    if head.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::InvalidData) {
        refuse(&mut **client.get_mut(), 400, &[])?;
    }
    head
}

fn send(
    client: &mut dyn Stream,
    socket: &TcpStream,
    response: Response,
    fault: Option<Fault>,
) -> io::Result<Then> {
    let (place, then): (_, fn(&TcpStream) -> Then) = match fault {
        None => return relay(client, response),
        // A response to `HEAD` has no body.
        Some(fault) if fault.is_in_the_body() && response.length == Some(0) => {
            return relay(client, response);
        }
        Some(Fault::Status(status, headers)) => return refuse(client, status, &headers),
        Some(Fault::Trickle(parts, pause)) => {
            return trickle(client, socket, response, parts, pause);
        }
        Some(Fault::Announce(more)) => return lie(client, response, more),
        Some(Fault::Noise) => {
            client.write_all(b"SSH-2.0-something\r\n")?;
            return Ok(Then::Close);
        }
        Some(Fault::Cut(place)) => (place, |_| Then::Close),
        Some(Fault::Reset(place)) => (place, |_| Then::Reset),
        Some(Fault::Stall(place)) => (place, hang),
    };
    let head = response.head.bytes();
    let head = match place {
        Place::Door | Place::Asked => &[],
        Place::Head => &head[..head.len() / 2],
        _ => &head[..],
    };
    client.write_all(head)?;
    let length = place.of(response.length.unwrap_or_default());
    io::copy(&mut response.body.take(length), client)?;
    client.flush()?;
    Ok(then(socket))
}

fn relay(client: &mut dyn Stream, response: Response) -> io::Result<Then> {
    client.write_all(&response.head.bytes())?;
    let sent = io::copy(&mut response.body.take(response.length.unwrap_or(u64::MAX)), client)?;
    client.flush()?;
    Ok(if response.length == Some(sent) { Then::Keep } else { Then::Close })
}

fn refuse(
    client: &mut dyn Stream,
    status: u16,
    headers: &[(&'static str, String)],
) -> io::Result<Then> {
    let head = Head::new(format!("HTTP/1.1 {status} Spoilt")).with("content-length", "0");
    let head = headers.iter().fold(head, |head, (name, value)| head.with(name, value));
    client.write_all(&head.bytes())?;
    client.flush()?;
    Ok(Then::Keep)
}

fn trickle(
    client: &mut dyn Stream,
    socket: &TcpStream,
    mut response: Response,
    parts: u32,
    pause: Duration,
) -> io::Result<Then> {
    client.write_all(&response.head.bytes())?;
    let length = response.length.unwrap_or_default();
    let part = length.div_ceil(u64::from(parts));
    let mut left = length;
    while left > 0 {
        client.flush()?;
        if !is_there_after(socket, pause)? {
            return Ok(Then::Close);
        }
        left -= io::copy(&mut response.body.by_ref().take(part.min(left)), client)?;
    }
    client.flush()?;
    Ok(Then::Keep)
}

/// Everything is sent, whatever was announced.
fn lie(client: &mut dyn Stream, response: Response, more: i64) -> io::Result<Then> {
    let announced = response.announced.unwrap_or_default().saturating_add_signed(more);
    let head = response.head.with("content-length", announced.to_string());
    client.write_all(&head.bytes())?;
    io::copy(&mut response.body.take(response.length.unwrap_or_default()), client)?;
    client.flush()?;
    Ok(Then::Close)
}

/// Sends nothing until the client goes.
fn hang(mut socket: &TcpStream) -> Then {
    io::copy(&mut socket, &mut io::sink()).unwrap_or_default();
    Then::Close
}

/// Whether the client is still there after the pause.
fn is_there_after(socket: &TcpStream, pause: Duration) -> io::Result<bool> {
    socket.set_read_timeout(Some(pause))?;
    let result = socket.peek(&mut [0]);
    socket.set_read_timeout(None)?;
    match result {
        Ok(length) => Ok(length > 0),
        Err(error) => {
            Ok(matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut))
        }
    }
}
