use std::sync::{Arc, Mutex};

use selfup_fetch::{Fetch, Outcome};
use selfup_fetch_http::Http;

use crate::{
    fetch,
    server::{Request, Server},
};

/// What is published: headers and bytes, to be changed while the server runs.
#[derive(Clone)]
pub(crate) struct Release(Arc<Mutex<(Headers, Vec<u8>)>>);

type Headers = Vec<(&'static str, &'static str)>;

impl Release {
    pub(crate) fn publish(&self, headers: &[(&'static str, &'static str)], bytes: &[u8]) {
        *self.0.lock().unwrap() = (headers.to_vec(), bytes.to_vec());
    }
}

pub(crate) const MORNING: &str = "Mon, 05 Jan 2026 08:00:00 GMT";
pub(crate) const NOON: &str = "Mon, 05 Jan 2026 12:00:00 GMT";
pub(crate) const EVENING: &str = "Mon, 05 Jan 2026 18:00:00 GMT";

/// A server that responds to HEAD with `head`, and to conditional requests as servers do: tags by
/// equality, times by order.
pub(crate) fn origin(
    head: u16,
    headers: &[(&'static str, &'static str)],
    bytes: &[u8],
) -> (Server, Release) {
    let release = Release(Arc::default());
    release.publish(headers, bytes);
    let published = release.clone();
    let server = Server::start(move |request, reply| {
        let (headers, bytes) = published.0.lock().unwrap().clone();
        let status = match request.method.as_str() {
            "HEAD" => head,
            _ if not_modified(request, &headers) => 304,
            _ => 200,
        };
        reply.answer(request, status, &headers, &bytes)
    });
    (server, release)
}

fn not_modified(request: &Request, headers: &Headers) -> bool {
    let value = |name| headers.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
    if let Some(tag) = request.header("if-none-match") {
        return value("ETag") == Some(tag);
    }
    match (request.header("if-modified-since"), value("Last-Modified")) {
        // All on one day: the times of day compare as text.
        (Some(since), Some(modified)) => modified <= since,
        _ => false,
    }
}

pub(crate) fn settled(source: &mut Http, outcome: Outcome) -> Option<Vec<u8>> {
    let bytes = fetch(source).unwrap();
    source.report(outcome);
    bytes
}
