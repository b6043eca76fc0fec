//! Truncates text at a character boundary.

/// Returns the longest prefix of at most `length` bytes that ends with a whole character.
#[must_use]
pub fn truncate(text: &str, length: usize) -> &str {
    let end = (0..=length.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::truncate;

    #[test]
    fn a_character_is_never_split() {
        assert_eq!(truncate("añb", 2), "a");
        assert_eq!(truncate("añb", 3), "añ");
        assert_eq!(truncate("añb", 9), "añb");
    }
}
