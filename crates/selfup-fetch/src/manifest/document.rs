//! A manifest as a whole: the release that it describes, and the programs that may use it.

use std::{collections::BTreeMap, io::Read, time::SystemTime};

use semver::Version;

use super::{
    entry::Entry,
    json::{Object, Value, shown},
    limits,
};
use crate::{
    error::{Error, ErrorKind},
    template::Platform,
};

/// The maximum size of a manifest in bytes: 1 MiB, room for a thousand platforms.
pub const MAX_BYTES: usize = limits::DOCUMENT;

/// The capabilities that this reader has; none so far.
const CAPABILITIES: [&str; 0] = [];

/// A parsed manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    version: String,
    published: Option<SystemTime>,
    minimum_version: Option<Version>,
    targets: BTreeMap<String, Offer>,
}

/// The entry of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Offer {
    Known(Entry),
    /// The entry requires this capability, which this reader does not have.
    Beyond(String),
}

impl Manifest {
    /// Reads a manifest to its end, and at most [`MAX_BYTES`].
    ///
    /// # Errors
    ///
    /// Those of the reader, and of [`parse`](Self::parse).
    pub fn read(document: impl Read) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        // One byte more shows that it is too long.
        document.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        Self::parse(&bytes)
    }

    /// Parses a manifest.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`] beyond [`MAX_BYTES`]; [`ErrorKind::Unsupported`] if it has another
    /// format or requires a capability that this reader does not have; [`ErrorKind::Protocol`] for
    /// any other deviation from the specification, with the place and the expected value.
    pub fn parse(document: &[u8]) -> Result<Self, Error> {
        if document.len() > MAX_BYTES {
            let reason = format!("the manifest has more than the {MAX_BYTES} bytes it may have");
            return Err(Error::new(ErrorKind::TooLarge, reason));
        }
        let object = Value::document(document)?.object()?;
        // In another format, every other field may be different.
        let format = object.required("format")?.number()?;
        if format != 1 {
            return Err(unsupported(&format!("is of format {format}")));
        }
        if let Some(unknown) = unknown_requirement(&object)? {
            return Err(unsupported(&format!("requires {}", shown(&unknown))));
        }
        let version = object.required("version")?.line(limits::VERSION)?;
        Ok(Self {
            published: object.optional("published").map(time).transpose()?,
            minimum_version: object.optional("minimum_version").map(semantic).transpose()?,
            targets: targets(object.required("targets")?.object()?, &version)?,
            version,
        })
    }

    /// The version of the published release.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The time of publication.
    #[must_use]
    pub const fn published(&self) -> Option<SystemTime> {
        self.published
    }

    /// The oldest version that may be upgraded to this one in one step.
    #[must_use]
    pub fn minimum_version(&self) -> Option<String> {
        self.minimum_version.as_ref().map(Version::to_string)
    }

    /// The names of the platforms with an executable, in alphabetical order.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        self.targets.keys().map(String::as_str)
    }

    /// Returns the entry for a platform.
    ///
    /// It searches for the full target (`x86_64-unknown-linux-gnu`), then for the operating system
    /// and architecture (`linux-x86_64`), then for the operating system alone (`macos`, for an
    /// executable that runs on all its architectures). Names are compared as a whole: `arm` is not
    /// `armv7`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoneForPlatform`] if there is no entry, with the names that exist;
    /// [`ErrorKind::Unsupported`] if the entry requires a capability that this reader does not have.
    pub fn for_target(&self, platform: &Platform) -> Result<&Entry, Error> {
        let Platform { os, arch, target } = platform;
        let names = [target, &format!("{os}-{arch}"), os];
        match names.into_iter().find_map(|name| self.targets.get_key_value(name)) {
            Some((_, Offer::Known(entry))) => Ok(entry),
            Some((name, Offer::Beyond(unknown))) => {
                Err(unsupported(&format!("requires {} for {name}", shown(unknown))))
            }
            None => {
                let reason = format!(
                    "the manifest of version {} has nothing for {target}, {os}-{arch} or {os}",
                    self.version,
                );
                let advice = format!("it has {}", self.some_targets());
                Err(Error::new(ErrorKind::NoneForPlatform, reason).advise(advice))
            }
        }
    }

    /// Checks whether a program of this version may be upgraded to the published one in one step.
    ///
    /// Versions are compared as [semantic versions](https://semver.org), without a leading `v`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`] if it is older than [`minimum_version`](Self::minimum_version), or
    /// may be: if there is a minimum, and the running version is unknown or no semantic version.
    pub fn may_replace(&self, running: Option<&str>) -> Result<(), Error> {
        let Some(minimum) = &self.minimum_version else { return Ok(()) };
        let refuse = |why: String| {
            let reason =
                format!("version {} replaces {minimum} and newer only, and {why}", self.version);
            Err(Error::new(ErrorKind::Unsupported, reason))
        };
        let Some(running) = running else {
            return refuse("the version that runs is not known".into())
                .map_err(|error| error.advise("set it in the configuration"));
        };
        match version(running) {
            Some(running) if running.cmp_precedence(minimum).is_lt() => {
                refuse(format!("{running} runs; install one in between first"))
            }
            Some(_) => Ok(()),
            None => refuse(format!(
                "what runs is version {}, which is not of the form 1.2.3",
                shown(running)
            )),
        }
    }

    fn some_targets(&self) -> String {
        const MOST: usize = 12;
        let mut shown = self.targets().take(MOST).collect::<Vec<_>>().join(", ");
        if let Some(more) = self.targets.len().checked_sub(MOST).filter(|more| *more > 0) {
            shown += &format!(" and {more} more");
        }
        shown
    }
}

