//! Limits how often, and after which pauses, a broken transfer is resumed.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use crate::{
    backoff::Backoff,
    error::{Error, ErrorKind},
};

/// How many more times the rest of a file may be requested, and when.
#[derive(Debug)]
pub struct Resumptions {
    left: u32,
    /// The position at which the last part began, if there was one.
    resumed_at: Option<u64>,
    backoff: Backoff,
}

/// The reason why the rest of a file did not arrive.
#[derive(Debug)]
#[non_exhaustive]
pub enum Setback {
    /// Another request may succeed.
    Passing(Error),
    /// No request can succeed in this transfer.
    Final(Error),
    /// The server does not serve parts, or not of the same file.
    Whole,
}

/// The longest pause after the first break: time for a connection to come back, but short in a
/// transfer of seconds. The pause is never shorter than half of it.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// The longest pause after more failures in a row: a server restarts in that time.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The longest pause that a server can ask for within a transfer. If it asks for more, the transfer fails,
/// and the next poll tries again.
const LONGEST_ASKED: Duration = Duration::from_secs(10);

impl Resumptions {
    /// Allows the rest to be requested at most `left` times.
    #[must_use]
    pub fn at_most(left: u32) -> Self {
        let seed = RandomState::new().hash_one(left);
        Self { left, resumed_at: None, backoff: Backoff::new(FIRST_PAUSE, LONGEST_PAUSE, seed) }
    }

    /// Refuses to resume a transfer of which not one byte has arrived.
    #[must_use]
    pub fn only_after_progress(mut self) -> Self {
        self.resumed_at = Some(0);
        self
    }

    /// Requests the rest of a file, which broke at `position`, until it arrives.
    ///
    /// Each part must bring at least one byte, because otherwise the next would not either. `pause` waits, or
    /// returns the error that there is no time to wait; `rest` makes one request.
    ///
    /// # Errors
    ///
    /// `broken`, with the last reason inside, if resuming cannot help; or the error of `pause` or `rest`.
    pub fn go_on<T>(
        &mut self,
        position: u64,
        broken: Error,
        mut pause: impl FnMut(Duration) -> Result<(), Error>,
        mut rest: impl FnMut() -> Result<T, Setback>,
    ) -> Result<T, Error> {
        let is_stuck = self.resumed_at.is_some_and(|at| position <= at);
        if !can_pass(&broken) || is_stuck {
            return Err(broken);
        }
        self.backoff.after_success(Duration::ZERO);
        let mut last: Option<Error> = None;
        while self.left > 0 {
            let asked = last.as_ref().and_then(Error::retry_after);
            if asked.is_some_and(|asked| asked > LONGEST_ASKED) {
                break;
            }
            pause(self.backoff.after_failure(asked))?;
            self.left -= 1;
            match rest() {
                Ok(rest) => {
                    self.resumed_at = Some(position);
                    return Ok(rest);
                }
                Err(Setback::Passing(error)) => last = Some(error),
                Err(Setback::Final(error)) => return Err(error),
                Err(Setback::Whole) => return Err(broken),
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

impl From<Error> for Setback {
    fn from(error: Error) -> Self {
        if can_pass(&error) { Self::Passing(error) } else { Self::Final(error) }
    }
}

/// Whether the connection or the server failed, and not the protocol.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: ErrorKind) -> Error {
        Error::new(kind, "it broke")
    }

    /// The number of pauses, and the result.
    fn go_on(
        tries: &mut Resumptions,
        position: u64,
        mut setbacks: Vec<Setback>,
    ) -> (u32, Result<(), Error>) {
        let mut pauses = 0;
        let pause = |_| {
            pauses += 1;
            Ok(())
        };
        let rest = || setbacks.pop().map_or(Ok(()), Err);
        let result = tries.go_on(position, error(ErrorKind::Truncated), pause, rest);
        (pauses, result)
    }

    #[test]
    fn each_part_must_bring_something() {
        let mut tries = Resumptions::at_most(9);
        assert_eq!(go_on(&mut tries, 0, vec![]).0, 1);
        assert!(go_on(&mut tries, 0, vec![]).1.is_err());
        assert!(go_on(&mut tries, 1, vec![]).1.is_ok());
        let mut tries = Resumptions::at_most(9).only_after_progress();
        assert_eq!(go_on(&mut tries, 0, vec![]).0, 0);
    }

    #[test]
    fn it_is_tried_so_many_times() {
        let mut tries = Resumptions::at_most(3);
        let passing = || Setback::from(error(ErrorKind::Unavailable));
        let (pauses, result) = go_on(&mut tries, 1, vec![passing(), passing(), passing()]);
        assert_eq!((pauses, result.unwrap_err().kind()), (3, ErrorKind::Truncated));
        assert_eq!(go_on(&mut tries, 2, vec![]).0, 0, "none is left");
    }

    #[test]
    fn what_cannot_pass_ends_it() {
        let changed = Setback::from(error(ErrorKind::Changed));
        let (pauses, result) = go_on(&mut Resumptions::at_most(3), 1, vec![changed]);
        assert_eq!((pauses, result.unwrap_err().kind()), (1, ErrorKind::Changed));
        let (_, result) = go_on(&mut Resumptions::at_most(3), 1, vec![Setback::Whole]);
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Truncated);
    }

    #[test]
    fn a_server_that_wants_a_long_rest_gets_it() {
        let asked = error(ErrorKind::Unavailable).with_retry_after(Duration::from_secs(60));
        let passing = Setback::from(asked);
        let (pauses, result) = go_on(&mut Resumptions::at_most(3), 1, vec![passing]);
        assert_eq!((pauses, result.unwrap_err().retry_after()), (1, Some(Duration::from_secs(60))));
    }
}
