//! Tests packed files, and packing on the way, which are two things.

use super::site::{Site, install, program};
use std::process::Command;

/// A file of the site, packed beside it by the command that publishers use.
fn pack(site: &Site, name: &str) {
    let path = site.nginx.root().join(name);
    assert!(Command::new("gzip").args(["-9", "-k", "-n"]).arg(path).status().unwrap().success());
}

#[test]
fn what_is_packed_comes_unpacked_once() {
    let server = "
        gzip on; gzip_types *; gzip_min_length 1;
        location /labelled { alias {folder}/www; add_header Content-Encoding gzip; }
        location /static { alias {folder}/www; gzip off; gzip_static always; }";
    let Some(mut site) = Site::start("coding", server) else { return };
    let app = program(100_000);
    site.publish("app", &app);
    pack(&site, "app");
    let packed = std::fs::read(site.nginx.root().join("app.gz")).unwrap();
    for (path, what) in [
        ("/app", "nginx would pack it on request"),
        ("/app.gz", "the file is packed"),
        ("/labelled/app.gz", "the file is packed, and the packing called a coding"),
        ("/static/app", "packed whether asked for or not"),
        ("/static/app?x=.gz", "a query is no name"),
    ] {
        let mut source = site.http(path);
        assert!(install(&mut source).unwrap() == app, "{path}: {what}");
        assert!(install(&mut source).is_none(), "{path}: {what}");
    }
    // A name without an extension: the bytes are what was published.
    let mut again = site;
    again.publish("blob", &packed);
    assert!(install(&mut again.http("/blob")).unwrap() == packed);
    again.finish();
}
