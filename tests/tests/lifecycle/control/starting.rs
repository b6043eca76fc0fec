//! Starting a program as a service from its own command line.

use super::*;

fn started(deployment: &Deployment, words: &[&str]) -> Command {
    let mut command = Command::new(deployment.program());
    command.args(["selfup", "start"]).args(words);
    near(deployment, command)
}

#[test]
fn on_request_a_program_has_a_master_only_if_it_is_started_as_a_service() {
    let deployment = deployed("control-start");
    let plain = deployment.start(["on_request"]);
    assert_eq!(plain.ask_for("enabled"), "false");
    run(&deployment, "status").is(3, &["no service of that name"]);
    assert_eq!(plain.terminate().code(), Some(0), "it drains all the same");
    assert_eq!(plain.messages(), [""; 0], "nothing to warn of");

    let words = ["--", "address=127.0.0.1:0", "on_request", "debug"];
    let service = deployment.start_as(started(&deployment, &words));
    assert_eq!(service.ask_for("enabled"), "true");
    let pid = format!(r#""pid":{}"#, service.process().pid());
    run(&deployment, "status --json").is(0, &[&pid, r#""service":"app""#]);
    run(&deployment, "restart --wait").is(0, &["child #2 serves"]);
    Answer::of(&started(&deployment, &words).output().unwrap())
        .is(1, &["could not start app: a service of that name runs already"]);
    service.terminate();
    deployment.finish();
}

#[test]
fn an_address_of_the_command_line_takes_the_place_of_one_of_the_program() {
    let deployment = deployed("control-listen");
    // Nobody may bind this one.
    let own = "address=192.0.2.1:80";
    let there = "address-0=127.0.0.1:0";
    let words = ["--service", "other", "--listen", there, "--", own];
    let service = deployment.start_as(started(&deployment, &words));
    service.is_version(1);
    run(&deployment, "status --service other").is(0, &["other: ", "address-0 at tcp://127.0.0.1:"]);
    run(&deployment, "restart --wait --service other").is(0, &["child #2 serves"]);
    service.is_version(1);
    service.terminate();

    for (listen, code, told) in [
        ("metrics=127.0.0.1:0", 1, "no address named \"metrics\"; there are address-0"),
        ("127.0.0.1:0", 2, "is no NAME=ADDRESS"),
    ] {
        let command = &mut started(&deployment, &["--listen", listen, "--", own]);
        Answer::of(&command.output().unwrap()).is(code, &[told]);
    }
    deployment.finish();
}
