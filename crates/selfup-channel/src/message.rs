//! The frames: what master and child say, and how each is encoded.

use std::str;

use crate::truncate::truncate;

/// The version of the control protocol that this build speaks.
///
/// A child says its version in [`FromChild::Hello`]; a master refuses one that it does not speak
/// before it touches the child that serves.
pub const VERSION: u16 = 1;

/// The longest message, in bytes; a longer one is cut by its sender.
pub(crate) const MAX_LEN: usize = 1024;

const HELLO: u8 = 1;
const READY: u8 = 2;
// 3 is kept free for "accepts no more".
const RESTART: u8 = 4;
const STATUS: u8 = 5;
const ALIVE: u8 = 6;
const NOT_READY: u8 = 7;
const LACKS_SOCKETS: u8 = 8;
const DRAIN: u8 = 129;
const ASK: u8 = 130;
const END: u8 = 131;

/// What a child tells its master.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromChild {
    /// The first message of every child: the protocol that it speaks, and which version of the
    /// program it is, if that is known.
    Hello {
        /// Of the protocol.
        version: u16,
        /// Of the program.
        program: Option<String>,
    },
    /// The program can serve.
    Ready,
    /// The program asks for a restart.
    Restart,
    /// One line for people.
    Status(String),
    /// The answer to [`FromMaster::Ask`].
    Alive,
    /// What the child waits for before it counts as ready, for people.
    NotReady(String),
    /// The program needs sockets of these names, which the master has not passed; it cannot serve.
    LacksSockets(String),
    /// A message of a later version.
    Unknown(u8),
}

/// What a master tells its child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FromMaster {
    /// Finish what you have, and exit.
    Drain,
    /// Are you alive?
    Ask,
    /// End now: somebody asked twice.
    End,
    /// A message of a later version.
    Unknown(u8),
}

/// A message that cannot be read: it is empty, or shorter than its kind says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// One byte says the kind, the rest belongs to it; numbers are little-endian. Bytes behind what
/// this version reads are ignored, so that a later one can add to a message.
pub trait Message: Sized {
    /// As it is sent.
    fn encode(&self) -> Vec<u8>;
    /// What was sent.
    ///
    /// # Errors
    ///
    /// It is empty, or shorter than its kind says.
    fn decode(bytes: &[u8]) -> Result<Self, Malformed>;
}

impl Message for FromChild {
    /// As it is sent.
    fn encode(&self) -> Vec<u8> {
        match self {
            Self::Hello { version, program } => {
                let [low, high] = version.to_le_bytes();
                let program = program.as_deref().map(|text| truncate(text, u8::MAX.into()));
                let program = program.map(str::as_bytes).unwrap_or_default();
                // Omit the length if there is no version: so a child spoke before there was one.
                let length = u8::try_from(program.len()).ok().filter(|length| *length > 0);
                [&[HELLO, low, high], length.as_slice(), program].concat()
            }
            Self::Ready => vec![READY],
            Self::Restart => vec![RESTART],
            Self::Status(text) => [&[STATUS], truncate(text, MAX_LEN - 1).as_bytes()].concat(),
            Self::Alive => vec![ALIVE],
            Self::NotReady(why) => [&[NOT_READY], truncate(why, MAX_LEN - 1).as_bytes()].concat(),
            Self::LacksSockets(names) => {
                [&[LACKS_SOCKETS], truncate(names, MAX_LEN - 1).as_bytes()].concat()
            }
            Self::Unknown(kind) => vec![*kind],
        }
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let (&kind, rest) = bytes.split_first().ok_or(Malformed)?;
        Ok(match kind {
            HELLO => {
                let (version, rest) = rest.split_first_chunk().ok_or(Malformed)?;
                Self::Hello { version: u16::from_le_bytes(*version), program: short_text(rest) }
            }
            READY => Self::Ready,
            RESTART => Self::Restart,
            ALIVE => Self::Alive,
            STATUS => Self::Status(str::from_utf8(rest).map_err(|_| Malformed)?.to_owned()),
            NOT_READY => Self::NotReady(str::from_utf8(rest).map_err(|_| Malformed)?.to_owned()),
            LACKS_SOCKETS => {
                Self::LacksSockets(str::from_utf8(rest).map_err(|_| Malformed)?.to_owned())
            }
            kind => Self::Unknown(kind),
        })
    }
}

