//! Tests that a larger release takes no more memory to fetch. The test has a process of its own, whose
//! memory is measured: the network in between and its servers are in it, too.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test a panic is the report")]

use selfup_tests::{sandbox::Sandbox, source::Source};
use std::{fs, io};

selfup_tests::contract! {
    play;
    cases::one_gibibyte: file http github;
}

mod cases {
    use super::{Source, memory, read_all};

    const LENGTH: u64 = 1 << 30;

    pub(crate) fn one_gibibyte<S: Source>(source: &mut S) {
        source.publish_zeros(LENGTH);
        let before = memory("VmRSS");
        let read = read_all(source);
        let most = memory("VmHWM");
        assert_eq!(read, LENGTH);
        assert!(most < before + 32 * 1024, "from {before} to {most} KiB");
    }
}

fn play<S: Source>(name: &str, case: impl FnOnce(&mut S)) {
    if !S::is_possible() {
        return;
    }
    let sandbox = Sandbox::new(name);
    let mut source = S::start(&sandbox);
    case(&mut source);
    source.stop();
    sandbox.finish();
}

fn read_all(source: &impl Source) -> u64 {
    let current = selfup::fetch::RunningExecutable::new("/proc/self/exe", String::new);
    let mut fetcher = source.fetcher();
    fetcher.init(&current).unwrap();
    let mut artifact = fetcher.fetch(&current).unwrap().expect("something new");
    io::copy(&mut artifact.reader, &mut io::sink()).unwrap()
}

/// So many KiB of this process.
fn memory(what: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let value = status.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
    value.unwrap().split_whitespace().next().unwrap().parse().unwrap()
}
