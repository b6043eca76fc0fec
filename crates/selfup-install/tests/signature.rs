//! Tests signatures of the `minisign` program itself.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use selfup_install::{Checks, Error, ErrorKind, Expected, PublicKey, VersionPolicy};
use support::{Sandbox, assert_says, has_program, probe_script};

/// A key pair of minisign.
struct Signer {
    sandbox: Sandbox,
    key: PublicKey,
}

impl Signer {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        minisign(sandbox.path(), &["-G", "-W", "-p", "key.pub", "-s", "key.sec"]);
        let key = fs::read_to_string(sandbox.join("key.pub")).unwrap().parse().unwrap();
        Self { sandbox, key }
    }

    /// The signature of these bytes as a file of that name.
    fn sign(&self, name: &str, content: &[u8], options: &[&str]) -> String {
        let file = self.sandbox.put(name, content, 0o644);
        let file = file.to_str().unwrap();
        let all = [&["-S", "-s", "key.sec", "-x", "signature", "-m", file], options].concat();
        minisign(self.sandbox.path(), &all);
        fs::read_to_string(self.sandbox.join("signature")).unwrap()
    }
}

fn minisign(directory: &Path, arguments: &[&str]) {
    let output = Command::new("minisign").current_dir(directory).args(arguments).output().unwrap();
    assert!(output.status.success(), "minisign {arguments:?}: {output:?}");
}

/// A target, and what is published for it.
struct Case {
    sandbox: Sandbox,
    content: Vec<u8>,
}

impl Case {
    fn new() -> Self {
        Self { sandbox: Sandbox::new(), content: probe_script("two") }
    }

    /// Stages and writes the artifact, and returns its version if it is accepted.
    fn take(&self, expected: Expected) -> Result<Option<String>, Error> {
        let mut staged = self.sandbox.target().stage(expected)?;
        staged.write(&mut &self.content[..], &mut |_| ())?;
        let version = staged.version().map(str::to_owned);
        drop(staged.verify(Checks::new())?);
        Ok(version)
    }

    #[track_caller]
    fn refuses(&self, expected: Expected, kind: ErrorKind, words: &[&str]) {
        assert_says(&self.take(expected).unwrap_err(), kind, words);
        assert_eq!(self.sandbox.names(), ["app"]);
    }
}

fn trusting(keys: &[&Signer], signature: &str) -> Expected {
    let keys: Vec<PublicKey> = keys.iter().map(|signer| signer.key.clone()).collect();
    Expected::new().trusted_keys(keys).signature(signature.to_owned())
}

#[test]
fn what_a_trusted_key_signed_is_accepted_and_nothing_else() {
    if !has_program("minisign") {
        return;
    }
    let (case, signer, other) = (Case::new(), Signer::new(), Signer::new());
    let signature = signer.sign("app", &case.content, &[]);
    let (id, other_id) = (signer.key.to_string(), other.key.to_string());
    assert_eq!(case.take(trusting(&[&signer], &signature)).unwrap(), None);

    // Rotation: any of them, in any order, twice.
    assert_eq!(case.take(trusting(&[&other, &signer, &signer], &signature)).unwrap(), None);
    case.take(trusting(&[&signer, &other], &other.sign("app", &case.content, &[]))).unwrap();

    let words = [&*id, &other_id, "trust that one"];
    case.refuses(trusting(&[&other], &signature), ErrorKind::SignatureUntrusted, &words);

    let words = ["no signature came", "minisign -S"];
    let unsigned = Expected::new().trusted_keys([signer.key.clone()]);
    case.refuses(unsigned, ErrorKind::SignatureMissing, &words);

    // Without keys, what comes is not looked at.
    case.take(Expected::new().signature("nonsense".to_owned())).unwrap();
}

#[test]
fn whatever_was_changed_is_found() {
    if !has_program("minisign") {
        return;
    }
    let (mut case, signer) = (Case::new(), Signer::new());
    let signature = signer.sign("app", &case.content, &["-t", "version:1.0.0"]);
    let expected = trusting(&[&signer], &signature);
    case.take(expected.clone()).unwrap();

    let invalid = |case: &Case, text: &str| {
        let words = ["the signature by the key", &signer.key.to_string()];
        case.refuses(trusting(&[&signer], text), ErrorKind::SignatureInvalid, &words);
    };
    let last = case.content.len() - 1;
    case.content[last] ^= 1;
    invalid(&case, &signature);
    case.content.push(0);
    invalid(&case, &signature);
    case.content = probe_script("two");
    invalid(&case, &signature.replace("version:1.0.0", "version:1.0.1"));
    // In the two lines that are the signatures, any character but those of the header.
    let lines: Vec<&str> = signature.lines().collect();
    for (line, at) in [(1, 20), (1, 60), (1, 90), (3, 0), (3, 40), (3, 80)] {
        let mut changed: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let other = if &changed[line][at..=at] == "A" { "B" } else { "A" };
        changed[line].replace_range(at..=at, other);
        invalid(&case, &changed.join("\n"));
    }
    // The signature does not cover the untrusted comment.
    let commented = signature.replacen("untrusted comment:", "untrusted comment: x", 1);
    case.take(trusting(&[&signer], &commented)).unwrap();
}

