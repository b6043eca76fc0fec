//! Expands `{os}`, `{arch}` and `{target}` in URLs and names.

use std::fmt;

use crate::error::{Error, ErrorKind};

/// Replaces `{os}`, `{arch}` and `{target}` by the platform for which this program was built.
///
/// This is [`Template::parse`] followed by [`Template::expand`] with [`Platform::current`].
///
/// # Errors
///
/// Those of [`Template::parse`].
///
/// # Examples
///
/// ```
/// let url = selfup_fetch::expand("https://host/app-{os}-{arch}.gz")?;
/// assert_eq!(
///     url,
///     format!("https://host/app-{}-{}.gz", std::env::consts::OS, std::env::consts::ARCH),
/// );
/// # Ok::<(), selfup_fetch::Error>(())
/// ```
pub fn expand(template: &str) -> Result<String, Error> {
    Ok(Template::parse(template)?.expand(&Platform::current()))
}

/// A URL or path with placeholders for the platform.
///
/// `{os}` is one of [`std::env::consts::OS`] (`linux`, `macos`), `{arch}` of
/// [`std::env::consts::ARCH`] (`x86_64`, `aarch64`), `{target}` the full target triple
/// (`x86_64-unknown-linux-gnu`). These are Rust's names; Go's differ (`darwin`, `amd64`). `{{` and
/// `}}` stand for single braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Os,
    Arch,
    Target,
}

/// The platform for which a [`Template`] is expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Platform {
    /// The value of `{os}`.
    pub os: String,
    /// The value of `{arch}`.
    pub arch: String,
    /// The value of `{target}`.
    pub target: String,
}

impl Platform {
    /// Returns the platform for which this program was built.
    #[must_use]
    pub fn current() -> Self {
        Self {
            os: std::env::consts::OS.to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
            target: env!("SELFUP_TARGET").to_owned(),
        }
    }
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] for another placeholder than the three, which the message names, and for an
    /// unbalanced brace.
    pub fn parse(template: &str) -> Result<Self, Error> {
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut rest = template;
        while let Some(at) = rest.find(['{', '}']) {
            text.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                text.push_str(brace);
                rest = after;
            } else if brace == "}" {
                return Err(unmatched(template, "}"));
            } else {
                let (name, after) = rest.split_once('}').ok_or_else(|| unmatched(template, "{"))?;
                let piece = Piece::named(name).ok_or_else(|| unknown(template, name))?;
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                pieces.push(piece);
                rest = after;
            }
        }
        text.push_str(rest);
        pieces.push(Piece::Text(text));
        Ok(Self { pieces })
    }

    /// Replaces the placeholders.
    #[must_use]
    pub fn expand(&self, platform: &Platform) -> String {
        self.pieces.iter().map(|piece| piece.on(platform)).collect()
    }
}

impl Piece {
    fn on<'a>(&'a self, platform: &'a Platform) -> &'a str {
        match self {
            Self::Text(text) => text,
            Self::Os => &platform.os,
            Self::Arch => &platform.arch,
            Self::Target => &platform.target,
        }
    }

    fn named(name: &str) -> Option<Self> {
        match name {
            "os" => Some(Self::Os),
            "arch" => Some(Self::Arch),
            "target" => Some(Self::Target),
            _ => None,
        }
    }
}

fn unknown(template: &str, name: &str) -> Error {
    let reason = format!(
        "unknown placeholder {{{name}}}; known are {{os}}, {{arch}} and {{target}}, and a brace \
         itself is written twice"
    );
    Error::new(ErrorKind::Configuration, reason).at(crate::redact::redact(template))
}

fn unmatched(template: &str, brace: impl fmt::Display) -> Error {
    let reason = format!("a {brace} stands alone; a brace itself is written twice");
    Error::new(ErrorKind::Configuration, reason).at(crate::redact::redact(template))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn platform() -> Platform {
        Platform { os: "plan9".into(), arch: "mips".into(), target: "mips-plan9".into() }
    }

    #[test]
    fn places_are_filled_in() {
        let expand = |text| Template::parse(text).unwrap().expand(&platform());
        assert_eq!(expand("/{os}/{arch}/{target}"), "/plan9/mips/mips-plan9");
        assert_eq!(expand("{os}{os}"), "plan9plan9");
        assert_eq!(expand("{{os}}"), "{os}");
        assert_eq!(expand("{{{os}}}"), "{plan9}");
        assert_eq!(expand("plain"), "plain");
        assert_eq!(expand(""), "");
    }

    #[test]
    fn mistakes_are_named() {
        for (text, words) in [
            ("http://h/{libc}", ["{libc}", "{target}"]),
            ("http://h/{OS}", ["{OS}", "{os}"]),
            ("http://h/{}", ["{}", "{arch}"]),
            ("http://h/{os", ["a { stands alone", "http://h/"]),
            ("http://h/os}", ["a } stands alone", "twice"]),
            ("http://h/{os}}", ["a } stands alone", "twice"]),
        ] {
            let error = Template::parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(!error.is_transient());
            for word in words {
                assert!(error.to_string().contains(word), "{error}");
            }
        }
    }

    #[test]
    fn the_target_is_a_triple_of_this_machine() {
        let platform = Platform::current();
        assert!(platform.target.split('-').count() >= 3, "{platform:?}");
        assert!(platform.target.contains(&platform.os), "{platform:?}");
    }

    #[derive(Debug, Clone)]
    enum Part {
        Text(String),
        Place(&'static str, &'static str),
    }

    fn part() -> impl Strategy<Value = Part> {
        prop_oneof![
            "[^\\PC]{0,8}".prop_map(Part::Text),
            "[{}a-z]{0,6}".prop_map(Part::Text),
            Just(Part::Place("{os}", "plan9")),
            Just(Part::Place("{arch}", "mips")),
            Just(Part::Place("{target}", "mips-plan9")),
        ]
    }

    proptest! {
        #[test]
        fn any_text_can_be_written(parts in prop::collection::vec(part(), 0..8)) {
            let (mut template, mut expected) = (String::new(), String::new());
            for part in &parts {
                match part {
                    Part::Text(text) => {
                        template.push_str(&text.replace('{', "{{").replace('}', "}}"));
                        expected.push_str(text);
                    }
                    Part::Place(place, value) => {
                        template.push_str(place);
                        expected.push_str(value);
                    }
                }
            }
            prop_assert_eq!(Template::parse(&template).unwrap().expand(&platform()), expected);
        }

        #[test]
        fn no_template_panics(text in "([{}a-zé]|\\{os\\}){0,12}") {
            if let Ok(template) = Template::parse(&text) {
                drop(template.expand(&platform()));
            }
        }
    }
}