fn targets(object: Object<'_>, version: &str) -> Result<BTreeMap<String, Offer>, Error> {
    let count = object.all().len();
    if !(1..=limits::TARGETS).contains(&count) {
        return Err(object.must(&format!("have 1 to {} platforms, not {count}", limits::TARGETS)));
    }
    let offer = |(name, value): (&str, Value<'_>)| {
        if !is_target(name) {
            let what = format!(
                "be named like a platform: 1 to {} letters, digits, hyphens, underscores and dots",
                limits::TARGET
            );
            return Err(value.must(&what));
        }
        let entry = value.object()?;
        let offer = match unknown_requirement(&entry)? {
            Some(unknown) => Offer::Beyond(unknown),
            None => Offer::Known(Entry::read(&entry, version)?),
        };
        Ok((name.to_owned(), offer))
    };
    object.all().map(offer).collect()
}

fn is_target(name: &str) -> bool {
    (1..=limits::TARGET).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// The first requirement that this reader does not meet.
fn unknown_requirement(object: &Object<'_>) -> Result<Option<String>, Error> {
    let Some(list) = object.optional("requires") else { return Ok(None) };
    let names = list.list(limits::REQUIREMENTS)?.into_iter();
    let names: Vec<_> =
        names.map(|name| name.line(limits::REQUIREMENT)).collect::<Result<_, _>>()?;
    Ok(names.into_iter().find(|name| !CAPABILITIES.contains(&name.as_str())))
}

fn time(value: Value<'_>) -> Result<SystemTime, Error> {
    let text = value.clone().line(limits::TIME)?;
    let time = humantime::parse_rfc3339(&text).ok().filter(|_| text.ends_with('Z'));
    time.ok_or_else(|| value.must("be a time in UTC like 2026-01-05T10:00:00Z (RFC 3339)"))
}

fn semantic(value: Value<'_>) -> Result<Version, Error> {
    let text = value.clone().line(limits::VERSION)?;
    version(&text).ok_or_else(|| value.must("be a version of the form 1.2.3 (semver.org)"))
}

fn version(text: &str) -> Option<Version> {
    Version::parse(text.strip_prefix('v').unwrap_or(text)).ok()
}

/// The error for a manifest that is for newer programs; a retry does not help.
fn unsupported(what: &str) -> Error {
    let reason = format!(
        "the manifest {what}, which this program is too old to know; install a newer one by other \
         means, or publish without it"
    );
    Error::new(ErrorKind::Unsupported, reason)
}
