use std::{
    io::Read,
    sync::atomic::{AtomicUsize, Ordering},
};

use selfup_fetch::Error;
use selfup_fetch_http::Http;

use crate::{
    poll,
    server::{Reply, Request, Server, Then},
};

pub(crate) type Headers = &'static [(&'static str, &'static str)];

pub(crate) const TAGGED: Headers = &[("ETag", "\"1\"")];

/// How a response ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    Whole,
    BeforeHead,
    InHead,
    /// After so many bytes of the body, closed.
    Close(usize),
    /// The same, reset.
    Reset(usize),
    /// The same, with nothing more to come.
    Stall(usize),
    /// In chunks: after these bytes of the framing, or of the body.
    InChunks(&'static [u8]),
    /// A response of its own.
    Say(u16, Headers),
}

pub(crate) fn file() -> Vec<u8> {
    (0..1000_u32).flat_map(u32::to_be_bytes).collect()
}

/// Where a request wants to begin.
pub(crate) fn first_byte(request: &Request) -> Option<usize> {
    request.header("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
}

/// Serves `body`, or its rest, and ends as `end` says.
pub(crate) fn serve(
    request: &Request,
    reply: &mut Reply<'_>,
    headers: Headers,
    body: &[u8],
    end: End,
) -> Then {
    let first = first_byte(request);
    let part = &body[first.unwrap_or_default()..];
    let range = first.map(|first| format!("bytes {first}-{}/{}", body.len() - 1, body.len()));
    let mut headers = headers.to_vec();
    headers.extend(range.as_deref().map(|range| ("Content-Range", range)));
    let status = if range.is_some() { 206 } else { 200 };
    let cut = |n: usize| &part[..n.min(part.len())];
    match end {
        End::Whole => return reply.answer(request, status, &headers, part),
        End::Say(status, headers) => return reply.answer(request, status, headers, b"no"),
        End::BeforeHead => {}
        End::InHead => reply.send(b"HTTP/1.1 206 Partial Content\r\nContent-Le"),
        End::InChunks(bytes) => {
            headers.push(("Transfer-Encoding", "chunked"));
            reply.head(status, &headers, None);
            reply.send(bytes);
        }
        End::Close(n) | End::Reset(n) | End::Stall(n) => {
            reply.head(status, &headers, Some(part.len()));
            reply.send(cut(n));
        }
    }
    match end {
        End::Stall(_) => reply.hang(),
        End::Reset(_) => reply.reset(),
        _ => Then::Close,
    }
}

/// Serves a body whose first responses end as listed, and the others whole.
pub(crate) fn origin(headers: Headers, body: Vec<u8>, ends: &[End]) -> Server {
    let ends = ends.to_vec();
    let answered = AtomicUsize::new(0);
    Server::start(move |request, reply| {
        let nth = answered.fetch_add(1, Ordering::Relaxed);
        serve(request, reply, headers, &body, ends.get(nth).copied().unwrap_or(End::Whole))
    })
}

/// The ranges that were asked for.
pub(crate) fn ranges(server: &Server) -> Vec<String> {
    let requests = server.requests();
    requests.iter().map(|request| request.header("range").unwrap_or("all").to_owned()).collect()
}

/// Reads what can be read, and then the error.
pub(crate) fn broken(source: &mut Http) -> (Vec<u8>, Error) {
    let (mut reader, mut bytes) = (poll(source).unwrap().unwrap().reader, Vec::new());
    let error = Error::from(reader.read_to_end(&mut bytes).unwrap_err());
    let again = Error::from(reader.read_to_end(&mut bytes).unwrap_err());
    assert_eq!(again.kind(), error.kind(), "an error stays an error");
    (bytes, error)
}
