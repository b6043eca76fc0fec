//! Tests that programs that use TLS themselves keep their own cryptography.

use selfup_tests::front::{Front, Identity, Upstream};
use selfup_tests::origin::{Offer, Origin};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds one of the programs of `tests/providers`, which are a workspace of their own.
#[expect(clippy::disallowed_methods, reason = "cargo names itself in the environment")]
fn built(package: &str, features: &[&str]) -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("providers/Cargo.toml");
    // That of the workspace, whose dependencies have the same versions: most are built already, the
    // cryptography above all.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--locked", "--package", package]).args(features);
    command.arg("--manifest-path").arg(workspace).arg("--target-dir").arg(folder);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // With other features, the executable is at the same path.
    let program = folder.join(format!("{package}{}", features.concat()));
    std::fs::copy(folder.join("debug").join(package), &program).unwrap();
    program
}

#[track_caller]
fn says(program: &Path, url: &str) -> String {
    let roots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("providers-roots.pem");
    std::fs::write(&roots, Identity::ROOT).unwrap();
    let output = Command::new(program).arg(roots).arg(url).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", program.display());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("it serves\n"), "{text}");
    text
}

/// Cargo turns on a feature of rustls for all that a program is built of. With two cryptographies on,
/// rustls cannot choose one, and panics in the program, which has not asked for any of it.
#[test]
fn a_program_keeps_the_cryptography_that_it_has() {
    let origin = Origin::start();
    origin.offer("/app", Offer::Whole(b"the new program".to_vec()));
    let front = Front::before(Upstream::Tcp(origin.address()));
    front.be(Identity::known());
    let secure = format!("https://localhost:{}/app", front.address().port());
    for package in ["provider-ring", "provider-aws-lc"] {
        let without = built(package, &[]);
        let text = says(&without, &origin.url("/app"));
        assert!(text.contains("it fetches the new program"), "{text}");
        // What the program serves with, rustls has made the cryptography of the process.
        let text = says(&without, &secure);
        assert!(text.contains("it fetches the new program"), "{text}");
        let with = built(package, &["--features", "https"]);
        let text = says(&with, &secure);
        assert!(text.contains("it fetches the new program"), "{text}");
    }
}
