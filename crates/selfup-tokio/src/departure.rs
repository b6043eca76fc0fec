//! When and how one connection is closed while the program drains.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use selfup_program::{GracefulShutdown, IdleGrace};
use tokio::time::{Sleep, sleep_until};

use crate::{activity::Activity, drain::Drain};

/// What is due on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// The client gets notice that no further request is taken. Nothing that it has sent is lost by it.
    Notice,
    /// HTTP/2: the notice counts as received, although the client has not acknowledged it.
    Insist,
    /// Nothing is under way: it is closed.
    Close,
    /// It is closed, whatever is under way.
    Cut,
}

/// The end of one connection.
///
/// HTTP/2 has a notice (GOAWAY) that loses nothing, whatever the client does at that moment. A client of
/// HTTP/1 gets notice by its next response, or its connection is closed when nothing was under way for the
/// idle grace; so is one of which it is not known yet what it speaks. The head of a request has the grace to
/// become whole.
pub(crate) struct Departure {
    shutdown: GracefulShutdown,
    grace: Duration,
    place: IdleGrace,
    limit: Duration,
    activity: Activity,
    begun: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
    noticed: bool,
    insisted: Option<Instant>,
}

impl Departure {
    pub(crate) fn new(drain: &Drain, activity: Activity) -> Self {
        let (shutdown, grace, limit) = drain.times();
        let place = IdleGrace::new(grace);
        let (begun, timer, noticed, insisted) = (None, None, false, None);
        Self { shutdown, grace, place, limit, activity, begun, timer, noticed, insisted }
    }

    /// What is due before anything else is done on the connection: the notice comes before a response that
    /// ends because the program drains.
    pub(crate) fn poll_before(&mut self, context: &mut Context<'_>) -> Option<Due> {
        let begun = self.begun(context)?;
        if self.noticed || !self.activity.speaks_http2() {
            return None;
        }
        let is_time = self.activity.is_under_way() || self.place.notice(begun) <= Instant::now();
        self.noticed = is_time;
        is_time.then_some(Due::Notice)
    }

    /// What is due when nothing else is to be done; else the task is woken when something is.
    pub(crate) fn poll_after(&mut self, context: &mut Context<'_>) -> Poll<Due> {
        let Some(begun) = self.begun(context) else { return Poll::Pending };
        let (moment, due) = self.next(begun, context);
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(moment.into())));
        timer.as_mut().reset(moment.into());
        if moment > Instant::now() && timer.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        match due {
            Due::Notice => self.noticed = true,
            Due::Insist => self.insisted = Some(Instant::now()),
            Due::Close | Due::Cut => {}
        }
        Poll::Ready(due)
    }

    fn begun(&mut self, context: &mut Context<'_>) -> Option<Instant> {
        if self.begun.is_none() && Pin::new(&mut self.shutdown).poll(context).is_ready() {
            self.begun = self.shutdown.since();
        }
        self.begun
    }

    /// What comes next as things are.
    fn next(&self, begun: Instant, context: &Context<'_>) -> (Instant, Due) {
        let cut = (begun + self.limit, Due::Cut);
        let quiet = self.activity.quiet_since(context);
        let next = match (self.activity.speaks_http2(), self.insisted, quiet) {
            (true, ..) if !self.noticed => (self.place.notice(begun), Due::Notice),
            (true, None, _) => (begun + self.grace, Due::Insist),
            // It closes by itself, unless the client has stopped within a frame.
            (true, Some(insisted), Some(_)) => (insisted + self.grace, Due::Close),
            (false, _, Some(quiet)) => (self.place.end(begun, quiet), Due::Close),
            _ => cut,
        };
        if next.0 < cut.0 { next } else { cut }
    }
}
