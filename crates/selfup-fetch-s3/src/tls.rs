//! Whether this build can speak TLS.

/// Whether this build can speak TLS.
pub(crate) const KNOWS_TLS: bool = cfg!(any(feature = "tls-ring", feature = "tls-aws-lc-rs"));

/// The message if TLS is needed in a build without it.
pub(crate) const NO_TLS: &str = "nothing does the cryptography of https: in this program; turn on the \
     feature tls-ring or tls-aws-lc-rs of selfup";
