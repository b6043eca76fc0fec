//! [`FarewellService`] as a service of hyper.

use http::{Request, Response};
use hyper::service::Service;

use crate::{FarewellFuture, FarewellService};

impl<S, A, B> Service<Request<A>> for FarewellService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = FarewellFuture<S::Future>;

    fn call(&self, request: Request<A>) -> FarewellFuture<S::Future> {
        let version = request.version();
        self.answer(version, self.inner.call(request))
    }
}
