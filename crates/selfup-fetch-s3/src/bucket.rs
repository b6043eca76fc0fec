//! The requests of a poll to a bucket.

use std::io::Read;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use selfup_fetch::{Error, RunningExecutable};

use crate::{
    access::Access,
    body::Body,
    failure::Failure,
    object::{Condition, Object, Seen},
    request,
    resumption::Resumption,
    session::{Kept, Session},
    settings::{Settings, Source},
    signature,
};

/// An open session, and the settings of its requests.
pub(crate) struct Bucket<'a> {
    pub(crate) session: Session,
    access: &'a Access,
    kept: &'a mut Kept,
}

impl<'a> Bucket<'a> {
    pub(crate) fn open_session(settings: &'a Settings, kept: &'a mut Kept) -> Result<Self, Error> {
        let session = Session::open(settings, kept)?;
        Ok(Self { session, access: &settings.access, kept })
    }

    pub(crate) fn head(&mut self, source: &Source) -> Result<Object, Error> {
        let failure = match request::head(&self.session, source) {
            Ok(head) => return Object::of(&head),
            Err(failure) => failure,
        };
        let failure = match failure {
            Failure::Refused(mute) if mute.is_mute() => match request::why(&self.session, source) {
                Err(Failure::Refused(told)) => Failure::Refused(told),
                Err(_) | Ok(_) => Failure::Refused(mute),
            },
            failure => failure,
        };
        Err(self.explain(failure))
    }

    /// Gets the object that `HEAD` has found.
    ///
    /// Naming a version needs a permission of its own (`s3:GetObjectVersion`). Without it, the tag
    /// is the only condition from then on.
    pub(crate) fn take(
        &mut self,
        source: &Source,
        seen: &Seen,
    ) -> Result<(GetObjectOutput, Condition), Error> {
        let condition = seen.condition(!self.kept.names_no_version);
        match request::get(&self.session, source, Some(&condition), 0) {
            Ok(response) => Ok((response, condition)),
            Err(Failure::Refused(refusal)) if refusal.is_denied() && condition.has_choice() => {
                let condition = seen.condition(false);
                let response = request::get(&self.session, source, Some(&condition), 0)
                    .map_err(|failure| self.explain(failure))?;
                self.kept.names_no_version = true;
                Ok((response, condition))
            }
            Err(failure) => Err(self.explain(failure)),
        }
    }

    /// The bytes of the chosen object.
    pub(crate) fn open(
        self,
        source: &Source,
        object: &Object,
        response: GetObjectOutput,
        condition: Condition,
        current: &RunningExecutable,
    ) -> Result<impl Read + Send + use<>, Error> {
        let access = self.access.clone();
        let line = Resumption::new(self.session, source.clone(), access, condition, object.size);
        let body = Body::of(response, line, object, source.place())?;
        Ok(current.counted(body, Some(object.size)))
    }

    /// The signature next to the object, if there is one.
    pub(crate) fn signature_of(&self, source: &Source) -> Result<Option<String>, Error> {
        self.signature_at(&source.signature())
    }

    /// The signature that is an object itself, if there is one.
    pub(crate) fn signature_at(&self, source: &Source) -> Result<Option<String>, Error> {
        signature::at(&self.session, source, self.access)
    }

    /// Returns the error of a failure. After refused credentials, the next poll looks them up anew.
    fn explain(&mut self, failure: Failure) -> Error {
        if matches!(&failure, Failure::Refused(refusal) if refusal.wants_other_credentials()) {
            self.kept.forget_credentials();
        }
        failure.into_error(self.access)
    }
}
