//! Tests two services with one executable.

use super::{PREVIOUS, deployed, http, publish};
use selfup_tests::origin::Origin;
use selfup_tests::sandbox::PATIENCE;

#[test]
fn one_installs_and_the_other_only_restarts() {
    let (deployment, first) = deployed("two-masters");
    let second = deployment.release("version=2");
    let origin = Origin::start();
    publish(&origin, &first);
    let words = [http(&origin), "events".into(), "probation=2000".into()];
    let services = [(); 2].map(|()| deployment.start(&words));
    assert_ne!(services[0].address(), services[1].address());
    let visitors = services.each_ref().map(|service| service.visitors());
    publish(&origin, &second);
    for service in &services {
        service.wait_version(2);
        assert_eq!(service.ask_for("id"), second.id());
        assert_eq!(service.ask_for("generation"), "2");
        service.process().wait_line("event Installed", PATIENCE);
    }
    for visitors in visitors {
        visitors.leave();
    }
    for service in &services {
        service.process().wait_line("event Committed", PATIENCE);
    }
    assert_eq!(deployment.installed(), second.id());
    deployment.wait_listing(&[PREVIOUS, "app"]);
    for service in services {
        service.terminate();
    }
    deployment.finish();
}
