//! Tests that a program runs under its master although a fetcher cannot work.

use super::deployed;

#[test]
fn a_wrong_url_turns_fetching_off_and_nothing_else() {
    let (deployment, _) = deployed("wrong-url");
    let cases: [(&str, &[&str]); 5] = [
        ("ftp://127.0.0.1/app", &["ftp://127.0.0.1/app", "http"]),
        ("not a url", &["not a url"]),
        ("http:///app", &["http:///app"]),
        ("http://127.0.0.1/{libc}", &["unknown placeholder {libc}; known are {os}, {arch}"]),
        ("http://127.0.0.1/{os", &["a { stands alone"]),
    ];
    for (url, words) in cases {
        runs_without_fetching(&deployment, &format!("http={url}"), words);
    }
    deployment.finish();
}

#[test]
fn a_wrong_path_turns_fetching_off_and_nothing_else() {
    let (deployment, _) = deployed("wrong-path");
    let own = deployment.program().display().to_string();
    let cases: [(&str, &[&str]); 3] = [
        ("/", &["it names no file"]),
        (&own, &["it is the running executable itself; publish beside it"]),
        ("/tmp/app-{cpu}", &["unknown placeholder {cpu}"]),
    ];
    for (path, words) in cases {
        runs_without_fetching(&deployment, &format!("file={path}"), words);
    }
    deployment.finish();
}

/// A file system that is mounted a second late must not turn fetching off for the master's life.
#[test]
fn a_folder_that_comes_late_is_waited_for() {
    let (deployment, _) = deployed("late-folder");
    let second = deployment.release("version=2");
    let folder = deployment.sandbox().join("releases/late");
    let published = folder.join("app");
    let service = deployment.start([format!("file={}", published.display())]);
    service.wait_warning(&["no upgrade for now", "there is no such file (yet)"]);
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(second.path(), &published).unwrap();
    service.process().wait_line("v2 listens on", selfup_tests::sandbox::PATIENCE);
    assert_eq!(service.warnings().len(), 1, "{:?}", service.warnings());
    service.terminate();
    deployment.finish();
}

#[track_caller]
fn runs_without_fetching(
    deployment: &selfup_tests::service::Deployment,
    argument: &str,
    words: &[&str],
) {
    let service = deployment.start([argument]);
    let words = [&["upgrades are disabled: "], words].concat();
    println!("{}", service.wait_warning(&words));
    assert_eq!(service.ask_for("enabled"), "true");
    service.restart();
    service.process().wait_line("v1 listens on", selfup_tests::sandbox::PATIENCE);
    assert_eq!(service.warnings().len(), 1, "{:?}", service.warnings());
    service.terminate();
}
