//! Tests how a fetcher uses the outcome of an artifact.

use super::{Source, Stage, release};
use selfup::fetch::Outcome;

pub(crate) fn failed_comes_again<S: Source>(stage: &mut Stage<S>) {
    stage.source.publish(&release(1));
    let mut fetcher = stage.fetcher();
    for _ in 0..3 {
        fetcher.finds(&release(1));
        fetcher.report(Outcome::Failed);
    }
    fetcher.installs(&release(1));
    stage.source.publish(&release(2));
    fetcher.finds(&release(2));
    fetcher.report(Outcome::Failed);
    fetcher.installs(&release(2));
    fetcher.finds_nothing();
}

pub(crate) fn unsettled_comes_again<S: Source>(stage: &mut Stage<S>) {
    stage.source.publish(&release(1));
    let mut fetcher = stage.fetcher();
    fetcher.finds(&release(1));
    fetcher.finds(&release(1));
    fetcher.report(Outcome::Installed);
    fetcher.finds_nothing();
    // There is nothing to settle now.
    fetcher.report(Outcome::Failed);
    fetcher.finds_nothing();
}

pub(crate) fn settled_does_not<S: Source>(stage: &mut Stage<S>) {
    for (number, outcome) in
        (1..).step_by(2).zip([Outcome::Installed, Outcome::UpToDate, Outcome::Refused])
    {
        stage.source.publish(&release(number));
        let mut fetcher = stage.fetcher();
        fetcher.finds(&release(number));
        fetcher.report(outcome);
        fetcher.finds_nothing();
        stage.source.publish(&release(number + 1));
        fetcher.installs(&release(number + 1));
    }
}

pub(crate) fn left_unread_comes_again<S: Source>(stage: &mut Stage<S>) {
    stage.source.publish(&vec![1; 8 << 20]);
    let mut fetcher = stage.fetcher();
    for _ in 0..3 {
        drop(fetcher.reader());
        fetcher.report(Outcome::Failed);
    }
    fetcher.installs(&vec![1; 8 << 20]);
    fetcher.finds_nothing();
}

/// An artifact whose outcome is in doubt is not fetched again and again, and not forgotten either.
pub(crate) fn doubtful_is_held_back<S: Source>(stage: &mut Stage<S>) {
    stage.source.publish(&release(1));
    let mut fetcher = stage.fetcher();
    for _ in 0..2 {
        fetcher.finds(&release(1));
        fetcher.report(Outcome::Doubtful);
        assert!(fetcher.fetcher().holds_back());
        fetcher.finds_nothing();
        fetcher.fetcher().retry();
    }
    fetcher.finds(&release(1));
    fetcher.report(Outcome::Doubtful);
    // A change at the source needs no other try.
    stage.source.publish(&release(2));
    fetcher.finds(&release(2));
    fetcher.report(Outcome::Doubtful);
    fetcher.fetcher().retry();
    fetcher.installs(&release(2));
    assert!(!fetcher.fetcher().holds_back());
    fetcher.finds_nothing();
    // An operator went back by hand, and wants it after all.
    fetcher.fetcher().retry();
    fetcher.finds(&release(2));
}
