//! The roles of this program when a case starts it again.

use std::io::{BufRead, Read, Write};
use std::net::TcpListener;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process::Stdio;

use selfup_fds::{Address, FdSet, Inherited, LocalAddress};

use crate::process;

pub(crate) fn play(role: &str, arguments: impl Iterator<Item = String>) {
    match role {
        "report" => report(),
        "environment" => environment(),
        "take" => take(arguments),
        "twice" => twice(),
        "threads" => threads(),
        "late" => late(),
        "adopt" => adopt(arguments),
        "bind" => bind(arguments),
        "serve" => serve(),
        "relay" => relay(arguments),
        "grandparent" => grandparent(),
        "wait" => wait(),
        "listenfd" => with_listenfd(),
        "sd-notify" => with_sd_notify(),
        _ => panic!("there is no role {role}"),
    }
}

/// One line for each inherited fd, and one with the numbers that are open.
fn report() {
    let numbers: Vec<_> = process::own_fds().into_keys().collect();
    match Inherited::from_env() {
        Err(error) => println!("error: {error}"),
        Ok(inherited) => {
            for (index, name, fd) in inherited.iter() {
                let flags = nix::fcntl::fcntl(fd, nix::fcntl::FcntlArg::F_GETFD).unwrap();
                let shown = match LocalAddress::of(fd) {
                    Some(address) => address.to_string(),
                    None => inherited.kind(index).unwrap().to_string(),
                };
                println!("{index} {name} {} {flags} {shown}", fd.as_raw_fd());
            }
        }
    }
    println!("open {numbers:?}");
    println!("left {:?}", listen_variables());
}

fn listen_variables() -> Vec<String> {
    std::env::vars()
        .filter(|(key, _)| key.starts_with("LISTEN_"))
        .map(|(key, value)| format!("{key}={value}"))
        .collect()
}

/// Argument 0 and all variables, as they are, ended by NUL.
fn environment() {
    use std::os::unix::ffi::OsStrExt;
    let mut out = std::io::stdout();
    for (key, value) in std::env::vars_os() {
        out.write_all(&[key.as_bytes(), b"=", value.as_bytes(), b"\0"].concat()).unwrap();
    }
}

/// Takes each of the arguments as a TCP listener, and says how that went.
fn take(arguments: impl Iterator<Item = String>) {
    let mut inherited = Inherited::from_env().unwrap();
    for name in arguments {
        match inherited.take_tcp_listener(name.as_str()) {
            Ok(listener) => println!("took {}", listener.local_addr().unwrap()),
            Err(error) => println!("error: {error}"),
        }
    }
    println!("left {:?}", inherited.names().collect::<Vec<_>>());
}

fn twice() {
    let first = Inherited::from_env().unwrap();
    // Even if the variables were back, the fds have an owner.
    let second = Inherited::from_env().unwrap();
    println!("{} {}", first.len(), second.len());
}

fn threads() {
    let (_sender, receiver) = std::sync::mpsc::channel::<()>();
    std::thread::spawn(move || receiver.recv());
    let inherited = Inherited::from_env().unwrap();
    println!("{} {}", inherited.len(), listen_variables().len());
    println!("{}", Inherited::from_env().unwrap().len());
}

/// Opens a file before it inherits.
fn late() {
    let file = std::fs::File::open("/dev/null").unwrap();
    println!("{}", file.as_raw_fd());
    println!("{}", Inherited::from_env().unwrap_err());
}

/// Adopts each of the addresses, and says how that went.
fn adopt(arguments: impl Iterator<Item = String>) {
    let mut inherited = Inherited::from_env().unwrap();
    let mut fds = FdSet::new();
    for (index, text) in arguments.enumerate() {
        let address: Address = text.parse().unwrap();
        match fds.bind(&index.to_string(), &address, &mut inherited) {
            Ok(()) => println!("{text} {:?}", selfup_fds::Kind::of(fds.fd(index).unwrap())),
            Err(error) => println!("{text} {error}"),
        }
    }
}

