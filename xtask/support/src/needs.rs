//! Programs that some tests run, beyond what a Rust toolchain brings.

use crate::command::{captured, program};

/// One program, where Debian has it, and what it is for.
#[derive(Debug)]
pub struct Need {
    pub command: &'static str,
    pub package: &'static str,
    pub why: &'static str,
}

pub const NEEDS: &[Need] = &[
    Need {
        command: "systemd-socket-activate",
        package: "systemd",
        why: "starts programs with sockets the way systemd does",
    },
    Need {
        command: "systemctl",
        package: "systemd",
        why: "drives a systemd that runs services as on a server",
    },
    Need {
        command: "python3",
        package: "python3",
        why: "a child in another language that takes the sockets",
    },
    Need { command: "strace", package: "strace", why: "shows which system calls a program makes" },
    Need {
        command: "ss",
        package: "iproute2",
        why: "asks the kernel how long a socket's queue is",
    },
    Need { command: "ip", package: "iproute2", why: "brings up a network for one test" },
    Need { command: "objcopy", package: "binutils", why: "strips programs as packagers do" },
    Need { command: "bash", package: "bash", why: "an interactive shell, with jobs" },
    Need { command: "ps", package: "procps", why: "tells a process's group and session" },
    Need { command: "minisign", package: "minisign", why: "signs releases the way publishers do" },
    Need { command: "setcap", package: "libcap2-bin", why: "gives a file capabilities" },
    Need { command: "setfacl", package: "acl", why: "gives a file an access control list" },
    Need { command: "chattr", package: "e2fsprogs", why: "makes a file immutable" },
    Need {
        command: "ab",
        package: "apache2-utils",
        why: "a client that keeps connections by HTTP/1.0",
    },
    Need { command: "nginx", package: "nginx-light", why: "a web server that others wrote" },
    Need {
        command: "tinyproxy",
        package: "tinyproxy-bin",
        why: "a proxy that others wrote, on the way to a web server",
    },
    Need {
        command: "promtool",
        package: "prometheus",
        why: "reads metrics the way Prometheus does",
    },
    Need { command: "zstd", package: "zstd", why: "compresses releases the way publishers do" },
    Need { command: "xz", package: "xz-utils", why: "compresses releases the way publishers do" },
    Need {
        command: "jsonschema",
        package: "python3-jsonschema",
        why: "holds manifests against their schema",
    },
    Need { command: "supervisord", package: "supervisor", why: "a process manager, to run under" },
    Need { command: "runsvdir", package: "runit", why: "a process manager, to run under" },
    Need {
        command: "start-stop-daemon",
        package: "dpkg",
        why: "starts and stops services by their pid files, as init scripts do",
    },
    Need { command: "s6-svscan", package: "s6", why: "a process manager, to run under" },
    Need { command: "zip", package: "zip", why: "packs releases the way publishers do" },
    Need { command: "unshare", package: "util-linux", why: "namespaces for a test, and flock" },
    Need { command: "faketime", package: "faketime", why: "moves the clock of a service" },
];

/// An independent stand-in for S3 from PyPI, since Debian does not have it.
pub const MOTO: &str = "moto_server";

/// Packages of PyPI, with their versions. What moto itself calls a server's needs is ten times as
/// much.
pub const FROM_PYPI: &[&str] =
    &["moto[s3]==5.2.5", "flask==3.1.3", "flask-cors==6.0.5", "werkzeug==3.1.9"];

/// Those that this machine lacks.
pub fn missing() -> Vec<&'static Need> {
    NEEDS.iter().filter(|need| !present(need.command)).collect()
}

/// Whether the shell would find the command.
fn present(command: &str) -> bool {
    let found = captured(&mut program("sh", &["-c", "command -v \"$0\"", command]));
    found.is_ok_and(|output| output.status.success())
}

/// Whether we may install packages and whether tests that need root can run.
pub fn root() -> bool {
    captured(&mut program("id", &["-u"])).is_ok_and(|output| output.stdout == b"0\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_is_there_and_nonsense_is_not() {
        assert!(present("sh"));
        assert!(!present("no-such-program-here"));
    }
}
