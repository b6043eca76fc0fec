//! Blanks out everything in Rust source that is not code.

/// Comments and the insides of literals become spaces. Line breaks stay, so that line numbers do
/// too. Macro bodies count as code.
pub(super) fn code_only(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut code = String::with_capacity(source.len());
    let mut at = 0;
    while at < chars.len() {
        let Some(end) = token_end(&chars, at) else {
            code.push(chars[at]);
            at += 1;
            continue;
        };
        code.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
        at = end;
    }
    code
}

/// The lines, counted from 1, on which `word` stands by itself in the code.
pub(super) fn lines_with<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.lines()
        .enumerate()
        .filter(move |(_, line)| contains_word(line, word))
        .map(|(index, _)| index + 1)
}

/// Whether `word` occurs with no part of an identifier right before or after it.
pub(super) fn contains_word(line: &str, word: &str) -> bool {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + word.len()..].chars().next();
        let open_start = word.starts_with(in_word) && before.is_some_and(in_word);
        let open_end = word.ends_with(in_word) && after.is_some_and(in_word);
        !open_start && !open_end
    })
}

/// Where the comment or literal that starts at `at` ends; `None` if none starts here.
fn token_end(chars: &[char], at: usize) -> Option<usize> {
    let next = chars.get(at + 1);
    match chars[at] {
        '/' if next == Some(&'/') => Some(find(chars, at, '\n')),
        '/' if next == Some(&'*') => Some(block_comment_end(chars, at)),
        '"' => Some(string_end(chars, at + 1)),
        '\'' => char_end(chars, at),
        'r' | 'b' | 'c' if !continues_identifier(chars, at) => raw_string_end(chars, at),
        _ => None,
    }
}

fn continues_identifier(chars: &[char], at: usize) -> bool {
    at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_')
}

fn find(chars: &[char], from: usize, wanted: char) -> usize {
    chars[from..].iter().position(|c| *c == wanted).map_or(chars.len(), |offset| from + offset)
}

/// Block comments nest.
fn block_comment_end(chars: &[char], at: usize) -> usize {
    let mut depth = 0;
    let mut here = at;
    while here + 1 < chars.len() {
        match (chars[here], chars[here + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                here += 1;
                continue;
            }
        }
        here += 2;
        if depth == 0 {
            return here;
        }
    }
    chars.len()
}

fn string_end(chars: &[char], first: usize) -> usize {
    let mut here = first;
    while here < chars.len() {
        match chars[here] {
            '\\' => here += 2,
            '"' => return here + 1,
            _ => here += 1,
        }
    }
    chars.len()
}

/// `'a'` and `'\n'` are literals, `'a` in `&'a str` is a lifetime.
fn char_end(chars: &[char], at: usize) -> Option<usize> {
    match (chars.get(at + 1)?, chars.get(at + 2)?) {
        ('\\', _) => Some(find(chars, at + 3, '\'') + 1).map(|end| end.min(chars.len())),
        (_, '\'') => Some(at + 3),
        _ => None,
    }
}

/// `r"…"`, `br#"…"#`, `cr##"…"##`. The raw identifier `r#type` is none.
fn raw_string_end(chars: &[char], at: usize) -> Option<usize> {
    let mut here = at;
    if matches!(chars[here], 'b' | 'c') {
        here += 1;
    }
    if chars.get(here) != Some(&'r') {
        return None;
    }
    here += 1;
    let hashes = chars[here..].iter().take_while(|c| **c == '#').count();
    here += hashes;
    if chars.get(here) != Some(&'"') {
        return None;
    }
    here += 1;
    while here < chars.len() {
        let closes = chars[here] == '"'
            && chars[here + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
        here += 1;
        if closes {
            return Some(here + hashes);
        }
    }
    Some(chars.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_vanish_and_code_stays() {
        for (source, code) in [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            (r#"f("unsafe \" x") g"#, "f(             ) g"),
            (r##"r#"a"b"# z"##, "         z"),
            ("br\"x\" z", "      z"),
            ("r#type", "r#type"),
            ("'a' b '\\'' c '\\u{1f}' d", "    b      c          d"),
            ("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)"),
            ("for\"x\"", "for   "),
            ("\"open\nend", "     \n   "),
            ("/* open\nend", "       \n   "),
            ("'", "'"),
        ] {
            assert_eq!(code_only(source), code, "{source}");
        }
    }

    #[test]
    fn words_are_whole() {
        assert!(contains_word("x = unsafe {", "unsafe"));
        assert!(!contains_word("forbid(unsafe_code)", "unsafe"));
        assert!(!contains_word("my_todo!()", "todo!"));
        assert!(contains_word("std::thread::sleep(d)", "thread::sleep"));
        assert_eq!(lines_with("a\nb\na b", "b").collect::<Vec<_>>(), [2, 3]);
    }
}