#[test]
fn each_invalid_signature_has_its_own_message() {
    if !has_program("minisign") {
        return;
    }
    let (case, signer) = (Case::new(), Signer::new());
    let signature = signer.sign("app", &case.content, &[]);
    let refuses = |text: &str, words: &str| {
        case.refuses(trusting(&[&signer], text), ErrorKind::SignatureMalformed, &[words]);
    };
    let legacy = signer.sign("app", &case.content, &["-l"]);
    refuses(&legacy, "minisign -S -H");
    refuses("", "is none");
    refuses("<html>Not Found</html>", "is none");
    refuses(&format!("{signature}{}", "x".repeat(10_000)), "is none");
    refuses("untrusted comment: x", "garbled");
    refuses(&signature[..100], "garbled");
    refuses(&signature[..signature.len() - 10], "garbled");
    refuses(&signature.replace("trusted comment: t", "comment: t"), "garbled");
    let key = fs::read_to_string(signer.sandbox.join("key.pub")).unwrap();
    refuses(&key, "garbled");
    let twice = signer.sign("app", &case.content, &["-t", "version:1 version:2"]);
    refuses(&twice, "more than one version");
}

#[test]
fn the_trusted_comment_binds_name_and_version() {
    if !has_program("minisign") {
        return;
    }
    let (case, signer) = (Case::new(), Signer::new());
    let plain = trusting(&[&signer], &signer.sign("app", &case.content, &[]));
    case.take(plain.clone()).unwrap();
    case.take(plain.clone().program(Some("app"))).unwrap();
    case.take(plain.clone().version(Some("9"))).unwrap();
    let words = ["as file \"app\"", "this program is \"other\""];
    case.refuses(plain.program(Some("other")), ErrorKind::SignatureMismatch, &words);
    // Where the program does not say its name, the file that is replaced does.
    let other = trusting(&[&signer], &signer.sign("other", &case.content, &[]));
    let words = ["as file \"other\"", "this program is \"app\""];
    case.refuses(other, ErrorKind::SignatureMismatch, &words);
    let platform = signer.sign("app-1.2.3-linux-x86_64", &case.content, &[]);
    case.take(trusting(&[&signer], &platform)).unwrap();

    let comment = ["-t", "version:1.2.3 file:app"];
    let named = trusting(&[&signer], &signer.sign("app", &case.content, &comment));
    assert_eq!(case.take(named.clone()).unwrap().as_deref(), Some("1.2.3"));
    let both = named.clone().version(Some("v1.2.3")).program(Some("app"));
    assert_eq!(case.take(both).unwrap().as_deref(), Some("1.2.3"));
    let words = ["as version \"1.2.3\"", "announced as \"1.2.4\""];
    case.refuses(named.version(Some("1.2.4")), ErrorKind::SignatureMismatch, &words);
}

#[test]
fn an_older_version_is_refused_without_being_run() {
    if !has_program("minisign") {
        return;
    }
    let (sandbox, signer) = (Sandbox::new(), Signer::new());
    let ran: PathBuf = sandbox.join("ran");
    let content = support::script(&format!(": > {}", ran.display()));
    let signature = signer.sign("app", &content, &["-t", "version:1.9.0"]);
    let verify = |expected: Expected, policy: VersionPolicy| {
        let mut staged = sandbox.target().stage(expected).unwrap();
        staged.write(&mut &content[..], &mut |_| ()).unwrap();
        staged.verify(Checks::new().version_policy(policy)).map(drop)
    };
    let policy = VersionPolicy::new("1.10.0").unwrap();
    let signed = trusting(&[&signer], &signature);
    let error = verify(signed.clone(), policy.clone()).unwrap_err();
    assert_says(&error, ErrorKind::Downgrade, &["version 1.9.0, older than 1.10.0 that runs"]);
    let announced = Expected::new().version(Some("1.9.0"));
    assert_says(&verify(announced, policy.clone()).unwrap_err(), ErrorKind::Downgrade, &[]);
    let error = verify(Expected::new(), policy.clone().required(true)).unwrap_err();
    assert_says(&error, ErrorKind::VersionUnknown, &["not known, and required"]);
    let plain = trusting(&[&signer], &signer.sign("app", &content, &[])).version(Some("2.0.0"));
    let error = verify(plain, policy.clone().required(true)).unwrap_err();
    assert_says(
        &error,
        ErrorKind::VersionUnknown,
        &["only announced", "minisign -S -t 'version:2.0.0'"],
    );
    assert!(!ran.exists());

    // This one does not respond to the probe, so that is as far as it comes.
    let error = verify(signed, policy.allow_downgrade(true)).unwrap_err();
    assert_says(&error, ErrorKind::ProbeFailed, &[]);
    assert!(ran.exists());
}

#[test]
fn nothing_is_written_before_there_is_a_signature_to_hold_it_against() {
    if !has_program("minisign") {
        return;
    }
    let (case, signer, other) = (Case::new(), Signer::new(), Signer::new());
    let foreign = other.sign("app", &case.content, &[]);
    for signature in [None, Some("nonsense".to_owned()), Some(foreign)] {
        let expected = Expected::new().trusted_keys([signer.key.clone()]).signature(signature);
        drop(case.sandbox.target().stage(expected).unwrap_err());
        assert_eq!(case.sandbox.names(), ["app"]);
    }
}
