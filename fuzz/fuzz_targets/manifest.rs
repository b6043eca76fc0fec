//! Any bytes are read as a manifest or refused in one line, without a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use selfup_fetch::{Platform, manifest::Manifest};

fuzz_target!(|bytes: &[u8]| {
    let platform = Platform::current();
    let judged = Manifest::parse(bytes).and_then(|manifest| {
        manifest.may_replace(Some("1.2.3"))?;
        let entry = manifest.for_target(&platform)?;
        assert!(entry.is_same(entry) && !entry.url().is_empty());
        assert!(manifest.targets().any(|name| name.len() <= 100));
        Ok(())
    });
    if let Err(error) = judged {
        let text = error.to_string();
        assert!(!text.contains('\n') && text.len() < 2000, "{text}");
    }
});
