//! Resolves the target of a redirect against the URL that gave it.

use percent_encoding::{AsciiSet, CONTROLS, percent_encode};

use crate::url::Url;

/// Characters that some servers leave unescaped in `Location`, although no URI may hold them.
const BARE: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^');

impl Url {
    /// Resolves a `Location` against this URL (RFC 3986, section 5.2). Credentials in it are
    /// dropped: a server does not choose the credentials of its client.
    pub(crate) fn join(&self, location: &[u8]) -> Result<Self, String> {
        let location = percent_encode(location, BARE).to_string();
        let location = location.split_once('#').map_or(location.as_str(), |(before, _)| before);
        let scheme = self.uri().scheme_str().unwrap_or_default();
        let authority = self.uri().authority().map_or("", |authority| authority.as_str());
        let absolute = if has_scheme(location) {
            location.to_owned()
        } else if location.starts_with("//") {
            format!("{scheme}:{location}")
        } else {
            format!("{scheme}://{authority}{}", self.beside(location))
        };
        Self::parse(&absolute).map(|(url, _)| url)
    }

    fn beside(&self, location: &str) -> String {
        let (path, query) = match location.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (location, None),
        };
        let merged = if path.is_empty() {
            self.uri().path().to_owned()
        } else if path.starts_with('/') {
            path.to_owned()
        } else {
            let folder = self.uri().path().rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{folder}/{path}")
        };
        let query = query.or_else(|| self.uri().query().filter(|_| location.is_empty()));
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        without_dots(&merged) + &query
    }
}

fn has_scheme(location: &str) -> bool {
    location.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    })
}

fn without_dots(path: &str) -> String {
    let mut kept = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            _ => {
                kept.push(segment);
                continue;
            }
        }
        if last {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap().0
    }

    /// The examples of RFC 3986, section 5.4, as far as they are http.
    #[test]
    fn locations_resolve_as_specified() {
        let base = url("http://a/b/c/d;p?q");
        for (location, target) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g/"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q"),
            ("g#s", "http://a/b/c/g"),
            (";x", "http://a/b/c/;x"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("g.", "http://a/b/c/g."),
            ("./g/.", "http://a/b/c/g/"),
            ("g/../h", "http://a/b/c/h"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
            ("https://x:y@other:8443/z", "https://other:8443/z"),
            ("a b", "http://a/b/c/a%20b"),
            ("http://h/?u=http://i/", "http://h/?u=http://i/"),
            ("/x?u=http://i/", "http://a/x?u=http://i/"),
        ] {
            assert_eq!(
                base.join(location.as_bytes()).unwrap().uri().to_string(),
                target,
                "{location}"
            );
        }
        for location in ["mailto:x", "ftp://h/", "file:///etc/passwd", "http://"] {
            base.join(location.as_bytes()).unwrap_err();
        }
    }

    proptest! {
        #[test]
        fn no_location_panics(location: Vec<u8>) {
            drop(url("https://host/a/b?c").join(&location));
        }
    }
}
