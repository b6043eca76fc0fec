//! Tests that the reader returns the whole file, decoded, or an error.

use std::io::Read;

use selfup_fetch::Fetch;
use selfup_fetch::{Error, ErrorKind, Outcome};

use crate::{
    fetch, gzip, http, poll,
    server::{Server, Then},
};

const BYTES: &[u8] = b"the whole program";

fn served(headers: &'static [(&'static str, &'static str)], body: Vec<u8>) -> Server {
    Server::start(move |request, reply| reply.answer(request, 200, headers, &body))
}

#[test]
fn a_large_body_comes_whole() {
    let body: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
    let server = served(&[], body.clone());
    assert!(fetch(&mut http(server.url("/app"))).unwrap().unwrap() == body);
}

#[test]
fn a_chunked_body_comes_whole() {
    let server = Server::start(|_, reply| {
        reply.head(200, &[("Transfer-Encoding", "chunked")], None);
        for chunk in BYTES.chunks(5) {
            reply.send(format!("{:x}\r\n", chunk.len()).as_bytes());
            reply.send(chunk);
            reply.send(b"\r\n");
        }
        reply.send(b"0\r\n\r\n");
        Then::Keep
    });
    let mut source = http(server.url("/app"));
    let artifact = poll(&mut source).unwrap().unwrap();
    assert_eq!(artifact.size, None);
    assert_eq!(crate::read(artifact).unwrap(), BYTES);
}

#[test]
fn a_body_that_ends_with_its_connection_is_taken_as_it_is() {
    let server = Server::start(|_, reply| {
        reply.head(200, &[("Connection", "close")], None);
        reply.send(BYTES);
        Then::Close
    });
    assert_eq!(fetch(&mut http(server.url("/app"))).unwrap().unwrap(), BYTES);
}

#[test]
fn a_server_of_http_1_0_serves() {
    for (length, cut) in [(Some(BYTES.len()), false), (Some(BYTES.len() + 1), true), (None, false)]
    {
        let server = Server::start(move |_, reply| {
            reply.send(b"HTTP/1.0 200 OK\r\n");
            if let Some(length) = length {
                reply.send(format!("Content-Length: {length}\r\n").as_bytes());
            }
            reply.send(b"\r\n");
            reply.send(BYTES);
            Then::Close
        });
        let result = fetch(&mut http(server.url("/app")));
        match cut {
            false => assert_eq!(result.unwrap().unwrap(), BYTES, "{length:?}"),
            true => assert_eq!(result.unwrap_err().kind(), ErrorKind::Truncated),
        }
    }
}

/// The chunks count (RFC 9112, section 6.3), and the other length is ignored.
#[test]
fn a_length_beside_chunks_means_nothing() {
    for length in [1, BYTES.len(), 1000] {
        let server = Server::start(move |_, reply| {
            reply.head(200, &[("Transfer-Encoding", "chunked")], Some(length));
            reply.send(format!("{:x}\r\n", BYTES.len()).as_bytes());
            reply.send(BYTES);
            reply.send(b"\r\n0\r\n\r\n");
            Then::Keep
        });
        let artifact = poll(&mut http(server.url("/app"))).unwrap().unwrap();
        assert_eq!(artifact.size, None);
        assert_eq!(crate::read(artifact).unwrap(), BYTES, "{length}");
    }
}

