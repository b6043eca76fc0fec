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

/// A client and its runtime, for one poll and for reading its artifact. Dropping it closes the
/// connections; no thread and no socket outlives it.
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
            // octocrab spawns a task of its own on the runtime.
            let _entered = runtime.enter();
            client(prepared)?
        };
        Ok(Self { crab, runtime: Some(runtime) })
    }

    /// Runs a future to its end. Connections make progress only while a future runs.
    pub(crate) fn run<F: Future>(&self, future: F) -> Option<F::Output> {
        self.runtime.as_ref().map(|runtime| runtime.block_on(future))
    }

    /// Makes one request, without redirects. It carries the token if the URL has the origin of the API.
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
            // A resolver that hangs keeps its thread until it responds; do not wait for it here.
            runtime.shutdown_background();
        }
    }
}

/// Creates octocrab over a client of this crate. The client of octocrab would read the roots of the
/// platform, lacks some of the deadlines, retries and follows redirects unasked, and its layer for
/// the base URL would rewrite the URLs of other hosts too.
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
