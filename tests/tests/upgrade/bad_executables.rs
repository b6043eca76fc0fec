//! Tests published files that are not good executables, and executables that fail the probe.
//!
//! In every case, one warning names the cause, the service goes on, no file stays in the folder of the
//! program, and a later good release is installed.

use super::{APP, RECORD, TRIAL, deployed, http, publish};
use selfup_tests::origin::{Offer, Origin};
use selfup_tests::release::Release;
use selfup_tests::sandbox::PATIENCE;
use selfup_tests::service::{Deployment, Service, put};
use selfup_tests::visitor::Visitors;
use std::fs;
use std::process::Command;

/// A service at version 1, with clients, that is offered one thing after the other.
struct Trial {
    deployment: Deployment,
    first: Release,
    origin: Option<Origin>,
    service: Service,
    visitors: Visitors,
}

impl Trial {
    fn start(name: &str, words: &[&str]) -> Self {
        let (deployment, first) = deployed(name);
        let origin = Origin::start();
        publish(&origin, &first);
        let mut all: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        all.push(http(&origin));
        all.push("events".to_owned());
        let service = deployment.start(all);
        service.process().wait_line("event UpToDate", PATIENCE);
        let visitors = service.visitors();
        Self { deployment, first, origin: Some(origin), service, visitors }
    }

    fn offer(&self, offer: Offer) {
        self.origin.as_ref().unwrap().offer("/app", offer);
    }

    /// Waits for the warning with these words, and for nothing else to have come of it.
    #[track_caller]
    fn warns(&self, words: &[&str]) -> String {
        let warning = self.service.wait_warning(words);
        self.service.is_version(1);
        assert_eq!(self.deployment.installed(), self.first.id());
        self.deployment.wait_listing(&["app"]);
        warning
    }

    /// Checks that a good release is still installed, ends the trial, and returns the number of warnings.
    #[track_caller]
    fn recovers(self) -> usize {
        let good = self.deployment.release("version=2");
        self.offer(Offer::Whole(good.bytes()));
        self.service.wait_version(2);
        self.visitors.leave();
        assert_eq!(self.service.ask_for("generation"), "2", "no restart before");
        assert_eq!(self.deployment.installed(), self.first.id());
        assert_eq!(self.deployment.on_trial(), [good.id()]);
        self.deployment.wait_listing(&[RECORD, TRIAL, "app"]);
        let warnings = self.service.warnings();
        for warning in &warnings {
            println!("{warning}");
        }
        self.service.terminate();
        self.deployment.finish();
        warnings.len()
    }
}

#[test]
fn files_that_are_no_program_for_this_machine() {
    let trial = Trial::start("no-program", &[]);
    let program = trial.first.bytes();
    let mut other_machine = program.clone();
    // The machine number: aarch64, or x86-64 where this is aarch64.
    other_machine[18] = if other_machine[18] == 183 { 62 } else { 183 };
    let listing = "<!DOCTYPE HTML>\n<title>Directory listing for /</title>\n<ul><li>app</ul>";
    let refused = "refused a new executable: could not replace ";
    // Short for its own headers: it may have been cut off on its way, which no length would show.
    let doubted = "no upgrade for now: could not replace ";
    let cases: [(Vec<u8>, &str, &str); 7] = [
        (Vec::new(), doubted, "it is empty"),
        (b"<html><body>Please sign in</body></html>".to_vec(), refused, "it is an HTML page"),
        (listing.into(), refused, "it is an HTML page"),
        (program[..program.len() / 2].to_vec(), doubted, "it is truncated"),
        (other_machine, refused, "it is an ELF file for "),
        (gzip(&trial.first), refused, "it is a gzip file, not decompressed"),
        (b"just text\n".to_vec(), refused, "it is neither an ELF file nor a script"),
    ];
    let number = cases.len();
    for (bytes, verdict, words) in cases {
        trial.offer(Offer::Whole(bytes));
        trial.warns(&[verdict, "/bin/app by what came", words]);
    }
    assert_eq!(trial.recovers(), number, "one warning for each");
}

fn gzip(release: &Release) -> Vec<u8> {
    let output = Command::new("gzip").arg("-1c").arg(release.path()).output().unwrap();
    assert!(output.status.success());
    output.stdout
}

