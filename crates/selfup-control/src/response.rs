//! What a client is told: one line of JSON.

use serde::{Deserialize, Serialize};

use crate::{
    request::{Malformed, VERSION},
    status::{Fact, Status},
};

/// The response to a request. Fields that are not known are ignored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The version of the protocol.
    pub v: u32,
    /// What became of the request.
    pub outcome: Outcome,
    /// The same in one line, for people.
    pub text: String,
    /// The child that serves, where the request was about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// Why a restart has failed, in one word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The state of the service, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Box<Status>>,
    /// An event, in a stream of events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Fact>,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is done.
    Done,
    /// It is taken up, and goes on.
    Accepted,
    /// It was tried, and has failed.
    Failed,
    /// It was not tried. Nothing has changed.
    Refused,
    /// The service stops, so it will not be done.
    Stopping,
    /// The peer is neither the user of the service nor root.
    Denied,
    /// The request could not be read.
    Malformed,
    /// The version or the verb is not known.
    Unsupported,
    /// There are too many clients, or too much was sent.
    Busy,
    /// A later version of the protocol has this one.
    #[serde(other)]
    Unknown,
}

impl Response {
    /// Creates a response.
    #[must_use]
    pub fn new(outcome: Outcome, text: impl Into<String>) -> Self {
        Self {
            v: VERSION,
            outcome,
            text: text.into(),
            generation: None,
            reason: None,
            status: None,
            event: None,
        }
    }

    /// Adds the child that serves.
    #[must_use]
    pub fn with_generation(mut self, generation: Option<u64>) -> Self {
        self.generation = generation;
        self
    }

    /// Adds the reason of a failure, in one word.
    #[must_use]
    pub fn with_reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Adds the state of the service.
    #[must_use]
    pub fn with_status(mut self, status: Status) -> Self {
        self.status = Some(Box::new(status));
        self
    }

    /// Creates the response to what is no request.
    #[must_use]
    pub fn to_malformed(malformed: &Malformed) -> Self {
        let outcome =
            if malformed.is_unsupported { Outcome::Unsupported } else { Outcome::Malformed };
        Self::new(outcome, format!("could not read the request: {}", malformed.reason))
    }

    /// Creates a line of a stream of events.
    #[must_use]
    pub fn of_event(event: Fact) -> Self {
        Self { event: Some(event.clone()), ..Self::new(Outcome::Accepted, event.text) }
    }

    /// Encodes the response as one line, with its newline.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Every key is a string, so there is nothing that cannot be written.
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        line
    }

    /// Decodes a line.
    #[must_use]
    pub fn decode(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_survives_the_way_and_may_have_more_than_is_known() {
        let response = Response::new(Outcome::Failed, "child #2 ended").with_generation(Some(1));
        assert_eq!(Response::decode(&response.encode()), Some(response));
        let later = Response::decode(br#"{"v":1,"outcome":"postponed","text":"","more":1}"#);
        assert_eq!(later.map(|response| response.outcome), Some(Outcome::Unknown));
    }
}
