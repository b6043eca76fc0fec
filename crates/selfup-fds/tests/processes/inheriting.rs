//! Tests what a child inherits, and what its own children inherit from it.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use selfup_fds::FdSet;

use crate::Case;
use crate::process::{fds_of, output, pipe, printed, role, set, shell};

pub(crate) const CASES: &[Case] = &[
    ("inheriting::every_kind_arrives_in_order", every_kind_arrives_in_order),
    ("inheriting::names_are_taken_with_the_right_type", names_are_taken_with_the_right_type),
    ("inheriting::a_port_stays_through_generations", a_port_stays_through_generations),
    ("inheriting::a_grandchild_gets_nothing", a_grandchild_gets_nothing),
    ("inheriting::the_second_call_finds_nothing", the_second_call_finds_nothing),
    ("inheriting::with_threads_the_variables_stay", with_threads_the_variables_stay),
    ("inheriting::variables_for_another_are_dropped", variables_for_another_are_dropped),
    ("inheriting::malformed_variables_are_named", malformed_variables_are_named),
    ("inheriting::own_files_are_never_taken", own_files_are_never_taken),
    ("inheriting::a_shells_redirection_is_adopted", a_shells_redirection_is_adopted),
];

fn every_kind_arrives_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let abstract_name = format!("unix://@selfup-fds-arrives-{}", std::process::id());
    let mut fds = set(&[
        ("tcp", "127.0.0.1:0"),
        ("udp", "udp://127.0.0.1:0"),
        ("stream", &format!("unix://{}", path("s"))),
        ("datagram", &format!("unixgram://{}", path("d"))),
        ("seqpacket", &format!("unixpacket://{}", path("p"))),
        ("abstract", &abstract_name),
    ]);
    let (reader, _writer) = pipe();
    fds.insert("a pipe", reader).unwrap();
    fds.insert("file", std::fs::File::open("/proc/self/exe").unwrap().into()).unwrap();

    let printed = output(&fds, &mut role("report"));
    let shown = |name: &str| fds.local_address(name).unwrap().to_string();
    let expected = [
        // Position, name, number, FD_CLOEXEC, address.
        format!("0 tcp 3 1 {}", shown("tcp")),
        format!("1 udp 4 1 {}", shown("udp")),
        format!("2 stream 5 1 unix://{}", path("s")),
        format!("3 datagram 6 1 unixgram://{}", path("d")),
        format!("4 seqpacket 7 1 unixpacket://{}", path("p")),
        format!("5 abstract 8 1 {abstract_name}"),
        "6 a pipe 9 1 a pipe".to_owned(),
        "7 file 10 1 a file".to_owned(),
        "open [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]".to_owned(),
        "left []".to_owned(),
    ];
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
}

fn names_are_taken_with_the_right_type() {
    let fds = set(&[("udp", "udp://127.0.0.1:0"), ("tcp", "127.0.0.1:0")]);
    let printed = output(&fds, role("take").args(["tcp", "udp", "none"]));
    let tcp = fds.local_address("tcp").unwrap().ip().unwrap();
    let expected = [
        format!("took {tcp}"),
        r#"error: could not take the fd "udp" as a TCP listener: it is a UDP socket"#.to_owned(),
        r#"error: could not take the inherited fd "none": the fds left are "udp""#.to_owned(),
        r#"left ["udp"]"#.to_owned(),
    ];
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
}

fn a_port_stays_through_generations() {
    let fds = set(&[("http", "127.0.0.1:0")]);
    let first = output(&fds, role("take").arg("http"));
    let second = output(&fds, role("take").arg("http"));
    assert!(first.starts_with("took 127.0.0.1:"));
    assert_eq!(first, second);
}

fn a_grandchild_gets_nothing() {
    let fds = set(&[("taken", "127.0.0.1:0"), ("left", "127.0.0.1:0")]);
    let mut child =
        fds.spawn(role("grandparent").stdin(Stdio::piped()).stdout(Stdio::piped())).unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    // It runs: what was close-on-exec is closed.
    let (pid, variables) = line.trim_end().split_once(' ').unwrap();
    assert_eq!(variables, "[]");
    let open = fds_of(pid);
    assert!(open.keys().eq(&[0, 1, 2]), "{open:?}");
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

fn the_second_call_finds_nothing() {
    assert_eq!(output(&set(&[("a", "127.0.0.1:0")]), &mut role("twice")), "1 0\n");
}

fn with_threads_the_variables_stay() {
    // The fds are taken all the same, once.
    assert_eq!(output(&set(&[("a", "127.0.0.1:0")]), &mut role("threads")), "1 3\n0\n");
}

fn variables_for_another_are_dropped() {
    let script =
        r#"LISTEN_PID=1 LISTEN_FDS=1 LISTEN_FDNAMES=x LISTEN_PIDFDID=7 exec "$0" role:report"#;
    let printed = output(&FdSet::new(), &mut shell(script));
    assert_eq!(printed, "open [0, 1, 2]\nleft []\n");
}

fn malformed_variables_are_named() {
    let refused = |variables: &str, part: &str| {
        let script = format!(r#"{variables} exec "$0" role:report"#);
        let printed = output(&FdSet::new(), &mut shell(&script));
        let mut lines = printed.lines();
        let error = lines.next().unwrap();
        assert!(error.starts_with("error: could not take over inherited fds: "), "{printed}");
        assert!(error.contains(part), "{printed}");
        assert_eq!(lines.next_back(), Some("left []"), "they are removed in any case");
    };
    refused("LISTEN_PID=x LISTEN_FDS=1", r#"LISTEN_PID="x""#);
    refused("LISTEN_PID=$$ LISTEN_FDS=-1", r#"LISTEN_FDS="-1""#);
    refused("LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=a:b", r#"LISTEN_FDNAMES="a:b""#);
    refused("LISTEN_PID=$$ LISTEN_FDS=2", "LISTEN_FDS=2, but fd 3 is not open");
    refused("LISTEN_PID=$$ LISTEN_FDS=2000000000", "fd 3 is not open");
}

fn own_files_are_never_taken() {
    let script = r#"LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" role:late"#;
    let printed = output(&FdSet::new(), &mut shell(script));
    assert!(printed.starts_with("3\n"), "{printed}");
    assert!(printed.contains("fd 3 was opened by this process itself"), "{printed}");
}

fn a_shells_redirection_is_adopted() {
    let arguments = "fd://7 fd://7 fd://8 fd://1 fd://web";
    let script = format!(r#"exec "$0" role:adopt {arguments} 7</dev/null"#);
    let child = shell(&script).stdout(Stdio::piped()).spawn().unwrap();
    let refused = "could not take the inherited fd";
    let expected = [
        "fd://7 Device".to_owned(),
        format!("fd://7 {refused} number 7: it has been taken, or was opened by this process"),
        format!("fd://8 {refused} number 8: it is not open"),
        format!("fd://1 {refused} number 1: 0, 1 and 2 are the standard streams"),
        format!(r#"fd://web {refused} "web": no fd was inherited"#),
    ];
    assert_eq!(printed(child).lines().collect::<Vec<_>>(), expected);
}
