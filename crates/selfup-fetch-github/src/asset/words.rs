//! Splits the name of a file into words.

/// Returns the words of the name of a file, in lower case: its sequences of letters and digits.
///
/// The name of the repository at the start is left out, because it may hold such words itself. Some
/// names with a separator (`x86_64`, `arm-v7`) count as one word.
pub(super) fn of(name: &str, repo: &str) -> Vec<String> {
    let rest = match name.split_at_checked(repo.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(repo) && begins_word(rest) => rest,
        _ => name,
    };
    let mut words: Vec<String> = Vec::new();
    let pieces = rest.split(|c: char| !c.is_alphanumeric()).filter(|piece| !piece.is_empty());
    for piece in pieces.map(str::to_lowercase) {
        match (words.last_mut(), piece.as_str()) {
            (Some(last), "64") if last == "x86" => last.push_str("_64"),
            (Some(last), "v5" | "v6" | "v7") if last == "arm" => last.push_str(&piece),
            (Some(last), "v8") if last == "arm64" => {}
            _ => words.push(piece),
        }
    }
    words
}

fn begins_word(rest: &str) -> bool {
    !rest.starts_with(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        for (name, words) in [
            ("app-x86_64-unknown-linux-gnu.tar.gz", "x86_64 unknown linux gnu tar gz"),
            ("App_1.2.3_Linux_x86-64", "1 2 3 linux x86_64"),
            ("app-linux-arm-v7", "linux armv7"),
            ("app.linux.arm64.v8", "linux arm64"),
            ("application-linux", "application linux"),
            ("appx86_64", "appx86 64"),
            ("other-x86", "other x86"),
            ("", ""),
        ] {
            assert_eq!(of(name, "app").join(" "), words, "{name}");
        }
        assert_eq!(of("arm-tool-linux-x64", "arm-tool").join(" "), "linux x64");
    }
}
