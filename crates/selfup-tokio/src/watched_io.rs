//! The bytes of a connection, watched.

use std::{
    fmt, io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{
    activity::Activity,
    frames::{Frames, PREFACE},
};

/// The bytes of a connection, which a [`Watch`](crate::watch::Watch) sees pass. From
/// [`Drain::watch`](crate::Drain::watch).
///
/// It reads and writes what the stream within it does, with one difference: it can acknowledge a PING of
/// HTTP/2 in the place of a silent client, so that the connection of that client ends.
pub struct WatchedIo<T> {
    io: T,
    activity: Activity,
    insist: Insist,
    /// How much of HTTP/2's preface the client has sent; `None` if it speaks something else.
    preface: Option<usize>,
    received: Frames,
    sent: Frames,
    /// How much of the acknowledgement that the client owes was read.
    responded: usize,
}

/// Whether the GOAWAY counts as received, although the client has not acknowledged the PING after it.
///
/// Until the PING is acknowledged, the client may open streams, for ever if it never acknowledges it. Nothing in
/// hyper or h2 bounds that.
#[derive(Clone, Default)]
pub(crate) struct Insist(Arc<AtomicBool>);

impl Insist {
    pub(crate) fn insist(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl<T> WatchedIo<T> {
    pub(crate) fn new(io: T, activity: Activity, insist: Insist) -> Self {
        let (received, sent) = (Frames::default(), Frames::default());
        Self { io, activity, insist, preface: Some(0), received, sent, responded: 0 }
    }

    /// Gives the server the acknowledgement that the client owes.
    fn acknowledge_for_the_client(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let may_begin =
            self.insist.0.load(Ordering::Relaxed) && self.is_http2() && self.received.is_between();
        let Some(response) = self.sent.response().filter(|_| may_begin || self.responded > 0)
        else {
            return false;
        };
        let left = response.get(self.responded..).unwrap_or_default();
        let taken = left.len().min(buffer.remaining());
        buffer.put_slice(&left[..taken]);
        self.responded += taken;
        taken > 0
    }

    fn has_read(&mut self, mut bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.activity.read();
        while let (Some(seen), false) = (self.preface, bytes.is_empty()) {
            let Some(expected) = PREFACE.get(seen..).filter(|left| !left.is_empty()) else { break };
            let len = expected.len().min(bytes.len());
            if expected[..len] != bytes[..len] {
                self.preface = None;
                return;
            }
            self.preface = Some(seen + len);
            bytes = &bytes[len..];
            if self.is_http2() {
                self.activity.is_http2();
            }
        }
        if self.is_http2() {
            self.received.follow(bytes);
        }
    }

    fn has_written(&mut self, result: &Poll<io::Result<usize>>) -> usize {
        self.activity.wrote(result.is_pending());
        match result {
            Poll::Ready(Ok(len)) if self.is_http2() => *len,
            _ => 0,
        }
    }

    fn is_http2(&self) -> bool {
        self.preface == Some(PREFACE.len())
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for WatchedIo<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.acknowledge_for_the_client(buffer) {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(context, buffer))?;
        self.has_read(buffer.filled().get(before..).unwrap_or_default());
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for WatchedIo<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write(context, bytes);
        let written = self.has_written(&result);
        self.sent.follow(bytes.get(..written).unwrap_or_default());
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write_vectored(context, parts);
        let mut written = self.has_written(&result);
        for part in parts {
            let len = part.len().min(written);
            self.sent.follow(part.get(..len).unwrap_or_default());
            written -= len;
        }
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

impl<T: fmt::Debug> fmt::Debug for WatchedIo<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WatchedIo").field(&self.io).finish()
    }
}
