//! Classifies failed installations: is the executable at fault, its transfer, or neither?

use std::{error::Error, io, time::Duration};

use selfup_install::ErrorKind;

use crate::error::fetching;

/// What a failure shows about the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// They are at fault, and would be refused again unless they, their signature or the keys change.
    Proven,
    /// They were damaged or truncated on their way, or could not be probed in time. Damage at the source
    /// looks the same, so they are fetched again after growing pauses.
    Doubted,
    /// Nothing: the transport or this machine has failed, which can change while the bytes stay the same.
    Nothing,
}

/// Returns what a failure shows about the bytes.
#[must_use]
pub fn blame(error: &selfup_install::Error) -> Blame {
    match error.kind() {
        ErrorKind::Source => blame_of_source(error),
        // Other bytes came than were announced.
        ErrorKind::SizeMismatch | ErrorKind::DigestMismatch => Blame::Doubted,
        // They were truncated, without a length or a digest that shows it.
        ErrorKind::NotExecutable if error.is_transient() => Blame::Doubted,
        // A good executable fails its probe on a machine that is busy or out of memory.
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

/// Whether the version is refused rather than the bytes. Signing them again can correct that.
#[must_use]
pub fn is_of_the_version(error: &selfup_install::Error) -> bool {
    matches!(error.kind(), ErrorKind::Downgrade | ErrorKind::VersionUnknown)
}

/// Whether the signature is refused, or its lack, which other keys may change.
#[must_use]
pub fn is_of_the_signature(error: &selfup_install::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::SignatureMissing | ErrorKind::SignatureUntrusted | ErrorKind::SignatureInvalid
    )
}

/// Whether the bytes, if no digest vouches for them, may differ from the published ones: they may be damaged,
/// or still the earlier ones. They are refused, but another fetch may bring the right ones. The same
/// bytes again are beyond doubt.
#[must_use]
pub fn may_be_damaged(error: &selfup_install::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::SignatureInvalid
            | ErrorKind::NotExecutable
            | ErrorKind::NoMarker
            | ErrorKind::Protocol
            | ErrorKind::OtherProgram
            | ErrorKind::ProbeFailed
    )
}

/// Whether the source changed while it was read, so that the next poll gets the new bytes.
#[must_use]
pub fn is_overtaken(error: &selfup_install::Error) -> bool {
    let fetching = causes(error).find_map(fetching);
    fetching.is_some_and(|error| error.kind() == selfup_fetch::ErrorKind::Changed)
}

/// Returns the pause that the source asked for when it failed while it was read.
#[must_use]
pub fn asked_to_wait(error: &selfup_install::Error) -> Option<Duration> {
    causes(error).find_map(fetching)?.retry_after()
}

/// Distinguishes a source with bad content from one that could not be reached: expired credentials or a stalled
/// connection show nothing about the bytes.
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
            // Corrupt, truncated or too large; or an archive without the executable.
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

    /// The error of an installation whose reader fails in this way.
    fn failed(cause: impl Into<io::Error>) -> selfup_install::Error {
        struct Fails(Option<io::Error>);
        impl Read for Fails {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(self.0.take().unwrap_or_else(|| io::ErrorKind::Other.into()))
            }
        }
        // One after the other: only one process or thread can install at a place.
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
    fn the_pause_that_the_source_asks_for_is_found_behind_the_reader() {
        let asked = Duration::from_secs(7);
        let error = selfup_fetch::Error::new(Kind::Unavailable, "busy").with_retry_after(asked);
        assert_eq!(asked_to_wait(&failed(error)), Some(asked));
        assert_eq!(asked_to_wait(&failed(selfup_fetch::Error::new(Kind::Stalled, "still"))), None);
        assert_eq!(asked_to_wait(&failed(io::ErrorKind::TimedOut)), None);
    }

    #[test]
    fn a_source_that_changes_while_it_is_read_is_overtaken_and_one_that_fails_is_not() {
        let overtaken = |kind| is_overtaken(&failed(selfup_fetch::Error::new(kind, "as it is")));
        assert!(overtaken(Kind::Changed));
        assert!(!overtaken(Kind::Stalled) && !overtaken(Kind::Truncated));
    }

    #[test]
    fn bad_content_is_doubted_and_a_failed_transport_blames_nothing() {
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

    /// The error of an installation of these bytes with this announcement.
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
    fn a_mismatch_is_doubted_and_a_failed_check_is_proven() {
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
