//! Tests which asset is chosen for which platform.

use super::*;

fn platform(target: &str) -> Platform {
    let mut platform = Platform::current();
    let words: Vec<&str> = target.split('-').collect();
    platform.arch = match words[0] {
        "i686" => "x86",
        "riscv64gc" => "riscv64",
        arm if arm.starts_with("arm") => "arm",
        other => other,
    }
    .to_owned();
    platform.os = if target.contains("darwin") { "macos" } else { words[2] }.to_owned();
    platform.target = target.to_owned();
    platform
}

fn release(names: &[&str]) -> Release {
    let assets: Vec<String> = names
        .iter()
        .enumerate()
        .map(|(id, name)| format!(r#"{{"id":{id},"name":"{name}","size":9,"state":"uploaded"}}"#))
        .collect();
    let json = format!(r#"{{"id":1,"tag_name":"v1.2.3","assets":[{}]}}"#, assets.join(","));
    serde_json::from_str(&json).unwrap()
}

/// Returns the asset that is chosen of these by default.
fn chosen(target: &str, names: &[&str]) -> Result<String, Error> {
    let release = release(names);
    let chosen = Wanted::ForPlatform.choose(&release, "app", &platform(target));
    chosen.map(|asset| asset.name.clone())
}

const GNU: &str = "x86_64-unknown-linux-gnu";
const MUSL: &str = "x86_64-unknown-linux-musl";

/// The file names of the usual tools.
const RUST: [&str; 12] = [
    "app-v1.2.3-aarch64-apple-darwin.tar.gz",
    "app-v1.2.3-aarch64-linux-android.tar.gz",
    "app-v1.2.3-aarch64-unknown-linux-gnu.tar.gz",
    "app-v1.2.3-aarch64-unknown-linux-musl.tar.gz",
    "app-v1.2.3-arm-unknown-linux-gnueabihf.tar.gz",
    "app-v1.2.3-armv7-unknown-linux-gnueabihf.tar.gz",
    "app-v1.2.3-i686-unknown-linux-gnu.tar.gz",
    "app-v1.2.3-riscv64gc-unknown-linux-gnu.tar.gz",
    "app-v1.2.3-x86_64-apple-darwin.tar.gz",
    "app-v1.2.3-x86_64-pc-windows-gnu.zip",
    "app-v1.2.3-x86_64-unknown-linux-gnu.tar.gz",
    "app-v1.2.3-x86_64-unknown-linux-musl.tar.gz",
];

const GO: [&str; 9] = [
    "app_1.2.3_darwin_amd64",
    "app_1.2.3_darwin_arm64",
    "app_1.2.3_linux_386",
    "app_1.2.3_linux_amd64",
    "app_1.2.3_linux_arm",
    "app_1.2.3_linux_arm64",
    "app_1.2.3_linux_armv7",
    "app_1.2.3_linux_ppc64le",
    "app_1.2.3_windows_amd64.exe",
];

#[test]
fn each_platform_gets_its_own() {
    for (target, rust, go) in [
        (GNU, Some("x86_64-unknown-linux-gnu.tar.gz"), Some("linux_amd64")),
        (MUSL, Some("x86_64-unknown-linux-musl.tar.gz"), Some("linux_amd64")),
        ("i686-unknown-linux-gnu", Some("i686-unknown-linux-gnu.tar.gz"), Some("linux_386")),
        (
            "aarch64-unknown-linux-gnu",
            Some("aarch64-unknown-linux-gnu.tar.gz"),
            Some("linux_arm64"),
        ),
        (
            "aarch64-unknown-linux-musl",
            Some("aarch64-unknown-linux-musl.tar.gz"),
            Some("linux_arm64"),
        ),
        (
            "armv7-unknown-linux-gnueabihf",
            Some("armv7-unknown-linux-gnueabihf.tar.gz"),
            Some("linux_armv7"),
        ),
        (
            "arm-unknown-linux-gnueabihf",
            Some("arm-unknown-linux-gnueabihf.tar.gz"),
            Some("linux_arm"),
        ),
        ("riscv64gc-unknown-linux-gnu", Some("riscv64gc-unknown-linux-gnu.tar.gz"), None),
        ("s390x-unknown-linux-gnu", None, None),
        ("x86_64-apple-darwin", Some("x86_64-apple-darwin.tar.gz"), Some("darwin_amd64")),
        ("aarch64-apple-darwin", Some("aarch64-apple-darwin.tar.gz"), Some("darwin_arm64")),
        ("x86_64-unknown-freebsd", None, None),
    ] {
        for (names, wanted) in [(RUST.as_slice(), rust), (GO.as_slice(), go)] {
            match (chosen(target, names), wanted) {
                (Ok(name), Some(wanted)) => assert!(name.ends_with(wanted), "{target}: {name}"),
                (Err(error), None) => {
                    assert_eq!(error.kind(), ErrorKind::NoneForPlatform, "{error}");
                }
                (other, _) => panic!("{target}: {other:?}"),
            }
        }
    }
}

#[test]
fn words_are_compared_whole() {
    for (target, names) in [
        ("arm-unknown-linux-gnueabihf", ["app-linux-arm64", "app-linux-armv7"].as_slice()),
        ("aarch64-unknown-linux-gnu", &["app-linux-arm", "app-linux-armv7", "app-linux-armhf"]),
        ("i686-unknown-linux-gnu", &["app-linux-x86_64", "app-linux-x86-64", "app-linux-amd64"]),
        (GNU, &["app-linux-x86", "app-linux-x64y", "app-windows-x64", "app-darwin-x64", "app-x64"]),
        (GNU, &["app-linux", "app-linux-arm64-x64", "app-linux-darwin-x64", "app"]),
        (MUSL, &["app-x86_64-unknown-linux-gnu"]),
    ] {
        let error = chosen(target, names).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoneForPlatform, "{error}");
        assert!(error.is_transient(), "it may be uploaded in a moment");
        for word in [names[0], "asset(", "v1.2.3", target] {
            assert!(error.to_string().contains(word), "{error}");
        }
    }
}

#[test]
fn the_c_library_is_preferred_and_not_required() {
    let plain = "app-linux-x64";
    let (musl, gnu) = ("app-linux-x64-musl", "app-linux-x64-gnu");
    for (target, names, wanted) in [
        (GNU, [plain, musl, gnu].as_slice(), gnu),
        (GNU, &[musl, plain], plain),
        (GNU, &[musl], musl),
        (MUSL, &[plain, gnu, musl], musl),
        (MUSL, &[gnu, plain], plain),
    ] {
        assert_eq!(chosen(target, names).unwrap(), wanted, "{target}");
    }
    let arms = ["app-linux-armv6", "app-linux-arm"];
    assert_eq!(chosen("armv7-unknown-linux-musleabihf", &arms).unwrap(), arms[0]);
    let macs = ["app-macos-universal", "app-macos-x64"];
    assert_eq!(chosen("aarch64-apple-darwin", &macs).unwrap(), macs[0]);
    assert_eq!(chosen("x86_64-apple-darwin", &macs).unwrap(), macs[1]);
}

#[test]
fn files_about_an_asset_are_not_taken_for_it() {
    let names = [
        "app-linux-x64.sha256",
        "app-linux-x64.minisig",
        "app-linux-x64.asc",
        "app-linux-x64.sig",
        "app-linux-x64.deb",
        "app-linux-x64.rpm",
        "app-linux-x64.spdx.json",
        "app-linux-x64.txt.gz",
        "app-linux-x64.debug.xz",
        "app-linux-x64.SHA512",
        "app-linux-x64",
    ];
    assert_eq!(chosen(GNU, &names).unwrap(), "app-linux-x64");
    // The predicate is not even asked.
    let wanted = Wanted::Matching(Box::new(|name| name.contains("linux")));
    assert_eq!(wanted.choose(&release(&names), "app", &platform(GNU)).unwrap().name, names[10]);
}

#[test]
fn of_several_ways_of_packing_the_cheapest_is_taken() {
    let names = ["app-linux-x64", "app-linux-x64.zip", "app-linux-x64.tar.gz", "app-linux-x64.gz"];
    assert_eq!(chosen(GNU, &names).unwrap(), "app-linux-x64.gz");
    assert_eq!(chosen(GNU, &names[..3]).unwrap(), "app-linux-x64");
    assert_eq!(chosen(GNU, &names[1..3]).unwrap(), "app-linux-x64.tar.gz");
}

#[test]
fn several_are_no_choice() {
    let names = ["app-linux-x64", "appctl-linux-x64"];
    let error = chosen(GNU, &names).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    for word in [names[0], names[1], "asset("] {
        assert!(error.to_string().contains(word), "{error}");
    }
    let wanted = Wanted::Matching(Box::new(|_| true));
    let error = wanted.choose(&release(&names), "app", &platform(GNU)).unwrap_err();
    assert!(error.to_string().contains("appctl"), "{error}");
    let wanted = Wanted::Matching(Box::new(|_| false));
    let error = wanted.choose(&release(&names), "app", &platform(GNU)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoneForPlatform);
    let many: Vec<String> = (0..40).map(|n| format!("lib{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let error = chosen(GNU, &many).unwrap_err();
    assert!(error.to_string().contains("28 more"), "{error}");
}

#[test]
fn a_template_names_it() {
    let wanted = |template: &str| Wanted::Named(template.to_owned());
    let release = release(&["app-1.2.3-x86_64-unknown-linux-gnu.gz", "app-v1.2.3-linux"]);
    let choose = |template| wanted(template).choose(&release, "app", &platform(GNU)).cloned();
    assert_eq!(choose("app-{version}-{target}.gz").unwrap().name, release.assets[0].name);
    assert_eq!(choose("app-{tag}-{os}").unwrap().name, release.assets[1].name);
    let error = choose("app-{tag}-{arch}").unwrap_err();
    assert!(error.to_string().contains("\"app-v1.2.3-x86_64\""), "{error}");
}

#[test]
fn an_asset_that_is_still_uploaded_differs_from_a_missing_one() {
    let json = r#"{"id":1,"tag_name":"1","assets":[
        {"id":1,"name":"app-linux-x64","size":9,"state":"starter"},
        {"id":2,"name":"app-windows-x64","size":9,"state":"starter"},
        {"id":3,"name":"app-linux-arm64","size":9,"state":"uploaded"}]}"#;
    let release: Release = serde_json::from_str(json).unwrap();
    let ours: fn(&str) -> bool = |name| name == "app-linux-x64";
    for (wanted, target, kind) in [
        (Wanted::ForPlatform, GNU, ErrorKind::Incomplete),
        (Wanted::Named("app-linux-x64".into()), GNU, ErrorKind::Incomplete),
        (Wanted::Named("app-{os}-x64".into()), GNU, ErrorKind::Incomplete),
        (Wanted::Matching(Box::new(ours)), GNU, ErrorKind::Incomplete),
        (Wanted::ForPlatform, "riscv64gc-unknown-linux-gnu", ErrorKind::NoneForPlatform),
        (Wanted::Named("app-{target}".into()), GNU, ErrorKind::NoneForPlatform),
        (Wanted::Matching(Box::new(|_| false)), GNU, ErrorKind::NoneForPlatform),
        // A name without a platform in it is a mistake, or comes later.
        (Wanted::Named("tool".into()), GNU, ErrorKind::NotFound),
        (Wanted::Named("tool-{{os}}".into()), GNU, ErrorKind::NotFound),
    ] {
        let error = wanted.choose(&release, "app", &platform(target)).unwrap_err();
        assert_eq!((error.kind(), error.is_transient()), (kind, true), "{wanted:?}: {error}");
        let uploads = error.to_string().contains("\"app-linux-x64\" of the release \"1\" is still");
        assert_eq!(uploads, kind == ErrorKind::Incomplete, "{wanted:?}: {error}");
    }
    let ready = Wanted::ForPlatform.choose(&release, "app", &platform("aarch64-unknown-linux-gnu"));
    assert_eq!(ready.unwrap().name, "app-linux-arm64");
}

#[test]
fn names_of_assets_cannot_move_a_terminal() {
    let json = r#"{"id":1,"tag_name":"v1\u001b]0;x\u0007","assets":[
        {"id":1,"name":"app\u001b[2J\u001b[1;1Hall is well\nno really","size":9,"state":"uploaded"},
        {"id":2,"name":"app-linux-x64\u202ezyx","size":9,"state":"starter"}]}"#;
    let release: Release = serde_json::from_str(json).unwrap();
    for wanted in [
        Wanted::ForPlatform,
        Wanted::Named("other".into()),
        Wanted::Matching(Box::new(|_| true)),
        Wanted::Matching(Box::new(|name| name.contains("x64"))),
    ] {
        let Err(error) = wanted.choose(&release, "app", &platform(GNU)) else { continue };
        let shown = error.to_string();
        assert!(!shown.chars().any(char::is_control), "{shown:?}");
        assert!(!shown.contains('\u{202e}'), "{shown:?}");
    }
    let error = Wanted::Named("other".into()).choose(&release, "app", &platform(GNU)).unwrap_err();
    assert!(error.to_string().contains("app\\u{1b}[2J\\u{1b}[1;1Hall is well\\nno"), "{error}");
}