#[test]
fn programs_that_are_no_selfup_programs() {
    let trial = Trial::start("no-selfup-program", &[]);
    let other = |path: &str| fs::read(path).unwrap();
    let noted = |notes: &str| trial.deployment.release(&format!("version=2 {notes}")).bytes();
    let remedy = "call selfup::sanity_check() first in main";
    let unmarked = "it carries no selfup note; build it with selfup::run or selfup::update in it";
    // It would leave a trace if it ran.
    let ran = trial.deployment.sandbox().join("releases/ran");
    let script =
        format!("#!/bin/sh\n: > {}\nprintf '%s\\n' \"$SELFUP_BIN_CHECK\"\n", ran.display());
    let cases: [(Vec<u8>, &[&str]); 9] = [
        (other("/bin/true"), &["it is no selfup program", unmarked]),
        (script.into_bytes(), &["it is no selfup program: it is a script"]),
        (
            b"#!/no/such/interpreter\n".to_vec(),
            &["a script for \"/no/such/interpreter\", which is"],
        ),
        (
            of_another_protocol(&trial.first),
            &["it speaks version 9 of selfup's protocol, what runs"],
        ),
        (noted("when_probed=makes_noise"), &["printed more than the token: \"loading", remedy]),
        (noted("when_probed=exits"), &["exited with code 3"]),
        (noted("when_probed=crashes"), &["was killed by signal 6 (SIGABRT)"]),
        (
            noted("when_probed=complains"),
            &["exited with code 127", "libmissing.so: cannot open", "a static build"],
        ),
        (noted("when_probed=floods"), &["printed more than 4096 bytes", remedy]),
    ];
    let number = cases.len();
    for (bytes, words) in cases {
        trial.offer(Offer::Whole(bytes));
        let words = [&["refused a new executable: could not replace ", "/bin/app"], words].concat();
        trial.warns(&words);
    }
    assert!(!ran.exists());
    assert_eq!(trial.recovers(), number, "one warning for each");
}

/// With another version in its note.
fn of_another_protocol(release: &Release) -> Vec<u8> {
    let mut bytes = release.bytes();
    let note = b"\x07\0\0\0\x04\0\0\0\x01\0\0\0selfup\0\0";
    let at = bytes.windows(note.len()).position(|window| window == note).unwrap();
    bytes[at + note.len()] = 9;
    bytes
}

/// Each waits for the probe's deadline, so each has a test: they run side by side. Returns how many
/// warnings there were: where the deadline decides, a busy machine may miss it earlier than meant.
fn never_ends_its_probe(name: &str, notes: &str, verdict: &str, words: &[&str]) -> usize {
    let trial = Trial::start(name, &[]);
    let bad = trial.deployment.release(&format!("version=2 {notes}"));
    trial.offer(Offer::Whole(bad.bytes()));
    trial.warns(&[&[verdict, ": could not replace "], words].concat());
    trial.recovers()
}

#[test]
fn a_program_that_hangs_when_probed() {
    let words = ["did not end within 5s, having printed nothing", "call selfup::sanity_check()"];
    // A busy machine is as slow: it is tried again, ever more rarely.
    never_ends_its_probe("hangs", "when_probed=hangs", "no upgrade for now", &words);
}

#[test]
fn a_program_that_responds_to_the_probe_and_hangs() {
    let words = ["did not end within 5s, having printed the token", "exit after answering"];
    let notes = "when_probed=answers_and_hangs";
    never_ends_its_probe("answers-hangs", notes, "no upgrade for now", &words);
}

#[test]
fn a_program_that_responds_to_the_probe_and_leaves_a_daemon_behind() {
    let words = ["left a process behind that keeps its standard output open"];
    let notes = "when_probed=daemonises";
    assert_eq!(never_ends_its_probe("daemonises", notes, "refused a new executable", &words), 1);
}

#[test]
fn a_program_with_work_before_run_does_none_of_it_when_probed() {
    let (deployment, _) = deployed("banner");
    let second = deployment.release("version=2 banner");
    let origin = Origin::start();
    publish(&origin, &second);
    let service = deployment.start([http(&origin)]);
    service.wait_version(2);
    service.terminate();
    deployment.finish();
}

#[test]
fn a_program_that_needs_its_environment_is_probed_with_it() {
    let (deployment, _) = deployed("environment");
    let second = deployment.release("version=2 when_probed=needs_a_library");
    let origin = Origin::start();
    publish(&origin, &second);
    let mut command = Command::new(deployment.program());
    command.args(["address=127.0.0.1:0", &http(&origin)]).env("NEEDED", "yes");
    let service = deployment.start_as(command);
    service.wait_version(2);
    service.terminate();
    deployment.finish();
}

