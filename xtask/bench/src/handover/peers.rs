//! The systems, and how each is used.

use super::build::{self, Place, Ready};
use super::service::Restart;
use nix::sys::signal::Signal;
use xtask_support::apt;
use xtask_support::command::{Failure, Result, captured, program};
use xtask_support::needs;

pub(super) struct Peer {
    pub(super) name: &'static str,
    /// How it is restarted and how it lets go of its clients, for the reader.
    pub(super) how: &'static str,
    /// The Debian packages it comes in.
    packages: &'static [&'static str],
    pub(super) prepare: fn(&Place<'_>) -> Result<Ready>,
    pub(super) restart: Restart,
}

const PEERS: [Peer; 10] = [
    Peer {
        name: "selfup",
        how: "axum by selfup-tokio, SIGUSR2 to the master",
        packages: &[],
        prepare: |place| {
            Ok(Ready::new(place.programs.supervised.clone(), env!("CARGO_PKG_VERSION")))
        },
        restart: Restart::Master(Signal::SIGUSR2),
    },
    Peer {
        name: "selfup single",
        how: "axum by selfup-tokio, without a master: the process starts its successor, SIGUSR2",
        packages: &[],
        prepare: |place| Ok(build::handed(place, "single")),
        restart: Restart::Successor(Signal::SIGUSR2),
    },
    Peer {
        name: "selfup double",
        how: "the same, but the process executes the new file in its own place while a helper serves",
        packages: &[],
        prepare: |place| Ok(build::handed(place, "double")),
        restart: Restart::Return(Signal::SIGUSR2),
    },
    Peer {
        name: "ecdysis",
        how: "axum with its graceful shutdown, SIGHUP",
        packages: &[],
        prepare: |place| build::rust(place, "ecdysis"),
        restart: Restart::Successor(Signal::SIGHUP),
    },
    Peer {
        name: "shellflip",
        how: "axum with its graceful shutdown, the listener's descriptor handed on, SIGUSR1",
        packages: &[],
        prepare: |place| build::rust(place, "shellflip"),
        restart: Restart::Successor(Signal::SIGUSR1),
    },
    Peer {
        name: "tableflip",
        how: "net/http with Shutdown, SIGHUP",
        packages: &["golang-go", "golang-github-cloudflare-tableflip-dev"],
        prepare: build::go,
        restart: Restart::Successor(Signal::SIGHUP),
    },
    Peer {
        name: "nginx",
        how: "SIGUSR2, then SIGWINCH and SIGQUIT to the old master; answers by itself",
        packages: &["nginx-light"],
        prepare: build::nginx,
        restart: Restart::SecondMaster {
            start: Signal::SIGUSR2,
            end: &[Signal::SIGWINCH, Signal::SIGQUIT],
        },
    },
    Peer {
        name: "haproxy",
        how: "-W, SIGUSR2, `expose-fd listeners`, `idle-close-on-response`; answers by itself",
        packages: &["haproxy"],
        prepare: build::haproxy,
        restart: Restart::Master(Signal::SIGUSR2),
    },
    Peer {
        name: "gunicorn",
        how: "2 gthread workers with 8 threads, SIGUSR2, then SIGTERM to the old master",
        packages: &["python3", "python3-venv"],
        prepare: build::gunicorn,
        restart: Restart::SecondMaster { start: Signal::SIGUSR2, end: &[Signal::SIGTERM] },
    },
    Peer {
        name: "none",
        how: "axum with its graceful shutdown, SIGTERM, started again when it has ended",
        packages: &[],
        prepare: |place| Ok(Ready::new(place.programs.plain.clone(), "")),
        restart: Restart::StopStart,
    },
];

/// The peers with these names, or all.
pub(super) fn named(names: &[String]) -> Result<Vec<&'static Peer>> {
    if let Some(unknown) = names.iter().find(|name| !PEERS.iter().any(|peer| peer.name == *name)) {
        let known: Vec<&str> = PEERS.iter().map(|peer| peer.name).collect();
        let known = known.join(", ");
        return Err(Failure::new(format!("`{unknown}` cannot be measured; there are {known}")));
    }
    let wanted = |peer: &&Peer| names.is_empty() || names.iter().any(|name| name == peer.name);
    Ok(PEERS.iter().filter(wanted).collect())
}

/// Installs what they come in where that is possible; what then is missing is reported peer by peer.
pub(super) fn install_packages(peers: &[&Peer]) {
    let packages = peers.iter().flat_map(|peer| peer.packages).copied();
    let missing: Vec<&str> = packages.filter(|package| !is_installed(package)).collect();
    if missing.is_empty() || !needs::root() {
        return;
    }
    println!("installing {}", missing.join(" "));
    if let Err(failure) = apt::install(&missing) {
        println!("{failure}");
    }
}

fn is_installed(package: &str) -> bool {
    let status = ["--show", "--showformat", "${db:Status-Status}", package];
    captured(&mut program("dpkg-query", &status)).is_ok_and(|it| it.stdout == b"installed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_does_not_exist_is_named_together_with_those_that_do() {
        let failure = named(&["ngnix".to_owned()]).map(|_| ()).unwrap_err().to_string();
        assert!(failure.contains("`ngnix`") && failure.contains("nginx, "), "{failure}");
        assert_eq!(named(&[]).unwrap().len(), PEERS.len());
        assert_eq!(named(&["none".to_owned()]).unwrap()[0].name, "none");
    }
}
