//! The faults that a front can put into a response.

use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "for the tests here alone")]
pub enum Fault {
    /// The response has this status and these further headers.
    Status(u16, Vec<(&'static str, String)>),
    /// The connection is closed there.
    Cut(Place),
    /// The connection is reset there.
    Reset(Place),
    /// Nothing more comes from there on.
    Stall(Place),
    /// The body comes in this many parts, with a pause before each.
    Trickle(u32, Duration),
    /// So many bytes more, or fewer, are announced than are sent before the connection is closed.
    Announce(i64),
    /// What comes is not HTTP.
    Noise,
}

/// Where in an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "for the tests here alone")]
pub enum Place {
    /// Before anything is read from the client.
    Door,
    /// After the request, before the response.
    Asked,
    /// In the middle of the response's head.
    Head,
    /// Between the head and the body.
    Body,
    /// After the first byte of the body.
    FirstByte,
    /// In the middle of the body.
    Middle,
    /// Before the last byte of the body.
    LastByte,
}

/// The responses that a fault applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "for the tests here alone")]
pub enum Responses {
    /// All of them.
    All,
    /// Those that bring, or announce, a large file: the executable itself and not what is said
    /// about it.
    Files,
}

/// Whatever is said about an executable is shorter.
const LARGE: u64 = 64 << 10;

impl Responses {
    pub(super) fn include(self, length: Option<u64>) -> bool {
        match self {
            Self::All => true,
            Self::Files => length.is_some_and(|length| length >= LARGE),
        }
    }
}

impl Fault {
    pub(super) fn is_at_the_door(&self) -> bool {
        matches!(self, Self::Cut(Place::Door) | Self::Reset(Place::Door) | Self::Stall(Place::Door))
    }
}

impl Fault {
    /// Whether it takes a body for it to happen.
    pub(super) fn is_in_the_body(&self) -> bool {
        matches!(self, Self::Cut(place) | Self::Reset(place) | Self::Stall(place) if place.is_in_the_body())
    }
}

impl Place {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::Door,
        Self::Asked,
        Self::Head,
        Self::Body,
        Self::FirstByte,
        Self::Middle,
        Self::LastByte,
    ];

    /// Whether the client has the head of the response by then.
    pub fn is_in_the_body(self) -> bool {
        matches!(self, Self::Body | Self::FirstByte | Self::Middle | Self::LastByte)
    }

    /// How much of a body comes before it.
    pub(super) fn of(self, length: u64) -> u64 {
        match self {
            Self::Door | Self::Asked | Self::Head | Self::Body => 0,
            Self::FirstByte => length.min(1),
            Self::Middle => length / 2,
            Self::LastByte => length.saturating_sub(1),
        }
    }
}
