//! Tests the names by which an operator can allow a refused executable again.

use super::{RECORD, deployed, replaced};
use selfup_tests::origin::Origin;
use selfup_tests::sandbox::PATIENCE;

#[test]
fn only_the_full_id_forgives_a_refused_executable() {
    let (deployment, first) = deployed("forgiven-by-name");
    let origin = Origin::start();
    let (service, second) = replaced(&deployment, &origin);
    let roll_back = || {
        service.ask("rollback");
        service.wait_version(1);
    };
    let forgive = |id: &str, result: &str| {
        service.ask(&format!("forgive {id}"));
        println!(
            "{}",
            service.process().wait_line(&format!("forgives {id:?}: {result}"), PATIENCE)
        );
    };
    let id = second.id();
    // At once, before the source is asked the next time.
    roll_back();
    forgive(id, "Ok(true)");
    service.wait_version(2);
    forgive(id, "Ok(false)");
    let kept = || {
        let lines = service.process().lines();
        lines.iter().filter(|line| line.starts_with("event Committed")).count() == 2
    };
    service.process().wait_until("it to be kept again", PATIENCE, kept);
    roll_back();
    // What is not refused, known here or not, needs no forgiveness.
    forgive(&"0".repeat(40), "Ok(false)");
    forgive(first.id(), "Ok(false)");
    for other in ["", &id[..12], &id[1..], &format!("{id}0"), &format!("sha1:{id}"), "app", "2.0.0"]
    {
        forgive(other, &format!("Err(could not forgive {other:?}: it is no SHA-1"));
    }
    let program = deployment.program();
    let path = program.to_str().unwrap();
    forgive(path, &format!("Err(could not forgive {path:?}: it is no SHA-1"));
    service.is_version(1);
    deployment.wait_listing(&[RECORD, "app"]);
    // In capitals it is the same number.
    forgive(&id.to_uppercase(), "Ok(true)");
    service.wait_version(2);
    assert_eq!(service.ask_for("id"), id);
    forgive(id, "Ok(false)");
    service.terminate();
    deployment.finish();
}
