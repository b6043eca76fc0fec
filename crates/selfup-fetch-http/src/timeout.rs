//! What it means that one of the client's timeouts has passed.

use selfup_fetch::{Error, ErrorKind, parts::Deadlines};
use ureq::Timeout;

pub(crate) fn missed(deadlines: &Deadlines, timeout: Timeout) -> Error {
    match timeout {
        Timeout::PerRead | Timeout::PerWrite => deadlines.stalled(),
        Timeout::Resolve => {
            let reason = format!(
                "the host name was not resolved within {:?}; check the machine's dns",
                deadlines.connect
            );
            Error::new(ErrorKind::TimedOut, reason)
        }
        Timeout::Connect => deadlines.no_connection("the URL, and firewalls on the way"),
        Timeout::SendRequest | Timeout::RecvResponse => deadlines.no_response(),
        _ => deadlines.too_long(),
    }
}
