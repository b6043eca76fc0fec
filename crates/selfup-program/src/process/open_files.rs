//! The limit of open files (RLIMIT_NOFILE, getrlimit(2)): room for the sockets in the master.

use std::os::fd::AsFd;

use nix::sys::{
    resource::{Resource, getrlimit, rlim_t, setrlimit},
    stat::fstat,
};

/// The inode of an open file.
pub fn inode(fd: impl AsFd) -> Option<u64> {
    // 32 or 64 bits wide.
    fn wide(number: impl Into<u64>) -> u64 {
        number.into()
    }
    fstat(fd).ok().map(|stat| wide(stat.st_ino))
}

/// What a master has open beside its sockets: channels of its children, signals, downloads.
const BESIDE: rlim_t = 64;

/// How many a master needs that listens on so many sockets: each once, and once more while a child
/// is started.
fn needed(sockets: usize) -> rlim_t {
    rlim_t::try_from(sockets).unwrap_or(rlim_t::MAX).saturating_mul(2).saturating_add(BESIDE)
}

/// Raises the soft limit as far as the sockets need it and the hard one allows; what it was before,
/// if it was raised.
#[must_use]
pub fn make_room(sockets: usize) -> Option<u64> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    let wanted = needed(sockets).min(hard);
    (soft < wanted).then_some(())?;
    setrlimit(Resource::RLIMIT_NOFILE, wanted, hard).ok()?;
    u64::try_from(i128::from(soft)).ok()
}

/// Gives the program the soft limit that it was started with. What it has open stays open.
pub fn give_back(soft: u64) {
    // One that is too large for this system has no limit.
    let soft = i128::from(soft).try_into().unwrap_or(rlim_t::MAX);
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _given = setrlimit(Resource::RLIMIT_NOFILE, soft.min(hard), hard);
    }
}

/// What to do where the limit was too low.
#[must_use]
pub fn advice(sockets: usize) -> String {
    let hard = getrlimit(Resource::RLIMIT_NOFILE).map_or(0, |(_, hard)| hard);
    format!(
        "{sockets} sockets need {} open files, and the hard limit is {hard}; raise it \
         (LimitNOFILE= in a unit, ulimit -Hn in a shell)",
        needed(sockets)
    )
}
