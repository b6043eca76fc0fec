//! Tests what a poll returns when all goes well.

use super::{Source, Stage, release};
use selfup::fetch::{Error, ErrorKind, Outcome};
use std::io::Read;

pub(crate) fn first_poll<S: Source>(stage: &mut Stage<S>) {
    let mut fetcher = stage.fetcher();
    let error = fetcher.fails(&[ErrorKind::NotFound]);
    assert!(error.is_transient(), "it may be published yet: {error}");
    stage.source.publish(&release(1));
    fetcher.installs(&release(1));
    // Another fetcher does not know what this one has fetched.
    stage.fetcher().installs(&release(1));
}

pub(crate) fn unchanged<S: Source>(stage: &mut Stage<S>) {
    stage.source.publish(&release(1));
    let mut fetcher = stage.fetcher();
    fetcher.installs(&release(1));
    fetcher.finds_nothing();
}

pub(crate) fn changed<S: Source>(stage: &mut Stage<S>) {
    let same_length = |number: u8| vec![number; 100_000];
    let mut fetcher = stage.fetcher();
    for number in 1..4 {
        stage.source.publish(&same_length(number));
        fetcher.installs(&same_length(number));
        fetcher.finds_nothing();
    }
}

pub(crate) fn changed_back<S: Source>(stage: &mut Stage<S>) {
    let mut fetcher = stage.fetcher();
    for number in [1, 2, 1, 2] {
        stage.source.publish(&release(number));
        fetcher.installs(&release(number));
        fetcher.finds_nothing();
    }
}

pub(crate) fn removed<S: Source>(stage: &mut Stage<S>) {
    stage.source.publish(&release(1));
    let mut fetcher = stage.fetcher();
    fetcher.installs(&release(1));
    stage.source.remove();
    for _ in 0..2 {
        assert!(fetcher.fails(&[ErrorKind::NotFound]).is_transient());
    }
    stage.source.publish(&release(2));
    fetcher.installs(&release(2));
    fetcher.finds_nothing();
}

/// No executable is empty: that is an upload that was broken off. Whether the fetcher reports that,
/// or leaves it to the reader, it goes on polling.
pub(crate) fn empty<S: Source>(stage: &mut Stage<S>) {
    stage.source.publish(&release(1));
    let mut fetcher = stage.fetcher();
    fetcher.installs(&release(1));
    stage.source.publish(b"");
    match fetcher.ask() {
        Ok(Some(bytes)) => assert!(bytes.is_empty()),
        Ok(None) => panic!("the empty file was not seen"),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Truncated, "{error}");
            assert!(error.is_transient());
        }
    }
    fetcher.report(Outcome::Failed);
    stage.source.publish(&release(2));
    fetcher.installs(&release(2));
}

/// A transfer is not mixed with a file that is published meanwhile, and that file is not missed.
pub(crate) fn replaced_while_read<S: Source>(stage: &mut Stage<S>) {
    // More than fits between the two.
    let first = vec![1; 32 << 20];
    stage.source.publish(&first);
    let mut fetcher = stage.fetcher();
    let mut reader = fetcher.reader();
    let mut bytes = vec![0; 1000];
    reader.read_exact(&mut bytes).unwrap();
    stage.source.publish(&release(2));
    match reader.read_to_end(&mut bytes).map_err(Error::from) {
        Ok(_) => {
            assert!(bytes == first, "what comes is what was there");
            fetcher.report(Outcome::Installed);
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Changed, "{error}");
            assert!(error.is_transient());
            fetcher.report(Outcome::Failed);
        }
    }
    fetcher.installs(&release(2));
    fetcher.finds_nothing();
}
