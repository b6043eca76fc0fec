//! Serves a folder with the protocol of S3: s3s-fs with one access key, on a Unix socket and on a free
//! port.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "the process that starts it waits for its line, and reads why it fails"
)]

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use s3s::{
    auth::SimpleAuth,
    service::{S3Service, S3ServiceBuilder},
};
use s3s_fs::FileSystem;
use selfup_tests::source::ACCESS_KEY;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, UnixListener},
};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (folder, socket) = (arguments.next().unwrap(), arguments.next().unwrap());
    let mut service = S3ServiceBuilder::new(FileSystem::new(folder).unwrap());
    let (id, secret) = ACCESS_KEY;
    service.set_auth(SimpleAuth::from_single(id, secret));
    let service = service.build();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let near = UnixListener::bind(socket).unwrap();
        let far = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("listens");
        loop {
            tokio::select! {
                accepted = near.accept() => serve(accepted.unwrap().0, service.clone()),
                accepted = far.accept() => serve(accepted.unwrap().0, service.clone()),
            }
        }
    });
}

fn serve(connection: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, service: S3Service) {
    tokio::spawn(async move {
        let server = auto::Builder::new(TokioExecutor::new());
        // A client that goes is no reason to stop.
        server.serve_connection(TokioIo::new(connection), service).await.unwrap_or_default();
    });
}
