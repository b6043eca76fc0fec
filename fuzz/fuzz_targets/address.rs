//! Any text is an address or is refused in one line; an address shown is the same address.

#![no_main]

use libfuzzer_sys::fuzz_target;
use selfup_fds::Address;

fuzz_target!(|text: &str| match text.parse::<Address>() {
    Ok(address) => {
        let again = address.to_string().parse::<Address>();
        assert!(again.is_ok_and(|again| again == address), "{address}");
    }
    Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
});
