//! Any line on the control socket is a request or is turned down in one line; a request written is the
//! same request.

#![no_main]

use libfuzzer_sys::fuzz_target;
use selfup_control::Request;

fuzz_target!(|bytes: &[u8]| match Request::decode(bytes) {
    Ok(request) => assert_eq!(Request::decode(&request.encode()), Ok(request)),
    Err(malformed) => assert!(!malformed.reason.contains('\n'), "{malformed:?}"),
});
