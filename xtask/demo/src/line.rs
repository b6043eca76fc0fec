//! The lines of the app: `app#2 (<id>) listening...`.

/// A line in that form, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) version: u32,
    /// The SHA-1 of the executable, in hexadecimal.
    pub(super) id: String,
    pub(super) says: String,
}

pub(super) const LISTENING: &str = "listening...";
pub(super) const HELLO: &str = "says hello";
pub(super) const EXITING: &str = "exiting...";

impl Line {
    /// `None` if it has another form.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let (version, rest) = line.strip_prefix("app#")?.split_once(" (")?;
        let (id, says) = rest.split_once(") ")?;
        let is_id = id.len() == 40 && id.chars().all(|digit| digit.is_ascii_hexdigit());
        let version = version.parse().ok()?;
        is_id.then(|| Self { version, id: id.to_owned(), says: says.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "c7940a5bfc3f0e8633d3bf775f54bb59f50b338e";

    #[test]
    fn only_the_whole_form_is_a_line() {
        let line = Line { version: 12, id: ID.to_owned(), says: HELLO.to_owned() };
        assert_eq!(Line::parse(&format!("app#12 ({ID}) says hello")), Some(line));
        for other in [
            "",
            &format!("app# ({ID}) says hello"),
            &format!("app#1 ({ID})"),
            &format!("app#1 ({}) says hello", &ID[1..]),
            &format!("app#1 ({}x) says hello", &ID[1..]),
            &format!("an app#1 ({ID}) says hello"),
        ] {
            assert_eq!(Line::parse(other), None, "{other}");
        }
    }
}
