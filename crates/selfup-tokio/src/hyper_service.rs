//! [`ConnectionCloseService`] as a service of hyper.

use http::{Request, Response};
use hyper::service::Service;

use crate::connection_close::{ConnectionCloseFuture, ConnectionCloseService};

impl<S, A, B> Service<Request<A>> for ConnectionCloseService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = ConnectionCloseFuture<S::Future>;

    fn call(&self, request: Request<A>) -> ConnectionCloseFuture<S::Future> {
        let version = request.version();
        self.response(version, self.inner.call(request))
    }
}
