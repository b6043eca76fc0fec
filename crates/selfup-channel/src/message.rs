//! The messages between master and child, and their encoding.

use std::str;

use crate::truncate::truncate;

/// The version of the control protocol that this build speaks.
///
/// A child declares its version in [`FromChild::Hello`]. A master that does not speak that version ends
/// the child before it touches the active one.
pub const VERSION: u16 = 1;

/// The longest message, in bytes. The sender truncates longer texts.
pub(crate) const MAX_LEN: usize = 1024;

const HELLO: u8 = 1;
const READY: u8 = 2;
// 3 is reserved for "accepts no more".
const RESTART: u8 = 4;
const STATUS: u8 = 5;
const ALIVE: u8 = 6;
const NOT_READY: u8 = 7;
const LACKS_SOCKETS: u8 = 8;
const TRUSTS_KEY: u8 = 9;
const CONNECTIONS: u8 = 10;
const DRAIN: u8 = 129;
const ASK: u8 = 130;
const END: u8 = 131;

/// A message from a child to its master.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromChild {
    /// The first message of every child: the version of the protocol that it speaks, and the version of
    /// its program, if that is known.
    Hello {
        /// The version of the protocol.
        version: u16,
        /// The version of the program.
        program: Option<String>,
    },
    /// The program can serve.
    Ready,
    /// The program requests a restart.
    Restart,
    /// The status of the program, as one line for people.
    Status(String),
    /// The response to [`FromMaster::Ask`].
    Alive,
    /// What the child waits for before it counts as ready, as one line for people.
    NotReady(String),
    /// The program needs sockets with these names, which the master has not passed. It cannot serve.
    LacksSockets(String),
    /// The program trusts this public key of minisign, in the text that its configuration has. Each key
    /// comes in a message of its own, between [`Hello`](Self::Hello) and [`Ready`](Self::Ready).
    TrustsKey(String),
    /// How many connections the program has, as far as selfup sees them.
    Connections(u32),
    /// A message of a later version, by its kind.
    Unknown(u8),
}

/// A message from a master to its child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FromMaster {
    /// Drain: finish the requests under way, and exit.
    Drain,
    /// Respond with [`FromChild::Alive`].
    Ask,
    /// End at once, without finishing the requests under way.
    End,
    /// A message of a later version, by its kind.
    Unknown(u8),
}

/// The error for a message that is empty, or shorter than its kind requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// A message that can be encoded and decoded.
///
/// The first byte is the kind, and the rest belongs to it. Numbers are little-endian. Bytes behind those
/// that this version reads are ignored, so that a later version can extend a message.
pub trait Message: Sized {
    /// Encodes the message.
    fn encode(&self) -> Vec<u8>;
    /// Decodes a message.
    ///
    /// # Errors
    ///
    /// The message is empty, or shorter than its kind requires.
    fn decode(bytes: &[u8]) -> Result<Self, Malformed>;
}

impl Message for FromChild {
    fn encode(&self) -> Vec<u8> {
        match self {
            Self::Hello { version, program } => {
                let [low, high] = version.to_le_bytes();
                let program = program.as_deref().map(|text| truncate(text, u8::MAX.into()));
                let program = program.map(str::as_bytes).unwrap_or_default();
                // Omit the length if there is no version, as children did before there were versions.
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
            Self::TrustsKey(key) => [&[TRUSTS_KEY], truncate(key, MAX_LEN - 1).as_bytes()].concat(),
            Self::Connections(count) => [&[CONNECTIONS][..], &count.to_le_bytes()].concat(),
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
            TRUSTS_KEY => Self::TrustsKey(str::from_utf8(rest).map_err(|_| Malformed)?.to_owned()),
            CONNECTIONS => {
                let count = rest.first_chunk().ok_or(Malformed)?;
                Self::Connections(u32::from_le_bytes(*count))
            }
            kind => Self::Unknown(kind),
        })
    }
}

/// Reads a text behind its length in one byte. Returns `None` if it is missing or not UTF-8.
fn short_text(bytes: &[u8]) -> Option<String> {
    let (length, rest) = bytes.split_first()?;
    let text = rest.get(..usize::from(*length)).filter(|text| !text.is_empty())?;
    str::from_utf8(text).ok().map(str::to_owned)
}

impl Message for FromMaster {
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
    fn every_message_decodes_to_itself() {
        for message in [
            FromChild::Hello { version: 0x1234, program: None },
            FromChild::Hello { version: 1, program: Some("1.2.3-rc.1".into()) },
            FromChild::Alive,
            FromChild::Ready,
            FromChild::Restart,
            FromChild::Status("warming the cache".into()),
            FromChild::NotReady("the program has not taken it".into()),
            FromChild::LacksSockets("\"metrics\"".into()),
            FromChild::TrustsKey("RWQf6LRC".into()),
            FromChild::Connections(0x0102_0304),
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
        assert_eq!(FromChild::TrustsKey("x".into()).encode(), [9, b'x']);
        assert_eq!(FromChild::Connections(3).encode(), [10, 3, 0, 0, 0]);
        assert_eq!(FromMaster::Ask.encode(), [130]);
        assert_eq!(FromChild::Ready.encode(), [2]);
        assert_eq!(FromChild::Restart.encode(), [4]);
        assert_eq!(FromChild::Status("x".into()).encode(), [5, b'x']);
        assert_eq!(FromChild::NotReady("x".into()).encode(), [7, b'x']);
        assert_eq!(FromMaster::Drain.encode(), [129]);
        assert_eq!(FromMaster::End.encode(), [131]);
    }

    #[test]
    fn a_long_status_is_truncated_between_characters() {
        let bytes = FromChild::Status("é".repeat(MAX_LEN)).encode();
        assert!(bytes.len() <= MAX_LEN);
        assert!(FromChild::decode(&bytes).is_ok());
    }

    #[test]
    fn a_short_message_is_malformed_and_one_of_a_later_version_unknown() {
        assert_eq!(FromChild::decode(&[]), Err(Malformed));
        assert_eq!(FromChild::decode(&[HELLO, 1]), Err(Malformed));
        assert_eq!(FromChild::decode(&[STATUS, 0xff]), Err(Malformed));
        for odd in [&[HELLO, 1, 0, 9, b'2'][..], &[HELLO, 1, 0, 0], &[HELLO, 1, 0, 1, 0xff]] {
            let hello = FromChild::Hello { version: 1, program: None };
            assert_eq!(FromChild::decode(odd), Ok(hello), "{odd:?}: the version is optional");
        }
        assert_eq!(FromChild::decode(&[77, 1, 2]), Ok(FromChild::Unknown(77)));
        assert_eq!(FromChild::decode(&[READY, 9]), Ok(FromChild::Ready));
    }

    proptest! {
        #[test]
        fn decoding_any_bytes_does_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _message = FromChild::decode(&bytes);
            let _message = FromMaster::decode(&bytes);
        }
    }
}
