//! The sources of the fetchers: real servers that publish the releases of a test.
//!
//! The tests of the contract use a fetcher only through these traits, so the same rules hold for all.

mod bucket;
mod file;
mod github;
mod http;
mod manifest;

pub use bucket::{ACCESS_KEY, Bucket};
pub use file::Folder;
pub use github::Hub;
pub use http::Web;
pub use manifest::Listed;

use crate::front::Front;
use crate::sandbox::Sandbox;
use selfup::fetch::Fetch;
use std::time::Duration;

/// Plays each case with each of its sources, as a test of its own: `case::source`.
///
/// First comes the name of the function that plays them: it is called with the name of a case and
/// the case.
#[macro_export]
macro_rules! contract {
    ($play:ident; $($file:ident::$case:ident: $($source:ident)*;)*) => {
        $(mod $case {
            $(#[test]
            fn $source() {
                super::$play::<$crate::source::named::$source>(
                    stringify!($case),
                    super::$file::$case,
                );
            })*
        })*
    };
}

/// The sources by the names of their tests.
#[doc(hidden)]
#[expect(non_camel_case_types, reason = "they are parts of names of tests")]
pub mod named {
    pub type file = super::Folder;
    pub type http = super::Web;
    pub type manifest = super::Listed;
    pub type github = super::Hub;
    pub type s3 = super::Bucket;
}

/// A place to publish in, and the fetcher for it.
pub trait Source: Sized {
    /// Whether everything that the source needs is here; if not, the test is noted as left out.
    fn is_possible() -> bool;

    /// Starts with nothing published.
    fn start(sandbox: &Sandbox) -> Self;

    /// Publishes these bytes, in place of those that were.
    fn publish(&mut self, bytes: &[u8]);

    /// Publishes so many zeros, of which no copy is held in memory.
    fn publish_zeros(&mut self, length: u64);

    /// Removes what is published.
    fn remove(&mut self);

    /// A fetcher for this place, with deadlines that a busy machine can keep.
    fn fetcher(&self) -> Box<dyn Fetch>;

    /// The argument that makes a program under test fetch from here.
    fn word(&self) -> String;

    /// Ends the server, if there is one.
    fn stop(self) {}
}

/// A source with a network in between.
pub trait Remote: Source {
    /// The front through which its fetcher goes.
    fn front(&self) -> &Front;

    /// Ends the server in the middle of what it does.
    fn kill_server(&mut self);

    /// Starts the server again, with what was published.
    fn start_server_again(&mut self, sandbox: &Sandbox);

    /// A fetcher for the same file at another origin, such as `https://localhost:4000`, with deadlines
    /// of about this length for each phase. It trusts [`Identity::ROOT`](crate::front::Identity).
    fn fetcher_at(&self, origin: &str, patience: Duration) -> Box<dyn Fetch>;

    /// The argument that makes a program under test fetch the same from another origin.
    fn word_at(origin: &str) -> String;
}

/// Longer than anything takes here, and shorter than what runs the tests waits for.
const PATIENT: Duration = Duration::from_secs(20);

/// The origin that a front is.
fn origin(front: &Front) -> String {
    format!("http://{}", front.address())
}
