//! Tests that files and connections go over, and that what the successor does not take is closed.

use super::Server;
use selfup_tests::sandbox::{PATIENCE, Sandbox};
use selfup_tests::uninterrupted::uninterrupted;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::net::UnixListener;

#[test]
fn files_and_connections_go_over_and_what_is_not_taken_is_closed() {
    for words in ["single std passes", "double std passes"] {
        let sandbox = Sandbox::new("handoff-inherits");
        let greeted = UnixListener::bind(sandbox.join("greeted")).unwrap();
        sandbox.expect_files(["greeted", "log"]);
        let mut server = Server::start(&sandbox, words);
        let mut connection = BufReader::new(greeted.accept().unwrap().0);
        let (mut left, _) = greeted.accept().unwrap();
        server.hand_over();
        let before = server.settled_fds();
        server.hand_over();
        let lines: Vec<u64> = (1..=server.generation).collect();
        for number in &lines {
            let mut line = String::new();
            connection.read_line(&mut line).unwrap();
            assert_eq!(line, format!("#{number}\n"));
        }
        let logged = std::fs::read_to_string(sandbox.join("log")).unwrap();
        assert_eq!(logged.lines().count(), lines.len(), "{logged}");
        // The first process has ended or executed another file, and its successors have not taken it.
        left.set_read_timeout(Some(PATIENCE)).unwrap();
        assert_eq!(uninterrupted(|| left.read(&mut [0; 1])).unwrap(), 0, "it was closed");
        assert_eq!(server.settled_fds(), before);
        server.stop();
        sandbox.finish();
    }
}
