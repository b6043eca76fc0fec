//! What is mounted where, as `/proc/self/mountinfo` lists it (proc_pid_mountinfo(5)).

use std::fs;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mounted {
    /// Where it is mounted.
    pub(crate) at: String,
    /// Its options, such as `nosuid`.
    pub(crate) options: Vec<String>,
    /// `shared:N` and the like; empty if what happens here stays here.
    pub(crate) propagation: Vec<String>,
    /// The kind of file system.
    pub(crate) kind: String,
}

/// In the order in which it was mounted: what comes later covers what was there.
pub(crate) fn all() -> Vec<Mounted> {
    parse(&fs::read_to_string("/proc/self/mountinfo").unwrap())
}

pub(crate) fn parse(text: &str) -> Vec<Mounted> {
    text.lines().map(line).collect()
}

fn line(line: &str) -> Mounted {
    let mut words = line.split(' ').skip(4);
    let at = unescaped(words.next().unwrap());
    let options = words.next().unwrap().split(',').map(str::to_owned).collect();
    let propagation = words.by_ref().take_while(|word| *word != "-").map(str::to_owned).collect();
    Mounted { at, options, propagation, kind: words.next().unwrap().to_owned() }
}

/// Blanks and backslashes are written in octal.
fn unescaped(path: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .into_iter()
        .fold(path.to_owned(), |path, (escape, plain)| path.replace(escape, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_with_any_number_of_optional_fields() {
        let lines = "65 64 254:0 / / rw,relatime - ext4 /dev/vda rw,discard\n\
                     66 65 0:25 / /a\\040b ro,nosuid shared:7 master:1 - tmpfs none ro";
        let [root, other] = <[Mounted; 2]>::try_from(parse(lines)).unwrap();
        assert_eq!((root.at.as_str(), root.kind.as_str()), ("/", "ext4"));
        assert_eq!((root.options.len(), root.propagation.len()), (2, 0));
        assert_eq!((other.at.as_str(), other.kind.as_str()), ("/a b", "tmpfs"));
        assert_eq!(other.options, ["ro", "nosuid"]);
        assert_eq!(other.propagation, ["shared:7", "master:1"]);
    }

    #[test]
    fn the_root_of_this_process_is_mounted() {
        assert!(all().iter().any(|mounted| mounted.at == "/"));
    }
}
