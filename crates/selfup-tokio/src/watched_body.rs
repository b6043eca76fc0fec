//! The body of a response, whose end is the end of the exchange.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::activity::Exchange;

pin_project! {
    /// The body of a response of a [`WatchedService`](crate::watch::WatchedService).
    ///
    /// It ends its exchange when it is dropped, which a server does when all of it is sent.
    #[derive(Debug)]
    pub struct WatchedBody<B> {
        #[pin]
        body: B,
        _exchange: Option<Exchange>,
    }
}

impl<B> WatchedBody<B> {
    pub(crate) fn new(body: B, exchange: Option<Exchange>) -> Self {
        Self { body, _exchange: exchange }
    }
}

impl<B: Body> Body for WatchedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().body.poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
