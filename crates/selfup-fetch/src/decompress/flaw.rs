//! The flaw that a decoder has found in a stream.

use std::{error, io};

use crate::error::ErrorKind;

/// A flaw that a decoder has found in a stream.
pub(super) struct Flaw {
    pub(super) kind: ErrorKind,
    pub(super) reason: String,
    pub(super) cause: Option<Box<dyn error::Error + Send + Sync>>,
}

impl Flaw {
    pub(super) fn new(kind: ErrorKind, reason: impl Into<String>) -> Self {
        Self { kind, reason: reason.into(), cause: None }
    }

    pub(super) fn truncated(word: &str) -> Self {
        let reason = format!("the {word} stream ends before it is complete");
        Self::new(ErrorKind::Truncated, reason)
    }

    pub(super) fn corrupt(word: &str) -> Self {
        Self::new(ErrorKind::Corrupt, format!("it is not a sound {word} stream"))
    }

    pub(super) fn because(self, cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self { cause: Some(cause.into()), ..self }
    }

    /// Creates a flaw from the error of a decoder that distinguishes a premature end.
    pub(super) fn of(word: &str, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::truncated(word).because(error),
            _ => Self::corrupt(word).because(error),
        }
    }
}
