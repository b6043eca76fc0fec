//! Reads `/proc`. A process that ends while it is read counts as one that does not exist.

use std::fs;

/// The beginning of `/proc/PID/stat`.
#[derive(Debug)]
pub struct Stat {
    /// As the one letter of `ps`: `T` for stopped, `Z` for a zombie.
    pub state: char,
    /// The process that it is a child of.
    pub parent: u32,
    /// Its process group.
    pub group: u32,
}

impl Stat {
    /// `None` if there is no such process.
    pub fn of(pid: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // A name may have spaces and brackets in it.
        let mut fields = text.rsplit_once(") ")?.1.split(' ');
        Some(Self {
            state: fields.next()?.chars().next()?,
            parent: fields.next()?.parse().ok()?,
            group: fields.next()?.parse().ok()?,
        })
    }

    /// It only waits to be reaped.
    pub fn has_ended(&self) -> bool {
        matches!(self.state, 'Z' | 'X')
    }
}

/// All processes of which this holds.
pub fn having(wanted: impl Fn(&Stat) -> bool) -> Vec<u32> {
    all().filter(|pid| Stat::of(*pid).is_some_and(|stat| wanted(&stat))).collect()
}

/// Every process.
pub fn all() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_a_child_of_its_parent() {
        let parent = std::os::unix::process::parent_id();
        assert!(having(|stat| stat.parent == parent).contains(&std::process::id()));
        assert!(!Stat::of(std::process::id()).unwrap().has_ended());
        assert!(Stat::of(u32::MAX).is_none());
    }
}
