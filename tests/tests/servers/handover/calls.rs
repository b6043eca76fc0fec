//! Tests gRPC calls during a drain, in which the server sends GOAWAY.

use std::{
    net::SocketAddr,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use selfup_tests::sandbox::{PATIENCE, Process, Sandbox, children_of, wait_until};
use tokio::{runtime::Runtime, task::JoinHandle};

use super::{RESTARTS, restart, stop};

#[test]
fn tonic_loses_no_call_in_20_restarts() {
    let sandbox = Sandbox::new("handover-tonic");
    sandbox.expect_files(["tonic"]);
    let mut command = Command::new(sandbox.copy(env!("CARGO_BIN_EXE_tonic-example"), "tonic"));
    command.arg("127.0.0.1:0");
    loses_no_call_in_20_restarts(&sandbox.start(command));
    sandbox.finish();
}

pub(super) fn loses_no_call_in_20_restarts(process: &Process) {
    let callers = Callers::start(process.wait_listening(PATIENCE));
    restart(process, RESTARTS, || callers.answered());
    callers.lost_nothing();
    stop(process);
}

/// Clients that call one after the other, each on a channel of its own.
pub(crate) struct Callers {
    runtime: Runtime,
    callers: Vec<JoinHandle<Result<(), tonic::Status>>>,
    answered: Arc<AtomicU64>,
    leaving: Arc<AtomicBool>,
}

impl Callers {
    pub(crate) fn start(server: SocketAddr) -> Self {
        let (answered, leaving) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let runtime = Runtime::new().unwrap();
        let callers = (0..8)
            .map(|_| runtime.spawn(call(server, Arc::clone(&answered), Arc::clone(&leaving))))
            .collect();
        Self { runtime, callers, answered, leaving }
    }

    pub(crate) fn answered(&self) -> u64 {
        self.answered.load(Ordering::SeqCst)
    }

    #[track_caller]
    pub(crate) fn lost_nothing(self) {
        self.leaving.store(true, Ordering::SeqCst);
        for caller in self.callers {
            self.runtime.block_on(caller).unwrap().expect("every call is answered");
        }
    }
}

/// The channel took the call while its connection received GOAWAY, so that no server saw it.
/// No server can help that; tonic leaves it to the caller to repeat the call.
fn was_seen_by_no_server(status: &tonic::Status) -> bool {
    let mut cause = std::error::Error::source(status);
    while let Some(error) = cause {
        if error.downcast_ref().is_some_and(hyper::Error::is_canceled) {
            return true;
        }
        if let Some(error) = error.downcast_ref::<h2::Error>() {
            return error.is_go_away()
                && error.is_remote()
                && error.reason() == Some(h2::Reason::NO_ERROR);
        }
        cause = error.source();
    }
    false
}

/// One call after the other on a channel of its own, until it is time to leave, or to the first
/// failure.
async fn call(
    server: SocketAddr,
    answered: Arc<AtomicU64>,
    leaving: Arc<AtomicBool>,
) -> Result<(), tonic::Status> {
    let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{server}")).unwrap();
    let channel = endpoint.timeout(PATIENCE).connect_lazy();
    let mut client = tonic_health::pb::health_client::HealthClient::new(channel);
    while !leaving.load(Ordering::SeqCst) {
        match client.check(tonic_health::pb::HealthCheckRequest::default()).await {
            Ok(_) => answered.fetch_add(1, Ordering::SeqCst),
            Err(status) if was_seen_by_no_server(&status) => continue,
            Err(status) => return Err(status),
        };
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

#[test]
fn a_watch_is_ended_by_the_program_and_called_again_by_the_client() {
    let sandbox = Sandbox::new("handover-watch");
    sandbox.expect_files(["tonic"]);
    let mut command = Command::new(sandbox.copy(env!("CARGO_BIN_EXE_tonic-example"), "tonic"));
    command.arg("127.0.0.1:0");
    let process = sandbox.start(command);
    let server = process.wait_listening(PATIENCE);
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{server}")).unwrap();
        let channel = endpoint.connect().await.unwrap();
        let mut client = tonic_health::pb::health_client::HealthClient::new(channel);
        let request = tonic_health::pb::HealthCheckRequest::default;
        let mut watch = client.watch(request()).await.unwrap().into_inner();
        for _ in 0..3 {
            assert!(watch.message().await.unwrap().is_some());
            let old = children_of(process.pid());
            process.signal(libc::SIGUSR2);
            let end = watch.message().await.expect_err("it ends with a status");
            assert_eq!(end.code(), tonic::Code::Unavailable, "{end}");
            assert!(end.message().contains("call again"), "{end}");
            watch = loop {
                match client.watch(request()).await {
                    Ok(watch) => break watch.into_inner(),
                    // tonic fails a call by itself that it has just given to a connection which goes
                    // away; no server has seen it.
                    Err(status) if status.code() == tonic::Code::Cancelled => {}
                    Err(status) => panic!("the watch is refused: {status}"),
                }
            };
            wait_until("a new child alone", PATIENCE, || {
                let now = children_of(process.pid());
                now.len() == 1 && now != old
            });
        }
    });
    drop(runtime);
    stop(&process);
    sandbox.finish();
}
