//! Tests sockets that are shared, lost, short, or not there.

use super::deployed;
use selfup_tests::need;
use selfup_tests::sandbox::{PATIENCE, children_of, wait_until};
use selfup_tests::service::put;
use selfup_tests::visitor::ask;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

/// A port that is free on both families, for now.
fn free_port() -> u16 {
    TcpListener::bind("[::]:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn both_families_on_one_port_by_two_addresses() {
    let (deployment, _) = deployed("both");
    for v4_first in [true, false] {
        let port = free_port();
        let (v4, v6) = (format!("address=0.0.0.0:{port}"), format!("address=[::]:{port}"));
        let words = if v4_first { [v4, v6] } else { [v6, v4] };
        let mut command = Command::new(deployment.program());
        command.args(words);
        let process = deployment.sandbox().start(command);
        process.wait_line("listens on", PATIENCE);
        for host in ["127.0.0.1", "[::1]"] {
            let address: SocketAddr = format!("{host}:{port}").parse().unwrap();
            assert!(ask(address, "hello").unwrap().starts_with("v1 "), "{address}");
        }
        process.signal(libc::SIGTERM);
        process.wait(PATIENCE);
    }
    deployment.finish();
}

fn ask_unix(path: &Path) -> std::io::Result<String> {
    let mut connection = UnixStream::connect(path)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.write_all(b"hello\n")?;
    let mut line = String::new();
    BufReader::new(connection).read_line(&mut line)?;
    Ok(line)
}

#[test]
fn a_unix_socket_whose_file_was_removed_is_bound_anew_with_its_mode() {
    let (deployment, _) = deployed("lost-file");
    let path = deployment.sandbox().join("app.sock");
    let address = format!("address=unix://{}?mode=0660", path.display());
    let service = deployment.start([address.as_str()]);
    let mode = || fs::symlink_metadata(&path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(), 0o660);
    assert!(ask_unix(&path).unwrap().contains("generation=1"));
    fs::remove_file(&path).unwrap();
    service.restart();
    service.wait_warning(&["bound the socket", "anew", "had been removed"]);
    wait_until("the new child", PATIENCE, || {
        ask_unix(&path).is_ok_and(|response| response.contains("generation=2"))
    });
    assert_eq!(mode(), 0o660);
    service.terminate();
    assert!(!path.exists(), "removed at the end");
    deployment.finish();
}

/// Each listener takes a descriptor in the master, and one more while a child is started.
#[test]
fn a_low_soft_limit_of_descriptors_is_raised_for_the_master_alone() {
    if !need::program("prlimit") {
        return;
    }
    let (deployment, _) = deployed("many-sockets");
    let addresses: Vec<String> = (0..64).map(|_| "address=127.0.0.1:0".to_owned()).collect();
    let limited = |limits: &str| {
        let mut command = Command::new("prlimit");
        command.arg(format!("--nofile={limits}")).arg("--").arg(deployment.program());
        command.args(&addresses);
        command
    };
    let service = deployment.start_as(limited("100:4096"));
    assert_eq!(service.ask_for("enabled"), "true");
    let child = children_of(service.process().pid())[0];
    let limits = fs::read_to_string(format!("/proc/{child}/limits")).unwrap();
    let open_files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    assert!(open_files.split_whitespace().any(|word| word == "100"), "{open_files}");
    service.terminate();

    let process = deployment.sandbox().start(limited("40:40"));
    assert_eq!(process.wait(PATIENCE).code(), Some(1));
    let lines = process.wait_all_lines(PATIENCE);
    assert_eq!(lines.len(), 1, "{lines:?}");
    for words in ["could not open the socket", "64 sockets need 192 open files", "limit is 40"] {
        assert!(lines[0].contains(words), "{words:?} in {lines:?}");
    }
    deployment.finish();
}

#[test]
fn a_release_that_needs_another_socket_is_reported_and_not_refused() {
    let (deployment, first) = deployed("one-more");
    deployment.sandbox().expect_files(["published"]);
    let published = deployment.sandbox().join("published");
    let service = deployment.start([format!("file={}", published.display()).as_str(), "events"]);
    let second = deployment.release("version=2 listens_more");
    put(second.path(), &published, 0o755);
    service.wait_warning(&["\"more\"", "stop and start the service"]);
    service.process().wait_line("event CandidateFailed", PATIENCE);
    service.is_version(1);
    wait_until("the first release to be in place", PATIENCE, || {
        deployment.installed() == first.id()
    });
    assert!(!service.warnings().iter().any(|line| line.contains("refused")));
    service.terminate();
    deployment.finish();
}

/// `cd current; ./app`, and then `current` is pointed at the next release.
#[test]
fn a_program_started_inside_a_link_follows_it_when_it_is_pointed_elsewhere() {
    let (deployment, _) = deployed("current");
    let sandbox = deployment.sandbox();
    sandbox.expect_files(["current", "one", "two"]);
    for (folder, notes) in [("one", "version=1"), ("two", "version=2")] {
        fs::create_dir(sandbox.join(folder)).unwrap();
        put(deployment.release(notes).path(), &sandbox.join(folder).join("app"), 0o755);
    }
    symlink("one", sandbox.join("current")).unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", "cd \"$0/current\" && exec ./app address=127.0.0.1:0"]).arg(sandbox.path());
    let service = deployment.start_as(shell);
    service.is_version(1);
    fs::remove_file(sandbox.join("current")).unwrap();
    symlink("two", sandbox.join("current")).unwrap();
    fs::remove_dir_all(sandbox.join("one")).unwrap();
    service.restart();
    service.wait_version(2);
    service.terminate();
    deployment.finish();
}
