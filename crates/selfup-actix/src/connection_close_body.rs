//! The body of a response, whose client may be owed a grace.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    body::{BodySize, MessageBody},
    web::Bytes,
};
use pin_project_lite::pin_project;

use crate::owed::Owing;

pin_project! {
    /// The body of a response of a [`ConnectionClose`](crate::ConnectionClose).
    #[derive(Debug)]
    pub struct ConnectionCloseBody<B> {
        #[pin]
        body: B,
        owing: Option<Owing>,
    }
}

impl<B> ConnectionCloseBody<B> {
    pub(crate) fn new(body: B, owing: Option<Owing>) -> Self {
        Self { body, owing }
    }
}

impl<B: MessageBody> MessageBody for ConnectionCloseBody<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, B::Error>>> {
        self.project().body.poll_next(context)
    }

    fn try_into_bytes(self) -> Result<Bytes, Self> {
        let Self { body, owing } = self;
        body.try_into_bytes().map_err(|body| Self { body, owing })
    }
}
