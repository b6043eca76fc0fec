//! Interprets the messages of a master.

/// Whether the line has all of these words.
pub(super) fn has(text: &str, words: &[&str]) -> bool {
    words.iter().all(|word| text.contains(word))
}

/// The child that serves, according to the line.
pub(super) fn serving(text: &str) -> Option<u64> {
    text.strip_prefix("child #")?.strip_suffix(" serves")?.parse().ok()
}

fn number_after(start: &str, text: &str) -> Option<u64> {
    text.strip_prefix(start)?.split([' ', ';']).next()?.parse().ok()
}

/// Whether the line is about this child.
pub(super) fn is_of(text: &str, generation: u64) -> bool {
    number_after("child #", text) == Some(generation)
}

/// The number and the pid of a child: `started child #3 (pid 12)`.
pub(super) fn started(text: &str) -> Option<(u64, u32)> {
    let (generation, pid) = text.strip_prefix("started child #")?.split_once(" (pid ")?;
    Some((generation.parse().ok()?, pid.strip_suffix(')')?.parse().ok()?))
}

/// Whether the line says that this child serves now, or never will.
pub(super) fn decides(text: &str, candidate: u64) -> bool {
    let of = |start| number_after(start, text) == Some(candidate);
    serving(text) == Some(candidate)
        || of("child #") && text.contains("before it was ready")
        || of("could not hand over to child #")
}

/// Whether a child ended otherwise than it should.
pub(super) fn is_bad_end(text: &str) -> bool {
    let end = text.strip_prefix("child #").and_then(|rest| rest.split_once(' '));
    end.is_some_and(|(_, end)| {
        end.starts_with("was killed by") || end.starts_with("exited with") && !end.ends_with(" 0")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_good_end_is_good() {
        for end in ["exited with code 0", "serves", "is busy"] {
            assert!(!is_bad_end(&format!("child #2 {end}")), "{end}");
        }
        for end in ["exited with code 3", "exited with code 10", "was killed by SIGKILL"] {
            assert!(is_bad_end(&format!("child #2 {end}")), "{end}");
        }
    }

    #[test]
    fn numbers_are_read() {
        assert_eq!(serving("child #12 serves"), Some(12));
        assert_eq!(serving("child #12 serves beer"), None);
        assert_eq!(started("started child #3 (pid 12)"), Some((3, 12)));
    }
}
