//! Tests authorization, redirects, and `Retry-After`.

use super::site::{Site, fetch, install, poll};
use selfup_fetch::ErrorKind;
use std::fs;
use std::time::Duration;

#[test]
fn credentials_open_it_and_no_others() {
    let server = "
        location /basic { alias {folder}/www; auth_basic hidden; auth_basic_user_file users; }
        location /bearer { alias {folder}/www;
            if ($http_authorization != 'Bearer token') { return 403; } }";
    let Some(mut site) = Site::start("credentials", server) else { return };
    fs::write(site.nginx.file("users"), "me:{PLAIN}pass\n").unwrap();
    site.publish("app", b"one");
    let with_url = site.passage.url("/basic/app").replace("http://", "http://me:pass@");
    for mut source in [
        site.http("/basic/app").basic("me", "pass"),
        super::site::patient(with_url),
        site.http("/bearer/app").bearer("token"),
    ] {
        assert_eq!(install(&mut source).unwrap(), b"one");
        assert_eq!(fetch(&mut source).unwrap(), None);
    }
    for mut source in [
        site.http("/basic/app"),
        site.http("/basic/app").basic("me", "SECRET"),
        site.http("/bearer/app"),
        site.http("/bearer/app").bearer("SECRET"),
    ] {
        let error = poll(&mut source).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
        assert!(!error.is_transient());
        assert!(!format!("{error:?}").contains("SECRET"), "{error:?}");
    }
    site.finish();
}

#[test]
fn what_has_moved_to_another_host_is_fetched_without_credentials() {
    let server = "location /latest { return 302 http://$arg_to/app; }";
    let others = "server { listen unix:{folder}/other; root {folder}/www;
        access_log {folder}/log lines; }\n";
    let Some(mut site) = Site::start_with("moved", server, others) else { return };
    site.publish("app", b"one");
    let other = site.passage_to("other");
    let path = format!("/latest?to=127.0.0.1:{}", other.port());
    let mut source = site.http(&path).basic("me", "pass");
    assert_eq!(install(&mut source).unwrap(), b"one");
    assert_eq!(fetch(&mut source).unwrap(), None);
    let basic = "[Basic bWU6cGFzcw==]";
    assert_eq!(
        site.asked(4),
        [
            format!("GET /latest 302 [-] {basic}"),
            "GET /app 200 [-] [-]".to_owned(),
            format!("HEAD /latest 302 [-] {basic}"),
            "HEAD /app 200 [-] [-]".to_owned(),
        ]
    );
    site.finish();
}

#[test]
fn retry_after_is_respected() {
    let server = "location /app { add_header Retry-After 7 always; return 503; }";
    let Some(site) = Site::start("wait", server) else { return };
    let error = poll(&mut site.http("/app")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    site.finish();
}
