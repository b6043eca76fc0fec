use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};

use selfup_signals::{End, Signal};

use crate::subject::{actor, actor_under};

pub(crate) const TESTS: &[crate::Test] = &[
    ("every_exit_code_is_mirrored", codes),
    ("every_deadly_signal_is_mirrored", signals),
    ("a_handled_and_blocked_signal_is_mirrored", hard),
    ("a_wrapper_ends_as_its_child", wrapper),
    ("mirroring_writes_no_core_file", core),
    ("a_signal_that_spares_pid_1_becomes_128_and_its_number", pid_1),
];

fn deadly() -> impl Iterator<Item = Signal> {
    [
        Signal::TERM,
        Signal::KILL,
        Signal::INT,
        Signal::QUIT,
        Signal::HUP,
        Signal::SEGV,
        Signal::ABRT,
        Signal::BUS,
        Signal::FPE,
        Signal::ILL,
        Signal::PIPE,
        Signal::ALRM,
    ]
    .into_iter()
    .chain(Signal::real_time(0))
    .chain(Signal::real_time(30))
}

fn mirrored(how: &str, raw: i32) -> ExitStatus {
    actor(&[how, &raw.to_string()]).status().unwrap()
}

fn codes() {
    for code in 0..=255 {
        assert_eq!(mirrored("mirror", code << 8).into_raw(), code << 8);
    }
}

fn signals() {
    for signal in deadly() {
        assert_eq!(mirrored("mirror", signal.as_raw()).into_raw(), signal.as_raw(), "{signal}");
    }
}

fn hard() {
    for signal in deadly().filter(|signal| *signal != Signal::USR2) {
        let raw = signal.as_raw();
        assert_eq!(mirrored("mirror-hard", raw).into_raw(), raw, "{signal}");
    }
}

fn wrapper() {
    let scripts = ["exit 0", "exit 7", "exit 255", "kill -TERM $$", "kill -KILL $$", "kill -34 $$"];
    for script in scripts {
        let direct = Command::new("sh").args(["-c", script]).status().unwrap();
        let wrapped = actor(&["wrapper", "sh", "-c", script]).status().unwrap();
        assert_eq!(wrapped, direct, "{script}");
    }
}

fn core() {
    let folder = tempfile::tempdir().unwrap();
    let raw = Signal::SEGV.as_raw().to_string();
    let unlimited = ["sh", "-c", "ulimit -c unlimited; exec \"$@\"", "sh"];
    let status = actor_under(&unlimited, &["mirror", &raw]).current_dir(&folder).status().unwrap();
    assert_eq!(End::from(status), End::Signaled { signal: Signal::SEGV, core_dumped: false });
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

fn pid_1() {
    if !nix::unistd::geteuid().is_root() {
        println!("left out: a pid namespace needs root");
        return;
    }
    let unshare = ["unshare", "--pid", "--fork"];
    for signal in deadly() {
        let raw = signal.as_raw().to_string();
        let status = actor_under(&unshare, &["mirror", &raw]).status().unwrap();
        assert_eq!(status.code(), Some(128 + signal.as_raw()), "{signal}");
    }
}
