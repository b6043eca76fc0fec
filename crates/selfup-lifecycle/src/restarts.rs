//! What restarts the program.

/// What restarts the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Restarts {
    /// A request (the restart signal, or `selfup::restart`), and each upgrade as soon as it is verified.
    #[default]
    Automatic,
    /// A request alone. An upgrade is verified, and waits for the next request, or for the next start of the
    /// service. Until then nothing further is fetched.
    #[doc(alias = "NoRestartAfterFetch")]
    OnRequest,
    /// Nothing. A request shuts the service down gracefully instead, and an upgrade is verified, and on trial
    /// from the next start of the service on.
    #[doc(alias = "NoRestart")]
    Never,
}
