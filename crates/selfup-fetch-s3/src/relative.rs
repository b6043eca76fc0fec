//! Resolves relative URLs in a manifest to keys of the same bucket.

use percent_encoding::percent_decode_str;

use crate::settings::Source;

impl Source {
    /// Resolves a relative URL to an object of the same bucket (RFC 3986, section 5.2). The URL is
    /// decoded: `my%20app` is the key `my app`.
    pub(crate) fn relative(&self, url: &str) -> Result<Self, &'static str> {
        let first = url.split('/').next().unwrap_or_default();
        if first.contains(':') || url.starts_with("//") {
            return Err("only what is relative to the manifest, in its bucket, can be fetched");
        }
        if url.contains(['?', '#']) {
            return Err("a key has neither a query nor a fragment; write %3F for ?, and %23 for #");
        }
        let mut folders: Vec<String> = match url.strip_prefix('/') {
            Some(_) => Vec::new(),
            None => self.key.split('/').map(str::to_owned).collect(),
        };
        // The name of the object itself.
        folders.pop();
        let mut steps = url.strip_prefix('/').unwrap_or(url).split('/').peekable();
        while let Some(step) = steps.next() {
            let decoded = percent_decode_str(step).decode_utf8();
            match (step, decoded) {
                (_, Err(_)) => return Err("it is not in UTF-8"),
                ("." | ".." | "", _) if steps.peek().is_none() => return Err("it names no object"),
                (".", _) => {}
                ("..", _) => drop(folders.pop()),
                (_, Ok(name)) => folders.push(name.into_owned()),
            }
        }
        Ok(Self { key: folders.join("/"), ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use crate::settings::Settings;
    use proptest::prelude::*;

    fn relative(key: &str, url: &str) -> Result<String, &'static str> {
        let source = Settings::new("releases".into(), key.into()).prepare().unwrap();
        source.relative(url).map(|source| source.key)
    }

    #[test]
    fn an_address_leads_to_a_key() {
        for (key, url, found) in [
            ("manifest.json", "app", "app"),
            ("manifest.json", "/app", "app"),
            ("manifest.json", "1.0/app.gz", "1.0/app.gz"),
            ("a/b/manifest.json", "app", "a/b/app"),
            ("a/b/manifest.json", "./app", "a/b/app"),
            ("a/b/manifest.json", "../app", "a/app"),
            ("a/b/manifest.json", "../../../app", "app"),
            ("a/b/manifest.json", "c/../app", "a/b/app"),
            ("a/b/manifest.json", "/c/app", "c/app"),
            ("a/b/manifest.json", "c//app", "a/b/c//app"),
            ("manifest.json", "my%20app%3F+%2B1", "my app?++1"),
            ("manifest.json", "./a:b", "a:b"),
        ] {
            assert_eq!(relative(key, url).unwrap(), found, "{url}");
        }
    }

    #[test]
    fn invalid_keys_are_errors() {
        for (url, word) in [
            ("https://host/app", "relative"),
            ("s3://releases/app", "relative"),
            ("//host/app", "relative"),
            ("app?versionId=1", "query"),
            ("app#1", "fragment"),
            ("folder/", "no object"),
            ("..", "no object"),
            ("/", "no object"),
            ("%ff", "UTF-8"),
        ] {
            assert!(relative("a/manifest.json", url).unwrap_err().contains(word), "{url}");
        }
    }

    proptest! {
        #[test]
        fn no_address_panics(url in "(\\PC|[/.%?:]){0,12}") {
            drop(relative("a/manifest.json", &url));
        }
    }
}
