//! Tests that parsing `LISTEN_*` never panics, whatever the texts are.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;

use proptest::prelude::*;
use selfup_fds::{ErrorKind, Offer, Result};

fn parse(pid: &str, fds: &str, names: Option<&str>) -> Result<Offer> {
    Offer::parse(Some(pid.as_ref()), Some(fds.as_ref()), names.map(OsStr::new), 42)
}

fn names(offer: &Offer) -> Vec<&str> {
    offer.names().collect()
}

#[test]
fn fds_are_offered_with_their_names() {
    let offer = parse("42", "3", Some("http:admin:http")).unwrap();
    assert_eq!(offer.len(), 3);
    assert_eq!(names(&offer), ["http", "admin", "http"]);
    assert_eq!(names(&parse("42", "1", Some("")).unwrap()), [""]);
}

#[test]
fn without_names_all_are_unknown() {
    assert_eq!(names(&parse("42", "2", None).unwrap()), ["unknown", "unknown"]);
}

#[test]
fn nothing_is_offered_to_another_process() {
    assert!(parse("43", "1", Some("http")).unwrap().is_empty());
    // Malformed values of other processes are left alone.
    assert!(parse("43", "x", Some("\u{7f}")).unwrap().is_empty());
    assert!(Offer::parse(None, Some("1".as_ref()), None, 42).unwrap().is_empty());
    assert!(Offer::parse(Some("42".as_ref()), None, None, 42).unwrap().is_empty());
    assert!(parse("42", "0", None).unwrap().is_empty());
    assert!(parse("42", "0", Some("")).unwrap().is_empty());
}

#[test]
fn malformed_values_are_named() {
    for (pid, fds, names, part) in [
        ("", "1", None, r#"LISTEN_PID="" is no pid"#),
        ("self", "1", None, r#"LISTEN_PID="self" is no pid"#),
        ("+42", "1", None, "LISTEN_PID"),
        (" 42", "1", None, "LISTEN_PID"),
        ("42", "", None, r#"LISTEN_FDS="" is no number of fds"#),
        ("42", "-1", None, "LISTEN_FDS"),
        ("42", "99999999999", None, "LISTEN_FDS"),
        ("42", "2147483647", None, "LISTEN_FDS"),
        ("42", "2", Some("http"), r#"LISTEN_FDNAMES="http" has 1 names, and LISTEN_FDS is 2"#),
        ("42", "1", Some("a:b"), "has 2 names, and LISTEN_FDS is 1"),
    ] {
        let error = parse(pid, fds, names).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidVariable);
        assert!(error.to_string().contains(part), "{error}");
    }
}

fn texts() -> impl Strategy<Value = Option<OsString>> {
    let likely = "(42|[0-9]{1,12}|[a-z:]{0,9})".prop_map(OsString::from);
    let any_bytes = any::<Vec<u8>>().prop_map(|bytes| {
        OsString::from_vec(bytes.into_iter().filter(|byte| *byte != 0).collect())
    });
    prop::option::of(prop_oneof![likely, any_bytes])
}

proptest! {
    #[test]
    fn any_texts_are_an_offer_or_an_error(pid in texts(), fds in texts(), names in texts()) {
        match Offer::parse(pid.as_deref(), fds.as_deref(), names.as_deref(), 42) {
            Ok(offer) => {
                prop_assert_eq!(offer.names().take(100).count(), offer.len().min(100));
                if !offer.is_empty() {
                    prop_assert_eq!(pid.unwrap().to_str().unwrap().parse(), Ok(42));
                }
            }
            Err(error) => prop_assert!(!error.to_string().contains('\n')),
        }
    }
}
