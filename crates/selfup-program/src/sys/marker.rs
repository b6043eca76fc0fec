//! What the linker takes into every program with this library in it: the note that says so, and the
//! answer to the probe.

use std::hint::black_box;

use selfup_channel::VERSION;

use super::note::Note;

// The name of the section is ours alone, and makes it a note that strip(1) and the linker's garbage
// collection keep.
#[used]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".note.selfup"))]
static NOTE: Note<4> = Note::of_protocol(VERSION as u32);

/// Called by the C library before `main`, as soon as what the program is linked with has been loaded
/// and relocated; see elf(5). So a probe finds out whether the executable starts here, and whatever
/// `main` does first is not done.
///
/// Without a number behind its name it runs in the linker's order, after the constructors of the
/// program's own crate: one that crashes is found out too.
#[cfg(target_os = "linux")]
#[used]
#[unsafe(link_section = ".init_array")]
static ANSWER: extern "C" fn() = answer;

/// Makes the linker take both in from this crate, for it takes only what is referred to.
pub(crate) fn carry_marker() {
    black_box(&raw const NOTE);
    #[cfg(target_os = "linux")]
    black_box(&raw const ANSWER);
}

/// Answers the probe and ends the process, if this is one.
///
/// It may run before the standard library is set up and when its heap is not to be used: what it calls
/// are functions of the C library that allocate nothing and keep nothing.
#[cfg(target_os = "linux")]
extern "C" fn answer() {
    // SAFETY: the name ends in nul. The environment is the one that the kernel handed over; before
    // `main`, nobody has a reason to change it while this reads it.
    let token = unsafe { libc::getenv(c"SELFUP_BIN_CHECK".as_ptr()) };
    if token.is_null() {
        return;
    }
    // SAFETY: getenv gives a string that ends in nul, which lives as long as the environment.
    let token = unsafe { std::ffi::CStr::from_ptr(token) };
    let answered = write(token.to_bytes()) && write(b"\n");
    // SAFETY: it ends the process, without handlers that `main` alone could have registered.
    unsafe { libc::_exit(libc::c_int::from(!answered)) }
}

/// Writes all of it to the standard output; whether that worked.
#[cfg(target_os = "linux")]
fn write(mut bytes: &[u8]) -> bool {
    use std::io::{Error, ErrorKind};

    while !bytes.is_empty() {
        // SAFETY: pointer and length belong to one live, readable slice.
        let written =
            unsafe { libc::write(libc::STDOUT_FILENO, bytes.as_ptr().cast(), bytes.len()) };
        match usize::try_from(written) {
            Ok(length) => bytes = bytes.get(length..).unwrap_or_default(),
            Err(_) if Error::last_os_error().kind() == ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_constructor_asks_for_the_variable_of_the_probe() {
        assert_eq!(selfup_install::PROBE_VARIABLE, "SELFUP_BIN_CHECK");
    }
}
