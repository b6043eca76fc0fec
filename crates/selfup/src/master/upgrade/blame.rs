//! Whose fault it was that nothing was installed.

use std::{error::Error, io, time::Duration};

use selfup_install::ErrorKind;

use crate::error::fetching;

/// Whether what came is to blame, so that it would be refused again. Anything else, a directory
/// that may not be written to for one, can be mended while it is offered.
pub(super) fn is_of_what_came(error: &selfup_install::Error) -> bool {
    match error.kind() {
        ErrorKind::Source => is_of_the_bytes(error),
        ErrorKind::TooLarge
        | ErrorKind::SizeMismatch
        | ErrorKind::DigestMismatch
        | ErrorKind::Malformed
        | ErrorKind::SignatureMissing
        | ErrorKind::SignatureMalformed
        | ErrorKind::SignatureUntrusted
        | ErrorKind::SignatureInvalid
        | ErrorKind::SignatureMismatch
        | ErrorKind::OtherProgram
        | ErrorKind::NotExecutable
        | ErrorKind::NoMarker
        | ErrorKind::Protocol
        | ErrorKind::Downgrade
        | ErrorKind::VersionUnknown
        | ErrorKind::Refused
        | ErrorKind::ProbeFailed
        | ErrorKind::ProbeTimedOut => !error.is_transient(),
        _ => false,
    }
}

/// Whether it is not the bytes that are refused, but what is said about them: that can be mended by
/// signing them again.
pub(super) fn is_of_the_version(error: &selfup_install::Error) -> bool {
    matches!(error.kind(), ErrorKind::Downgrade | ErrorKind::VersionUnknown)
}

/// How long the source asked to be left alone when it failed while it was read.
pub(super) fn asked_to_wait(error: &selfup_install::Error) -> Option<Duration> {
    causes(error).find_map(fetching)?.retry_after()
}

/// Whether the source has failed for what it holds and not for how it was reached: credentials that
/// have run out, or a connection that broke, say nothing about the bytes.
fn is_of_the_bytes(error: &selfup_install::Error) -> bool {
    use selfup_fetch::ErrorKind::{Corrupt, TooLarge};
    if let Some(error) = causes(error).find_map(fetching) {
        return matches!(error.kind(), Corrupt | TooLarge);
    }
    let foreign = causes(error).find_map(|cause| cause.downcast_ref::<io::Error>());
    foreign.is_some_and(|error| error.kind() == io::ErrorKind::InvalidData)
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |&error| error.source())
}

#[cfg(test)]
mod tests {
    use super::*;
    use selfup_fetch::ErrorKind as Kind;
    use selfup_install::{Expected, Target};
    use std::{env, fs, io::Read, sync::Mutex};

    /// What an installation says of a reader that fails so.
    fn failed(cause: impl Into<io::Error>) -> selfup_install::Error {
        struct Fails(Option<io::Error>);
        impl Read for Fails {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(self.0.take().unwrap_or_else(|| io::ErrorKind::Other.into()))
            }
        }
        // One after the other: whoever installs there is alone.
        static PLACE: Mutex<()> = Mutex::new(());
        let alone = PLACE.lock();
        let path = env::temp_dir().join(format!("selfup-blame-{}", std::process::id()));
        fs::write(&path, "what is there").unwrap();
        let mut staged = Target::new(&path).unwrap().stage(Expected::new()).unwrap();
        let error = staged.write(&mut Fails(Some(cause.into())), &mut |_| {}).unwrap_err();
        drop(staged);
        fs::remove_file(&path).unwrap();
        drop(alone);
        assert_eq!(error.kind(), ErrorKind::Source);
        error
    }

    #[test]
    fn what_the_source_asked_for_is_found_behind_the_reader() {
        let asked = Duration::from_secs(7);
        let error = selfup_fetch::Error::new(Kind::Unavailable, "busy").with_retry_after(asked);
        assert_eq!(asked_to_wait(&failed(error)), Some(asked));
        assert_eq!(asked_to_wait(&failed(selfup_fetch::Error::new(Kind::Stalled, "still"))), None);
        assert_eq!(asked_to_wait(&failed(io::ErrorKind::TimedOut)), None);
    }

    #[test]
    fn only_the_bytes_themselves_are_refused_for_good() {
        for (kind, refused) in [
            (Kind::Corrupt, true),
            (Kind::TooLarge, true),
            (Kind::Protocol, false),
            (Kind::Denied, false),
            (Kind::NotFound, false),
            (Kind::Truncated, false),
            (Kind::Changed, false),
        ] {
            let error = failed(selfup_fetch::Error::new(kind, "as it is"));
            assert_eq!(is_of_what_came(&error), refused, "{kind:?}");
        }
        assert!(is_of_what_came(&failed(io::ErrorKind::InvalidData)));
        assert!(!is_of_what_came(&failed(io::ErrorKind::PermissionDenied)));
        assert!(!is_of_what_came(&failed(io::ErrorKind::ConnectionReset)));
    }
}
