//! Fetchers that cannot work: the program runs under its master all the same.

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
    let folder = deployment.sandbox().join("releases").display().to_string();
    let cases: [(&str, &[&str]); 5] = [
        ("/", &["it names no file"]),
        ("/no/such/folder/app", &["its directory does not exist"]),
        (&own, &["it is the running executable itself; publish beside it"]),
        (&folder, &["it is a directory, and should be a regular file"]),
        ("/tmp/app-{cpu}", &["unknown placeholder {cpu}"]),
    ];
    for (path, words) in cases {
        runs_without_fetching(&deployment, &format!("file={path}"), words);
    }
    deployment.finish();
}

#[track_caller]
fn runs_without_fetching(
    deployment: &selfup_tests::service::Deployment,
    argument: &str,
    words: &[&str],
) {
    let service = deployment.start([argument]);
    let words = [&["nothing will be fetched from now on: "], words].concat();
    println!("{}", service.wait_warning(&words));
    assert_eq!(service.ask_for("enabled"), "true");
    service.restart();
    service.process().wait_line("v1 listens on", selfup_tests::sandbox::PATIENCE);
    assert_eq!(service.warnings().len(), 1, "{:?}", service.warnings());
    service.terminate();
}
