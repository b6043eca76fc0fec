use std::hint::black_box;

use crate::control::VERSION;

/// An ELF note; see elf(5). It says, without being run, that this is a selfup program, and which
/// version of the control protocol it speaks.
#[repr(C, align(4))]
struct Note {
    owner_length: u32,
    content_length: u32,
    kind: u32,
    /// Ends with a zero byte, and is filled up with zeros to a multiple of four.
    owner: [u8; 8],
    protocol: u32,
}

const OWNER: [u8; 8] = *b"selfup\0\0";

// The name of the section is ours alone, and makes it a note that strip(1) and the linker's garbage
// collection keep.
#[used]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".note.selfup"))]
static NOTE: Note =
    Note { owner_length: 7, content_length: 4, kind: 1, owner: OWNER, protocol: VERSION as u32 };

/// Makes the linker take the note in from this crate, for it takes only what is referred to.
pub(crate) fn carry_marker() {
    black_box(&raw const NOTE);
}