/// Binds each of the addresses, and says where they are, or why not.
fn bind(arguments: impl Iterator<Item = String>) {
    for text in arguments {
        let mut fds = FdSet::new();
        match fds.bind("it", &text.parse().unwrap(), &mut Inherited::none()) {
            Ok(()) => println!("{}", fds.local_address("it").unwrap()),
            Err(error) => println!("{error}"),
        }
    }
}

/// Serves one connection on the first descriptor, whatever it is.
fn serve() {
    let mut inherited = Inherited::from_env().unwrap();
    let name = inherited.names().next().unwrap().to_owned();
    let response = format!("served as {name}\n");
    match inherited.kind(0).unwrap() {
        selfup_fds::Kind::TcpListener => {
            let listener = inherited.take_tcp_listener(0).unwrap();
            listener.accept().unwrap().0.write_all(response.as_bytes()).unwrap();
        }
        selfup_fds::Kind::UnixListener => {
            let listener = inherited.take_unix_listener(0).unwrap();
            listener.accept().unwrap().0.write_all(response.as_bytes()).unwrap();
        }
        selfup_fds::Kind::UnixSeqpacketListener => {
            let listener = socket2::Socket::from(inherited.take_unix_seqpacket(0).unwrap());
            listener.accept().unwrap().0.write_all(response.as_bytes()).unwrap();
        }
        selfup_fds::Kind::UnixDatagram => {
            let socket = inherited.take_unix_datagram(0).unwrap();
            let mut message = [0; 100];
            let (length, from) = socket.recv_from(&mut message).unwrap();
            assert_eq!(&message[..length], b"hello");
            socket.send_to_addr(response.as_bytes(), &from).unwrap();
        }
        selfup_fds::Kind::UdpSocket => {
            let socket = inherited.take_udp_socket(0).unwrap();
            let (_, from) = socket.recv_from(&mut [0; 100]).unwrap();
            socket.send_to(response.as_bytes(), from).unwrap();
        }
        kind => panic!("{kind}"),
    }
}

/// Adopts what it was activated with, as a master would, and lets a child serve.
fn relay(mut arguments: impl Iterator<Item = String>) {
    let address = arguments.next().unwrap().parse().unwrap();
    let mut fds = FdSet::new();
    fds.bind("web", &address, &mut Inherited::from_env().unwrap()).unwrap();
    let status = fds.spawn(&mut process::role("serve")).unwrap().wait().unwrap();
    assert!(status.success());
}

/// Takes one fd, leaves another, and starts a plain child, which speaks for itself.
fn grandparent() {
    let mut inherited = Inherited::from_env().unwrap();
    let _taken = inherited.take_tcp_listener(0).unwrap();
    let mut child = process::role("wait").stdin(Stdio::piped()).spawn().unwrap();
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    drop(child.stdin.take());
    child.wait().unwrap();
}

/// Says its pid and its `LISTEN_*` variables, and ends when its input does.
fn wait() {
    println!("{} {:?}", std::process::id(), listen_variables());
    for line in std::io::stdin().lock().lines() {
        line.unwrap();
    }
}

fn with_listenfd() {
    let mut fds = listenfd::ListenFd::from_env();
    println!("{}", fds.len());
    let listener = fds.take_tcp_listener(0).unwrap().unwrap();
    let udp = fds.take_udp_socket(1).unwrap().unwrap();
    println!("{} {}", listener.local_addr().unwrap(), udp.local_addr().unwrap());
}

fn with_sd_notify() {
    for (number, name) in sd_notify::listen_fds_with_names().unwrap() {
        println!("{number} {name}");
    }
    let listener = TcpListener::from(own(3));
    println!("{}", listener.local_addr().unwrap());
}

#[allow(unsafe_code, reason = "the number comes from another crate")]
fn own(number: i32) -> OwnedFd {
    // SAFETY: the convention says that it is ours.
    unsafe { OwnedFd::from_raw_fd(number) }
}
