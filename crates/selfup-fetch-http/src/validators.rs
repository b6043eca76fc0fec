//! The choice of headers by which a change is noticed.

/// Which headers of a response count when it is asked whether the executable has changed.
///
/// It has not, if the best validator it had (`ETag`, else `Last-Modified`) is still the same and
/// nothing else that counts speaks against it. `Content-Length` can only speak against it: two
/// executables of the same size are common. Where it is the only one that counts, it is taken at
/// its word.
///
/// # Examples
///
/// ```
/// use selfup_fetch_http::{Http, Validators};
///
/// // Behind this load balancer each host has tags of its own for the same file.
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
    /// All of `ETag`, `Last-Modified` and `Content-Length`.
    pub const fn all() -> Self {
        Self { etag: true, last_modified: true, content_length: true }
    }

    /// None: every poll downloads, and whoever reads the bytes compares them.
    pub const fn none() -> Self {
        Self { etag: false, last_modified: false, content_length: false }
    }

    /// Whether `ETag` counts.
    pub const fn etag(mut self, counts: bool) -> Self {
        self.etag = counts;
        self
    }

    /// Whether `Last-Modified` counts.
    pub const fn last_modified(mut self, counts: bool) -> Self {
        self.last_modified = counts;
        self
    }

    /// Whether `Content-Length` counts.
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
