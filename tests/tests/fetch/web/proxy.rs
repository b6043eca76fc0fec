//! Tests an independent proxy.

use super::site::{Site, fetch, install, patient, poll};
use super::tls;
use selfup_fetch::ErrorKind;
use selfup_tests::need;
use selfup_tests::sandbox::{PATIENCE, Process, wait_until};
use socket2::{Domain, Socket, Type};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

struct Tinyproxy {
    address: SocketAddr,
    process: Process,
    /// A bound socket that never listens: no other process takes the port before the proxy listens on it.
    _port: Socket,
}

impl Tinyproxy {
    fn start(site: &Site, name: &str, more: &str) -> Self {
        let port = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        port.set_reuse_address(true).unwrap();
        port.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        let address = port.local_addr().unwrap().as_socket().unwrap();
        let configuration = format!(
            "Listen 127.0.0.1\nPort {}\nTimeout 60\nMaxClients 20\nLogLevel Connect\n{more}\n",
            address.port()
        );
        let path = site.sandbox.write(name, configuration);
        let mut command = Command::new("tinyproxy");
        command.arg("-d").arg("-c").arg(path);
        let process = site.sandbox.start(command);
        wait_until("the proxy to listen", PATIENCE, || TcpStream::connect(address).is_ok());
        Self { address, process, _port: port }
    }

    fn url(&self, credentials: &str) -> String {
        format!("http://{credentials}{}", self.address)
    }

    fn stop(&self) {
        self.process.signal(libc::SIGKILL);
        self.process.wait(PATIENCE);
    }
}

#[test]
fn it_is_gone_through() {
    if !need::program("tinyproxy") {
        return;
    }
    let Some(mut site) = tls::site("proxy", "") else { return };
    site.publish("app", b"one");
    let tls = site.passage_to("tls");
    let open = Tinyproxy::start(&site, "open", "");
    let guarded = Tinyproxy::start(&site, "guarded", "BasicAuth me pass");
    for mut source in [
        tls::trusting(tls.secure_url("/app")).proxy(open.url("")),
        tls::trusting(tls.secure_url("/app")).proxy(guarded.url("me:pass@")),
        site.http("/app").proxy(open.url("")),
        site.http("/app").proxy(guarded.url("me:pass@")),
    ] {
        assert_eq!(install(&mut source).unwrap(), b"one");
        assert_eq!(fetch(&mut source).unwrap(), None);
    }
    for url in [tls.secure_url("/app"), site.passage.url("/app")] {
        let error = poll(&mut patient(url).proxy(guarded.url("me:SECRET@"))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
        assert!(!format!("{error:?}").contains("SECRET"), "{error:?}");
    }
    let seen = open.process.lines().iter().filter(|line| line.contains("CONNECT")).count();
    assert!(seen >= 1, "{:?}", open.process.lines());
    open.stop();
    guarded.stop();
    site.finish();
}

#[test]
fn what_a_proxy_does_not_allow_or_reach_is_reported() {
    if !need::program("tinyproxy") {
        return;
    }
    let Some(site) = tls::site("proxy-refuses", "") else { return };
    let narrow = Tinyproxy::start(&site, "narrow", "ConnectPort 1");
    let error =
        poll(&mut patient("https://localhost:2/app".to_owned()).proxy(narrow.url(""))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    // No process listens on port 1.
    let error =
        poll(&mut patient("https://localhost:1/app".to_owned()).proxy(narrow.url(""))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
    narrow.stop();
    site.finish();
}
