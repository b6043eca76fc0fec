//! Whether this build can speak TLS.

/// Whether this build can speak TLS.
pub(crate) const KNOWS_TLS: bool = cfg!(any(feature = "tls-ring", feature = "tls-aws-lc-rs"));

/// What to say where it is needed and cannot be had.
pub(crate) const NO_TLS: &str = "nothing does the cryptography of https: in this program; turn on the \
     feature tls-ring or tls-aws-lc-rs of selfup";
