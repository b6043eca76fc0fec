//! Whose fault it was that nothing was installed.

use std::{error::Error, io, time::Duration};

use selfup_install::ErrorKind;

use crate::error::fetching;

/// What a failure says about what came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blame {
    /// It is no good, and would be refused again: until its bytes change, its signature or the keys.
    Proven,
    /// It was damaged or cut off on its way, or could not be tried in time. It may be damaged at its
    /// source as well; that looks the same, so it is fetched again, ever more rarely.
    Doubted,
    /// Nothing: how it was reached has failed, or this machine. That can mend while it is offered.
    Nothing,
}

/// What a failure says about what came.
pub(super) fn blame(error: &selfup_install::Error) -> Blame {
    match error.kind() {
        ErrorKind::Source => blame_of_source(error),
        // Not what was promised: other bytes came than were published, or than are by now.
        ErrorKind::SizeMismatch | ErrorKind::DigestMismatch => Blame::Doubted,
        // Cut off without a length or a digest that would tell.
        ErrorKind::NotExecutable if error.is_transient() => Blame::Doubted,
        // A machine that is busy or out of memory lets a good one fail.
        ErrorKind::ProbeTimedOut => Blame::Doubted,
        ErrorKind::ProbeFailed if error.is_transient() => Blame::Doubted,
        ErrorKind::TooLarge
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
            if !error.is_transient() =>
        {
            Blame::Proven
        }
        _ => Blame::Nothing,
    }
}

/// Whether it is not the bytes that are refused, but what is said about them: that can be mended by
/// signing them again.
pub(super) fn is_of_the_version(error: &selfup_install::Error) -> bool {
    matches!(error.kind(), ErrorKind::Downgrade | ErrorKind::VersionUnknown)
}

/// Whether the bytes, if no digest has vouched for them, may be others than were published: damaged on
/// their way, or still those of before. They are refused, and may come better all the same.
pub(super) fn only_a_signature_could_tell(error: &selfup_install::Error) -> bool {
    error.kind() == ErrorKind::SignatureInvalid
}

/// Whether what was read has been replaced or changed meanwhile, and the next poll has what is there
/// now.
pub(super) fn is_overtaken(error: &selfup_install::Error) -> bool {
    let fetching = causes(error).find_map(fetching);
    fetching.is_some_and(|error| error.kind() == selfup_fetch::ErrorKind::Changed)
}

/// How long the source asked to be left alone when it failed while it was read.
pub(super) fn asked_to_wait(error: &selfup_install::Error) -> Option<Duration> {
    causes(error).find_map(fetching)?.retry_after()
}

/// Whether the source has failed for what it gave, or for how it was reached: credentials that have
/// run out, or a connection that stalled, say nothing about the bytes.
fn blame_of_source(error: &selfup_install::Error) -> Blame {
    use selfup_fetch::ErrorKind as Kind;
    if let Some(error) = causes(error).find_map(fetching) {
        return match error.kind() {
            Kind::Unreachable
            | Kind::Untrusted
            | Kind::Unavailable
            | Kind::Denied
            | Kind::TimedOut
            | Kind::Stalled
            | Kind::Changed
            | Kind::Io => Blame::Nothing,
            // Unsound, short, or more than it can be; or an archive without an executable in it.
            _ => Blame::Doubted,
        };
    }
    let foreign = causes(error).find_map(|cause| cause.downcast_ref::<io::Error>());
    match foreign.map(io::Error::kind) {
        Some(io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) => Blame::Doubted,
        _ => Blame::Nothing,
    }
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
    fn what_was_replaced_while_it_was_read_is_told_from_what_failed() {
        let overtaken = |kind| is_overtaken(&failed(selfup_fetch::Error::new(kind, "as it is")));
        assert!(overtaken(Kind::Changed));
        assert!(!overtaken(Kind::Stalled) && !overtaken(Kind::Truncated));
    }

    #[test]
    fn what_was_read_in_vain_is_doubted_and_nobody_is_blamed_for_the_way() {
        for (kind, expected) in [
            (Kind::Corrupt, Blame::Doubted),
            (Kind::TooLarge, Blame::Doubted),
            (Kind::Truncated, Blame::Doubted),
            (Kind::Protocol, Blame::Doubted),
            (Kind::NotFound, Blame::Doubted),
            (Kind::Unsupported, Blame::Doubted),
            (Kind::Other, Blame::Doubted),
            (Kind::Denied, Blame::Nothing),
            (Kind::Untrusted, Blame::Nothing),
            (Kind::Unreachable, Blame::Nothing),
            (Kind::Unavailable, Blame::Nothing),
            (Kind::TimedOut, Blame::Nothing),
            (Kind::Stalled, Blame::Nothing),
            (Kind::Changed, Blame::Nothing),
            (Kind::Io, Blame::Nothing),
        ] {
            let error = failed(selfup_fetch::Error::new(kind, "as it is"));
            assert_eq!(blame(&error), expected, "{kind:?}");
        }
        for (kind, expected) in [
            (io::ErrorKind::InvalidData, Blame::Doubted),
            (io::ErrorKind::UnexpectedEof, Blame::Doubted),
            (io::ErrorKind::PermissionDenied, Blame::Nothing),
            (io::ErrorKind::ConnectionReset, Blame::Nothing),
            (io::ErrorKind::TimedOut, Blame::Nothing),
        ] {
            assert_eq!(blame(&failed(kind)), expected, "{kind:?}");
        }
    }

    /// What an installation says of these bytes, if this was promised of them.
    fn promised(bytes: &[u8], promise: Expected) -> selfup_install::Error {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app");
        fs::write(&path, "what is there").unwrap();
        let staged = Target::new(&path).unwrap().stage(promise);
        let checks = selfup_install::Checks::new().marker(1..=1);
        staged
            .and_then(|mut staged| {
                staged.write(&mut &*bytes, &mut |_| {})?;
                Ok(staged)
            })
            .and_then(|staged| staged.verify(checks).map(drop))
            .unwrap_err()
    }

    #[test]
    fn a_promise_that_is_not_kept_is_doubted_and_what_is_no_good_is_proven() {
        let sha1 = "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709".parse().unwrap();
        let key = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3".parse().unwrap();
        for (promise, kind, expected) in [
            (Expected::new().size(9), ErrorKind::SizeMismatch, Blame::Doubted),
            (Expected::new().size(4), ErrorKind::SizeMismatch, Blame::Doubted),
            (Expected::new().digest(sha1), ErrorKind::DigestMismatch, Blame::Doubted),
            (Expected::new().size_cap(4), ErrorKind::TooLarge, Blame::Proven),
            (Expected::new(), ErrorKind::NotExecutable, Blame::Proven),
            (Expected::new().trusted_keys([key]), ErrorKind::SignatureMissing, Blame::Proven),
        ] {
            let error = promised(b"<html>", promise);
            assert_eq!((error.kind(), blame(&error)), (kind, expected), "{error}");
        }
        for cut_off in [b"".as_slice(), b"\x7fELF"] {
            let error = promised(cut_off, Expected::new());
            assert_eq!(blame(&error), Blame::Doubted, "{error}");
        }
    }
}
