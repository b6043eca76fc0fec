//! Tests that all other settings of the command still apply.

#![allow(unsafe_code, reason = "closures before exec are unsafe to add")]

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use selfup_fds::FdSet;

use crate::Case;
use crate::process::{output, own_fds, pipe, printed, python, role, set, shell};

pub(crate) const CASES: &[Case] = &[
    ("passing::the_pid_is_the_child_s", the_pid_is_the_child_s),
    ("passing::the_environment_is_that_of_std", the_environment_is_that_of_std),
    ("passing::an_empty_set_has_no_variables", an_empty_set_has_no_variables),
    ("passing::argument_zero_is_set", argument_zero_is_set),
    ("passing::further_fds_follow", further_fds_follow),
    ("passing::programs_are_found_in_the_child_s_path", programs_are_found_in_the_child_s_path),
    ("passing::earlier_closures_and_settings_hold", earlier_closures_and_settings_hold),
    ("passing::user_and_group_hold", user_and_group_hold),
    ("passing::standard_streams_are_redirected", standard_streams_are_redirected),
    ("passing::a_command_can_be_used_again", a_command_can_be_used_again),
    ("passing::nothing_is_left_in_the_parent", nothing_is_left_in_the_parent),
];

fn the_pid_is_the_child_s() {
    let fds = set(&[("a", "127.0.0.1:0"), ("b c", "127.0.0.1:0")]);
    let script = r#"test "$LISTEN_PID" = $$ && echo "$LISTEN_FDS $LISTEN_FDNAMES""#;
    assert_eq!(output(&fds, &mut shell(script)), "2 a:b c\n");
}

fn variables(printed: &str) -> BTreeSet<String> {
    printed.split_terminator('\0').map(str::to_owned).collect()
}

fn the_environment_is_that_of_std() {
    let fds = set(&[("a", "127.0.0.1:0")]);
    let check = |clear: bool, prepare: fn(&mut Command)| {
        let command = || {
            let mut command = role("environment");
            if clear {
                command.env_clear();
            }
            prepare(&mut command);
            command.stdout(Stdio::piped());
            command
        };
        let expected = variables(&printed(command().spawn().unwrap()));
        let pass = if clear { fds.pass().env_clear() } else { fds.pass() };
        let child = pass.spawn(&mut command()).unwrap();
        let pid = child.id();
        let mut found = variables(&printed(child));
        for added in
            [format!("LISTEN_PID={pid}"), "LISTEN_FDS=1".to_owned(), "LISTEN_FDNAMES=a".to_owned()]
        {
            assert!(found.remove(&added), "{added} in {found:?}");
        }
        assert_eq!(found, expected);
    };
    for clear in [false, true] {
        check(clear, |_| {});
        check(clear, |command| {
            command.env("SELFUP_TEST", "a=b c").env("EMPTY", "").env_remove("HOME");
        });
        check(clear, |command| {
            command.env("HOME", "x").env_remove("HOME").env_remove("NOT_THERE");
        });
    }
}

fn an_empty_set_has_no_variables() {
    let mut command = role("environment");
    command.env("LISTEN_PID", "1").env("LISTEN_FDS", "1").env("LISTEN_FDNAMES", "x");
    command.env("LISTEN_PIDFDID", "1");
    let found = variables(&output(&FdSet::new(), &mut command));
    assert!(!found.iter().any(|variable| variable.starts_with("LISTEN_")), "{found:?}");
    // With fds, the command's own ones give way.
    let found = variables(&output(&set(&[("a", "127.0.0.1:0")]), &mut command));
    let listen = found.iter().filter(|variable| variable.starts_with("LISTEN_")).count();
    assert_eq!(listen, 3, "{found:?}");
    assert!(found.contains("LISTEN_FDNAMES=a"));
}

fn argument_zero_is_set() {
    let fds = set(&[("a", "127.0.0.1:0")]);
    let mut command = Command::new("cat");
    command.arg("/proc/self/cmdline").stdout(Stdio::piped());
    let child = fds.pass().arg0("other").spawn(&mut command).unwrap();
    assert_eq!(printed(child), "other\0/proc/self/cmdline\0");
    assert_eq!(output(&fds, &mut command), "cat\0/proc/self/cmdline\0");
}

