//! Tests the probe of good and bad executables.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use std::fs;
use std::time::{Duration, Instant};

use nix::sys::signal::{SigSet, Signal};
use selfup_install::{Checks, Error, ErrorKind, Probe};
use support::{Sandbox, assert_says, example, probe_script, script, staged, wait_until};

/// A deadline that no working machine reaches.
const PATIENT: Duration = Duration::from_secs(60);
/// A deadline for probes that are to time out.
const SHORT: Duration = Duration::from_millis(300);

fn probed(sandbox: &Sandbox, content: &[u8], deadline: Duration) -> Result<(), Error> {
    let checks = Checks::new().probe(Probe::new().deadline(deadline));
    let result = staged(&sandbox.target(), content).verify(checks).map(drop);
    assert!(sandbox.temporaries().is_empty());
    result
}

#[track_caller]
fn refused(body: &str, deadline: Duration, kind: ErrorKind, words: &[&str]) {
    let error = probed(&Sandbox::new(), &script(body), deadline).unwrap_err();
    assert_says(&error, kind, words);
}

const ANSWER: &str = "printf '%s\\n' \"$SELFUP_BIN_CHECK\"";

#[test]
fn the_token_alone_passes_from_scripts_and_programs() {
    let sandbox = Sandbox::new();
    probed(&sandbox, &probe_script("two"), PATIENT).unwrap();
    probed(&sandbox, &fs::read(example("answer")).unwrap(), PATIENT).unwrap();
    probed(&sandbox, &probe_script("patient"), Duration::MAX).unwrap();
    // Output on the standard error is allowed.
    probed(&sandbox, &script(&format!("echo warning >&2; {ANSWER}")), PATIENT).unwrap();
}

#[test]
fn real_programs_that_know_nothing_of_it_are_refused() {
    let sandbox = Sandbox::new();
    let error = probed(&sandbox, &fs::read("/bin/true").unwrap(), PATIENT).unwrap_err();
    assert_says(&error, ErrorKind::ProbeFailed, &["printed nothing", "sanity_check"]);
    let error = probed(&sandbox, &fs::read("/bin/sleep").unwrap(), PATIENT).unwrap_err();
    assert_says(&error, ErrorKind::ProbeFailed, &["exited with code 1", "missing operand"]);
}

#[test]
fn each_wrong_response_has_its_own_message() {
    let failed = ErrorKind::ProbeFailed;
    refused(":", PATIENT, failed, &["printed nothing"]);
    refused(
        &format!("echo starting; {ANSWER}"),
        PATIENT,
        failed,
        &["more than the token", "starting"],
    );
    refused(&format!("{ANSWER}; {ANSWER}"), PATIENT, failed, &["more than the token"]);
    refused("echo 42", PATIENT, failed, &["printed \"42\" instead", "sanity_check"]);
    refused(&format!("{ANSWER}; exit 3"), PATIENT, failed, &["exited with code 3"]);
    refused("echo no config >&2; exit 1", PATIENT, failed, &["code 1", "no config"]);
    refused("kill -SEGV $$", PATIENT, failed, &["signal 11 (SIGSEGV)"]);
}

#[test]
fn output_is_bounded() {
    refused("while :; do echo yes; done", PATIENT, ErrorKind::ProbeFailed, &["more than 4096"]);
    // As much on the standard error neither fills memory nor blocks the process.
    let noisy = format!(
        "i=0; while [ $i -lt 3000 ]; do echo $i-0123456789012345678901234567890123456789 >&2; i=$((i+1)); done; {ANSWER}"
    );
    probed(&Sandbox::new(), &script(&noisy), PATIENT).unwrap();
}

#[test]
fn a_hang_times_out_before_and_after_the_response() {
    let timed_out = ErrorKind::ProbeTimedOut;
    let began = Instant::now();
    refused("exec /bin/sleep 1000", SHORT, timed_out, &["did not end", "printed nothing"]);
    refused(
        &format!("{ANSWER}; exec /bin/sleep 1000"),
        // Long enough for a shell to have printed, on a busy machine too.
        Duration::from_secs(3),
        timed_out,
        &["printed the token", "exit after answering"],
    );
    refused("exec >&- 2>&-; exec /bin/sleep 1000", SHORT, timed_out, &["did not end"]);
    refused("trap '' TERM INT HUP; while :; do :; done", SHORT, timed_out, &["did not end"]);
    assert!(began.elapsed() < Duration::from_secs(900));
}

/// A process that holds a FIFO open: reading the FIFO ends when it is gone.
fn holder(sandbox: &Sandbox, name: &str) -> std::path::PathBuf {
    let path = sandbox.join(name);
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    path
}

fn is_held(fifo: &std::path::Path) -> bool {
    use std::io::Read;
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = fs::OpenOptions::new();
    let mut reader = options.read(true).custom_flags(libc::O_NONBLOCK).open(fifo).unwrap();
    // End of file if no process has it open for writing, EAGAIN if one has.
    reader.read(&mut [0]).is_err()
}

