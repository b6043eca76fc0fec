//! Tests that the child that is ready serves, and that clients notice nothing of a restart.

use super::deployed;
use selfup_tests::origin::{Offer, Origin};
use selfup_tests::sandbox::{PATIENCE, udp_sockets, wait_for};
use selfup_tests::service::{Service, put};
use selfup_tests::uninterrupted::uninterrupted;
use selfup_tests::visitor::ask;
use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::thread;

/// Breaks what is at the program's path and asks for a restart, in one way after the other.
#[test]
fn a_broken_program_put_there_by_hand_leaves_the_old_child_serving() {
    let (deployment, _) = deployed("broken-by-hand");
    let program = deployment.program();
    let service = deployment.start(["ready_timeout=1000"]);
    let visitors = service.visitors();
    let broken = |fault: &str, warnings: &[&str]| {
        service.restart();
        let warnings: Vec<_> =
            warnings.iter().map(|words| service.wait_warning(&[words])).collect();
        println!("{fault}:\n{}", warnings.join("\n"));
        assert_eq!(service.ask_for("generation"), "1");
    };
    let goes_on = "; the one that serves goes on serving";
    let faulty = |notes: &str| deployment.install(&deployment.release(notes));

    faulty("crashes_at_start");
    broken("crashes", &[&format!("child #2 was killed by SIGABRT before it was ready{goes_on}")]);
    faulty("exits_at_once=0");
    broken("ends", &[&format!("child #3 exited with code 0 before it was ready{goes_on}")]);
    faulty("never_ready");
    let late = "killed child #4: it was not ready within the ready timeout";
    broken("is late", &[late, &format!("could not hand over to child #4{goes_on}")]);

    let not_started = |child: u32, why: &str| {
        [format!("could not start child #{child}: "), why.to_owned()].concat()
    };
    let handed_over = |child: u32| format!("could not hand over to child #{child}{goes_on}");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o644)).unwrap();
    broken("not executable", &[&not_started(5, ""), &handed_over(5)]);
    fs::remove_file(&program).unwrap();
    broken("missing", &[&not_started(6, ""), &handed_over(6)]);
    fs::create_dir(&program).unwrap();
    broken("a directory", &[&not_started(7, ""), &handed_over(7)]);
    fs::remove_dir(&program).unwrap();
    let text = deployment.sandbox().join("releases/text");
    fs::write(&text, "no program at all\n").unwrap();
    put(&text, &program, 0o755);
    broken("text", &[&not_started(8, ""), &handed_over(8)]);

    let good = deployment.release("version=2");
    deployment.install(&good);
    service.restart();
    service.wait_version(2);
    assert_eq!(service.ask_for("generation"), "9");
    assert_eq!(service.ask_for("id"), good.id());
    visitors.leave();
    service.terminate();
    deployment.finish();
}

#[test]
fn the_old_child_serves_until_the_new_one_reports_that_it_is_ready() {
    let (deployment, _) = deployed("explicit");
    let service = deployment.start(["explicit", "events"]);
    let visitors = service.visitors();
    let loading = deployment.sandbox().write("loading", "");
    deployment.install(&deployment.release("version=2 loads"));
    service.restart();
    // The child has taken its sockets, and is still loading.
    service.process().wait_line("v2 listens on", PATIENCE);
    for _ in 0..50 {
        service.is_version(1);
    }
    fs::remove_file(loading).unwrap();
    service.process().wait_line("event Serving: child #2", PATIENCE);
    service.wait_version(2);
    visitors.leave();
    service.terminate();
    deployment.finish();
}

#[test]
fn the_first_child_is_waited_for_and_then_counts_as_ready() {
    let (deployment, _) = deployed("late-first");
    deployment.install(&deployment.release("version=2 loads"));
    let loading = deployment.sandbox().write("loading", "");
    let service = deployment.start(["explicit", "ready_timeout=200"]);
    service.wait_warning(&["child #1 did not report that it is ready; it is assumed to be"]);
    fs::remove_file(loading).unwrap();
    service.is_version(2);
    assert_eq!(service.ask_for("generation"), "1");
    service.terminate();
    deployment.finish();
}

/// The position of a line in what was written.
#[track_caller]
fn position(service: &Service, text: &str) -> usize {
    let lines = service.process().lines();
    lines.iter().position(|line| line.contains(text)).expect(text)
}

#[test]
fn in_sequence_the_old_child_is_gone_before_the_new_one_starts() {
    let (deployment, _) = deployed("sequential");
    let service = deployment.start(["sequential", "events"]);
    let visitors = service.visitors();
    deployment.install(&deployment.release("version=2"));
    let held = service.hold();
    service.restart();
    service.process().wait_line("event Draining: ", PATIENCE);
    // It accepts no more, and no other child serves: a client that connects now waits, and is not refused.
    let address = service.address();
    let early: Vec<_> =
        (0..5).map(|_| thread::spawn(move || ask(address, "hello").unwrap())).collect();
    assert_eq!(service.process().lines().iter().filter(|l| l.starts_with("v2")).count(), 0);
    assert!(held.finish().starts_with("v1 "));
    for client in early {
        // The old child may still have accepted a connection that came at the moment of the drain.
        client.join().unwrap();
    }
    service.wait_version(2);
    assert!(
        position(&service, "event Ended: child #1")
            < position(&service, "event Started: started child #2")
    );
    visitors.leave();
    assert_eq!(service.warnings(), [""; 0]);
    service.terminate();
    deployment.finish();
}

#[test]
fn in_sequence_datagrams_wait_for_the_new_child() {
    let (deployment, _) = deployed("sequential-udp");
    let service = deployment.start(["udp=echo", "sequential", "events"]);
    let server = wait_for("the udp socket", PATIENCE, || {
        udp_sockets(service.process().pid()).first().copied()
    });
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(echoed(&client, server, "one"), "v1 one");
    deployment.install(&deployment.release("version=2"));
    let held = service.hold();
    service.restart();
    service.process().wait_line("v1 reads no more datagrams", PATIENCE);
    for number in 0..10 {
        client.send_to(format!("gap {number}").as_bytes(), server).unwrap();
    }
    assert!(held.finish().starts_with("v1 "));
    for number in 0..10 {
        assert_eq!(received(&client), format!("v2 gap {number}"));
    }
    assert_eq!(echoed(&client, server, "two"), "v2 two");
    service.terminate();
    deployment.finish();
}

fn echoed(client: &UdpSocket, server: SocketAddr, text: &str) -> String {
    client.send_to(text.as_bytes(), server).unwrap();
    received(client)
}

fn received(client: &UdpSocket) -> String {
    let mut datagram = [0; 100];
    let length = uninterrupted(|| client.recv(&mut datagram)).expect("an answer");
    String::from_utf8_lossy(&datagram[..length]).into_owned()
}

#[test]
fn in_sequence_a_release_that_fails_is_rolled_back_and_no_client_is_refused() {
    let (deployment, first) = deployed("sequential-bad");
    let bad = deployment.release("version=2 crashes_at_start");
    let origin = Origin::start();
    origin.offer("/app", Offer::Whole(bad.bytes()));
    let service = deployment.start(["sequential".into(), format!("http={}", origin.url("/app"))]);
    let visitors = service.visitors();
    service.wait_warning(&["child #2 was killed by SIGABRT before it was ready"]);
    service.wait_warning(&["rolled back to the previous executable", bad.id()]);
    service.wait_version(1);
    assert_eq!(service.ask_for("generation"), "3");
    assert_eq!(service.ask_for("id"), first.id());
    visitors.leave();
    println!("{}", service.warnings().join("\n"));
    service.terminate();
    deployment.finish();
}
