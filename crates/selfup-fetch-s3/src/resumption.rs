//! Going on in the middle of an object after a broken connection.

use std::{
    hash::{BuildHasher, RandomState},
    time::{Duration, Instant},
};

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use selfup_fetch::{Backoff, Error, ErrorKind};

use crate::{
    access::Access, deadlines::Phase, object::Condition, request, session::Session,
    settings::Source,
};

/// Whom was asked for what, so that the rest can be asked for where the line breaks.
pub(crate) struct Resumption {
    session: Session,
    source: Source,
    access: Access,
    condition: Condition,
    /// The length of the object.
    size: u64,
    /// How many more times the rest may be asked for.
    left: u32,
    /// Where the last part began.
    resumed_at: u64,
    backoff: Backoff,
}

/// The longest pause after the first break: time for a connection to come back, not noticed in a
/// transfer of seconds. Half of it is always waited.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// The longest pause after more failures in a row: a server restarts in that time.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The longest pause that a server can ask for in the middle; who asks for more is left alone until
/// the next poll.
const LONGEST_ASKED: Duration = Duration::from_secs(10);

impl Resumption {
    pub(crate) fn new(
        session: Session,
        source: Source,
        access: Access,
        condition: Condition,
        size: u64,
    ) -> Self {
        // Only what is certain to be the same object is gone on with.
        let left = if condition.is_certain() { session.resumptions } else { 0 };
        let seed = RandomState::new().hash_one(Instant::now());
        let backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE, seed);
        Self { session, source, access, condition, size, left, resumed_at: 0, backoff }
    }

    pub(crate) const fn session(&self) -> &Session {
        &self.session
    }

    /// Sees to it that the response is the object that was looked at, from `position` on. Servers
    /// that know of no conditions send what is there now.
    pub(crate) fn check(&self, response: &GetObjectOutput, position: u64) -> Result<(), Error> {
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

    /// The rest of the object, after it broke at `position`.
    ///
    /// Each part must have brought something, or the next would not either.
    pub(crate) fn go_on(&mut self, position: u64, broken: Error) -> Result<GetObjectOutput, Error> {
        if !can_pass(&broken) || position <= self.resumed_at {
            return Err(broken);
        }
        self.backoff.after_success(Duration::ZERO);
        let mut last: Option<Error> = None;
        while self.left > 0 {
            let asked = last.as_ref().and_then(Error::retry_after);
            if asked.is_some_and(|asked| asked > LONGEST_ASKED) {
                break;
            }
            let pause = self.backoff.after_failure(asked);
            self.session.wait(Phase::Total, async { tokio::time::sleep(pause).await })?;
            self.left -= 1;
            let part = request::get(&self.session, &self.source, Some(&self.condition), position)
                .map_err(|failure| failure.into_error(&self.access));
            match part {
                Ok(response) if !begins_at(&response, position) => return Err(broken),
                Ok(response) => {
                    self.check(&response, position)?;
                    self.resumed_at = position;
                    return Ok(response);
                }
                Err(error) if can_pass(&error) => last = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(match last {
            Some(last) => {
                let asked = last.retry_after();
                let broken = broken.with_source(last);
                if let Some(asked) = asked { broken.with_retry_after(asked) } else { broken }
            }
            None => broken,
        })
    }
}

/// Whether it is the part that was asked for, and not the whole.
fn begins_at(response: &GetObjectOutput, position: u64) -> bool {
    let begin = format!("bytes {position}-");
    response.content_range().is_some_and(|range| range.starts_with(&begin))
}

/// Whether it was the line or the server's state that failed, and not what was said.
fn can_pass(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Truncated
            | ErrorKind::Stalled
            | ErrorKind::TimedOut
            | ErrorKind::Unreachable
            | ErrorKind::Unavailable
            | ErrorKind::Io
    ) && error.is_transient()
}
