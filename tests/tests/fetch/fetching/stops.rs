//! SIGTERM while a fetcher waits for something that does not come. Its deadlines are those that it
//! has by default: ten seconds and more.

use super::{Remote, Stage};
use nix::sched::{CloneFlags, unshare};
use selfup_tests::blackhole::Blackhole;
use selfup_tests::front::{Fault, Place, Responses};
use selfup_tests::need;
use selfup_tests::sandbox::{PATIENCE, tcp_connecting, wait_until};
use selfup_tests::service::Service;
use std::fs;
use std::io::ErrorKind;
use std::net::UdpSocket;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

/// Long against the end of a process, short against any deadline of a fetcher.
const PROMPT: Duration = Duration::from_secs(4);

impl<S: Remote> Stage<S> {
    fn start_at(&self, origin: &str) -> Service {
        self.deployment.start([S::word_at(origin)])
    }

    /// Starts the service, and waits until a response is late.
    fn start_before(&mut self, responses: Responses, place: Place) -> Service {
        let second = self.release(2);
        self.source.publish(&second.bytes());
        self.source.front().spoil(responses, Fault::Stall(place));
        let service = self.deployment.start([self.source.word()]);
        self.wait_spoilt();
        service
    }

    fn wait_spoilt(&self) {
        wait_until("a late answer", PATIENCE, || self.source.front().spoilt() > 0);
    }

    /// The program does not wait for the fetcher, which leaves nothing behind.
    fn ends_at_once(&self, service: &Service) {
        let asked = Instant::now();
        let end = service.terminate();
        let took = asked.elapsed();
        eprintln!("it took {took:?}");
        assert!(took < PROMPT, "it took {took:?}");
        assert!(end.success(), "like the child, which drains: {end}");
        assert_eq!(self.deployment.installed(), self.first.id());
        self.deployment.wait_listing(&["app"]);
    }
}

/// Runs the program in a network of its own, with a name server that never responds.
pub(crate) fn while_resolving<S: Remote>(stage: &mut Stage<S>) {
    if !need::root() || !need::program("unshare") || !need::program("ip") {
        return;
    }
    let servers = stage.deployment.sandbox().write("resolv.conf", "nameserver 127.0.0.1\n");
    let script = "mount --bind \"$0\" /etc/resolv.conf; exec \"$@\" address=127.0.0.1:0";
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-ec", script]).arg(servers);
    command.arg(stage.deployment.program()).arg(S::word_at("http://source.example"));
    let deployment = &stage.deployment;
    let start = move || {
        // This changes the namespace of this thread, and of what it starts.
        unshare(CloneFlags::CLONE_NEWNET).unwrap();
        let up = Command::new("ip").args(["link", "set", "lo", "up"]).status().unwrap();
        assert!(up.success());
        let name_server = UdpSocket::bind("127.0.0.1:53").unwrap();
        (deployment.start_as(command), name_server)
    };
    let (service, name_server) = thread::scope(|scope| scope.spawn(start).join().unwrap());
    name_server.set_read_timeout(Some(PATIENCE)).unwrap();
    // Signals of the tests' own children come in between.
    let asked = || match name_server.recv(&mut [0; 512]) {
        Err(error) if error.kind() == ErrorKind::Interrupted => false,
        outcome => outcome.is_ok_and(|length| length > 0),
    };
    wait_until("a question to the name server", PATIENCE, asked);
    stage.ends_at_once(&service);
}

pub(crate) fn while_connecting<S: Remote>(stage: &mut Stage<S>) {
    let nobody = Blackhole::new();
    let service = stage.start_at(&format!("http://{}", nobody.address()));
    wait_until("a connection that does not come about", PATIENCE, || {
        tcp_connecting(service.process().pid()).contains(&nobody.address())
    });
    stage.ends_at_once(&service);
}

pub(crate) fn in_the_tls_handshake<S: Remote>(stage: &mut Stage<S>) {
    stage.source.front().spoil(Responses::All, Fault::Stall(Place::Door));
    let port = stage.source.front().address().port();
    let service = stage.start_at(&format!("https://localhost:{port}"));
    stage.wait_spoilt();
    stage.ends_at_once(&service);
}

pub(crate) fn before_the_response<S: Remote>(stage: &mut Stage<S>) {
    let service = stage.start_before(Responses::All, Place::Asked);
    stage.ends_at_once(&service);
}

pub(crate) fn in_the_head<S: Remote>(stage: &mut Stage<S>) {
    let service = stage.start_before(Responses::All, Place::Head);
    stage.ends_at_once(&service);
}

pub(crate) fn in_the_body<S: Remote>(stage: &mut Stage<S>) {
    let service = stage.start_before(Responses::Files, Place::Middle);
    let folder = stage.deployment.sandbox().join("bin");
    wait_until("half a file", PATIENCE, || {
        let mut entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
        entries.any(|name| name.to_string_lossy().contains(".selfup-new-"))
    });
    stage.ends_at_once(&service);
}

pub(crate) fn between_two_attempts<S: Remote>(stage: &mut Stage<S>) {
    let hour = vec![("retry-after", "3600".to_owned())];
    stage.source.front().spoil(Responses::All, Fault::Status(503, hour));
    let service = stage.deployment.start([stage.source.word()]);
    service.process().wait_line("no upgrade for now", PATIENCE);
    stage.ends_at_once(&service);
}
