//! Escapes text from outside for logs, status lines and terminals.

use std::borrow::Cow;

/// Escapes the characters of a text that do not print.
///
/// Names, messages and header values come from a server, and may contain characters that move a terminal's cursor,
/// begin a new line in a log, or reverse the order of a line. Control characters (C0, DEL, C1), separators of
/// lines and paragraphs, and characters that are invisible or change the direction of text are escaped as
/// `\u{1b}` or `\n`. All other text is unchanged, and so is text that has been escaped before.
///
/// [`Error`](crate::Error) does this by itself, so everything that a fetcher reports is safe to print.
///
/// # Examples
///
/// ```
/// use selfup_fetch::printable;
///
/// assert_eq!(printable("app-größe"), "app-größe");
/// assert_eq!(printable("a\u{1b}[2Jb\n"), "a\\u{1b}[2Jb\\n");
/// assert_eq!(printable("a\u{202e}b"), "a\\u{202e}b");
/// ```
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' => shown.extend(character.escape_default()),
            _ if is_hidden(character) => shown.extend(character.escape_unicode()),
            _ => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// Returns whether a character does not print: a control, a separator of lines, or a format character.
const fn is_hidden(character: char) -> bool {
    matches!(character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        // Format characters (Unicode's Cf), the marks of direction among them.
        | '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
        | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_moves_a_terminal_or_a_line_is_escaped() {
        for (text, shown) in [
            ("", ""),
            ("plain text: ½ é 漢 🦀", "plain text: ½ é 漢 🦀"),
            ("\x1b]0;title\x07", "\\u{1b}]0;title\\u{7}"),
            ("one\r\ntwo\tthree", "one\\r\\ntwo\\tthree"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\u{202e}gpj.exe\u{202c}", "\\u{202e}gpj.exe\\u{202c}"),
            ("\u{2066}a\u{2069}", "\\u{2066}a\\u{2069}"),
            ("a\u{200b}b\u{feff}\u{2028}", "a\\u{200b}b\\u{feff}\\u{2028}"),
            ("back\\slash", "back\\slash"),
        ] {
            assert_eq!(printable(text), shown);
        }
    }

    proptest! {
        #[test]
        fn it_is_one_line_and_stays_as_it_is(text: String) {
            let shown = printable(&text);
            prop_assert!(!shown.chars().any(char::is_control));
            prop_assert_eq!(printable(&shown), shown.as_ref());
        }
    }
}
