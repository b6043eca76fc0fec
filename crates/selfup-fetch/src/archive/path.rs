//! Decides which paths of an archive's entries are acceptable.

/// Returns the path of an entry as names only, or `None` if it must not be chosen.
pub(super) fn normal(path: &[u8]) -> Option<String> {
    const LONGEST: usize = 4096;
    let path = str::from_utf8(path).ok().filter(|path| path.len() <= LONGEST)?;
    if path.starts_with('/') || path.contains(|c: char| c == '\\' || c.is_control()) {
        return None;
    }
    let names: Vec<&str> = path.split('/').filter(|name| !matches!(*name, "" | ".")).collect();
    (!names.is_empty() && !names.contains(&"..")).then(|| names.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_paths_stay() {
        for (path, normalised) in [
            ("app", "app"),
            ("./app", "app"),
            ("dir//./app", "dir/app"),
            ("dir/", "dir"),
            ("größe/..app", "größe/..app"),
            ("c:app", "c:app"),
        ] {
            assert_eq!(normal(path.as_bytes()).as_deref(), Some(normalised), "{path}");
        }
    }

    #[test]
    fn others_are_passed_over() {
        let long = "a".repeat(4097);
        for path in [
            "",
            "/",
            ".",
            "./",
            "/app",
            "//app",
            "..",
            "../app",
            "dir/../app",
            "dir/..",
            "dir\\app",
            "app\0",
            "app\n",
            "\u{85}app",
            &long,
        ] {
            assert_eq!(normal(path.as_bytes()), None, "{path:?}");
        }
        assert_eq!(normal(b"app\xff"), None);
    }
}
