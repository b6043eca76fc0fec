//! Tests the HTTP fetcher against nginx: validators, ranges, compression, access control and
//! redirects.

mod access;
mod coding;
mod passage;
mod polling;
mod providers;
mod proxy;
mod resuming;
mod site;
mod tls;
