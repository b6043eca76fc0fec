//! Tests the contract of every fetcher, against real servers and over an unreliable network.
//!
//! `contract!` is the table: each line is a case, with the sources for which it runs. A case uses a
//! source only through [`Source`] and [`Remote`].

mod addresses;
mod breaks;
mod half_written;
mod lies;
mod poll;
mod publishing;
mod servers;
mod settling;
mod spoiling;
mod stalls;
mod statuses;

use poll::Poll;
use selfup_tests::{
    sandbox::Sandbox,
    source::{Remote, Source},
};

selfup_tests::contract! {
    play;
    publishing::first_poll:              file http manifest github s3;
    publishing::unchanged:               file http manifest github s3;
    publishing::changed:                 file http manifest github s3;
    publishing::changed_back:            file http manifest github s3;
    publishing::removed:                 file http manifest github s3;
    publishing::empty:                   file http manifest github s3;
    publishing::replaced_while_read:     file http manifest github s3;
    settling::failed_comes_again:        file http manifest github s3;
    settling::unsettled_comes_again:     file http manifest github s3;
    settling::settled_does_not:          file http manifest github s3;
    settling::left_unread_comes_again:   file http manifest github s3;
    settling::doubtful_is_held_back:     file http manifest github s3;
    half_written::copied_in_place:       file;
    half_written::overwritten_while_read: file;
    half_written::cut_short_while_read:  file;
    breaks::cut_off:                     http manifest github s3;
    breaks::reset:                       http manifest github s3;
    stalls::stalled:                     http manifest github s3;
    stalls::slow:                        http manifest github s3;
    lies::more_announced:                http manifest github s3;
    lies::fewer_announced:               http manifest github s3;
    lies::no_http:                       http manifest github s3;
    servers::down_between_polls:         http manifest github s3;
    servers::restarted_between_polls:    http manifest github s3;
    servers::killed_in_the_middle:       http manifest github s3;
    statuses::not_allowed:               http manifest github s3;
    statuses::not_there:                 http manifest github s3;
    statuses::in_trouble:                http manifest github s3;
    statuses::asked_to_wait:             http manifest github s3;
    statuses::asked_to_wait_for_ever:    http manifest github s3;
    addresses::name_unknown:             http manifest github s3;
    addresses::refused:                  http manifest github s3;
    addresses::not_tls:                  http manifest github s3;
    addresses::not_trusted:              http manifest github s3;
}

/// A source, and the place that it runs in.
struct Stage<S> {
    sandbox: Sandbox,
    source: S,
    /// The number of the release that was published last, where cases count them.
    published: u64,
}

fn play<S: Source>(name: &str, case: impl FnOnce(&mut Stage<S>)) {
    if !S::is_possible() {
        return;
    }
    let sandbox = Sandbox::new(name);
    let source = S::start(&sandbox);
    let mut stage = Stage { sandbox, source, published: 0 };
    case(&mut stage);
    stage.source.stop();
    stage.sandbox.finish();
}

impl<S: Source> Stage<S> {
    fn fetcher(&self) -> Poll {
        Poll::of(self.source.fetcher())
    }
}

/// Bytes that do not repeat, so that no part of one release equals that of another.
fn release(number: u64) -> Vec<u8> {
    let length = 200_000 + number;
    let mut state = number;
    let next = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    (0..length).map(next).collect()
}
