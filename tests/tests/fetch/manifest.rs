//! Compares `docs/MANIFEST.md` with the schema next to it and with the parser.

use selfup::fetch::{Platform, manifest::Manifest};
use selfup_tests::need;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");

/// The first block in this language.
fn block(language: &str) -> String {
    let text = fs::read_to_string(format!("{DOCS}/MANIFEST.md")).unwrap();
    let (_, rest) = text.split_once(&format!("\n```{language}\n")).unwrap();
    rest.split_once("\n```\n").unwrap().0.to_owned()
}

/// Which of these files are valid, according to an independent program.
fn in_schema(files: &[PathBuf]) -> Vec<bool> {
    let schema = PathBuf::from(DOCS).join("manifest.schema.json");
    let mut program = Command::new("jsonschema");
    for file in files {
        program.arg("-i").arg(file);
    }
    let output = program.args(["--output", "pretty"]).arg(schema).output().unwrap();
    let message = [output.stdout, output.stderr].concat();
    let message = String::from_utf8_lossy(&message);
    let says =
        |what: &str, file: &Path| message.contains(&format!("[{what}]===({})", file.display()));
    let judged = |file: &PathBuf| match (says("SUCCESS", file), says("ValidationError", file)) {
        (true, false) => true,
        (false, true) => false,
        _ => panic!("what of {}? {message}", file.display()),
    };
    files.iter().map(judged).collect()
}

#[test]
fn the_example_is_a_manifest() {
    let text = block("json");
    let manifest = Manifest::parse(text.as_bytes()).unwrap();
    let mut platform = Platform::current();
    for (target, os, version) in [
        ("x86_64-unknown-linux-gnu", "linux", "2.1.0"),
        ("aarch64-unknown-linux-gnu", "linux", "2.1.0"),
        ("aarch64-apple-darwin", "macos", "2.0.4"),
    ] {
        (platform.target, platform.os) = (target.into(), os.into());
        assert_eq!(manifest.for_target(&platform).unwrap().version(), version);
    }
}

#[test]
fn the_schema_is_of_one_mind_with_the_parser() {
    if !need::program("jsonschema") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let example = block("json");
    // Each a change of the example, and whether it is a manifest still.
    let changes = [
        ("", "", true),
        ("\"format\": 1", "\"format\": 2", false),
        ("\"format\": 1,", "", false),
        ("\"format\": 1", "\"format\": 1, \"requires\": [], \"x-own\": null", true),
        ("\"format\": 1", "\"format\": 1, \"requires\": \"rollout\"", false),
        ("\"2.1.0\"", "2", false),
        ("\"2.1.0\"", "\"\"", false),
        ("\"2.1.0\"", "\"2\\n1\"", false),
        ("T10:00:00Z", "T10:00:00.25Z", true),
        ("T10:00:00Z", "", false),
        ("T10:00:00Z", "T10:00:00+00:00", false),
        ("\"1.8.0\"", "\"v1.8.0-rc.1+build\"", true),
        ("\"1.8.0\"", "\"1.8\"", false),
        ("aarch64-unknown-linux-gnu\":", "linux-aarch64\":", true),
        ("aarch64-unknown-linux-gnu\":", "linux aarch64\":", false),
        ("\"url\": \"2.1.0/app-aarch64", "\"other\": \"2.1.0/app-aarch64", false),
        ("4011210", "\"4011210\"", false),
        ("4011210", "-1", false),
        ("4011210", "9007199254740992", false),
        ("sha256:36", "sha256:3", false),
        ("sha256:36", "md5:36", false),
        ("\"name\": \"app\"", "\"name\": \"bin/app\"", false),
        ("\"name\": \"app\"", "\"name\": \"..\"", false),
        ("\"name\": \"app\"", "\"path\": [\"bin/app\"]", true),
        ("\"signature\": \"", "\"signature_url\": \"x\", \"signature\": \"", false),
        ("\"signature\": \"untrusted", "\"signature\": \"\", \"x-old\": \"untrusted", false),
    ];
    let mut files = Vec::new();
    for (from, to, sound) in changes {
        let text = example.replacen(from, to, 1);
        assert!(text != example || from.is_empty(), "{from} is not in the example");
        assert_eq!(Manifest::parse(text.as_bytes()).is_ok(), sound, "{from} -> {to}");
        files.push(folder.path().join(files.len().to_string()));
        fs::write(files.last().unwrap(), &text).unwrap();
    }
    for ((from, to, sound), found) in changes.into_iter().zip(in_schema(&files)) {
        assert_eq!(found, sound, "{from} -> {to}");
    }
}

#[test]
fn the_recipe_writes_one() {
    let folder = tempfile::tempdir().unwrap();
    let executable = folder.path().join("executable");
    fs::write(&executable, "what is run").unwrap();
    for target in ["x86_64-unknown-linux-gnu", "linux-aarch64"] {
        let packed = Command::new("gzip").arg("-c").arg(&executable).output().unwrap();
        fs::write(folder.path().join(format!("app-{target}.gz")), packed.stdout).unwrap();
    }
    let mut shell = Command::new("sh");
    let output = shell.args(["-euc", &block("sh")]).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");

    let written = folder.path().join("manifest.json");
    let text = fs::read_to_string(&written).unwrap();
    let manifest = Manifest::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert_eq!(
        manifest.targets().collect::<Vec<_>>(),
        ["linux-aarch64", "x86_64-unknown-linux-gnu"]
    );
    let mut platform = Platform::current();
    platform.target = "x86_64-unknown-linux-gnu".into();
    let entry = manifest.for_target(&platform).unwrap();
    let packed = folder.path().join(entry.url());
    assert_eq!(entry.size(), Some(fs::metadata(&packed).unwrap().len()));
    assert_eq!(entry.executable().size(), Some(11));
    for (digests, file) in [(entry.digests(), &packed), (entry.executable().digests(), &executable)]
    {
        let output = Command::new("sha256sum").arg(file).output().unwrap();
        let digits = String::from_utf8(output.stdout).unwrap();
        assert_eq!(digests[0].to_string(), format!("sha256:{}", &digits[..64]));
    }
    if need::program("jsonschema") {
        assert_eq!(in_schema(&[written]), [true], "{text}");
    }
}
