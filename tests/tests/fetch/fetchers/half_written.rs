//! Tests a file that another process writes while it is read.

use super::{Poll, Stage, release};
use selfup::fetch::{ErrorKind, File, Outcome};
use selfup_tests::sandbox::{PATIENCE, wait_for};
use selfup_tests::source::{Folder, Source};
use std::fs;
use std::io::{Read, Write};
use std::time::Duration;

pub(crate) fn copied_in_place(stage: &mut Stage<Folder>) {
    let path = stage.source.path();
    let quiet = Duration::from_millis(50);
    let mut fetcher = Poll::of(Box::new(File::new(path).quiet(quiet)));
    for number in [1, 2] {
        let bytes = release(number);
        let mut file = fs::File::create(path).unwrap();
        for part in bytes.chunks(10_000) {
            file.write_all(part).unwrap();
            assert!(fetcher.ask().unwrap().is_none(), "it has grown since the last poll");
        }
        drop(file);
        let found = wait_for("the file to be at rest", PATIENCE, || fetcher.ask().unwrap());
        assert!(found == bytes);
        fetcher.report(Outcome::Installed);
        fetcher.finds_nothing();
    }
}

pub(crate) fn overwritten_while_read(stage: &mut Stage<Folder>) {
    changed_while_read(stage, |path| {
        let mut file = fs::File::options().write(true).open(path).unwrap();
        file.write_all(&[7; 1000]).unwrap();
    });
}

pub(crate) fn cut_short_while_read(stage: &mut Stage<Folder>) {
    changed_while_read(stage, |path| {
        fs::File::options().write(true).open(path).unwrap().set_len(100_000).unwrap();
    });
}

fn changed_while_read(stage: &mut Stage<Folder>, change: impl Fn(&std::path::Path)) {
    stage.source.publish(&release(1));
    let mut fetcher = stage.fetcher();
    let mut reader = fetcher.reader();
    reader.read_exact(&mut [0; 1000]).unwrap();
    change(stage.source.path());
    let error = reader.read_to_end(&mut Vec::new()).unwrap_err();
    let error = selfup::fetch::Error::from(error);
    assert_eq!(error.kind(), ErrorKind::Changed, "{error}");
    assert!(error.is_transient());
    fetcher.report(Outcome::Failed);
    fetcher.installs(&fs::read(stage.source.path()).unwrap());
    fetcher.finds_nothing();
}
