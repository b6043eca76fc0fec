//! The trusted comment of a signature.

/// The words of a trusted comment that have a meaning here: `version:X` and `file:NAME`.
///
/// They are separated by tabs, as minisign writes them (`timestamp:1700000000`, tab, `file:app`, tab, `hashed`),
/// or by spaces if there is no tab. Other words are ignored.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Comment {
    pub(crate) version: Option<String>,
    pub(crate) file: Option<String>,
}

impl Comment {
    pub(super) fn words(text: &str) -> Vec<&str> {
        if text.contains('\t') {
            text.split('\t').map(str::trim).collect()
        } else {
            text.split_whitespace().collect()
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut comment = Self::default();
        for word in Self::words(text) {
            let (place, value) = match word.split_once(':') {
                Some(("version", value)) => (&mut comment.version, value),
                Some(("file", value)) => (&mut comment.file, value),
                _ => continue,
            };
            // With two of a kind, it is not clear which one the signer meant.
            if value.is_empty() {
                return Err("names an empty version or file");
            }
            if place.replace(value.to_owned()).is_some() {
                return Err("names more than one version or file");
            }
        }
        Ok(comment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_found_between_others() {
        for (text, version, file) in [
            ("timestamp:1700000000\tfile:my app\thashed", None, Some("my app")),
            ("version:1.2.3 file:app", Some("1.2.3"), Some("app")),
            ("release of Monday, version:v2\tfile:app", None, Some("app")),
            ("file:a:b\tversion:1", Some("1"), Some("a:b")),
            ("my-version:1 profile:x", None, None),
            ("", None, None),
        ] {
            let comment = Comment::parse(text).unwrap();
            assert_eq!(comment.version.as_deref(), version, "{text}");
            assert_eq!(comment.file.as_deref(), file, "{text}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        for text in ["version:1 version:2", "file:a\tfile:a", "version:", "file:\tx"] {
            assert!(Comment::parse(text).is_err(), "{text}");
        }
    }
}
