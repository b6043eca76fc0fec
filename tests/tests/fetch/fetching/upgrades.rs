//! From one release to the next while clients call.

use super::{Source, Stage};
use selfup_tests::load::{Config, Lane, Load};
use selfup_tests::sandbox::{PATIENCE, children_of, wait_until};
use std::net::SocketAddr;
use std::time::Duration;

/// All kinds of clients at once.
fn clients(server: SocketAddr) -> Config {
    Config::new(server)
        .timeout(Duration::from_secs(20))
        .lane(Lane::new("new").rate(100.0))
        .lane(Lane::new("kept").rate(100.0).keep_alive(8))
        .lane(Lane::new("posted").rate(50.0).keep_alive(4).path("/echo").post(2000))
}

pub(crate) fn under_load<S: Source>(stage: &mut Stage<S>) {
    stage.source.publish(&stage.first.bytes());
    let service = stage.deployment.start([stage.source.word()]);
    let master = service.process().pid();
    let load = Load::start(clients(service.address()));
    wait_until("the first answer", PATIENCE, || load.report_so_far().answered() > 0);
    for number in [2, 3] {
        let release = stage.release(number);
        stage.source.publish(&release.bytes());
        service.process().wait_line(&format!("committed {}", release.id()), 2 * PATIENCE);
        assert_eq!(stage.deployment.installed(), release.id());
        let answered = load.report_so_far().answered();
        wait_until("answers", PATIENCE, || load.report_so_far().answered() > answered + 50);
    }
    wait_until("the last child alone", PATIENCE, || children_of(master).len() == 1);
    let report = load.stop();
    assert_eq!(report.lost(), 0, "{report}");
    assert_eq!(report.pids().len(), 3, "each release has answered:\n{report}");
    assert!(report.moved() > 0, "kept connections went over:\n{report}");
    service.terminate();
}
