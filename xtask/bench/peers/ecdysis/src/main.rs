//! The program of the handover benchmark with ecdysis: `peer-ecdysis ADDRESS`.
//!
//! As ecdysis's own example goes: SIGHUP starts the successor, the stream of connections ends once
//! that is ready, and what is open is finished by axum's graceful shutdown.

use std::{error::Error, io, net::SocketAddr};

use axum::{Router, body::Bytes, routing::get};
use ecdysis::tokio_ecdysis::{SignalKind, StopOnShutdown, StoppableStream, TokioEcdysisBuilder};
use futures::StreamExt;
use tokio::net::TcpStream;
use tokio_stream::wrappers::TcpListenerStream;

fn main() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Runtime::new()?.block_on(serve())
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let address: SocketAddr = std::env::args().nth(1).ok_or("no address")?.parse()?;
    let mut builder = TokioEcdysisBuilder::new(SignalKind::hangup())?;
    builder.stop_on_signal(SignalKind::terminate())?;
    let stream = builder.build_listen_tcp(StopOnShutdown::Yes, address, |socket, address| {
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(1024)?;
        Ok(socket.into())
    })?;
    let (_ecdysis, upgraded) = builder.ready()?;
    let listener = Listener { stream, address };
    axum::serve(listener, router()).with_graceful_shutdown(async { drop(upgraded.await) }).await?;
    Ok(())
}

fn router() -> Router {
    let response = format!("pid={}\n", std::process::id());
    let posted = response.clone();
    let route = get(async move || response.clone()).post(async move |_: Bytes| posted.clone());
    Router::new().route("/", route)
}

struct Listener {
    stream: StoppableStream<TcpListenerStream>,
    address: SocketAddr,
}

impl axum::serve::Listener for Listener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match self.stream.next().await {
                Some(Ok(stream)) => {
                    if let Ok(peer) = stream.peer_addr() {
                        return (stream, peer);
                    }
                }
                Some(Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
