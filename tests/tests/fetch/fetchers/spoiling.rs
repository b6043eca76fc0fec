//! Injects a fault, and checks the polls after it.

use super::{Poll, Remote, Stage, release};
use selfup::fetch::Fetch;
use selfup_tests::front::{Fault, Responses};

impl<S: Remote> Stage<S> {
    /// Injects the fault at a fetcher's first poll, and at a later one. Each time, the next poll
    /// brings what is published.
    pub(crate) fn spoil(
        &mut self,
        responses: Responses,
        fault: &Fault,
        goes_wrong: impl Fn(&mut Poll),
    ) {
        self.spoil_for(self.source.fetcher(), responses, fault, goes_wrong);
    }

    /// Does the same with a fetcher that is not the usual one.
    pub(crate) fn spoil_for(
        &mut self,
        fetcher: Box<dyn Fetch>,
        responses: Responses,
        fault: &Fault,
        goes_wrong: impl Fn(&mut Poll),
    ) {
        // The output helps where a test fails.
        eprintln!("{fault:?}, {responses:?}");
        let mut fetcher = Poll::of(fetcher);
        for _ in 0..2 {
            self.published += 1;
            self.source.publish(&release(self.published));
            self.source.front().spoil(responses, fault.clone());
            goes_wrong(&mut fetcher);
            self.source.front().heal();
            fetcher.recovers(&release(self.published));
        }
        fetcher.finds_nothing();
    }
}
