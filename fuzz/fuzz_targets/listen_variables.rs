//! Any text in the `LISTEN_*` variables is an offer or is refused in one line.

#![no_main]

use libfuzzer_sys::fuzz_target;
use selfup_fds::Offer;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

fuzz_target!(|variables: (Option<&[u8]>, Option<&[u8]>, Option<&[u8]>)| {
    let (pid, fds, names) = variables;
    // Most often the variables are meant for this process.
    for pid in [pid, Some(b"7".as_slice())] {
        let read =
            |variable: Option<&[u8]>| variable.map(|bytes| OsStr::from_bytes(bytes).to_owned());
        let (pid, fds, names) = (read(pid), read(fds), read(names));
        match Offer::parse(pid.as_deref(), fds.as_deref(), names.as_deref(), 7) {
            Ok(offer) => {
                assert!(offer.len() < i32::MAX as usize - 2);
                assert!(offer.names().take(5000).all(|name| !name.contains(':')));
            }
            Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
        }
    }
});