#[test]
fn what_stays_behind_in_the_group_is_killed() {
    for (end, deadline) in
        [("exit 0", PATIENT), ("exit 1", PATIENT), ("exec /bin/sleep 1000", SHORT)]
    {
        let sandbox = Sandbox::new();
        let fifo = holder(&sandbox, "fifo");
        let body = format!("/bin/sleep 1000 <>{} >&- 2>&- &\n{ANSWER}; {end}", fifo.display());
        let result = probed(&sandbox, &script(&body), deadline);
        assert_eq!(result.is_ok(), end == "exit 0", "{result:?}");
        wait_until("the process left behind is gone", || !is_held(&fifo));
    }
}

#[test]
fn one_that_stays_behind_in_the_group_with_its_output_is_killed_and_passes() {
    let body = format!("/bin/sleep 1000 &\n{ANSWER}");
    probed(&Sandbox::new(), &script(&body), PATIENT).unwrap();
}

#[test]
fn a_daemon_that_holds_the_output_open_is_refused() {
    let sandbox = Sandbox::new();
    let pid = sandbox.join("pid");
    // It prints its pid before its parent ends, so that it has left the group by then.
    let body = format!(
        "/usr/bin/setsid /bin/sh -c 'echo $$ > {0}.new; /bin/mv {0}.new {0}; exec /bin/sleep 1000' &\n\
         while ! [ -e {0} ]; do :; done; {ANSWER}",
        pid.display()
    );
    let error = probed(&sandbox, &script(&body), Duration::from_secs(3)).unwrap_err();
    let daemon = fs::read_to_string(pid).unwrap().trim().parse().unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(daemon), Signal::SIGKILL).unwrap();
    assert_says(&error, ErrorKind::ProbeFailed, &["left a process behind", "output open"]);
}

#[test]
fn it_starts_alone_in_the_environment_of_this_process() {
    let sandbox = Sandbox::new();
    let seen = sandbox.join("seen");
    let body = format!(
        "{{ echo args=$#; /bin/pwd; /usr/bin/tr '\\0' '\\n' < /proc/$$/environ; echo; \
         /usr/bin/readlink /proc/$$/fd/*; \
         /usr/bin/tr -d '\\t' < /proc/$$/status | /bin/grep -E '^Sig(Ign|Blk)'; \
         read p _ _ _ g s _ < /proc/$$/stat; echo group=$((p == g)) session=$((g == s)); \
         }} > {} 2>&1; {ANSWER}",
        seen.display()
    );
    // What is ignored, blocked and open here does not get through.
    let leak = fs::File::create(sandbox.join("leak")).unwrap();
    let leaked = nix::unistd::dup(&leak).unwrap();
    let mut mask = SigSet::empty();
    mask.add(Signal::SIGUSR1);
    mask.thread_block().unwrap();
    let result = probed(&sandbox, &script(&body), PATIENT);
    mask.thread_unblock().unwrap();
    drop(leaked);
    result.unwrap();

    let seen = fs::read_to_string(seen).unwrap();
    let lines: Vec<_> = seen.lines().collect();
    assert_eq!(lines[0], "args=0", "{seen}");
    assert_eq!(lines[1], std::env::current_dir().unwrap().to_str().unwrap(), "{seen}");
    let (variables, descriptors) = seen.split_once("\n\n").unwrap();
    let variables: Vec<_> = variables.lines().collect();
    let home = format!("CARGO_MANIFEST_DIR={}", env!("CARGO_MANIFEST_DIR"));
    assert!(variables.contains(&home.as_str()), "{seen}");
    let ours = variables.iter().filter(|it| it.starts_with("SELFUP_"));
    assert_eq!(ours.count(), 1, "the token alone: {seen}");
    assert!(descriptors.starts_with("/dev/null\n"), "{seen}");
    assert!(!seen.contains("leak"), "{seen}");
    assert!(seen.ends_with("group=1 session=1\n"), "{seen}");
    let set = |name: &str| {
        let set = lines.iter().find_map(|line| line.strip_prefix(name)).unwrap();
        // The C library keeps 32 and 33 to itself.
        u64::from_str_radix(set, 16).unwrap() & !(0b11 << 31)
    };
    assert_eq!((set("SigBlk:"), set("SigIgn:")), (0, 0), "{seen}");
}

#[test]
fn an_interpreter_that_is_not_there_is_named() {
    let error = probed(&Sandbox::new(), b"#!/no/such/interpreter\n", PATIENT).unwrap_err();
    assert_says(&error, ErrorKind::NotExecutable, &["a script for \"/no/such/interpreter\""]);
}

#[test]
fn errors_that_only_the_kernel_finds_are_reported_too() {
    let sandbox = Sandbox::new();
    // The interpreter is there; its own is not, or it is no program.
    for (content, words) in [
        (&b"#!/no/such/interpreter\n"[..], "the loader or interpreter it names"),
        (b"no program\n", "this machine cannot execute it"),
    ] {
        let interpreter = sandbox.put("interpreter", content, 0o755);
        let new = format!("#!{}\n", interpreter.display());
        let error = probed(&sandbox, new.as_bytes(), PATIENT).unwrap_err();
        assert_says(&error, ErrorKind::NotExecutable, &[words]);
    }
}

#[test]
fn without_a_probe_nothing_is_run() {
    let sandbox = Sandbox::new();
    let ran = sandbox.join("ran");
    let content = script(&format!(": > {}", ran.display()));
    drop(staged(&sandbox.target(), &content).verify(Checks::new().probe(None)).unwrap());
    assert!(!ran.exists());
}
