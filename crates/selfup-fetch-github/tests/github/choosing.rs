//! Tests the choice of the release and of its asset.

use selfup_fetch::{ErrorKind, Fetch, Outcome};

use crate::{api::Api, fetch, install, name, poll, source};

#[test]
fn drafts_never_and_pre_releases_on_request() {
    let api = Api::with("v1.0.0", b"stable");
    let app = name("");
    for (tag, bytes) in
        [("v2.0.0-rc.1", b"said in the version"), ("v1.5.0", b"said by the mark...")]
    {
        api.release(tag, &[(&app, bytes)]);
    }
    api.edit("v1.5.0", |release| release.prerelease = true);
    api.release("v9.0.0", &[(&app, b"draft")]);
    api.edit("v9.0.0", |release| release.draft = true);
    // A user who may push sees drafts.
    api.change(|world| world.token = Some("secret"));
    assert_eq!(install(&mut source(&api).token("secret")).unwrap(), "stable");
    let mut daring = source(&api).token("secret").pre_releases(true);
    assert_eq!(install(&mut daring).unwrap(), "said in the version");
    api.change(|world| world.releases.retain(|release| !release.tag.contains("rc")));
    assert_eq!(install(&mut daring).unwrap(), "said by the mark...");
}

#[test]
fn the_newest_version_counts_and_not_the_newest_release() {
    let api = Api::with("v2.0.0", b"two");
    api.release("v1.9.1", &[(&name(""), b"mended one")]);
    api.release("nightly", &[(&name(""), b"of tonight")]);
    let mut source = source(&api);
    assert_eq!(install(&mut source).unwrap(), "two");
    assert_eq!(install(&mut source), None);
}

#[test]
fn tags_that_are_no_versions_go_by_time() {
    let api = Api::with("build-9", b"earlier");
    api.release("build-10", &[(&name(""), b"later")]);
    let mut source = source(&api);
    let artifact = poll(&mut source).unwrap().unwrap();
    assert_eq!(artifact.version.as_deref(), Some("build-10"));
    assert_eq!(crate::read(artifact).unwrap(), "later");
}

#[test]
fn a_tag_is_followed_whatever_else_there_is() {
    let api = Api::with("v1.0.0", b"one");
    api.release("v2.0.0", &[(&name(""), b"two")]);
    api.release("app/rolling", &[(&name(""), b"tonight")]);
    api.edit("app/rolling", |release| release.prerelease = true);
    assert_eq!(install(&mut source(&api).tag("v1.0.0")).unwrap(), "one");

    let mut rolling = source(&api).tag("app/rolling");
    assert_eq!(install(&mut rolling).unwrap(), "tonight");
    api.asked();
    assert_eq!(install(&mut rolling), None);
    assert_eq!(api.asked(), ["/tags/app%2Frolling"]);
    api.upload("app/rolling", &name(""), b"tomorrow");
    assert_eq!(install(&mut rolling).unwrap(), "tomorrow");

    let error = fetch(&mut source(&api).tag("v3")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("\"v3\""), "{error}");
    api.edit("v1.0.0", |release| release.draft = true);
    let error = fetch(&mut source(&api).tag("v1.0.0")).unwrap_err();
    assert!(error.to_string().contains("is a draft"), "{error}");
}

#[test]
fn further_pages_are_asked_for_only_where_the_first_has_nothing() {
    let api = Api::with("v1.0.0", b"one");
    for n in 0..150 {
        api.release(&format!("v2.0.0-beta.{n}"), &[]);
    }
    let mut source = source(&api);
    assert_eq!(install(&mut source).unwrap(), "one");
    let pages = ["?per_page=100&page=1", "?per_page=100&page=2"];
    assert_eq!(api.asked()[..2], pages);
    assert_eq!(install(&mut source), None);
    assert_eq!(api.asked(), pages);

    api.release("v1.1.0", &[(&name(""), b"next")]);
    assert_eq!(install(&mut source).unwrap(), "next");
    assert_eq!(api.asked()[..2], [pages[0], "/assets/154"]);
}

#[test]
fn a_repository_without_a_release_is_reported() {
    let api = Api::start();
    let mut source = source(&api);
    let error = fetch(&mut source).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.is_transient(), "there may be one tomorrow");
    assert!(error.to_string().contains("no release"), "{error}");
    api.release("v1.0.0-rc.1", &[(&name(""), b"app")]);
    let error = fetch(&mut source).unwrap_err();
    assert!(error.to_string().contains("pre_releases(true)"), "{error}");
    // A list that has no end is not followed for ever.
    for n in 0..1100 {
        api.release(&format!("v1.0.0-x.{n}"), &[]);
    }
    api.asked();
    fetch(&mut source).unwrap_err();
    assert_eq!(api.asked().len(), 10);
}

#[test]
fn assets_that_are_uploaded_late_are_waited_for() {
    let api = Api::with("v1.0.0", b"one");
    let mut source = source(&api);
    assert_eq!(install(&mut source).unwrap(), "one");
    api.release("v1.1.0", &[]);
    let error = fetch(&mut source).unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::NoneForPlatform, true));
    assert!(error.to_string().contains("no assets (yet)"), "{error}");

    api.upload("v1.1.0", &name(""), b"two");
    api.edit("v1.1.0", |release| release.assets[0].state = "starter");
    let error = fetch(&mut source).unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Incomplete, true));
    api.edit("v1.1.0", |release| release.assets[0].state = "uploaded");
    assert_eq!(install(&mut source).unwrap(), "two");
}

#[test]
fn the_asset_is_by_platform_name_or_predicate() {
    let api = Api::start();
    let (own, other) = (name(""), "app-plan9-mips".to_owned());
    let named = "tool-2.0.0-v2.0.0".to_owned();
    api.release("v2.0.0", &[(&own, b"own"), (&other, b"other"), (&named, b"named")]);
    assert_eq!(install(&mut source(&api)).unwrap(), "own");
    assert_eq!(install(&mut source(&api).asset("app-plan9-mips")).unwrap(), "other");
    assert_eq!(install(&mut source(&api).asset("tool-{version}-{tag}")).unwrap(), "named");
    assert_eq!(install(&mut source(&api).asset("app-{target}")).unwrap(), "own");
    let picky = source(&api).asset_matching(|name| name.starts_with("tool"));
    assert_eq!(install(&mut { picky }).unwrap(), "named");

    let error = fetch(&mut source(&api).asset_matching(|_| true)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    for name in [&own, &other, &named] {
        assert!(error.to_string().contains(name.as_str()), "{error}");
    }
    let error = fetch(&mut source(&api).asset("nothing-{os}")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoneForPlatform);
    assert!(error.to_string().contains(&other), "{error}");
}

#[test]
fn another_choice_of_the_same_release_is_new() {
    let api = Api::with("v1.0.0", b"plain");
    let mut source = source(&api);
    assert_eq!(install(&mut source).unwrap(), "plain");
    // The compressed asset costs less to transfer, so it is chosen now.
    api.upload("v1.0.0", &name(".gz"), &crate::gzip(b"compressed"));
    assert_eq!(fetch(&mut source).unwrap().unwrap(), "compressed");
    source.report(Outcome::UpToDate);
    assert_eq!(install(&mut source), None);
}
