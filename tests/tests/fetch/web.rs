//! The HTTP fetcher and a web server that others wrote: what nginx says about its files, and how it
//! serves parts of them, packs them, hides them and moves them.

mod access;
mod coding;
mod passage;
mod polling;
mod providers;
mod proxy;
mod resuming;
mod site;
mod tls;