fn further_fds_follow() {
    for names in [&[][..], &["a"], &["a", "b", "c"]] {
        let addresses: Vec<_> = names.iter().map(|name| (*name, "127.0.0.1:0")).collect();
        let fds = set(&addresses);
        let (first_reader, first) = pipe();
        let (second_reader, second) = pipe();
        let mut pass = fds.pass();
        let one = pass.extra(first.as_fd());
        let two = pass.extra(second.as_fd());
        let base = i32::try_from(3 + names.len()).unwrap();
        assert_eq!([one, two], [base, base + 1]);
        let script =
            format!(r#"echo first >&{one}; echo second >&{two}; echo "${{LISTEN_FDS-none}}""#);
        let child = pass.spawn(shell(&script).stdout(Stdio::piped())).unwrap();
        let count = if names.is_empty() { "none".to_owned() } else { names.len().to_string() };
        assert_eq!(printed(child), format!("{count}\n"));
        drop((first, second));
        let mut text = String::new();
        File::from(first_reader).read_to_string(&mut text).unwrap();
        File::from(second_reader).read_to_string(&mut text).unwrap();
        assert_eq!(text, "first\nsecond\n");
    }
}

fn programs_are_found_in_the_child_s_path() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str, mode: u32, says: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("#!/bin/sh\necho {says}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    place("unusable/selfup-app", 0o644, "not executable");
    place("good/selfup-app", 0o755, "found");
    place("late/selfup-app", 0o755, "too late");
    place("here/selfup-app", 0o755, "here");
    let path = ["missing", "unusable", "good", "late"]
        .map(|part| folder.path().join(part).display().to_string())
        .join(":");
    let fds = set(&[("a", "127.0.0.1:0")]);
    assert_eq!(output(&fds, Command::new("selfup-app").env("PATH", &path)), "found\n");
    // An empty part is the directory the child works in, as is a relative program.
    let here = folder.path().join("here");
    let mut command = Command::new("selfup-app");
    command.env("PATH", format!("{}:", folder.path().display())).current_dir(&here);
    assert_eq!(output(&fds, &mut command), "here\n");
    assert_eq!(output(&fds, Command::new("./selfup-app").current_dir(&here)), "here\n");
}

fn earlier_closures_and_settings_hold() {
    let fds = set(&[("a", "127.0.0.1:0")]);
    let mut command = shell("umask; pwd; ps -o pgid= -p $$ | tr -d ' '; echo $$");
    // SAFETY: umask is async-signal-safe, and cannot fail.
    unsafe {
        command.pre_exec(|| {
            nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o027));
            Ok(())
        })
    };
    let printed = output(&fds, command.current_dir("/usr").process_group(0));
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(lines[..2], ["0027", "/usr"]);
    assert_eq!(lines[2], lines[3], "it leads its own group");

    // An error of such a closure is an error of the start.
    let mut command = shell("true");
    // SAFETY: it does nothing but fail.
    unsafe { command.pre_exec(|| Err(std::io::Error::from_raw_os_error(libc::EDOM))) };
    let error = fds.spawn(&mut command).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains(&format!("os error {}", libc::EDOM)), "{source}");
}

fn user_and_group_hold() {
    if !nix::unistd::geteuid().is_root() {
        println!("left out, as it needs root: user_and_group_hold");
        return;
    }
    let fds = set(&[("a", "127.0.0.1:0")]);
    let printed = output(&fds, shell("id -u; id -g").uid(65534).gid(65533));
    assert_eq!(printed, "65534\n65533\n");
}

fn standard_streams_are_redirected() {
    let fds = set(&[("a", "127.0.0.1:0"), ("b", "127.0.0.1:0")]);
    let mut command = shell("cat; echo err >&2");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = fds.spawn(&mut command).unwrap();
    child.stdin.take().unwrap().write_all(b"in and out\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.stdout, b"in and out\n");
    assert_eq!(output.stderr, b"err\n");
}

fn a_command_can_be_used_again() {
    let one = set(&[("one", "127.0.0.1:0")]);
    let two = set(&[("two", "127.0.0.1:0"), ("three", "127.0.0.1:0")]);
    let mut command = shell(r#"echo "${LISTEN_FDNAMES-none}""#);
    assert_eq!(output(&one, &mut command), "one\n");
    assert_eq!(output(&two, &mut command), "two:three\n");
    assert_eq!(printed(command.spawn().unwrap()), "none\n", "std's own spawn passes nothing");
    assert_eq!(output(&one, &mut command), "one\n");
}

fn nothing_is_left_in_the_parent() {
    let fds = set(&[("one", "127.0.0.1:0"), ("two", "127.0.0.1:0")]);
    let before = own_fds();
    for _ in 0..20 {
        output(&fds, &mut shell("true"));
        fds.spawn(&mut Command::new("/no/such/program")).unwrap_err();
    }
    assert_eq!(own_fds(), before);
    output(&fds, &mut python("pass"));
}