#[test]
fn a_cut_is_an_error_and_never_an_end() {
    type Send = fn(&mut crate::server::Reply<'_>) -> Then;
    let cuts: [(&str, Send); 5] = [
        ("length, closed", |reply| {
            reply.head(200, &[("ETag", "\"1\"")], Some(BYTES.len() + 1));
            reply.send(BYTES);
            Then::Close
        }),
        ("length, reset", |reply| {
            reply.head(200, &[("ETag", "\"1\"")], Some(1 << 20));
            reply.send(BYTES);
            reply.reset()
        }),
        ("length, nothing", |reply| {
            reply.head(200, &[("ETag", "\"1\"")], Some(BYTES.len()));
            Then::Close
        }),
        ("chunks, between", |reply| {
            reply.head(200, &[("ETag", "\"1\""), ("Transfer-Encoding", "chunked")], None);
            reply.send(b"4\r\nhalf\r\n");
            Then::Close
        }),
        ("chunks, within", |reply| {
            reply.head(200, &[("ETag", "\"1\""), ("Transfer-Encoding", "chunked")], None);
            reply.send(b"40\r\nhalf");
            Then::Close
        }),
    ];
    for (name, send) in cuts {
        let server = Server::start(move |_, reply| send(reply));
        let mut source = http(server.url("/app?key=SECRET"));
        let mut reader = poll(&mut source).unwrap().unwrap().reader;
        for _ in 0..2 {
            let error = Error::from(reader.read_to_end(&mut Vec::new()).unwrap_err());
            assert_eq!(error.kind(), ErrorKind::Truncated, "{name}: {error}");
            assert!(error.is_transient(), "{name}");
            assert!(error.to_string().contains("/app?key=…"), "{name}: {error}");
        }
        source.report(Outcome::Failed);
        drop(reader);
        assert!(poll(&mut source).unwrap().is_some(), "a broken transfer is tried again");
    }
}

#[test]
fn chunks_that_are_none_are_an_error() {
    let server = Server::start(|_, reply| {
        reply.head(200, &[("Transfer-Encoding", "chunked")], None);
        reply.send(b"zz\r\nhalf\r\n");
        Then::Close
    });
    let error = fetch(&mut http(server.url("/app"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
}

#[test]
fn a_gz_file_is_decompressed() {
    let server = served(&[("Content-Type", "application/gzip")], gzip(BYTES));
    for path in ["/app.gz", "/app.gz?version=1", "/APP.GZ"] {
        let artifact = poll(&mut http(server.url(path))).unwrap().unwrap();
        assert_eq!(artifact.size, None, "the size is that of the compressed file");
        assert_eq!(crate::read(artifact).unwrap(), BYTES);
    }
    assert_eq!(fetch(&mut http(server.url("/app"))).unwrap().unwrap(), gzip(BYTES));
}

/// A frame with one block that is not compressed (RFC 8878, section 3).
#[cfg(feature = "zstd")]
fn zstd(bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(bytes.len()).unwrap();
    let block = (u32::from(length) << 3 | 1).to_le_bytes();
    [&[0x28, 0xb5, 0x2f, 0xfd, 0x20, length], &block[..3], bytes].concat()
}

#[cfg(feature = "zstd")]
#[test]
fn a_zst_file_is_decompressed() {
    let packed = zstd(BYTES);
    let server = served(&[], packed.clone());
    assert_eq!(fetch(&mut http(server.url("/app.zst"))).unwrap().unwrap(), BYTES);
    assert_eq!(fetch(&mut http(server.url("/app"))).unwrap().unwrap(), packed);
    // Coded by its own compression, by that once more, or by another.
    for (coding, body) in [("zstd", packed.clone()), ("zstd", zstd(&packed))] {
        let server = Server::start(move |request, reply| {
            reply.answer(request, 200, &[("Content-Encoding", coding)], &body)
        });
        assert_eq!(fetch(&mut http(server.url("/app.zst"))).unwrap().unwrap(), BYTES);
    }
    let server = served(&[("Content-Encoding", "gzip")], gzip(&packed));
    assert_eq!(fetch(&mut http(server.url("/app.zst"))).unwrap().unwrap(), BYTES);
    let server = served(&[], packed[..packed.len() - 1].to_vec());
    let error = fetch(&mut http(server.url("/app.zst"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Truncated, "{error}");
}

/// `BYTES`, as the command `xz` packs them.
#[cfg(feature = "xz")]
const XZ: &[u8] = include_bytes!("packed.xz");

#[cfg(feature = "xz")]
#[test]
fn an_xz_file_is_decompressed() {
    let server = served(&[], XZ.to_vec());
    assert_eq!(fetch(&mut http(server.url("/app.xz"))).unwrap().unwrap(), BYTES);
    let server = served(&[("Content-Encoding", "gzip")], gzip(XZ));
    assert_eq!(fetch(&mut http(server.url("/app.xz"))).unwrap().unwrap(), BYTES);
    let server = served(&[], XZ[..XZ.len() - 1].to_vec());
    let error = fetch(&mut http(server.url("/app.xz"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Truncated, "{error}");
}

#[test]
fn a_broken_gz_file_is_an_error() {
    let whole = gzip(BYTES);
    let server = served(&[], whole[..whole.len() - 3].to_vec());
    let error = fetch(&mut http(server.url("/app.gz"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Truncated);
    assert!(error.to_string().contains("/app.gz"), "{error}");

    let server = served(&[("Content-Type", "text/html")], b"<html>log in</html>".to_vec());
    let error = fetch(&mut http(server.url("/app.gz"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);

    // The line's error, not that of the decompression.
    let server = Server::start(move |_, reply| {
        reply.head(200, &[], Some(1000));
        reply.send(&whole[..whole.len() - 3]);
        Then::Close
    });
    let error = fetch(&mut http(server.url("/app.gz"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Truncated);
    assert!(error.to_string().contains("of 1000 bytes"), "{error}");
}

#[test]
fn a_content_coding_is_undone() {
    for coding in ["gzip", "x-gzip", "GZIP", "identity, gzip"] {
        let server = Server::start(move |request, reply| {
            let headers = [("Content-Encoding", coding)];
            reply.answer(request, 200, &headers, &gzip(BYTES))
        });
        let artifact = poll(&mut http(server.url("/app"))).unwrap().unwrap();
        assert_eq!(artifact.size, None, "the length is that of the coded body");
        assert_eq!(crate::read(artifact).unwrap(), BYTES, "{coding}");
    }
    let server = served(&[("Content-Encoding", "identity")], BYTES.to_vec());
    assert_eq!(fetch(&mut http(server.url("/app"))).unwrap().unwrap(), BYTES);
}

#[test]
fn a_coded_gz_file_is_undone_as_often_as_it_was_done() {
    for body in [gzip(BYTES), gzip(&gzip(BYTES))] {
        let server = served(&[("Content-Encoding", "gzip")], body);
        assert_eq!(fetch(&mut http(server.url("/app.gz"))).unwrap().unwrap(), BYTES);
    }
    let server = served(&[("Content-Encoding", "gzip")], gzip(b"x"));
    assert_eq!(fetch(&mut http(server.url("/app.gz"))).unwrap().unwrap(), b"x");
}

#[test]
fn an_unrequested_coding_is_named() {
    for coding in ["br", "zstd", "gzip, gzip", "deflate"] {
        let server = Server::start(move |request, reply| {
            reply.answer(request, 200, &[("Content-Encoding", coding)], BYTES)
        });
        let error = poll(&mut http(server.url("/app"))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
        assert!(error.to_string().contains(coding.split(',').next().unwrap()), "{error}");
    }
}

#[test]
fn nothing_is_fetched_beyond_what_is_read() {
    let server = served(&[("ETag", "\"1\"")], vec![0; 64 << 20]);
    let mut source = http(server.url("/app"));
    drop(poll(&mut source).unwrap().unwrap());
    source.report(Outcome::Refused);
    assert!(poll(&mut source).unwrap().is_none());
    assert_eq!(server.methods(), ["GET", "HEAD"]);
}
