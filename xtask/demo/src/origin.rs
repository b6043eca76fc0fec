//! The HTTP server from which the app takes its upgrades.

use super::build;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use xtask_support::command::{Failure, Result};

/// Responds until the demo ends.
#[derive(Debug)]
pub(super) struct Origin {
    address: SocketAddr,
    published: Arc<AtomicU32>,
}

impl Origin {
    /// Serves versions from this folder, on a free port of the loopback interface. The first has to
    /// be published.
    pub(super) fn start(folder: &Path) -> Result<Self> {
        let failed = |error| Failure::new(format!("no server on the loopback interface: {error}"));
        let listener = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let published = Arc::new(AtomicU32::new(0));
        let shelf = Shelf { folder: folder.to_path_buf(), published: Arc::clone(&published) };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shelf = shelf.clone();
                // A client that hangs up in the middle asks again.
                thread::spawn(move || shelf.serve(&stream).ok());
            }
        });
        Ok(Self { address, published })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/app", self.address)
    }

    /// Publishes this version.
    pub(super) fn publish(&self, version: u32) {
        self.published.store(version, Ordering::SeqCst);
    }
}

/// What a connection is served from.
#[derive(Clone, Debug)]
struct Shelf {
    folder: PathBuf,
    published: Arc<AtomicU32>,
}

impl Shelf {
    fn serve(&self, mut stream: &TcpStream) -> io::Result<()> {
        let mut lines = BufReader::new(stream).lines();
        while let Some(request) = lines.next().transpose()? {
            let mut known = None;
            for header in lines.by_ref() {
                let header = header?;
                match header.split_once(':') {
                    Some((name, value)) if name.eq_ignore_ascii_case("if-none-match") => {
                        known = Some(value.trim().to_owned());
                    }
                    Some(_) => {}
                    None => break,
                }
            }
            self.answer(&request, known.as_deref(), &mut stream)?;
        }
        Ok(())
    }

    fn answer(&self, request: &str, known: Option<&str>, to: &mut impl Write) -> io::Result<()> {
        let version = self.published.load(Ordering::SeqCst);
        let tag = format!("\"{version}\"");
        let body = match request.split(' ').next() {
            Some("GET") => true,
            Some("HEAD") => false,
            _ => {
                return to
                    .write_all(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n");
            }
        };
        if known == Some(tag.as_str()) {
            return write!(to, "HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n");
        }
        let mut file = File::open(build::path(&self.folder, version))?;
        let length = file.metadata()?.len();
        write!(to, "HTTP/1.1 200 OK\r\nETag: {tag}\r\nContent-Length: {length}\r\n\r\n")?;
        if body {
            io::copy(&mut file, to)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(shelf: &Shelf, request: &str, known: Option<&str>) -> String {
        let mut answer = Vec::new();
        shelf.answer(request, known, &mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    }

    #[test]
    fn the_tag_changes_with_the_version_and_a_head_has_no_body() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(build::path(folder.path(), 1), "one").unwrap();
        std::fs::write(build::path(folder.path(), 2), "second").unwrap();
        let published = Arc::new(AtomicU32::new(1));
        let shelf = Shelf { folder: folder.path().to_path_buf(), published: published.clone() };
        let one = "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: 3\r\n\r\n";
        assert_eq!(answer(&shelf, "HEAD /app HTTP/1.1", None), one);
        assert_eq!(answer(&shelf, "GET /app HTTP/1.1", None), format!("{one}one"));
        assert!(answer(&shelf, "GET /app HTTP/1.1", Some("\"1\"")).contains(" 304 "));
        assert!(answer(&shelf, "PUT /app HTTP/1.1", None).contains(" 405 "));
        published.store(2, Ordering::SeqCst);
        assert!(answer(&shelf, "GET /app HTTP/1.1", Some("\"1\"")).ends_with("second"));
    }
}
