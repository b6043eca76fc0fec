//! Tests when the master polls again. Only lower bounds are asserted: a busy machine adds to them.

use super::{Remote, Stage};
use selfup_tests::front::{Fault, Responses};
use selfup_tests::sandbox::{PATIENCE, wait_until};
use std::time::Duration;

/// The interval of the program under test.
const INTERVAL: Duration = Duration::from_millis(20);

impl<S: Remote> Stage<S> {
    /// Waits for so many requests, and returns the pauses between them.
    fn pauses(&self, requests: usize) -> Vec<Duration> {
        let seen = || self.source.front().requests();
        wait_until("requests", PATIENCE, || seen().len() > requests);
        seen().windows(2).map(|pair| pair[1].at - pair[0].at).collect()
    }

    /// Waits for so many requests while each response has this fault, and returns the pauses
    /// between them. Then it removes the fault, and waits until an upgrade goes through.
    fn pauses_while(&mut self, fault: Fault, requests: usize) -> Vec<Duration> {
        let second = self.release(2);
        self.source.publish(&second.bytes());
        self.source.front().spoil(Responses::All, fault);
        let service = self.deployment.start([self.source.word()]);
        let pauses = self.pauses(requests);
        self.source.front().heal();
        service.process().wait_line(&format!("committed {}", second.id()), 2 * PATIENCE);
        service.terminate();
        pauses
    }
}

pub(crate) fn it_backs_off_while_it_fails<S: Remote>(stage: &mut Stage<S>) {
    let pauses = stage.pauses_while(Fault::Status(500, Vec::new()), 7);
    let mut least = INTERVAL / 2;
    for pause in &pauses[..6] {
        assert!(*pause >= least, "{least:?} after so many failures: {pauses:?}");
        least *= 2;
    }
}

pub(crate) fn it_waits_as_long_as_it_is_asked<S: Remote>(stage: &mut Stage<S>) {
    let headers = vec![("retry-after", "1".to_owned())];
    let pauses = stage.pauses_while(Fault::Status(503, headers), 2);
    assert!(pauses[0] >= Duration::from_secs(1), "{pauses:?}");
}

pub(crate) fn it_asks_at_its_interval<S: Remote>(stage: &mut Stage<S>) {
    stage.source.publish(&stage.first.bytes());
    let service = stage.deployment.start([stage.source.word()]);
    // A file need not be fetched if the manifest has its digest.
    wait_until("some polls", PATIENCE, || stage.source.front().requests().len() > 3);
    let before = stage.source.front().requests().len();
    let pauses = stage.pauses(before + 5);
    assert!(pauses[before..].iter().all(|pause| *pause >= INTERVAL), "{pauses:?}");
    service.terminate();
}
