//! Reads the JSON of a manifest strictly, and names the place of each error.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::error::{Error, ErrorKind};

/// A value of the document in valid JSON, and its place.
#[derive(Debug, Clone)]
pub(super) struct Value<'a> {
    /// The place as a JSON pointer (RFC 6901), fit for messages.
    path: String,
    text: &'a str,
}

/// An object whose values are not parsed yet.
#[derive(Debug)]
pub(super) struct Object<'a> {
    path: String,
    fields: BTreeMap<String, &'a RawValue>,
}

impl<'a> Value<'a> {
    /// The whole document.
    pub(super) fn document(bytes: &'a [u8]) -> Result<Self, Error> {
        match serde_json::from_slice::<&RawValue>(bytes) {
            Ok(raw) => Ok(Self { path: String::new(), text: raw.get() }),
            Err(_) if bytes.trim_ascii().is_empty() => Err(malformed("", "is empty")),
            Err(_) if bytes.trim_ascii_start().starts_with(b"<") => {
                let what = "is no JSON but a page for people; check the URL, and whether a \
                            portal on the way responds in its place";
                Err(malformed("", what))
            }
            Err(error) => {
                Err(malformed("", &format!("is no sound JSON ({error})")).with_source(error))
            }
        }
    }

    /// An object in which no name comes twice.
    pub(super) fn object(self) -> Result<Object<'a>, Error> {
        let Ok(read) = serde_json::from_str::<Fields<'_>>(self.text) else {
            return Err(self.should_be("an object"));
        };
        match read.twice {
            Some(name) => {
                let what = format!("has the field {} twice", shown(&name));
                Err(malformed(&self.path, &what))
            }
            None => Ok(Object { path: self.path, fields: read.fields }),
        }
    }

    /// A list of at most `most` values.
    pub(super) fn list(self, most: usize) -> Result<Vec<Self>, Error> {
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(self.text) else {
            return Err(self.should_be("a list"));
        };
        if items.len() > most {
            let what = format!("have at most {most} elements, not {}", items.len());
            return Err(self.must(&what));
        }
        let item = |(at, raw): (usize, &'a RawValue)| Self {
            path: format!("{}/{at}", self.path),
            text: raw.get(),
        };
        Ok(items.into_iter().enumerate().map(item).collect())
    }

    /// One line of 1 to `most` bytes.
    pub(super) fn line(self, most: usize) -> Result<String, Error> {
        let text = self.clone().text(most)?;
        if text.contains(char::is_control) {
            return Err(self.must("be one line, without control characters"));
        }
        Ok(text)
    }

    /// A text of 1 to `most` bytes.
    pub(super) fn text(self, most: usize) -> Result<String, Error> {
        let Ok(text) = serde_json::from_str::<String>(self.text) else {
            return Err(self.should_be("a text"));
        };
        if (1..=most).contains(&text.len()) {
            Ok(text)
        } else {
            Err(self.must(&format!("have 1 to {most} bytes, not {}", text.len())))
        }
    }

    /// A whole number that every reader of JSON can hold.
    pub(super) fn number(self) -> Result<u64, Error> {
        const MOST: u64 = (1 << 53) - 1;
        match serde_json::from_str(self.text) {
            Ok(number @ 0..=MOST) => Ok(number),
            _ => Err(self.should_be(&format!("a whole number from 0 to {MOST}"))),
        }
    }

    /// The error for a value that breaks a rule.
    pub(super) fn must(&self, what: &str) -> Error {
        malformed(&self.path, &format!("must {what}"))
    }

    fn should_be(&self, what: &str) -> Error {
        let found = match self.text.bytes().next() {
            Some(b'{') => "an object",
            Some(b'[') => "a list",
            Some(b'"') => "a text",
            Some(b't' | b'f') => "a truth value",
            Some(b'n') => return self.must(&format!("be {what} or left out, and is null")),
            _ => "a number",
        };
        if found == what {
            // A text with half a character in it, for one.
            return self.must(&format!("be {}", what.replacen(' ', " sound ", 1)));
        }
        self.must(&format!("be {what}, and is {found}"))
    }
}

impl<'a> Object<'a> {
    /// The field of this name, if there is one.
    pub(super) fn optional(&self, name: &str) -> Option<Value<'a>> {
        self.fields.get(name).map(|raw| self.value(name, raw))
    }

    /// The field of this name, or an error if there is none.
    pub(super) fn required(&self, name: &str) -> Result<Value<'a>, Error> {
        self.optional(name)
            .ok_or_else(|| malformed(&self.path, &format!("has no field {}", shown(name))))
    }

    /// All fields, by name.
    pub(super) fn all(&self) -> impl ExactSizeIterator<Item = (&str, Value<'a>)> {
        self.fields.iter().map(|(name, raw)| (name.as_str(), self.value(name, raw)))
    }

    /// The error for a value that breaks a rule.
    pub(super) fn must(&self, what: &str) -> Error {
        malformed(&self.path, &format!("must {what}"))
    }

    fn value(&self, name: &str, raw: &'a RawValue) -> Value<'a> {
        let name = name.replace('~', "~0").replace('/', "~1");
        Value { path: format!("{}/{}", self.path, shortened(&name)), text: raw.get() }
    }
}

/// The type that `serde_json` reads an object into: its own maps accept two fields of one name.
struct Fields<'a> {
    fields: BTreeMap<String, &'a RawValue>,
    twice: Option<String>,
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reading;

        impl<'de> Visitor<'de> for Reading {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut read = Fields { fields: BTreeMap::new(), twice: None };
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    match read.fields.entry(name) {
                        Entry::Vacant(place) => drop(place.insert(value)),
                        Entry::Occupied(place) => read.twice = Some(place.key().clone()),
                    }
                }
                Ok(read)
            }
        }

        deserializer.deserialize_map(Reading)
    }
}

/// A later try may succeed: the server may correct it, or may have been in the middle of writing.
fn malformed(path: &str, what: &str) -> Error {
    let whose = if path.is_empty() { "the manifest" } else { "the manifest's " };
    Error::new(ErrorKind::Protocol, format!("{whose}{path} {what}"))
}

/// A name of the document for messages: on one line, and shortened if it is long.
pub(super) fn shown(name: &str) -> String {
    format!("\"{}\"", shortened(name))
}

fn shortened(name: &str) -> String {
    const MOST: usize = 80;
    let mut shown: String = name.chars().take(MOST).flat_map(char::escape_debug).collect();
    if name.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}
