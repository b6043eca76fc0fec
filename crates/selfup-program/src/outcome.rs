//! What a program may return.

use std::process::{ExitCode, Termination};

/// What a program may return: what `main` may return.
///
/// Every type that implements [`Termination`] implements it, and no other: `()`, [`ExitCode`], and a
/// [`Result`] of these whose error is `Debug`. The trait exists for the compiler's message about a program that
/// returns something else.
#[diagnostic::on_unimplemented(
    message = "a selfup program cannot return `{Self}`",
    label = "this program",
    note = "it may return whatever `main` may return: `()`, an `ExitCode`, a `Result`",
    note = "an async program brings its runtime, and `main` has none: \
            `#[tokio::main] async fn program(state: selfup::State)`"
)]
pub trait Outcome {
    /// The exit code, after an error was printed.
    #[doc(hidden)]
    fn report(self) -> ExitCode;
}

// Or the compiler would speak of `Termination`, which says less.
#[diagnostic::do_not_recommend]
impl<T: Termination> Outcome for T {
    fn report(self) -> ExitCode {
        Termination::report(self)
    }
}
