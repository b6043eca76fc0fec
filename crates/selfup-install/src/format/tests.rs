//! Tests reading headers, notes and loaders of real and of damaged executables.

use std::cell::Cell;
use std::fs;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

/// This very test program: an ELF program for this machine.
static OWN: LazyLock<Vec<u8>> =
    LazyLock::new(|| fs::read(std::env::current_exe().unwrap()).unwrap());

/// As much of it as its headers, notes and loader's name take.
const FRONT: usize = 2048;

#[track_caller]
fn judge(bytes: &[u8]) -> Result<Executable, Finding> {
    examine(&bytes, bytes.len() as u64, b"").unwrap()
}

#[track_caller]
fn refused(bytes: &[u8]) -> String {
    judge(bytes).unwrap_err().to_string()
}

/// A small ELF program for this machine, 64 bit and little endian, with this note in a segment, in
/// a section, or in both.
fn program(note: &[u8], in_segment: bool, in_section: bool) -> Vec<u8> {
    let mut bytes = OWN[..64].to_vec();
    let mut put = |at: usize, number: u64, length: usize| {
        bytes[at..at + length].copy_from_slice(&number.to_le_bytes()[..length]);
    };
    let count = 1 + u64::from(in_segment);
    let notes_at = 64 + count * 56;
    let sections_at = notes_at + note.len() as u64;
    put(16, 2, 2);
    put(24, 0x40_0000, 8);
    put(32, 64, 8);
    put(40, if in_section { sections_at } else { 0 }, 8);
    put(54, 56, 2);
    put(56, count, 2);
    put(58, 64, 2);
    put(60, if in_section { 2 } else { 0 }, 2);
    put(62, 0, 2);
    let segment = |kind: u64, flags: u64, offset: u64, length: u64| {
        let words = [offset, 0x40_0000, 0x40_0000, length, length, 4];
        let mut bytes = (kind | flags << 32).to_le_bytes().to_vec();
        bytes.extend(words.into_iter().flat_map(u64::to_le_bytes));
        bytes
    };
    bytes.extend(segment(1, 5, 0, notes_at));
    if in_segment {
        bytes.extend(segment(4, 4, notes_at, note.len() as u64));
    }
    bytes.extend(note);
    if in_section {
        bytes.extend([0; 64]);
        let words = [7_u64 << 32, 2, 0, notes_at, note.len() as u64, 0, 4, 0];
        bytes.extend(words.into_iter().flat_map(u64::to_le_bytes));
    }
    bytes
}

