//! Tests the signatures of fetched files.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use selfup_fetch::{Artifact, Error, Fetch, Outcome, RunningExecutable};
use selfup_fetch_http::Http;

use crate::{current, gzip, http, read, server::Server};

/// What is at each path; 404 elsewhere.
#[derive(Clone, Default)]
struct Published(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

impl Published {
    fn put(&self, path: &str, bytes: &[u8]) {
        self.0.lock().unwrap().insert(path.to_owned(), bytes.to_vec());
    }
}

fn origin() -> (Server, Published) {
    let published = Published::default();
    let shown = published.clone();
    let server = Server::start(move |request, reply| {
        let found = shown.0.lock().unwrap().get(&request.path).cloned();
        match found {
            Some(bytes) => reply.answer(request, 200, &[("ETag", "1")], &bytes),
            None => reply.answer(request, 404, &[], b"no such thing"),
        }
    });
    (server, published)
}

fn wanting() -> RunningExecutable {
    current().with_signature_wanted(true)
}

fn poll(source: &mut Http) -> Result<Option<Artifact>, Error> {
    source.fetch(&wanting())
}

#[test]
fn it_is_beside_the_executable() {
    let (server, published) = origin();
    published.put("/a/app", b"one");
    published.put("/a/my%20app.gz?token=x", &gzip(b"one"));
    published.put("/a/app.minisig", b"signed");
    published.put("/a/my%20app.minisig?token=x", b"signed too");
    published.put("/a/app.gz.minisig", b"of the archive");
    for (path, name, signature) in [
        ("/a/app", "app", Some("signed")),
        ("/a/my%20app.gz?token=x", "my app", Some("signed too")),
    ] {
        let artifact = poll(&mut http(server.url(path))).unwrap().unwrap();
        assert_eq!(artifact.signature.as_deref(), signature, "{path}");
        assert_eq!(artifact.file_name.as_deref(), Some(name), "{path}");
        assert_eq!(read(artifact).unwrap(), b"one");
    }
    let unasked = http(server.url("/a/app")).fetch(&current()).unwrap().unwrap();
    assert_eq!(unasked.signature, None);
    published.put("/b/app", b"one");
    let unsigned = poll(&mut http(server.url("/b/app"))).unwrap().unwrap();
    assert_eq!(unsigned.signature, None);
}

#[test]
fn it_gets_the_same_credentials() {
    let server = Server::start(|request, reply| {
        let status = if request.header("authorization") == Some("Bearer x") { 200 } else { 401 };
        reply.answer(request, status, &[("ETag", "1")], b"bytes")
    });
    let mut source = http(server.url("/app")).bearer("x");
    assert_eq!(poll(&mut source).unwrap().unwrap().signature.as_deref(), Some("bytes"));
}

#[test]
fn a_server_in_trouble_is_no_missing_signature() {
    let server = Server::start(|request, reply| {
        let status = if request.path.ends_with(".minisig") { 503 } else { 200 };
        reply.answer(request, status, &[("ETag", "1")], b"bytes")
    });
    let error = poll(&mut http(server.url("/app"))).unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert!(error.to_string().contains("/app.minisig: the server responds with 503"), "{error}");
}

/// Object stores respond "forbidden" for a missing object to clients that may not list.
#[test]
fn a_forbidden_one_is_a_missing_one() {
    let server = Server::start(|request, reply| match request.path.ends_with(".minisig") {
        true => reply.answer(request, 403, &[], b"AccessDenied"),
        false => reply.answer(request, 200, &[("ETag", "1")], b"bytes"),
    });
    let artifact = poll(&mut http(server.url("/app"))).unwrap().unwrap();
    assert_eq!(artifact.signature, None);
    let limited = Server::start(|request, reply| match request.path.ends_with(".minisig") {
        true => reply.answer(request, 403, &[("Retry-After", "9")], b"too many"),
        false => reply.answer(request, 200, &[("ETag", "1")], b"bytes"),
    });
    let error = poll(&mut http(limited.url("/app"))).unwrap_err();
    assert!(error.retry_after().is_some(), "{error}");
    let unknown = Server::start(|request, reply| match request.path.ends_with(".minisig") {
        true => reply.answer(request, 401, &[], b"who?"),
        false => reply.answer(request, 200, &[("ETag", "1")], b"bytes"),
    });
    poll(&mut http(unknown.url("/app"))).unwrap_err();
}

#[test]
fn no_more_is_read_than_a_signature_can_have() {
    let (server, published) = origin();
    published.put("/app", b"one");
    published.put("/app.minisig", &vec![b'x'; 1 << 20]);
    let artifact = poll(&mut http(server.url("/app"))).unwrap().unwrap();
    assert_eq!(artifact.signature.unwrap().len(), (8 << 10) + 1);
}

#[test]
fn what_was_refused_is_fetched_again_when_it_is_signed_anew() {
    let (server, published) = origin();
    published.put("/app", b"one");
    let mut source = http(server.url("/app"));
    let mut next = |outcome| {
        let signature = poll(&mut source).unwrap().map(|artifact| {
            let signature = artifact.signature.clone();
            read(artifact).unwrap();
            signature
        });
        source.report(outcome);
        let requests = server.requests();
        let paths = requests.iter().map(|request| format!("{} {}", request.method, request.path));
        (signature, paths.collect::<Vec<_>>())
    };
    let both = ["GET /app", "GET /app.minisig"].map(str::to_owned).to_vec();
    let look = ["HEAD /app", "GET /app.minisig"].map(str::to_owned).to_vec();
    assert_eq!(next(Outcome::Refused), (Some(None), both));
    // While it is refused, a poll costs a look at the signature and no more.
    assert_eq!(next(Outcome::Refused), (None, look.clone()));
    published.put("/app.minisig", b"wrong");
    assert_eq!(next(Outcome::Refused).0, Some(Some("wrong".to_owned())));
    assert_eq!(next(Outcome::Refused), (None, look));
    published.put("/app.minisig", b"right");
    assert_eq!(next(Outcome::Installed).0, Some(Some("right".to_owned())));
    published.put("/app.minisig", b"another");
    assert_eq!(next(Outcome::Installed), (None, vec!["HEAD /app".to_owned()]));
}
