//! The client and its runtime, which live for one poll.

use std::{convert::Infallible, future::Future, sync::Arc};

use http::{HeaderMap, Request, Response, Uri, header};
use http_body_util::combinators::BoxBody;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use octocrab::{
    AuthState, OctoBody, Octocrab, OctocrabBuilder,
    service::middleware::{auth_header::AuthHeaderLayer, extra_headers::ExtraHeadersLayer},
};
use selfup_fetch::{Error, ErrorKind};
use tokio::runtime::Runtime;
use tower::service_fn;

use crate::{connect::Connect, settings::Prepared};

/// A client and the runtime that it lives on, for the time of one poll and the reading of what
/// comes of it. With it go its connections; no thread and no socket outlives it.
pub(crate) struct Session {
    crab: Octocrab,
    /// `None` while it is being dropped.
    runtime: Option<Runtime>,
}

pub(crate) type Reply = Response<BoxBody<bytes::Bytes, octocrab::Error>>;

impl Session {
    pub(crate) fn open(prepared: &Prepared) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(
            |error| {
                Error::new(ErrorKind::Io, format!("the machine is out of something ({error})"))
                    .with_source(error)
            },
        )?;
        let crab = {
            // octocrab puts a task of its own on the runtime.
            let _entered = runtime.enter();
            client(prepared)?
        };
        Ok(Self { crab, runtime: Some(runtime) })
    }

    /// Runs it to its end. Connections move on as long as something runs, and rest in between.
    pub(crate) fn run<F: Future>(&self, future: F) -> Option<F::Output> {
        self.runtime.as_ref().map(|runtime| runtime.block_on(future))
    }

    /// Asks once, and follows nothing. The token goes along if the address is at the API's origin.
    pub(crate) async fn get(&self, uri: Uri, headers: HeaderMap) -> Result<Reply, octocrab::Error> {
        let mut request = Request::new(OctoBody::empty());
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        self.crab.execute(request).await
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A resolver that hangs keeps its thread until it responds; nobody waits for it here.
            runtime.shutdown_background();
        }
    }
}

/// octocrab over a client of ours. Its own one would read the platform's roots and knows no
/// deadlines of the kinds that are needed here; its layer for the base address would rewrite the
/// addresses of other hosts too; and it would retry and follow redirects without asking.
fn client(prepared: &Prepared) -> Result<Octocrab, Error> {
    let connect = Connect {
        tls: prepared.tls.clone(),
        proxies: prepared.proxies.clone(),
        deadline: prepared.deadlines.connect,
    };
    let connector = service_fn(move |uri: Uri| Box::pin(connect.clone().to(uri)));
    let service = Client::builder(TokioExecutor::new()).build::<_, OctoBody>(connector);
    let base: Uri = prepared.base.as_str().parse().map_err(|error: http::uri::InvalidUri| {
        Error::new(ErrorKind::Configuration, format!("the base url cannot be used ({error})"))
    })?;
    let built: Result<_, Infallible> = OctocrabBuilder::new_empty()
        .with_service(service)
        .with_layer(&ExtraHeadersLayer::new(Arc::new(vec![(
            header::USER_AGENT,
            prepared.user_agent.clone(),
        )])))
        .with_layer(&AuthHeaderLayer::new(prepared.token.clone(), base.clone(), base))
        .with_auth(AuthState::None)
        .build();
    let Ok(crab) = built;
    Ok(crab)
}
