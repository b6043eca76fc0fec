//! What a signal says of its sender.

/// What the `si_code` of a signal says of its origin.
#[allow(dead_code, reason = "no system has them all")]
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Sender {
    /// A process, by kill(2).
    Process,
    /// A process, with a value.
    Queued,
    Kernel,
    /// One that the code names.
    Other,
    /// The system does not say.
    Unknown,
}
