//! Tests that a broken transfer is resumed if the file is certain to be the same.

use selfup_fetch::ErrorKind;

use crate::{api::Api, fetch, install, source, storage::Habit};

const APP: &[u8] = b"the bytes of an executable";

#[test]
fn after_a_cut_the_rest_comes() {
    let api = Api::with("v1.0.0", APP);
    api.storage.habit(Habit::Cut(6));
    assert_eq!(install(&mut source(&api)).unwrap().as_bytes(), APP);
    let requests = api.storage.server.requests();
    assert_eq!(requests.len(), 5, "26 bytes, 6 at a time");
    assert_eq!(requests[0].header("range"), None);
    assert_eq!(requests[1].header("range"), Some("bytes=6-"));
    assert_eq!(requests[4].header("range"), Some("bytes=24-"));
    assert_eq!(api.asked().len(), 2, "the api is not asked again");
}

#[test]
fn it_is_given_up_in_the_end() {
    let api = Api::with("v1.0.0", APP);
    api.storage.habit(Habit::Cut(2));
    let error = fetch(&mut source(&api)).unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Truncated, true));
    assert!(error.to_string().contains("after 12 of 26 bytes"), "{error}");
    assert_eq!(api.storage.server.requests().len(), 6);
}

#[test]
fn without_progress_it_is_given_up_at_once() {
    let api = Api::with("v1.0.0", APP);
    api.storage.habit(Habit::Cut(0));
    let error = fetch(&mut source(&api)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Truncated);
    assert_eq!(api.storage.server.requests().len(), 1);
}

#[test]
fn parts_of_another_file_are_not_joined() {
    let api = Api::with("v1.0.0", APP);
    for habit in [Habit::CutAndReplaced(6), Habit::CutWithoutRanges(6)] {
        api.storage.habit(habit.clone());
        let error = fetch(&mut source(&api)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Truncated, "{habit:?}: {error}");
        assert!(error.to_string().contains("after 6 of 26 bytes"), "{error}");
        assert_eq!(api.storage.server.requests().len(), 2);
    }
}
