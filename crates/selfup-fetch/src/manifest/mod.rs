//! What is published, for all platforms, in one small JSON document.
//!
//! The project's `docs/MANIFEST.md` specifies the document, and this module reads it. A fetcher gets
//! it over whatever line it has, asks [`Manifest::for_target`] for what concerns this program, and
//! fetches what is at [`Entry::url`].
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
//! Reading is strict: what is known must be of the right type and within its limits, no field may
//! come twice, and an error names the place as a JSON pointer
//! ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)). Fields that are not known are ignored; what
//! must not be ignored, a manifest names in `requires`, and is then refused as a whole.

mod document;
mod entry;
mod follow;
mod json;
mod limits;

pub use document::{MAX_BYTES, Manifest};
pub use entry::{Entry, Executable, Signature};
pub use follow::{Found, FoundBy, Offered, Offers, Published, look};
