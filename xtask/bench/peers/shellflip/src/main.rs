//! The program of the handover benchmark with shellflip: `peer-shellflip ADDRESS`.
//!
//! shellflip does not pass sockets by itself: the listener's descriptor stays open in the
//! successor, which gets its number over the hand-over pipe. SIGUSR1 starts the successor, and
//! what is open is finished by axum's graceful shutdown.

use std::{error::Error, io, net::TcpListener, os::fd::AsRawFd, os::fd::FromRawFd};

use async_trait::async_trait;
use axum::{Router, body::Bytes, routing::get};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use shellflip::RestartConfig;
use shellflip::lifecycle::{LifecycleHandler, PipeWriter, receive_from_old_process};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn main() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Runtime::new()?.block_on(serve())
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let listener = match receive_from_old_process() {
        // SAFETY: the predecessor names a descriptor that it left open for this process alone.
        Some(mut pipe) => unsafe { TcpListener::from_raw_fd(pipe.read_i32().await?) },
        None => TcpListener::bind(std::env::args().nth(1).ok_or("no address")?)?,
    };
    listener.set_nonblocking(true)?;
    let config = RestartConfig {
        lifecycle_handler: Box::new(PassListener(listener.try_clone()?)),
        ..RestartConfig::default()
    };
    // Its first poll notifies the predecessor that this process is ready.
    let restarted = config.try_into_restart_task()?;
    let (restarted_sent, restarted_received) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let outcome = restarted.await.map_err(|error| error.to_string());
        drop(restarted_sent.send(outcome));
    });
    let listener = tokio::net::TcpListener::from_std(listener)?;
    axum::serve(listener, router())
        .with_graceful_shutdown(async { drop(restarted_received.await) })
        .await?;
    Ok(())
}

fn router() -> Router {
    let response = format!("pid={}\n", std::process::id());
    let posted = response.clone();
    let route = get(async move || response.clone()).post(async move |_: Bytes| posted.clone());
    Router::new().route("/", route)
}

struct PassListener(TcpListener);

#[async_trait]
impl LifecycleHandler for PassListener {
    async fn pre_new_process(&mut self) {
        fcntl(&self.0, FcntlArg::F_SETFD(FdFlag::empty())).expect("the listener is open");
    }

    async fn send_to_new_process(&mut self, mut pipe: PipeWriter) -> io::Result<()> {
        pipe.write_i32(self.0.as_raw_fd()).await
    }
}
