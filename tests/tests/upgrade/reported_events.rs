//! Tests the events of upgrades that are printed by default: one line each, with versions.

use super::{deployed, http, publish};
use selfup_tests::origin::Origin;
use selfup_tests::sandbox::{PATIENCE, wait_until};
use std::fs;
use std::process::Command;

#[test]
fn an_upgrade_its_commit_and_a_roll_back_are_a_line_each_with_versions() {
    let (deployment, first) = deployed("reported");
    let second = deployment.release("version=2");
    let bad = deployment.release("version=3 crashes_at_start");
    let origin = Origin::start();
    publish(&origin, &second);
    let service = deployment.start([http(&origin), "own_version".into(), "probation=200".into()]);
    let line = |text: &str| service.process().wait_line(text, PATIENCE);
    line(&format!(
        "[selfup master] upgraded to version 2.0.0 from 1.0.0: child #2 runs {}",
        second.id()
    ));
    line(&format!("[selfup master] committed {}, version 2.0.0", second.id()));
    // Another process rolls back, and the master learns of it.
    service.ask("rollback");
    line(&format!(
        "[selfup master] rolled back to the previous executable; {}, version 2.0.0, is refused from now on",
        second.id()
    ));
    service.wait_version(1);
    assert_eq!(deployment.installed(), first.id());
    publish(&origin, &bad);
    line(&format!(
        "[selfup master] rolled back to the previous executable; {}, version 3.0.0, is refused from now on",
        bad.id()
    ));
    service.is_version(1);
    let messages = service.messages();
    for (words, times) in [("upgraded to", 1), ("committed", 1), ("rolled back to", 2)] {
        let found = messages.iter().filter(|line| line.contains(words)).count();
        assert_eq!(found, times, "{words} in {messages:#?}");
    }
    service.terminate();
    deployment.finish();
}

/// The restart that is requested meanwhile finds the same at the path.
#[test]
fn a_roll_back_by_hand_is_reported_once() {
    let (deployment, _) = deployed("reported-once");
    let [second, third] = [2, 3].map(|version| deployment.release(&format!("version={version}")));
    let origin = Origin::start();
    publish(&origin, &second);
    let options = [http(&origin), "own_version".into(), "probation=600000".into()];
    let service = deployment.start(options);
    service.wait_warning(&["upgraded to version 2.0.0"]);
    service.ask("rollback");
    service.process().signal(libc::SIGUSR2);
    service.wait_version(1);
    publish(&origin, &third);
    service.wait_warning(&["upgraded to version 3.0.0"]);
    let mut messages = service.messages();
    messages.retain(|line| line.contains("rolled back to"));
    assert_eq!(messages.len(), 1, "{messages:#?}");
    service.terminate();
    deployment.finish();
}

/// Its executable may still be read, for its id, when the child has ended already.
#[test]
fn an_upgrade_is_reported_before_its_roll_back_or_not_at_all() {
    let (deployment, _) = deployed("reported-in-order");
    let bad = deployment.release("version=2 crashes_on_sight");
    let good = deployment.release("version=3");
    let origin = Origin::start();
    let crash = deployment.sandbox().join("crash");
    fs::write(&crash, "").unwrap();
    publish(&origin, &bad);
    let service = deployment.start([http(&origin), "own_version".into(), "probation=200".into()]);
    service.wait_warning(&["rolled back to the previous executable"]);
    fs::remove_file(&crash).unwrap();
    publish(&origin, &good);
    service.wait_warning(&["upgraded to version 3.0.0"]);
    let messages = service.messages();
    let place = |text: &str| messages.iter().position(|line| line.contains(text));
    assert!(place("upgraded to version 2.0.0") < place("rolled back to"), "{messages:#?}");
    service.terminate();
    deployment.finish();
}

#[test]
fn an_executable_put_in_place_by_hand_is_reported_when_it_serves() {
    let (deployment, _) = deployed("reported-by-hand");
    let second = deployment.release("version=2");
    let service = deployment.start(["own_version"]);
    deployment.install(&second);
    service.restart();
    let text = format!("upgraded to version 2.0.0 from 1.0.0: child #2 runs {}", second.id());
    service.process().wait_line(&text, PATIENCE);
    // The same event once more is not reported.
    service.restart();
    service.process().wait_line("v2 finishes", PATIENCE);
    service.terminate();
    let upgraded = service.messages().iter().filter(|line| line.contains("upgraded")).count();
    assert_eq!(upgraded, 1);
    deployment.finish();
}

/// As systemd has it for its journal: the priority in front of each line.
#[test]
fn lines_for_the_journal_have_a_priority() {
    let (deployment, _) = deployed("reported-journal");
    let bad = deployment.release("version=2 crashes_at_start");
    let log = deployment.sandbox().write("log", "");
    let mut command = Command::new("sh");
    let script = "export JOURNAL_STREAM=$(stat -c %d:%i log); exec \"$@\" 2>> log";
    command.args(["-c", script, "sh"]).arg(deployment.program());
    command.args(["address=127.0.0.1:0", "debug"]);
    let service = deployment.start_as(command);
    deployment.install(&bad);
    service.restart();
    let has =
        |start: &str| fs::read_to_string(&log).unwrap().lines().any(|it| it.starts_with(start));
    wait_until("a warning", PATIENCE, || has("<4>[selfup master] child #2 was killed by SIGABRT"));
    assert!(has("<6>[selfup master] started child #1"));
    service.terminate();
    deployment.finish();
}
