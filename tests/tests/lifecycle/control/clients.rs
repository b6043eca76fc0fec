//! Clients that stall, lie, are too many, or belong to another user; and the status under load.

use super::*;
use selfup_tests::need;
use selfup_tests::sandbox::{wait_for, wait_until};
use std::fs::{self, Permissions};
use std::io::Read;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::time::Instant;

/// The most memory that a process has had, in KiB.
fn peak(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_thousand_clients_that_stall_or_lie_move_neither_service_nor_master() {
    let deployment = deployed("control-thousand");
    let service = start(&deployment, &[]);
    let pid = service.process().pid();
    run(&deployment, "status").is(0, &["serving"]);
    let before = peak(pid);
    let mut stalled = Vec::new();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for number in 0..1000 {
        let mut client = UnixStream::connect(socket(&deployment)).unwrap();
        // What the master has closed cannot be written to.
        let mut send = |bytes: &[u8]| drop(client.write_all(bytes));
        match number % 8 {
            0 => {}
            1 => send(b"{\"verb\":"),
            2 => send(b"{\"verb\":\"status\"}\n"),
            3 => send(&b"{\"verb\":\"status\"}\n".repeat(100)),
            4 => send(&[b'x'; 40_000]),
            5 => send(b"{\"verb\":\"events\"}\n"),
            6 => send(b"{\"verb\":\"status\"}\n{\"verb\":\"sta"),
            _ => {
                let garbage: Vec<u8> = (0..500)
                    .map(|_| {
                        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                        (state >> 33) as u8
                    })
                    .collect();
                send(&garbage);
            }
        }
        if number % 3 == 0 {
            stalled.push(client);
        }
        if number % 100 == 0 {
            service.is_version(1);
        }
    }
    service.is_version(1);
    // Those that stall are still there.
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
    assert!(descriptors < 100, "{descriptors} descriptors");
    drop(stalled);
    wait_until("room for an operator", PATIENCE, || {
        raw(&deployment, r#"{"verb":"status"}"#).contains(r#""phase":"serving""#)
    });
    run(&deployment, "restart --wait").is(0, &["child #2 serves"]);
    let grown = peak(pid) - before;
    assert!(grown < 16 << 10, "the master grew by {grown} KiB");
    service.terminate();
    deployment.finish();
}

#[test]
fn another_user_is_denied_by_the_mode_and_by_the_credentials() {
    if !need::root() {
        return;
    }
    let deployment = deployed("control-denied");
    let service = start(&deployment, &[]);
    let folder = deployment.sandbox().path().to_owned();
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
    // Nobody may not reach the build folder.
    let copy = deployment.sandbox().copy(APP, "operator");
    fs::set_permissions(&copy, Permissions::from_mode(0o755)).unwrap();
    let as_nobody = || {
        let mut command = Command::new(&copy);
        command.args(["selfup", "stop"]).uid(65534).gid(65534);
        Answer::of(&near(&deployment, command).output().unwrap())
    };
    let mode = fs::metadata(socket(&deployment)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    as_nobody().is(3, &["could not reach", "Permission denied"]);
    fs::set_permissions(socket(&deployment), Permissions::from_mode(0o666)).unwrap();
    as_nobody().is(3, &["permission denied: only the user of the service and root"]);
    service.is_version(1);
    service.terminate();
    deployment.finish();
}

/// A request under way in this child. A child that drains accepts for a moment beside its successor, so
/// each connection first asks which one has it.
fn hold_in(service: &Service, generation: u64) -> TcpStream {
    let holding = || {
        let lines = service.process().lines();
        lines.iter().filter(|line| line.contains("holds a request")).count()
    };
    let before = holding();
    let mut client = wait_for("a connection to the child that serves", PATIENCE, || {
        let mut client = TcpStream::connect(service.address()).unwrap();
        client.write_all(b"hello\n").unwrap();
        let mut response = String::new();
        // The child may end just then.
        BufReader::new(&client).read_line(&mut response).ok()?;
        response.contains(&format!("generation={generation} ")).then_some(client)
    });
    client.write_all(b"hold\n").unwrap();
    service.process().wait_until("the request is held", PATIENCE, || holding() > before);
    client
}

#[test]
fn the_status_is_right_while_eight_generations_drain() {
    let deployment = deployed("control-drains");
    let service = start(&deployment, &[]);
    let mut held = Vec::new();
    for generation in 1..=8 {
        held.push(hold_in(&service, generation));
        let serves = format!("child #{} serves", generation + 1);
        run(&deployment, "restart --wait").is(0, &[&serves]);
    }
    let begun = Instant::now();
    let status = raw(&deployment, r#"{"verb":"status"}"#);
    println!("the status took {:?}", begun.elapsed());
    assert_eq!(status.matches(r#""role":"draining""#).count(), 8, "{status}");
    assert_eq!(status.matches(r#""role":"active""#).count(), 1, "{status}");
    assert!(status.contains(r#""restarts":8"#), "{status}");
    // The ninth waits until fewer drain.
    run(&deployment, "restart").is(0, &["it waits"]);
    drop(held);
    wait_phase(&deployment, &[r#""restarts":9"#, r#""phase":"serving""#]);
    service.terminate();
    deployment.finish();
}

#[test]
fn a_client_that_sends_a_request_and_goes_has_it_done() {
    let deployment = deployed("control-goes");
    let service = start(&deployment, &[]);
    let mut client = UnixStream::connect(socket(&deployment)).unwrap();
    client.write_all(b"{\"verb\":\"restart\",\"wait\":true}\n").unwrap();
    drop(client);
    wait_phase(&deployment, &[r#""restarts":1"#]);
    service.terminate();
    deployment.finish();
}

#[test]
fn a_request_without_its_newline_is_answered_when_the_client_has_sent_all() {
    let deployment = deployed("control-newline");
    let service = start(&deployment, &[]);
    let mut client = UnixStream::connect(socket(&deployment)).unwrap();
    client.write_all(br#"{"verb":"status","v":1,"unheard-of":{}}"#).unwrap();
    client.shutdown(std::net::Shutdown::Write).unwrap();
    let mut response = String::new();
    client.read_to_string(&mut response).unwrap();
    assert!(response.ends_with("}\n") && response.contains(r#""outcome":"done""#), "{response}");
    assert!(raw(&deployment, r#"{"verb":"explode"}"#).contains(r#""outcome":"unsupported""#));
    assert!(raw(&deployment, r#"{"v":9,"verb":"status"}"#).contains(r#""outcome":"unsupported""#));
    assert!(raw(&deployment, "nonsense").contains(r#""outcome":"malformed""#));
    service.terminate();
    deployment.finish();
}
