//! Parses the tags that are versions, and orders them.

use semver::Version;

/// Parses a tag as a version: a semantic version, or one to three numbers, with or without a `v` in
/// front.
pub(crate) fn of(tag: &str) -> Option<Version> {
    let text = without_v(tag);
    Version::parse(text).ok().or_else(|| numbers(text))
}

/// The version for messages: the tag without its `v` if it is a version, or else the tag.
pub(crate) fn text(tag: &str) -> &str {
    if of(tag).is_some() { without_v(tag) } else { tag }
}

fn without_v(tag: &str) -> &str {
    tag.strip_prefix(['v', 'V']).unwrap_or(tag)
}

/// `1.1` comes after `1.0.1`, although only the latter is a semantic version.
fn numbers(text: &str) -> Option<Version> {
    let mut parts = [0; 3];
    let mut given = text.split('.');
    for (part, text) in parts.iter_mut().zip(given.by_ref()) {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *part = text.parse().ok()?;
    }
    given.next().is_none().then(|| Version::new(parts[0], parts[1], parts[2]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read() {
        for (tag, version) in [
            ("v1.2.3", Some("1.2.3")),
            ("V1.2.3", Some("1.2.3")),
            ("1.2.3-rc.1+x", Some("1.2.3-rc.1+x")),
            ("v1.2", Some("1.2.0")),
            ("v2", Some("2.0.0")),
            ("2026.01.05", Some("2026.1.5")),
            ("1.2.3.4", None),
            ("1.2-rc", None),
            ("v", None),
            ("", None),
            ("1..2", None),
            ("1.", None),
            ("vv1.0.0", None),
            ("release-1.0.0", None),
            ("2026-01-05", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(of(tag).map(|v| v.to_string()).as_deref(), version, "{tag}");
        }
        assert_eq!(text("v1.2"), "1.2");
        assert_eq!(text("very-new"), "very-new");
    }
}
