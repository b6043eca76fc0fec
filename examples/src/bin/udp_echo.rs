//! A UDP server. Two readers of one socket would each get some of the datagrams, so the old child
//! finishes before the new one starts; what arrives between them waits in the socket.
//!
//! `udp_echo [ADDRESS]`: sends each datagram back to where it came from.

use std::{env, io, net::UdpSocket, os::fd::AsFd, process::ExitCode};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use selfup::Handover;

fn main() -> ExitCode {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".into());
    let config = selfup::Config::new(program)
        .listen("echo", format!("udp://{address}"))
        .handover(Handover::Sequential);
    selfup::run(config)
}

fn program(state: selfup::State) -> io::Result<()> {
    let socket = state.take_udp_socket("echo").map_err(io::Error::other)?;
    let shutdown = state.graceful_shutdown();
    while !shutdown.requested() {
        let mut fds = [
            PollFd::new(socket.as_fd(), PollFlags::POLLIN),
            PollFd::new(shutdown.fd()?, PollFlags::POLLIN),
        ];
        poll(&mut fds, PollTimeout::NONE)?;
        echo(&socket)?;
    }
    Ok(())
}

/// Sends one datagram back, if one is there; the socket does not block.
fn echo(socket: &UdpSocket) -> io::Result<()> {
    let mut datagram = [0; 65_536];
    match socket.recv_from(&mut datagram) {
        Ok((length, sender)) => {
            if let Err(error) = socket.send_to(&datagram[..length], sender) {
                eprintln!("could not answer {sender}: {error}");
            }
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(error),
    }
}