fn note(owner: &[u8], kind: u32, content: &[u8]) -> Vec<u8> {
    let numbers = [owner.len() as u32, content.len() as u32, kind];
    let mut bytes: Vec<u8> = numbers.into_iter().flat_map(u32::to_le_bytes).collect();
    for part in [owner, content] {
        bytes.extend(part);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes
}

/// Where `number` of `length` bytes is put into a copy of this test program.
fn changed(at: usize, number: u64, length: usize) -> Vec<u8> {
    let mut bytes = OWN.clone();
    bytes[at..at + length].copy_from_slice(&number.to_le_bytes()[..length]);
    bytes
}

fn number(at: usize, length: usize) -> u64 {
    OWN[at..at + length].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The offset of this test program's first program header of a kind.
fn segment(kind: u64) -> usize {
    let (start, count) = (number(32, 8) as usize, number(56, 2) as usize);
    let mut all = (0..count).map(|index| start + index * 56);
    all.find(|at| number(*at, 4) == kind).unwrap()
}

#[test]
fn a_file_that_is_no_executable_is_reported_with_its_first_bytes() {
    assert_eq!(judge(b""), Err(Finding::Empty));
    assert!(
        refused(b"hello\n")
            .ends_with("neither an ELF file nor a script; it begins with \"hello\\n\"")
    );
    assert!(refused(b"<html>").contains("it is an HTML page"));
    assert!(
        refused(b"\x7fELF").contains("it is truncated: its headers end at byte 64, the file at 4")
    );
}

#[test]
fn a_script_passes_if_its_interpreter_is_here() {
    for script in ["#!/bin/sh", "#!/bin/sh\n", "#! /bin/sh -e\n", "#!\t/usr/bin/env sh\n"] {
        assert_eq!(judge(script.as_bytes()), Ok(Executable::Script), "{script}");
    }
    for (script, shown) in [
        ("#!/no/such/interpreter\n", "\"/no/such/interpreter\""),
        ("#!/bin/sh\r\n", "\"/bin/sh\\r\""),
        ("#!bin/sh\n", "\"bin/sh\""),
        ("#!/etc\n", "\"/etc\""),
        ("#!", "\"\""),
    ] {
        let refused = refused(script.as_bytes());
        assert!(refused.contains(&format!("a script for {shown}, which is not on")), "{refused}");
    }
}

#[test]
#[cfg(all(target_os = "linux", target_pointer_width = "64", target_endian = "little"))]
fn an_own_program_passes_and_one_that_is_cut_anywhere_does_not() {
    assert_eq!(judge(&OWN), Ok(Executable::Elf { notes: Notes::default() }));
    let ends = (number(40, 8) + number(58, 2) * number(60, 2)) as usize;
    let cut = refused(&OWN[..ends - 1]);
    let expected = format!(
        "it is truncated: its section headers end at byte {ends}, the file at {}",
        ends - 1
    );
    assert_eq!(cut, expected);
    for length in [5, 40, 63, 64, 65, 100, 1000, OWN.len() / 2, OWN.len() * 9 / 10] {
        let refused = refused(&OWN[..length.min(ends - 1)]);
        assert!(refused.contains("it is truncated: its "), "{length}: {refused}");
    }
}

#[test]
#[cfg(all(target_os = "linux", target_pointer_width = "64", target_endian = "little"))]
fn a_program_for_another_machine_is_reported_with_its_machine() {
    let (other, name) = if number(18, 2) == 183 { (62, "x86_64") } else { (183, "aarch64") };
    let foreign = changed(18, other, 2);
    let refusal = refused(&foreign);
    let native = std::env::consts::ARCH;
    assert_eq!(
        refusal,
        format!(
            "it is an ELF file for {name} (64 bit, little endian), this machine is {native} \
             (64 bit, little endian)"
        )
    );
    // What replaces another such is for the same emulator.
    let size = foreign.len() as u64;
    assert!(examine(&&foreign[..], size, &foreign[..HEAD]).unwrap().is_ok());

    assert!(refused(&changed(4, 1, 1)).contains("(32 bit, little endian), this machine is"));
    assert!(refused(&changed(5, 2, 1)).contains("(64 bit, big endian), this machine is"));
    assert!(refused(&changed(5, 3, 1)).contains("of no known class or byte order"));
    assert!(refused(&changed(7, 9, 1)).contains("for FreeBSD, this machine runs linux"));
    assert!(refused(&changed(7, 77, 1)).contains("for another system"));
    let bsd = program(&note(b"OpenBSD\0", 1, &[0; 4]), true, false);
    assert!(refused(&bsd).contains("for OpenBSD, this machine runs linux"));
    let hurd = program(&note(b"GNU\0", 1, &[1, 0, 0, 0, 2, 0, 0, 0]), true, false);
    assert!(refused(&hurd).contains("for the Hurd"));
}

#[test]
#[cfg(all(target_os = "linux", target_pointer_width = "64", target_endian = "little"))]
fn an_elf_file_that_is_no_program_is_reported_with_its_kind() {
    assert!(refused(&changed(16, 1, 2)).contains("but an object file, not linked yet and no prog"));
    assert!(refused(&changed(16, 4, 2)).contains("but a core dump and no program"));
    assert!(refused(&changed(16, 99, 2)).contains("of no known type"));
    assert!(refused(&changed(24, 0, 8)).contains("a shared library"));
    assert!(refused(&changed(56, 0, 2)).contains("without program headers"));
    let mut loads_nothing = program(b"", false, false);
    loads_nothing[64] = 6;
    assert!(refused(&loads_nothing).contains("without anything to load"));
}

#[test]
#[cfg(all(target_os = "linux", target_pointer_width = "64", target_endian = "little"))]
fn headers_that_make_no_sense_are_damage() {
    let load = segment(1);
    assert!(refused(&changed(load + 32, 1 << 40, 8)).contains("larger in the file than in memory"));
    assert!(refused(&changed(load + 8, 1 << 40, 8)).contains("it is truncated: its segments end"));
    assert!(refused(&changed(load + 8, u64::MAX, 8)).contains("it is truncated: its segments end"));
    assert!(refused(&changed(32, u64::MAX, 8)).contains("its program headers end"));
    assert!(refused(&changed(40, u64::MAX, 8)).contains("its section headers end"));
    assert!(refused(&changed(54, 57, 2)).contains("its program headers make no sense"));
    assert!(refused(&changed(58, 65, 2)).contains("section headers"));
    assert!(refused(&changed(24, u64::MAX, 8)).contains("its entry point is in no executable"));
    let section = number(40, 8) as usize + 64;
    assert!(refused(&changed(section + 32, u64::MAX, 8)).contains("its sections end"));

    let mut many = OWN[..64].to_vec();
    many.resize(8 << 20, 0);
    many[56..58].copy_from_slice(&60_000_u16.to_le_bytes());
    many[32..40].copy_from_slice(&64_u64.to_le_bytes());
    many[40..48].copy_from_slice(&0_u64.to_le_bytes());
    assert!(refused(&many).contains("more program headers than the kernel takes"));
    let mut many = program(b"", false, true);
    many.resize(8 << 20, 0);
    many[60..62].copy_from_slice(&60_000_u16.to_le_bytes());
    assert!(refused(&many).contains("far more section headers than any program"));
}

#[test]
#[cfg(all(target_os = "linux", target_pointer_width = "64", target_endian = "little"))]
fn a_loader_that_is_not_here_is_named_with_what_helps() {
    let interp = segment(3);
    let (at, length) = (number(interp + 8, 8) as usize, number(interp + 32, 8) as usize);
    for (name, remedy) in [
        ("/lib/ld-musl-not.so.1", "a static build, or one for glibc"),
        ("/lib64/ld-linux-not.so", "a static build, or one for musl"),
        ("/nix/store/x/ld.so", "a static build, or one for musl"),
        ("/system/bin/linker64", "this machine's C library"),
        ("lib64/relative.so", "this machine's C library"),
        ("/etc", "this machine's C library"),
    ] {
        let mut bytes = OWN.clone();
        bytes[at..at + length].fill(0);
        bytes[at..at + name.len()].copy_from_slice(name.as_bytes());
        let refused = refused(&bytes);
        assert!(
            refused.contains(&format!("needs the loader {name}, which is not on")),
            "{refused}"
        );
        assert!(refused.contains(remedy), "{refused}");
    }
    let mut endless = OWN.clone();
    endless[at..at + length].fill(b'x');
    assert!(refused(&endless).contains("the name of its loader makes no sense"));
}

#[test]
#[cfg(all(target_os = "linux", target_pointer_width = "64", target_endian = "little"))]
fn a_marker_is_found_by_segment_and_by_section() {
    let marked =
        |note: &[u8], in_segment, in_section| match judge(&program(note, in_segment, in_section))
            .unwrap()
        {
            Executable::Elf { notes } => notes.protocols,
            other => panic!("{other:?}"),
        };
    let ours = note(b"selfup\0", 1, &7_u32.to_le_bytes());
    assert_eq!(marked(&ours, true, false), [7]);
    assert_eq!(marked(&ours, false, true), [7]);
    assert_eq!(marked(&ours, true, true), [7]);
    let second = note(b"selfup\0", 1, &8_u32.to_le_bytes());
    let several = [note(b"GNU\0", 3, &[1; 20]), ours.clone(), second].concat();
    assert_eq!(marked(&several, true, true), [7, 8]);
    for other in [
        note(b"selfups\0", 1, &7_u32.to_le_bytes()),
        note(b"selfup\0", 2, &7_u32.to_le_bytes()),
        note(b"selfup\0", 1, &[7, 0, 0]),
        ours[..ours.len() - 4].to_vec(),
        ours[..8].to_vec(),
        Vec::new(),
    ] {
        assert_eq!(marked(&other, true, true), [0; 0], "{other:?}");
    }
}

#[test]
fn a_program_of_32_bits_and_the_other_byte_order_is_read_too() {
    // For a big-endian 32-bit PowerPC: one segment, which holds everything, and a note.
    let ours = [7_u32, 4, 1].map(u32::to_be_bytes).concat();
    let ours = [&ours, &b"selfup\0\0"[..], &5_u32.to_be_bytes()].concat();
    let mut bytes = b"\x7fELF\x01\x02\x01\0\0\0\0\0\0\0\0\0".to_vec();
    bytes.extend([2_u16, 20].map(u16::to_be_bytes).concat());
    bytes.extend([1_u32, 0x1_0000, 52, 0, 0].map(u32::to_be_bytes).concat());
    bytes.extend([52_u16, 32, 2, 40, 0, 0].map(u16::to_be_bytes).concat());
    for (kind, offset, length) in [(1, 0, 116), (4, 116, ours.len() as u32)] {
        let segment = [kind, offset, 0x1_0000, 0x1_0000, length, length, 5, 4_u32];
        bytes.extend(segment.map(u32::to_be_bytes).concat());
    }
    bytes.extend(&ours);
    let size = bytes.len() as u64;
    let judged = |size| examine(&&bytes[..], size, &bytes).unwrap();
    let notes = Notes { protocols: vec![5], ..Notes::default() };
    assert_eq!(judged(size), Ok(Executable::Elf { notes }));
    assert!(matches!(judged(size - 1), Err(Finding::Truncated { part: "segments", .. })));
    assert!(refused(&bytes).contains("for powerpc (32 bit, big endian), this machine is"));
}

#[test]
fn a_failure_of_reading_is_no_finding() {
    struct Failing;
    impl ReadAt for Failing {
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            if (offset, buffer.len()) == (0, HEAD) {
                return (&OWN[..]).read_at(buffer, offset);
            }
            Err(io::Error::other("a bad sector"))
        }
    }
    let error = examine(&Failing, OWN.len() as u64, b"").unwrap_err();
    assert_eq!(error.to_string(), "a bad sector");
}

/// Bytes that count how much of them is read.
struct Counting<'a>(&'a [u8], Cell<u64>);

