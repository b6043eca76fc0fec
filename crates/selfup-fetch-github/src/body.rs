//! Reads the body of one response, piece by piece or whole.

use std::time::Instant;

use bytes::Bytes;
use http_body_util::BodyExt;
use selfup_fetch::{Error, ErrorKind, parts::Deadlines};
use tokio::time::timeout;

use crate::{
    exchange::Response,
    failure::{is_cut, is_unsound},
    session::{Reply, Session},
};

/// The reason why a body has no further piece.
pub(crate) enum Broken {
    /// The connection ended before the body did.
    Cut,
    Failed(Error),
}

/// Returns the next piece of a body, or its end.
pub(crate) fn piece(
    session: &Session,
    reply: &mut Reply,
    deadlines: &Deadlines,
    deadline: Instant,
) -> Result<Option<Bytes>, Broken> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        // Data that have already arrived would otherwise be read without a look at the clock.
        if left.is_zero() {
            return Err(Broken::Failed(deadlines.too_long()));
        }
        let patience = deadlines.stall.min(left);
        let frame = session.run(async { timeout(patience, reply.body_mut().frame()).await });
        match frame {
            Some(Ok(Some(Ok(frame)))) => match frame.into_data() {
                Ok(data) if !data.is_empty() => return Ok(Some(data)),
                _ => {}
            },
            Some(Ok(None)) => return Ok(None),
            Some(Ok(Some(Err(error)))) => return Err(broken(error)),
            Some(Err(_)) | None if patience == left => {
                return Err(Broken::Failed(deadlines.too_long()));
            }
            Some(Err(_)) | None => return Err(Broken::Failed(deadlines.stalled())),
        }
    }
}

/// Reads a small body, and refuses a large one.
pub(crate) fn whole(
    session: &Session,
    response: &mut Response,
    deadlines: &Deadlines,
    most: usize,
) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    loop {
        match piece(session, &mut response.reply, deadlines, response.deadline) {
            Ok(None) => return Ok(bytes),
            Ok(Some(more)) if bytes.len() + more.len() <= most => bytes.extend_from_slice(&more),
            Ok(Some(_)) => {
                let reason = format!("the response has more than {most} bytes");
                return Err(response.named(Error::new(ErrorKind::TooLarge, reason)));
            }
            Err(Broken::Cut) => {
                let reason = format!("the connection ended after {} bytes", bytes.len());
                return Err(response.named(Error::new(ErrorKind::Truncated, reason)));
            }
            Err(Broken::Failed(error)) => return Err(response.named(error)),
        }
    }
}

fn broken(error: octocrab::Error) -> Broken {
    if is_cut(&error) {
        return Broken::Cut;
    }
    if crate::failure::causes(&error).any(is_unsound) {
        let error = Error::new(ErrorKind::Protocol, "the body is not sound http/1.1");
        return Broken::Failed(error);
    }
    Broken::Failed(Error::new(ErrorKind::Io, "the transfer broke").with_source(error))
}
