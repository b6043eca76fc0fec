//! Tests many services that share one executable.

use super::{PREVIOUS, deployed, http, publish};
use selfup_tests::origin::Origin;
use selfup_tests::sandbox::PATIENCE;
use selfup_tests::service::Service;
use std::process::Command;

/// They start one after the other, and a good release is there from the beginning on.
fn all_end_on_the_new_one(number: usize) {
    let (deployment, first) = deployed("instances");
    let second = deployment.release("version=2");
    let origin = Origin::start();
    publish(&origin, &second);
    let words = [http(&origin), "events".into(), "probation=10000".into()];
    let start = || {
        let service = deployment.start(&words);
        // The next one finds that this one tries it.
        service.wait_version(2);
        service
    };
    let services: Vec<_> = (0..number).map(|_| start()).collect();
    deployment.wait_installed(&second);
    deployment.wait_listing(&[PREVIOUS, "app"]);
    for service in &services {
        // A master that was started with it puts nothing on probation.
        assert_eq!(service.warnings(), [""; 0], "{:?}", service.process().lines());
        assert_eq!(service.ask_for("id"), second.id());
    }
    // A restart of any of them brings back nothing.
    for service in &services[..3] {
        service.restart();
        service.process().wait_line("event Restarting: restarting (by signal)", PATIENCE);
        service.wait_version(2);
    }
    assert_eq!(deployment.installed(), second.id());
    assert_ne!(first.id(), second.id());
    for service in services {
        service.terminate();
    }
    deployment.wait_listing(&[PREVIOUS, "app"]);
    deployment.finish();
}

#[test]
fn six_of_them_end_on_a_good_release() {
    all_end_on_the_new_one(6);
}

#[test]
fn twenty_of_them_end_on_a_good_release() {
    all_end_on_the_new_one(20);
}

/// Kills a master, as an out-of-memory killer does.
fn kill_child(service: &Service) {
    let child = service.ask_for("pid");
    assert!(Command::new("kill").args(["-9", &child]).status().unwrap().success());
}

#[test]
fn one_in_which_it_fails_takes_it_from_no_other() {
    let (deployment, first) = deployed("instances-one-fails");
    let second = deployment.release("version=2");
    let origin = Origin::start();
    publish(&origin, &second);
    let words = [http(&origin), "probation=600000".into()];
    let services = [(); 2].map(|()| deployment.start(&words));
    for service in &services {
        service.wait_version(2);
    }
    kill_child(&services[0]);
    services[0].wait_warning(&["rolled back to the previous executable", second.id(), "SIGKILL"]);
    services[0].wait_version(1);
    services[1].is_version(2);
    assert_eq!(deployment.installed(), first.id());
    assert_eq!(deployment.on_trial(), [second.id()]);
    for service in services {
        service.terminate();
    }
    deployment.finish();
}

#[test]
fn what_has_proved_itself_in_one_is_refused_in_no_other() {
    let (deployment, _) = deployed("instances-one-proves");
    let second = deployment.release("version=2");
    let origin = Origin::start();
    publish(&origin, &second);
    let start = |probation: &str| {
        deployment.start([http(&origin), "events".into(), format!("probation={probation}")])
    };
    let late = start("600000");
    late.wait_version(2);
    let early = start("100");
    early.process().wait_line("event Committed", PATIENCE);
    assert_eq!(deployment.installed(), second.id());
    kill_child(&late);
    late.wait_warning(&["gave up", second.id(), "SIGKILL", "it stays at the path"]);
    // There is no other executable to roll back to, and this one is good.
    late.wait_version(2);
    early.is_version(2);
    assert_eq!(deployment.installed(), second.id());
    deployment.wait_listing(&[PREVIOUS, "app"]);
    for service in [late, early] {
        service.terminate();
    }
    deployment.finish();
}
