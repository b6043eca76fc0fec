//! Parses the extended headers of tar: long paths and sizes, in the forms of pax and GNU.

use super::header::{corrupt, sparse};
use crate::error::Error;

/// The properties that extended headers give the next entry.
#[derive(Default)]
pub(super) struct Extended {
    pub(super) path: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    any: bool,
    pax: bool,
}

impl Extended {
    /// A pax header: lines of a length, a key and a value.
    pub(super) fn pax(&mut self, text: &[u8]) -> Result<(), Error> {
        if std::mem::replace(&mut self.pax, true) {
            return Err(corrupt("two extended headers are about one entry"));
        }
        self.any = true;
        let mut rest = text;
        while !rest.is_empty() {
            let (key, value);
            (key, value, rest) =
                record(rest).ok_or_else(|| corrupt("an extended header is malformed"))?;
            match key {
                b"path" => self.name(value)?,
                b"size" => {
                    let size = str::from_utf8(value).ok().and_then(digits);
                    let size = size.ok_or_else(|| corrupt("an extended size is no number"))?;
                    if self.size.replace(size).is_some() {
                        return Err(corrupt("an entry has two sizes"));
                    }
                }
                _ if key.starts_with(b"GNU.sparse.") => return Err(sparse()),
                _ => {}
            }
        }
        Ok(())
    }

    /// A pax header for all entries that follow. Properties of a single entry are invalid in it.
    pub(super) fn global(mut self, text: &[u8]) -> Result<(), Error> {
        self.pax(text)?;
        if self.path.is_some() || self.size.is_some() {
            return Err(corrupt("all its entries have one name or size"));
        }
        Ok(())
    }

    /// A long name in the form of GNU, which ends in a zero byte.
    pub(super) fn long_name(&mut self, text: &[u8]) -> Result<(), Error> {
        self.any = true;
        self.name(text.strip_suffix(&[0]).unwrap_or(text))
    }

    pub(super) fn must_be_empty(&self) -> Result<(), Error> {
        if self.any { Err(corrupt("an extended header is about nothing")) } else { Ok(()) }
    }

    fn name(&mut self, name: &[u8]) -> Result<(), Error> {
        match self.path.replace(name.to_vec()) {
            Some(_) => Err(corrupt("an entry has two names")),
            None => Ok(()),
        }
    }
}

/// Splits off the first record, `LENGTH KEY=VALUE\n`. The length is that of the whole record.
fn record(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = text.iter().take(8).position(|byte| *byte == b' ')?;
    let length = str::from_utf8(&text[..space]).ok().and_then(digits)?;
    let (record, rest) = text.split_at_checked(usize::try_from(length).ok()?)?;
    let record = record.get(space + 1..)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    Some((&record[..equals], &record[equals + 1..], rest))
}

fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &[u8]) -> Result<Extended, Error> {
        let mut extended = Extended::default();
        extended.pax(text).map(|()| extended)
    }

    #[test]
    fn names_and_sizes_are_read_past_values_of_any_bytes() {
        let text =
            b"30 mtime=1350244992.023960108\n17 xattr=\n\n\0=\xff\n\n\n12 path=app\n9 size=7\n";
        let extended = read(text).unwrap();
        assert_eq!((extended.path.as_deref(), extended.size), (Some(b"app".as_slice()), Some(7)));
        assert!(read(b"").unwrap().path.is_none());
    }

    #[test]
    fn what_could_be_read_otherwise_is_refused() {
        for text in [
            b"12 path=app".as_slice(),
            b"13 path=app\n",
            b"11 path=app\n",
            b"+12 path=app",
            b"12  path=app\n",
            b" path=app\n",
            b"5 pa\n",
            b"1 a=b\n",
            b"0 a=b\n",
            b"99999999999999999999 a=b\n",
            b"12 path=app\n12 path=app\n",
            b"9 size=7\n9 size=7\n",
            b"10 size=-7\n",
            b"8 size=\n",
            b"28 size=18446744073709551616\n",
            b"22 GNU.sparse.major=1\n",
        ] {
            assert!(read(text).is_err(), "{:?}", String::from_utf8_lossy(text));
        }
        assert!(Extended::default().global(b"12 path=app\n").is_err());
        assert!(Extended::default().global(b"14 comment=it\n").is_ok());
        let mut extended = read(b"12 path=app\n").unwrap();
        assert!(extended.long_name(b"app\0").is_err());
        assert!(extended.pax(b"").is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics(text in prop::collection::vec(prop::sample::select(b"0129 =\n\0ap\xff".to_vec()), 0..60)) {
            drop(read(&text));
        }
    }
}
