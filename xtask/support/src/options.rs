//! Parses the options that all tasks have in common.

use std::str::FromStr;

/// The value behind an option.
pub fn value<'a>(
    name: &str,
    rest: &mut impl Iterator<Item = &'a String>,
) -> Result<&'a str, String> {
    rest.next().map(String::as_str).ok_or_else(|| format!("there is nothing after {name}"))
}

/// A number of any kind.
pub fn number<T: FromStr>(name: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{name} takes a number, but was given `{text}`"))
}

/// A number above zero.
pub fn positive<T: FromStr + Default + PartialOrd>(name: &str, text: &str) -> Result<T, String> {
    let number = text.parse().ok().filter(|number| *number > T::default());
    number.ok_or_else(|| format!("{name} takes a positive number, but was given `{text}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named() {
        let words = ["7".to_owned()];
        let mut rest = words.iter();
        assert_eq!(value("--rate", &mut rest), Ok("7"));
        assert!(value("--rate", &mut rest).unwrap_err().contains("nothing after --rate"));
        assert_eq!(number::<u32>("--seed", "0"), Ok(0));
        assert!(positive::<u32>("--rate", "0").unwrap_err().contains("`0`"));
        assert!(positive::<f64>("--minutes", "NaN").is_err());
    }
}