/// A text behind its length in one byte; nothing if it is not there or cannot be read.
fn short_text(bytes: &[u8]) -> Option<String> {
    let (length, rest) = bytes.split_first()?;
    let text = rest.get(..usize::from(*length)).filter(|text| !text.is_empty())?;
    str::from_utf8(text).ok().map(str::to_owned)
}

impl Message for FromMaster {
    /// As it is sent.
    fn encode(&self) -> Vec<u8> {
        match self {
            Self::Drain => vec![DRAIN],
            Self::Ask => vec![ASK],
            Self::End => vec![END],
            Self::Unknown(kind) => vec![*kind],
        }
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        Ok(match *bytes.first().ok_or(Malformed)? {
            DRAIN => Self::Drain,
            ASK => Self::Ask,
            END => Self::End,
            kind => Self::Unknown(kind),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_message_survives_the_wire() {
        for message in [
            FromChild::Hello { version: 0x1234, program: None },
            FromChild::Hello { version: 1, program: Some("1.2.3-rc.1".into()) },
            FromChild::Alive,
            FromChild::Ready,
            FromChild::Restart,
            FromChild::Status("warming the cache".into()),
            FromChild::NotReady("nobody took it".into()),
            FromChild::LacksSockets("\"metrics\"".into()),
        ] {
            assert_eq!(FromChild::decode(&message.encode()), Ok(message));
        }
        for message in [FromMaster::Drain, FromMaster::Ask, FromMaster::End] {
            assert_eq!(FromMaster::decode(&message.encode()), Ok(message));
        }
    }

    #[test]
    fn the_bytes_are_those_of_version_1() {
        let hello = |program: Option<&str>| {
            FromChild::Hello { version: 1, program: program.map(str::to_owned) }.encode()
        };
        assert_eq!(hello(None), [1, 1, 0]);
        assert_eq!(hello(Some("2.0")), [1, 1, 0, 3, b'2', b'.', b'0']);
        assert_eq!(FromChild::Alive.encode(), [6]);
        assert_eq!(FromChild::LacksSockets("x".into()).encode(), [8, b'x']);
        assert_eq!(FromMaster::Ask.encode(), [130]);
        assert_eq!(FromChild::Ready.encode(), [2]);
        assert_eq!(FromChild::Restart.encode(), [4]);
        assert_eq!(FromChild::Status("x".into()).encode(), [5, b'x']);
        assert_eq!(FromChild::NotReady("x".into()).encode(), [7, b'x']);
        assert_eq!(FromMaster::Drain.encode(), [129]);
        assert_eq!(FromMaster::End.encode(), [131]);
    }

    #[test]
    fn a_long_status_is_cut_between_characters() {
        let bytes = FromChild::Status("é".repeat(MAX_LEN)).encode();
        assert!(bytes.len() <= MAX_LEN);
        assert!(FromChild::decode(&bytes).is_ok());
    }

    #[test]
    fn a_short_message_is_malformed_and_a_later_one_unknown() {
        assert_eq!(FromChild::decode(&[]), Err(Malformed));
        assert_eq!(FromChild::decode(&[HELLO, 1]), Err(Malformed));
        assert_eq!(FromChild::decode(&[STATUS, 0xff]), Err(Malformed));
        for odd in [&[HELLO, 1, 0, 9, b'2'][..], &[HELLO, 1, 0, 0], &[HELLO, 1, 0, 1, 0xff]] {
            let hello = FromChild::Hello { version: 1, program: None };
            assert_eq!(FromChild::decode(odd), Ok(hello), "{odd:?}: it can do without");
        }
        assert_eq!(FromChild::decode(&[77, 1, 2]), Ok(FromChild::Unknown(77)));
        assert_eq!(FromChild::decode(&[READY, 9]), Ok(FromChild::Ready));
    }

    proptest! {
        #[test]
        fn any_bytes_decode_to_something(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _message = FromChild::decode(&bytes);
            let _message = FromMaster::decode(&bytes);
        }
    }
}
