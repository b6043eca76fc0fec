//! What a program may return.

use std::process::{ExitCode, Termination};

/// What a program may return: what `main` may return.
///
/// It is implemented for everything that implements [`Termination`], and for nothing else; it is there
/// for what the compiler says of a program that returns something else.
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
