//! Tests servers that stop and start again.

use super::{Remote, Stage, release};
use selfup::fetch::{Error, ErrorKind, Outcome};
use std::io::Read;

impl<S: Remote> Stage<S> {
    fn kill_server(&mut self) {
        self.source.kill_server();
        self.source.front().refuse();
    }

    fn start_server_again(&mut self) {
        self.source.start_server_again(&self.sandbox);
        self.source.front().heal();
    }
}

pub(crate) fn down_between_polls<S: Remote>(stage: &mut Stage<S>) {
    stage.source.publish(&release(1));
    let mut fetcher = stage.fetcher();
    fetcher.installs(&release(1));
    stage.kill_server();
    for _ in 0..2 {
        assert!(fetcher.fails(&[ErrorKind::Unreachable]).is_transient());
    }
    stage.start_server_again();
    fetcher.finds_nothing();
    stage.source.publish(&release(2));
    fetcher.installs(&release(2));
}

/// A connection that was kept from the last poll is gone; the fetcher reports no error.
pub(crate) fn restarted_between_polls<S: Remote>(stage: &mut Stage<S>) {
    let mut fetcher = stage.fetcher();
    for number in [1, 2, 3] {
        stage.source.publish(&release(number));
        fetcher.installs(&release(number));
        stage.kill_server();
        stage.start_server_again();
        fetcher.finds_nothing();
        stage.kill_server();
        stage.start_server_again();
    }
}

pub(crate) fn killed_in_the_middle<S: Remote>(stage: &mut Stage<S>) {
    // More than fits between the two.
    let large = vec![1; 32 << 20];
    stage.source.publish(&large);
    let mut fetcher = stage.fetcher();
    let mut reader = fetcher.reader();
    reader.read_exact(&mut [0; 1000]).unwrap();
    stage.kill_server();
    let error = Error::from(reader.read_to_end(&mut Vec::new()).unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Truncated, "{error}");
    assert!(error.is_transient());
    fetcher.report(Outcome::Failed);
    stage.start_server_again();
    fetcher.installs(&large);
    fetcher.finds_nothing();
}
