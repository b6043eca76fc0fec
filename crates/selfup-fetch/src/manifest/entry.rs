//! The entry of a manifest for one platform: URL, size, digests and signature.

use super::{
    json::{Object, Value},
    limits,
};
use crate::{
    artifact::Artifact, compression::Compression, digest::Digest, error::Error, offer::Offer,
    running_executable::RunningExecutable,
};

/// The entry of a manifest for one platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    version: String,
    url: String,
    size: Option<u64>,
    digests: Vec<Digest>,
    executable: Executable,
    signature: Option<Signature>,
}

/// The description of the executable inside the downloaded file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Executable {
    name: Option<String>,
    size: Option<u64>,
    digests: Vec<Digest>,
}

/// The signature of the executable, or its location.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signature {
    /// The text of the signature.
    Text(String),
    /// The URL of the signature, which may be relative to the URL of the manifest.
    Url(String),
}

impl Entry {
    /// Reads the entry of a target; `version` is the version of the manifest.
    pub(super) fn read(object: &Object<'_>, version: &str) -> Result<Self, Error> {
        let own_version = object.optional("version").map(|value| value.line(limits::VERSION));
        let executable = object.optional("executable").map(Executable::read).transpose()?;
        Ok(Self {
            version: own_version.unwrap_or_else(|| Ok(version.to_owned()))?,
            url: object.required("url")?.line(limits::URL)?,
            size: object.optional("size").map(Value::number).transpose()?,
            digests: digests(object)?,
            executable: executable.unwrap_or_default(),
            signature: Signature::read(object)?,
        })
    }

    /// The version of the executable.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The URL of the file, which may be relative to the URL of the manifest.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The size of the file in bytes, as it is downloaded.
    #[must_use]
    pub const fn size(&self) -> Option<u64> {
        self.size
    }

    /// The digests of the file as it is downloaded; all of them must match.
    #[must_use]
    pub fn digests(&self) -> &[Digest] {
        &self.digests
    }

    /// The description of the executable inside the file.
    #[must_use]
    pub const fn executable(&self) -> &Executable {
        &self.executable
    }

    /// The signature of the executable. With `None`, it can only be next to the file.
    #[must_use]
    pub const fn signature(&self) -> Option<&Signature> {
        self.signature.as_ref()
    }

    /// Whether a digest shows that its executable is the running one.
    ///
    /// The running file is read only if there is a digest to compare it with.
    #[must_use]
    pub fn is_running(&self, current: &RunningExecutable) -> bool {
        self.offer().is_running(current) == Some(true)
    }

    /// Describes the executable. A file whose name implies no compression is the executable itself.
    pub fn offer(&self) -> Offer {
        let mut offer = Offer::new().version(&self.version);
        offer.size = self.executable.size;
        offer.digests.clone_from(&self.executable.digests);
        offer.file_name.clone_from(&self.executable.name);
        if let Some(Signature::Text(text)) = &self.signature {
            offer.signature = Some(text.clone());
        }
        let path = self.url.split(['?', '#']).next().unwrap_or_default();
        if Compression::of_name(path) == Compression::None {
            offer.size = offer.size.or(self.size);
            if offer.digests.is_empty() {
                offer.digests.clone_from(&self.digests);
            }
        }
        offer
    }

    /// Adds the description of the executable to an artifact, for the installer.
    pub fn describe(&self, mut artifact: Artifact) -> Artifact {
        artifact.version = Some(self.version.clone());
        artifact.size = self.executable.size.or(artifact.size);
        artifact.digests.extend_from_slice(&self.executable.digests);
        if let Some(name) = &self.executable.name {
            artifact.file_name = Some(name.clone());
        }
        artifact
    }

    /// Whether `other` brings the same executable, so that an outcome of one holds for the other.
    ///
    /// The whole description must be equal, including the signature. Only the URL may differ, and
    /// only if there are digests.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let told = |entry: &Self| !entry.digests.is_empty() || !entry.executable.digests.is_empty();
        let place = |entry: &Self| (!told(entry)).then(|| entry.url.clone());
        (&self.version, self.size, &self.digests, &self.executable, &self.signature)
            == (&other.version, other.size, &other.digests, &other.executable, &other.signature)
            && place(self) == place(other)
    }
}

impl Executable {
    fn read(value: Value<'_>) -> Result<Self, Error> {
        let object = value.object()?;
        Ok(Self {
            name: object.optional("name").map(name).transpose()?,
            size: object.optional("size").map(Value::number).transpose()?,
            digests: digests(&object)?,
        })
    }

    /// The published name, if it differs from the name of the file in the URL. A signature can be
    /// bound to it.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The size in bytes.
    #[must_use]
    pub const fn size(&self) -> Option<u64> {
        self.size
    }

    /// The digests; all of them must match.
    #[must_use]
    pub fn digests(&self) -> &[Digest] {
        &self.digests
    }
}

impl Signature {
    fn read(object: &Object<'_>) -> Result<Option<Self>, Error> {
        match (object.optional("signature"), object.optional("signature_url")) {
            (Some(text), None) => Ok(Some(Self::Text(text.text(limits::SIGNATURE)?))),
            (None, Some(url)) => Ok(Some(Self::Url(url.line(limits::URL)?))),
            (None, None) => Ok(None),
            (Some(_), Some(_)) => {
                Err(object.must("have one of signature and signature_url, not both"))
            }
        }
    }
}

fn digests(object: &Object<'_>) -> Result<Vec<Digest>, Error> {
    let Some(list) = object.optional("digests") else { return Ok(Vec::new()) };
    let digest = |value: Value<'_>| {
        let text = value.clone().line(limits::DIGEST)?;
        let what = "be a digest like sha256:9f86d0…, by sha256, sha512 or sha1, in full";
        text.parse().map_err(|error: Error| value.must(what).with_source(error))
    };
    list.list(limits::DIGESTS)?.into_iter().map(digest).collect()
}

fn name(value: Value<'_>) -> Result<String, Error> {
    let name = value.clone().line(limits::NAME)?;
    if name.contains('/') || name == "." || name == ".." {
        return Err(value.must("be the name of a file, without a folder"));
    }
    Ok(name)
}
