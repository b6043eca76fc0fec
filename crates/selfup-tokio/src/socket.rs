//! What listens: a TCP socket, or a Unix one.

use std::{
    io,
    net::SocketAddr,
    task::{Context, Poll, ready},
};

use tokio::net::{TcpListener, UnixListener};

use crate::connection::Stream;

#[derive(Debug)]
pub(crate) enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Socket {
    pub(crate) fn new(listener: selfup_program::Listener) -> io::Result<Self> {
        let listener = match listener.into_tcp() {
            Ok(socket) => return TcpListener::from_std(socket).map(Self::Tcp),
            Err(listener) => listener,
        };
        match listener.into_unix() {
            Ok(socket) => UnixListener::from_std(socket).map(Self::Unix),
            Err(_) => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "could not serve: neither a TCP nor a Unix listener",
            )),
        }
    }

    pub(crate) fn local_addr(&self) -> io::Result<Option<SocketAddr>> {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(Some),
            Self::Unix(_) => Ok(None),
        }
    }

    pub(crate) fn poll_accept(
        &self,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<(Stream, Option<SocketAddr>)>> {
        Poll::Ready(match self {
            Self::Tcp(listener) => ready!(listener.poll_accept(context))
                .map(|(stream, address)| (Stream::Tcp(stream), Some(address))),
            Self::Unix(listener) => ready!(listener.poll_accept(context))
                .map(|(stream, _)| (Stream::Unix(stream), None)),
        })
    }
}
