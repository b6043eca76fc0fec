//! The requests: `HEAD`, and `GET` from a given byte on.

use aws_sdk_s3::{
    error::{ProvideErrorMetadata, SdkError},
    operation::{get_object::GetObjectOutput, head_object::HeadObjectOutput},
    types::ChecksumMode,
};

use crate::{
    failure::Failure, object::Condition, phase::Phase, session::Session, settings::Source,
};

/// Requests the metadata of the current object.
pub(crate) fn head(session: &Session, source: &Source) -> Result<HeadObjectOutput, Failure> {
    let request = session
        .client
        .head_object()
        .bucket(&source.bucket)
        .key(&source.key)
        .checksum_mode(ChecksumMode::Enabled);
    response(session, request.send())
}

/// Requests the object from the byte at `start` on. The body is still to be read.
pub(crate) fn get(
    session: &Session,
    source: &Source,
    condition: Option<&Condition>,
    start: u64,
) -> Result<GetObjectOutput, Failure> {
    let mut request = session.client.get_object().bucket(&source.bucket).key(&source.key);
    if let Some(condition) = condition.cloned() {
        request = request.set_version_id(condition.version_id).set_if_match(condition.etag);
    }
    if start > 0 {
        request = request.range(format!("bytes={start}-"));
    }
    response(session, request.send())
}

/// Requests the first byte, only to learn the reason of a refusal: responses to `HEAD` have no body.
pub(crate) fn why(session: &Session, source: &Source) -> Result<GetObjectOutput, Failure> {
    let request = session.client.get_object().bucket(&source.bucket).key(&source.key);
    response(session, request.range("bytes=0-0").send())
}

fn response<T, E>(
    session: &Session,
    request: impl Future<Output = Result<T, SdkError<E>>>,
) -> Result<T, Failure>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match session.wait(Phase::Response, request) {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(Failure::of(error, session.deadlines)),
        Err(missed) => Err(Failure::Failed(missed)),
    }
}
