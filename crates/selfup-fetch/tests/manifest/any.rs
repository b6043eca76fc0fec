//! Tests that any document is read, or refused in one line.

use proptest::prelude::*;
use selfup_fetch::manifest::Manifest;

use crate::{SHA256, linux, with, with_target};

/// Values that come close to what is in manifests.
fn value() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        prop::sample::select(vec!["1", "null", "true", "\"2026-01-05T10:00:00Z\"", "\"1.2.3\""])
            .prop_map(str::to_owned),
        Just(format!("\"{SHA256}\"")),
        "[0-9.eE+-]{0,8}",
        "\"[a-z/\\\\u0-9]{0,10}\"",
        "\\PC{0,6}",
    ];
    let name = prop::sample::select(vec![
        "format",
        "version",
        "targets",
        "requires",
        "published",
        "minimum_version",
        "url",
        "size",
        "digests",
        "executable",
        "signature",
        "signature_url",
        "name",
        "linux",
        "other",
    ]);
    scalar.prop_recursive(5, 64, 6, move |inner| {
        let field = (name.clone(), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(field, 0..8).prop_map(|fields| {
                let field = |(name, value)| format!("\"{name}\":{value}");
                let fields: Vec<String> = fields.into_iter().map(field).collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}

fn is_answered(bytes: &[u8]) {
    match Manifest::parse(bytes) {
        Ok(manifest) => {
            drop(manifest.for_target(&linux()));
            drop(manifest.may_replace(Some("1.2.3")));
        }
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
}

proptest! {
    #[test]
    fn bytes(bytes: Vec<u8>) {
        is_answered(&bytes);
    }

    #[test]
    fn documents(value in value()) {
        is_answered(value.as_bytes());
        is_answered(with_target("linux", &value).as_bytes());
        is_answered(with(&format!(", \"minimum_version\": {value}")).as_bytes());
    }

    #[test]
    fn damaged_manifests(at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
        let whole = with(r#", "published": "2026-01-05T10:00:00Z", "minimum_version": "1.8.0""#);
        let mut bytes = whole.into_bytes();
        let (at, cut) = (at.index(bytes.len()), cut.index(bytes.len()));
        bytes[at] = byte;
        is_answered(&bytes);
        is_answered(&bytes[..cut]);
    }
}
