//! Tests which entry is chosen from which archive.

use super::*;

/// What is chosen from entries written as `x path` (executable), `- path`, or `d path`.
fn choose(member: &Member, entries: &[&str]) -> Result<String, Error> {
    let mut choice = Choice::new(member);
    let mut last = None;
    for entry in entries {
        let (kind, path) = entry.split_once(' ').unwrap();
        let file = (kind != "d").then_some(kind == "x");
        let seen = Seen { path: super::super::path::normal(path.as_bytes()), file };
        if choice.enter(&seen)? != Step::Pass {
            last = seen.path;
        }
    }
    let chosen = choice.finish()?;
    assert_eq!(last.as_deref(), Some(chosen.as_str()), "another one was kept");
    Ok(chosen)
}

fn refusal(member: &Member, entries: &[&str]) -> String {
    let error = choose(member, entries).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(!error.is_transient());
    error.to_string()
}

#[test]
fn the_program_is_found_as_a_person_would_find_it() {
    let app = Member::of_program("app");
    for (entries, chosen) in [
        (["x app", "- README", "- app.1"].as_slice(), "app"),
        (&["- LICENSE", "x other-1.2"], "other-1.2"),
        (&["x other", "x bin/app", "x third"], "bin/app"),
        (&["- completions/app", "x bin/app"], "bin/app"),
        (&["x bin/app", "- completions/app"], "bin/app"),
        (&["- completions/app", "x program"], "program"),
        (&["- README", "- app"], "app"),
        (&["d app", "x app/app"], "app/app"),
        (&["x ../evil/app", "x /app", "x real"], "real"),
    ] {
        assert_eq!(choose(&app, entries).unwrap(), chosen, "{entries:?}");
    }
    assert!(
        refusal(&app, &["x one", "x two"])
            .contains(r#"2 files that could be meant, "one", "two";"#)
    );
    assert!(refusal(&app, &["x a/app", "x b/app"]).contains(r#""a/app", "b/app""#));
    assert!(refusal(&app, &["- a/app", "- b/app"]).contains(r#""a/app", "b/app""#));
    assert!(refusal(&app, &[]).contains("no files at all"));
    let without = refusal(&app, &["- README", "d bin"]);
    assert!(without.contains(r#"no file named "app", but "README""#), "{without}");
}

#[test]
fn a_name_is_looked_for_everywhere() {
    let app = Member::named("app");
    assert_eq!(choose(&app, &["x other", "- app"]).unwrap(), "app");
    assert_eq!(choose(&app, &["- share/app", "x bin/app"]).unwrap(), "bin/app");
    assert!(refusal(&app, &["x one", "- two"]).contains(r#"no file named "app", but "one""#));
    assert!(refusal(&app, &["x app2", "- APP"]).contains("app2"));
}

#[test]
fn a_path_is_a_path() {
    for path in ["bin/app", "./bin/app"] {
        let app = Member::at(path);
        assert_eq!(choose(&app, &["x app", "- bin/app", "x sbin/app"]).unwrap(), "bin/app");
        assert!(refusal(&app, &["x app", "d bin/app"]).contains(r#"but "app""#));
    }
    for path in ["", "/app", "../app", "."] {
        assert!(refusal(&Member::at(path), &["x app", "x ../app"]).contains("no file"));
    }
}

#[test]
fn what_is_chosen_must_be_there_once() {
    for member in [Member::of_program("app"), Member::named("app"), Member::at("app")] {
        for entries in [
            ["x app", "x app"],
            ["x app", "x ./app"],
            ["x app", "- app"],
            ["- app", "x app"],
            ["d app", "x app"],
            ["x app", "d app"],
            ["- app", "- app"],
            ["d app", "- app"],
        ] {
            let refusal = refusal(&member, &entries);
            assert!(refusal.contains(r#""app" more than once"#), "{entries:?}: {refusal}");
        }
        assert_eq!(choose(&member, &["- x", "- x", "d y", "d y", "x app"]).unwrap(), "app");
    }
}

#[test]
fn of_many_a_few_are_listed() {
    let long = "y".repeat(4000);
    let entries: Vec<String> =
        (0..5000).map(|at| format!("x {at}")).chain([format!("x {long}")]).collect();
    let mut entries: Vec<&str> = entries.iter().map(String::as_str).collect();
    let many = refusal(&Member::named("app"), &entries);
    assert!(many.ends_with(r#""8", "9" and 4991 more"#), "{many}");
    entries.reverse();
    let many = refusal(&Member::named("app"), &entries);
    assert!(many.len() < 400, "{many}");

    let mut choice = Choice::new(&Member::named("app"));
    let passed = Seen { path: None, file: Some(true) };
    for _ in 0..MOST {
        assert_eq!(choice.enter(&passed).unwrap(), Step::Pass);
    }
    assert_eq!(choice.enter(&passed).unwrap_err().kind(), ErrorKind::TooLarge);
}
