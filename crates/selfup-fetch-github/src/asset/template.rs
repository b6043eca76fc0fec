//! Templates for the names of assets, with `{version}` and `{tag}`.

use selfup_fetch::{Error, ErrorKind, Platform, Template};

use crate::release::Release;

/// Checks a template before there is a release.
pub(super) fn check(template: &str) -> Result<(), Error> {
    Template::parse(&with(template, "", "")?).map(drop)
}

/// Returns the name that a template gives for a release.
pub(super) fn name(
    template: &str,
    release: &Release,
    platform: &Platform,
) -> Result<String, Error> {
    let filled = with(template, release.version(), &release.tag_name)?;
    Ok(Template::parse(&filled)?.expand(platform))
}

/// Whether a release may lack that name for one platform, and have it for others.
pub(super) fn is_of_platform(template: &str) -> bool {
    let single = template.replace("{{", "").replace("}}", "");
    ["{os}", "{arch}", "{target}"].iter().any(|place| single.contains(place))
}

/// Replaces `{version}` and `{tag}`, and leaves the rest unchanged, including doubled braces.
fn with(template: &str, version: &str, tag: &str) -> Result<String, Error> {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        filled.push_str(&rest[..at]);
        let (brace, after) = rest[at..].split_at(1);
        if after.starts_with(brace) {
            filled.push_str(&rest[at..at + 2]);
            rest = &after[1..];
            continue;
        }
        let name = after.split_once('}').filter(|_| brace == "{").map(|(name, _)| name);
        match name {
            Some("version") => filled.push_str(&literal(version)),
            Some("tag") => filled.push_str(&literal(tag)),
            Some("os" | "arch" | "target") | None => {
                filled.push_str(brace);
                rest = after;
                if let Some(name) = name {
                    filled.push_str(&after[..=name.len()]);
                    rest = &after[name.len() + 1..];
                }
                continue;
            }
            Some(unknown) => return Err(refused(unknown)),
        }
        rest = &after[name.map_or(0, |name| name.len() + 1)..];
    }
    filled.push_str(rest);
    Ok(filled)
}

/// Escapes a text for a template.
fn literal(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

fn refused(unknown: &str) -> Error {
    let reason = format!(
        "unknown placeholder {{{unknown}}} in the asset's name; known are {{os}}, {{arch}}, \
         {{target}}, {{version}} and {{tag}}, and a brace itself is written twice"
    );
    Error::new(ErrorKind::Configuration, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn version_and_tag_are_filled_in() {
        let with = |template| with(template, "1.2", "v1.2").unwrap();
        assert_eq!(with("app-{version}-{tag}-{target}"), "app-1.2-v1.2-{target}");
        assert_eq!(with("{{version}}{version}"), "{{version}}1.2");
        assert_eq!(with("{{{version}}}"), "{{1.2}}");
        assert_eq!(with("{os"), "{os");
        assert_eq!(with("os}"), "os}");
        assert_eq!(with(""), "");
        assert_eq!(super::with("{tag}", "", "a{b}").unwrap(), "a{{b}}");
    }

    #[test]
    fn mistakes_are_named() {
        for (template, words) in [
            ("app-{verison}", "{verison}"),
            ("app-{libc}", "{tag}"),
            ("app-{version", "a { stands alone"),
            ("app-version}", "a } stands alone"),
        ] {
            let error = check(template).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(error.to_string().contains(words), "{error}");
        }
        check("app-{version}-{os}-{arch}.tar.gz").unwrap();
    }

    proptest! {
        #[test]
        fn no_template_panics(text in "([{}a-zé]|\\{tag\\}|\\{os\\}){0,12}", tag in "[{}é]{0,3}") {
            if let Ok(filled) = with(&text, "1.0.0", &tag) {
                drop(Template::parse(&filled));
            }
        }

        /// What a tag is made of does not matter.
        #[test]
        fn any_tag_can_stand_in_a_name(tag in "\\PC{0,12}") {
            let filled = with("a-{tag}", "", &tag).unwrap();
            let name = Template::parse(&filled).unwrap().expand(&Platform::current());
            prop_assert_eq!(name, format!("a-{tag}"));
        }
    }
}