#[test]
fn a_program_that_the_kernel_kills_is_reported_with_the_likely_cause() {
    let (deployment, first) = deployed("killed");
    let second = deployment.release("version=2 killed_at_start");
    let origin = Origin::start();
    publish(&origin, &second);
    let service = deployment.start([http(&origin)]);
    let words =
        ["child #2 was killed by SIGKILL before it was ready", "there has to be room for two"];
    println!("{}", service.wait_warning(&words));
    println!("{}", service.wait_warning(&[second.id(), "there has to be room for two"]));
    service.is_version(1);
    assert_eq!(deployment.installed(), first.id());
    service.terminate();
    deployment.finish();
}

#[test]
fn transfers_that_fail() {
    let trial = Trial::start("transfers", &["size_cap=1000000000"]);
    let next = trial.deployment.release("version=2").bytes();
    let url = trial.origin.as_ref().unwrap().url("/app");
    let length = next.len().to_string();
    let cases: [(Offer, &[&str]); 5] = [
        (Offer::Status(404), &["responds with 404", "nothing is published there (yet)"]),
        (Offer::Status(500), &["responds with 500", "the server is in trouble"]),
        (Offer::Status(401), &["responds with 401", "credentials are missing"]),
        (Offer::Cut(next.clone()), &["the connection ended after ", &length, "/bin/app"]),
        (Offer::Half(next), &["no upgrade for now", "it is truncated"]),
    ];
    let number = cases.len();
    for (offer, words) in cases {
        trial.offer(offer);
        let warning = trial.warns(words);
        assert!(warning.contains(&url) || warning.contains("truncated"), "{warning}");
    }
    assert_eq!(trial.recovers(), number, "one warning for each, however often it was tried");
}

#[test]
fn a_server_that_is_gone_and_comes_back() {
    let mut trial = Trial::start("gone", &[]);
    let address = trial.origin.take().map(|origin| origin.address()).unwrap();
    trial.warns(&["the connection is refused; check the port, and that the server runs"]);
    trial.origin = Some(Origin::start_at(address));
    assert!(trial.recovers() <= 2);
}

#[test]
fn a_server_that_stalls() {
    let (deployment, first) = deployed("stalls");
    let [second, third] = ["version=2", "version=3"].map(|notes| deployment.release(notes));
    let origin = Origin::start();
    publish(&origin, &first);
    let url = origin.url("/app");
    let service = deployment.start([format!("http_stall_ms=500,{url}")]);
    let visitors = service.visitors();
    origin.offer("/app", Offer::Stalled(second.bytes()));
    let warning = service.wait_warning(&["no byte moved for 500ms"]);
    assert!(warning.contains(&url), "{warning}");
    service.is_version(1);
    deployment.wait_listing(&["app"]);
    publish(&origin, &third);
    service.wait_version(3);
    visitors.leave();
    println!("{}", service.warnings().join("\n"));
    service.terminate();
    deployment.finish();
}

#[test]
fn a_release_above_the_size_cap() {
    let cap = fs::metadata(APP).unwrap().len() + 500;
    let trial = Trial::start("size-cap", &[&format!("size_cap={cap}")]);
    let mut large = trial.deployment.release("version=2").bytes();
    large.resize(large.len() + 1000, b' ');
    trial.offer(Offer::Whole(large.clone()));
    trial.warns(&["refused a new executable", " bytes are promised, the size cap is "]);
    assert_eq!(trial.recovers(), 1);
}

#[test]
fn what_is_no_file_at_the_published_path() {
    let (deployment, first) = deployed("published-path");
    let published = deployment.sandbox().join("releases/app");
    put(first.path(), &published, 0o644);
    let service = deployment.start([format!("file={}", published.display()), "events".into()]);
    service.process().wait_line("event UpToDate", PATIENCE);
    let visitors = service.visitors();
    fs::remove_file(&published).unwrap();
    service.wait_warning(&["releases/app: there is no such file (yet)"]);
    fs::create_dir(&published).unwrap();
    service.wait_warning(&["releases/app: it is a directory, and should be a regular file"]);
    fs::remove_dir(&published).unwrap();
    assert!(Command::new("mkfifo").arg(&published).status().unwrap().success());
    service.wait_warning(&["releases/app: it is a fifo, and should be a regular file"]);
    fs::remove_file(&published).unwrap();
    fs::write(&published, "").unwrap();
    service.wait_warning(&["releases/app: it is empty; a copy may have been broken off"]);
    put(deployment.release("version=2").path(), &published, 0o644);
    service.wait_version(2);
    visitors.leave();
    println!("{}", service.warnings().join("\n"));
    service.terminate();
    deployment.finish();
}
