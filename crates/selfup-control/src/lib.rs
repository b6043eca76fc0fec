#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![expect(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    reason = "master and client match every variant, so that the compiler finds one that they do not handle"
)]

mod client;
mod error;
mod place;
mod request;
mod response;
mod server;
mod status;
mod sys;

pub use client::Client;
pub use error::{Error, ErrorKind, Result};
pub use place::{places, to_bind};
pub use request::{Malformed, Request, VERSION, Verb, Wait};
pub use response::{Outcome, Response};
pub use server::{Heard, Replies, Socket, serve};
pub use status::{Child, Executable, Fact, Facts, Listening, Paused, Refused, Status, Upgrades};
