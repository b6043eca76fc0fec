//! Tests upgrades from one release to the next while clients call.

use super::{Source, Stage};
use selfup_tests::load::Load;
use selfup_tests::sandbox::{PATIENCE, children_of, wait_until};
use selfup_tests::visitor::all_kinds;

pub(crate) fn under_load<S: Source>(stage: &mut Stage<S>) {
    stage.source.publish(&stage.first.bytes());
    let service = stage.deployment.start([stage.source.word()]);
    let master = service.process().pid();
    let load = Load::start(all_kinds(service.address()));
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