impl ReadAt for Counting<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let length = self.0.read_at(buffer, offset)?;
        self.1.set(self.1.get() + length as u64);
        Ok(length)
    }
}

fn judge_bounded(bytes: &[u8], size: u64) {
    let counting = Counting(bytes, Cell::new(0));
    if let Err(finding) = examine(&counting, size, b"").unwrap() {
        let text = finding.to_string();
        assert!(!text.contains('\n') && text.len() < 400, "{text}");
    }
    assert!(counting.1.get() <= 513 << 10, "{} bytes read", counting.1.get());
}

proptest! {
    #[test]
    fn no_change_of_the_headers_makes_it_panic_or_read_on_and_on(
        changes in prop::collection::vec((0..FRONT, any::<u8>()), 1..12),
        words in prop::collection::vec((0..FRONT / 8, any::<u64>()), 0..3),
        size in prop_oneof![Just(None), any::<u64>().prop_map(Some)],
    ) {
        let mut bytes = OWN[..OWN.len().min(1 << 20)].to_vec();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        for (at, word) in words {
            bytes[at * 8..at * 8 + 8].copy_from_slice(&word.to_le_bytes());
        }
        judge_bounded(&bytes, size.unwrap_or(OWN.len() as u64));
    }

    #[test]
    fn no_change_of_a_small_program_does_either(
        changes in prop::collection::vec((6..300_usize, any::<u8>()), 1..8),
        cut in 0..400_usize,
    ) {
        let ours = note(b"selfup\0", 1, &1_u32.to_le_bytes());
        let mut bytes = program(&ours, true, true);
        for (at, byte) in changes {
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
        }
        let cut = cut.min(bytes.len());
        judge_bounded(&bytes[..cut], cut as u64);
        judge_bounded(&bytes, bytes.len() as u64);
    }

    #[test]
    fn no_bytes_do(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        judge_bounded(&bytes, bytes.len() as u64);
    }
}
