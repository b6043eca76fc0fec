//! The limit of open files (RLIMIT_NOFILE, getrlimit(2)): room for the sockets in the master.

use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};

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
pub fn make_room(sockets: usize) -> Option<rlim_t> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    let wanted = needed(sockets).min(hard);
    (soft < wanted).then_some(())?;
    setrlimit(Resource::RLIMIT_NOFILE, wanted, hard).ok()?;
    Some(soft)
}

/// Gives the program the soft limit that it was started with. What it has open stays open.
pub fn give_back(soft: rlim_t) {
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
