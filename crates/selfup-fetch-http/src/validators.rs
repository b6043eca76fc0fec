//! The type [`Validators`]: the headers by which a change is detected.

/// The headers of a response that show whether the executable has changed.
///
/// It is unchanged if its best validator (`ETag`, otherwise `Last-Modified`) is still the same, and no other header
/// that counts differs. An equal `Content-Length` proves nothing, because executables of the same size are common,
/// unless it is the only one that counts.
///
/// # Examples
///
/// ```
/// use selfup_fetch_http::{Http, Validators};
///
/// // Behind this load balancer each host has its own tags for the same file.
/// let source = Http::new("http://host/app").validators(Validators::all().etag(false));
/// # drop(source);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Validators {
    etag: bool,
    last_modified: bool,
    content_length: bool,
}

impl Validators {
    /// Creates a choice of all: `ETag`, `Last-Modified` and `Content-Length`.
    pub const fn all() -> Self {
        Self { etag: true, last_modified: true, content_length: true }
    }

    /// Creates a choice of none: every poll downloads the file, and the caller compares the bytes.
    pub const fn none() -> Self {
        Self { etag: false, last_modified: false, content_length: false }
    }

    /// Sets whether `ETag` counts.
    pub const fn etag(mut self, counts: bool) -> Self {
        self.etag = counts;
        self
    }

    /// Sets whether `Last-Modified` counts.
    pub const fn last_modified(mut self, counts: bool) -> Self {
        self.last_modified = counts;
        self
    }

    /// Sets whether `Content-Length` counts.
    pub const fn content_length(mut self, counts: bool) -> Self {
        self.content_length = counts;
        self
    }

    pub(crate) const fn counts_etag(self) -> bool {
        self.etag
    }

    pub(crate) const fn counts_last_modified(self) -> bool {
        self.last_modified
    }

    pub(crate) const fn counts_content_length(self) -> bool {
        self.content_length
    }

    pub(crate) const fn only_content_length(self) -> bool {
        self.content_length && !self.etag && !self.last_modified
    }
}

impl Default for Validators {
    fn default() -> Self {
        Self::all()
    }
}
