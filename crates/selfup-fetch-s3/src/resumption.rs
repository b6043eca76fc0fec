//! Resumes an object in the middle after a broken connection.

use std::time::Duration;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use selfup_fetch::{
    Error, ErrorKind,
    parts::{Resumptions, Setback},
};

use crate::{
    access::Access, object::Condition, phase::Phase, request, session::Session, settings::Source,
};

/// The request of an object, kept so that the rest can be requested when the connection breaks.
pub(crate) struct Resumption {
    tries: Resumptions,
    line: Line,
}

struct Line {
    session: Session,
    source: Source,
    access: Access,
    condition: Condition,
    /// The length of the object.
    size: u64,
}

impl Resumption {
    pub(crate) fn new(
        session: Session,
        source: Source,
        access: Access,
        condition: Condition,
        size: u64,
    ) -> Self {
        // Resume only what is certain to be the same object.
        let left = if condition.is_certain() { session.resumptions } else { 0 };
        let tries = Resumptions::at_most(left).only_after_progress();
        Self { tries, line: Line { session, source, access, condition, size } }
    }

    pub(crate) const fn session(&self) -> &Session {
        &self.line.session
    }

    /// See [`Line::check`].
    pub(crate) fn check(&self, response: &GetObjectOutput, position: u64) -> Result<(), Error> {
        self.line.check(response, position)
    }

    /// Requests the rest of the object, after it broke at `position`.
    pub(crate) fn go_on(&mut self, position: u64, broken: Error) -> Result<GetObjectOutput, Error> {
        let line = &self.line;
        self.tries.go_on(position, broken, |pause| line.pause(pause), || line.rest(position))
    }
}

impl Line {
    /// Checks that the response is the object that `HEAD` has found, from `position` on. Servers
    /// without support for conditions send the current object.
    fn check(&self, response: &GetObjectOutput, position: u64) -> Result<(), Error> {
        let length = response.content_length().and_then(|length| u64::try_from(length).ok());
        let is_same = response.e_tag() == self.condition.etag.as_deref();
        if !is_same || length != Some(self.size - position) {
            return Err(Error::new(
                ErrorKind::Changed,
                "the object was replaced while it was fetched; the next poll sees what is there \
                 now",
            ));
        }
        Ok(())
    }

    /// Waits as long as the back-off or the server demands, within the deadline of the whole transfer. The
    /// timer is created inside the future, because it needs the runtime that polls it.
    fn pause(&self, pause: Duration) -> Result<(), Error> {
        self.session.wait(Phase::Total, async { tokio::time::sleep(pause).await })
    }

    fn rest(&self, position: u64) -> Result<GetObjectOutput, Setback> {
        let part = request::get(&self.session, &self.source, Some(&self.condition), position)
            .map_err(|failure| failure.into_error(&self.access))?;
        if !begins_at(&part, position) {
            return Err(Setback::Whole);
        }
        self.check(&part, position).map_err(Setback::Final)?;
        Ok(part)
    }
}

/// Whether the response is the requested part, and not the whole.
fn begins_at(response: &GetObjectOutput, position: u64) -> bool {
    let begin = format!("bytes {position}-");
    response.content_range().is_some_and(|range| range.starts_with(&begin))
}
