//! Holds what the control socket sends against its schema: types by an independent program, and fields in both
//! directions.

use super::*;
use selfup_tests::need;
use selfup_tests::sandbox::wait_until;
use selfup_tests::service::put;
use serde_json::Value;
use std::fs;

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/control.schema.json");

/// Whether an independent program finds these lines valid.
fn is_valid(deployment: &Deployment, lines: &[String]) -> Result<(), String> {
    let mut program = Command::new("jsonschema");
    for (index, line) in lines.iter().enumerate() {
        program.arg("-i").arg(deployment.sandbox().write(&format!("line-{index}"), line));
    }
    let output = program.arg(SCHEMA).output().unwrap();
    let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if output.status.success() { Ok(()) } else { Err(told) }
}

/// What the schema says of a part of a response, with references followed.
fn resolved<'a>(schema: &'a Value, part: &'a Value) -> &'a Value {
    let part = part["oneOf"].get(0).unwrap_or(part);
    match part["$ref"].as_str() {
        Some(path) => schema.pointer(path.trim_start_matches('#')).unwrap(),
        None => part,
    }
}

/// Notes the fields that the schema does not have as `+`, and those that have no value as `-`.
fn compare(schema: &Value, part: &Value, value: &Value, at: &str, notes: &mut Vec<String>) {
    let part = resolved(schema, part);
    if let Some(items) = value.as_array() {
        if items.is_empty() {
            notes.push(format!("-{at}"));
        }
        items.iter().for_each(|item| compare(schema, &part["items"], item, at, notes));
    }
    let (Some(fields), Some(known)) = (value.as_object(), part["properties"].as_object()) else {
        return;
    };
    for (name, value) in fields {
        match known.get(name) {
            Some(part) => compare(schema, part, value, &format!("{at}.{name}"), notes),
            None => notes.push(format!("+{at}.{name}")),
        }
    }
    for name in known.keys().filter(|name| fields.get(*name).is_none_or(Value::is_null)) {
        notes.push(format!("-{at}.{name}"));
    }
}

#[test]
fn each_field_of_a_response_is_in_the_schema_and_has_its_type() {
    if !need::program("jsonschema") {
        return;
    }
    let deployment = deployed("control-schema");
    deployment.sandbox().expect_files(["published", "bin/.app.selfup-paused"]);
    let source = format!("file={}", deployment.sandbox().join("published").display());
    let service = start(&deployment, &[&source, "own_version", "probation=2000", "catches"]);
    let events = begin(&deployment, "events --json");
    wait_until("the stream", PATIENCE, || {
        run(&deployment, "signal HUP").is(0, &["taken up"]);
        events.lines().iter().any(|line| line.contains(r#""kind":"forwarded""#))
    });
    put(deployment.release("version=2").path(), &deployment.sandbox().join("published"), 0o755);
    service.wait_version(2);
    wait_phase(&deployment, &[r#""committed":1"#]);
    let bad = deployment.release("version=3 exits_at_once=7");
    run(&deployment, &format!("reload {} --through-probation", bad.path().display()))
        .is(1, &["exited with code 7"]);
    let mut pause = operator(&deployment, "pause");
    assert!(pause.arg("a freeze").output().unwrap().status.success());
    let held = service.hold();
    deployment.install(&deployment.release("version=4"));
    run(&deployment, "restart --wait").is(0, &["on probation"]);
    // Ids are computed by the way, and connections counted.
    let mut status = String::new();
    wait_until("all that is known", 2 * PATIENCE, || {
        status = raw(&deployment, r#"{"verb":"status"}"#);
        let response: Value = serde_json::from_str(&status).unwrap();
        let upgrades = &response["status"]["upgrades"];
        let ids = [&response["status"]["master"], &upgrades["installed"], &upgrades["previous"]];
        ids.iter().all(|executable| executable["id"].is_string())
            && response["status"]["generations"][0]["connections"].is_u64()
            && upgrades["committed_in"].is_number()
            && upgrades["next_look"].is_u64()
    });
    let schema: Value = serde_json::from_str(&fs::read_to_string(SCHEMA).unwrap()).unwrap();
    let response: Value = serde_json::from_str(&status).unwrap();
    let mut notes = Vec::new();
    compare(&schema, &schema["$defs"]["status"], &response["status"], "", &mut notes);
    notes.sort();
    notes.dedup();
    // A child that drains has a deadline, the one that serves has not; and so on.
    let open = [
        "-.generations.connections",
        "-.generations.deadline_in",
        "-.generations.id",
        "-.generations.lacks",
        "-.generations.status",
        "-.upgrades.failing",
        // These releases do not declare it in a note.
        "-.upgrades.installed.version",
        "-.upgrades.previous.version",
        "-.upgrades.refused.retry_at",
    ];
    notes.retain(|note| !open.contains(&note.as_str()));
    assert!(notes.is_empty(), "{notes:?} in {response:#}");
    drop(held);
    service.terminate();
    let mut lines = events.wait_all_lines(PATIENCE);
    lines.retain(|line| line.starts_with('{'));
    for line in &lines {
        let response: Value = serde_json::from_str(line).unwrap();
        let mut notes = Vec::new();
        compare(&schema, &schema["$defs"]["response"], &response, "", &mut notes);
        notes.retain(|note| note.starts_with('+'));
        assert!(notes.is_empty(), "{notes:?} in {response:#}");
    }
    lines.push(status.clone());
    is_valid(&deployment, &lines).unwrap();
    let wrong = status.replace(r#""role":"active""#, r#""role":"passive""#);
    is_valid(&deployment, &[wrong]).unwrap_err();
    deployment.finish();
}
