//! Manifests: one small JSON document that describes a release for all platforms.
//!
//! The project's `docs/MANIFEST.md` specifies the document, and this module reads it. A fetcher
//! downloads it, gets the entry for this program from [`Manifest::for_target`], and fetches the file
//! at [`Entry::url`].
//!
//! ```
//! use selfup_fetch::{Platform, manifest::Manifest};
//!
//! let document = br#"{
//!     "format": 1,
//!     "version": "2.1.0",
//!     "minimum_version": "1.8.0",
//!     "targets": {
//!         "x86_64-unknown-linux-gnu": { "url": "app-2.1.0-x86_64.gz" }
//!     }
//! }"#;
//! let manifest = Manifest::parse(document)?;
//! assert!(manifest.may_replace(Some("1.9.3")).is_ok());
//! assert!(manifest.may_replace(Some("1.7.0")).is_err());
//!
//! let mut platform = Platform::current();
//! platform.target = "x86_64-unknown-linux-gnu".into();
//! assert_eq!(manifest.for_target(&platform)?.url(), "app-2.1.0-x86_64.gz");
//! # Ok::<(), selfup_fetch::Error>(())
//! ```
//!
//! Reading is strict: every known field must have the right type and respect its limits, no field may
//! occur twice, and an error names the place as a JSON pointer
//! ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)). Unknown fields are
//! ignored. A manifest names capabilities that a reader must have in `requires`, and is refused as a
//! whole by a reader without them.

mod document;
mod entry;
mod follow;
mod json;
mod limits;

pub use document::{MAX_BYTES, Manifest};
pub use entry::{Entry, Executable, Signature};
pub use follow::{Found, FoundBy, Offered, Offers, Published, look};
