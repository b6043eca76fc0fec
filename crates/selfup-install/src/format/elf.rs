//! Checks the headers of an ELF file; see elf(5).

use object::Endianness;
use object::elf::{
    DF_1_PIE, DT_FLAGS_1, DT_NULL, DT_SONAME, ET_CORE, ET_DYN, ET_EXEC, ET_REL, FileHeader32,
    FileHeader64, PF_X, PT_LOAD, PT_NULL, SHT_NOBITS, SHT_NULL,
};
use object::read::elf::{
    Dyn as _, FileHeader, NoteIterator, ProgramHeader as _, SectionHeader as _,
};

use super::Finding;
use super::headers::Headers;
use super::loader;
use super::machine::{Machine, WORD_32, other_system, system_of_note};
use crate::notes::Notes;

/// The most bytes of program headers that the kernel accepts; see `load_elf_phdrs` in Linux.
const MOST_PROGRAM_HEADERS: u64 = 64 << 10;

/// The largest notes that are read, in bytes. Those that matter here have some dozens.
const LONGEST_NOTES: u64 = 64 << 10;

/// The longest name of a loader that the kernel accepts (`PATH_MAX`).
const LONGEST_NAME: u64 = 4096;

/// Returns the selfup notes of a program for this machine.
pub(super) fn examine(
    headers: &Headers<'_>,
    head: &[u8],
    replaced: &[u8],
) -> Result<Notes, Finding> {
    let header = if head.get(4) == Some(&WORD_32) { 52 } else { 64 };
    require_within(headers, "headers", 0, header)?;
    let Some(found) = Machine::of(head) else {
        return Err(Finding::Damaged("of no known class or byte order"));
    };
    let runs = [Machine::native(), Machine::of(replaced)];
    if let Some(expected) = runs.into_iter().flatten().next()
        && !runs.contains(&Some(found))
    {
        return Err(Finding::OtherMachine { found, expected });
    }
    if let Some(system) = other_system(head, replaced) {
        return Err(Finding::OtherSystem(system));
    }
    if found.word == WORD_32 {
        Elf::<FileHeader32<Endianness>>::read(headers)?.examine()
    } else {
        Elf::<FileHeader64<Endianness>>::read(headers)?.examine()
    }
}

fn require_within(
    headers: &Headers<'_>,
    part: &'static str,
    offset: u64,
    length: u64,
) -> Result<(), Finding> {
    let ends = offset.saturating_add(length);
    if ends > headers.size {
        return Err(Finding::Truncated { part, ends, size: headers.size });
    }
    Ok(())
}

/// The tables of an ELF file of one word size.
struct Elf<'a, 's, H: FileHeader<Endian = Endianness>> {
    headers: &'a Headers<'s>,
    order: Endianness,
    header: &'a H,
    segments: &'a [H::ProgramHeader],
    sections: &'a [H::SectionHeader],
}

impl<'a, 's, H: FileHeader<Endian = Endianness>> Elf<'a, 's, H> {
    fn read(headers: &'a Headers<'s>) -> Result<Self, Finding> {
        let header =
            H::parse(headers).map_err(|_| Finding::Damaged("its header makes no sense"))?;
        let order = header.endian().map_err(|_| Finding::Damaged("of no known byte order"))?;
        let what = match header.e_type(order) {
            ET_EXEC | ET_DYN => None,
            ET_REL => Some("an object file, not linked yet"),
            ET_CORE => Some("a core dump"),
            _ => Some("of no known type"),
        };
        if let Some(what) = what {
            return Err(Finding::NoProgram(what));
        }
        let segments = program_headers(headers, header, order)?;
        let sections = section_headers(headers, header, order)?;
        Ok(Self { headers, order, header, segments, sections })
    }

    fn examine(&self) -> Result<Notes, Finding> {
        self.require_content()?;
        self.require_entry()?;
        if let Some(system) =
            self.notes().find_map(|(owner, kind, content)| system_of_note(owner, kind, content))
        {
            return Err(Finding::OtherSystem(system));
        }
        if let Some(name) = self.loader()? {
            loader::require(name)?;
        }
        let mut notes = Notes::default();
        for (owner, kind, content) in self.notes() {
            notes.read(owner, kind, content, self.order);
        }
        notes.protocols.sort_unstable();
        Ok(notes)
    }

    /// Checks that the content of all segments and sections is there.
    fn require_content(&self) -> Result<(), Finding> {
        let mut loads = false;
        for segment in self.segments {
            let (offset, length) = segment.file_range(self.order);
            match segment.p_type(self.order) {
                PT_NULL => continue,
                PT_LOAD => {
                    loads = true;
                    if length > segment.p_memsz(self.order).into() {
                        let how = "a segment is larger in the file than in memory";
                        return Err(Finding::Damaged(how));
                    }
                }
                _ => {}
            }
            require_within(self.headers, "segments", offset, length)?;
        }
        if !loads {
            return Err(Finding::NoProgram("without anything to load"));
        }
        for section in self.sections {
            if !matches!(section.sh_type(self.order), SHT_NULL | SHT_NOBITS) {
                let (offset, length) =
                    (section.sh_offset(self.order).into(), section.sh_size(self.order).into());
                require_within(self.headers, "sections", offset, length)?;
            }
        }
        Ok(())
    }

    /// Checks that there is an entry point. A library of an old linker may have one too, but has a name.
    fn require_entry(&self) -> Result<(), Finding> {
        let entry: u64 = self.header.e_entry(self.order).into();
        let is_dynamic = self.header.e_type(self.order) == ET_DYN;
        if is_dynamic && (entry == 0 || self.loader()?.is_none() && self.is_named_library()) {
            return Err(Finding::NoProgram("a shared library"));
        }
        let holds_entry = |segment: &H::ProgramHeader| {
            let start = segment.p_vaddr(self.order).into();
            let length: u64 = segment.p_memsz(self.order).into();
            segment.p_type(self.order) == PT_LOAD
                && segment.p_flags(self.order).contains(PF_X)
                && entry.checked_sub(start).is_some_and(|at| at < length)
        };
        if self.segments.iter().any(holds_entry) {
            Ok(())
        } else {
            Err(Finding::Damaged("its entry point is in no executable segment"))
        }
    }

    fn is_named_library(&self) -> bool {
        let entries = self
            .segments
            .iter()
            .filter(|segment| segment.file_range(self.order).1 <= LONGEST_NOTES)
            .find_map(|segment| segment.dynamic(self.order, self.headers).ok().flatten())
            .unwrap_or_default();
        let entries = entries.iter().take_while(|entry| entry.d_tag(self.order) != DT_NULL);
        let (mut named, mut program) = (false, false);
        for entry in entries {
            match entry.d_tag(self.order) {
                DT_SONAME => named = true,
                DT_FLAGS_1 => {
                    let flags: u64 = entry.d_val(self.order).into();
                    program = flags & DF_1_PIE.0 != 0;
                }
                _ => {}
            }
        }
        named && !program
    }

    /// Returns the loader of the program, or `None` for a static program.
    fn loader(&self) -> Result<Option<&'a [u8]>, Finding> {
        for segment in self.segments {
            if segment.p_type(self.order) == object::elf::PT_INTERP {
                let name = (segment.file_range(self.order).1 <= LONGEST_NAME)
                    .then(|| segment.interpreter(self.order, self.headers).ok().flatten())
                    .flatten();
                return match name {
                    Some(name) => Ok(Some(name)),
                    None => Err(Finding::Damaged("the name of its loader makes no sense")),
                };
            }
        }
        Ok(None)
    }

    /// Lists all notes, as owner, type and content: those of the segments, which `strip` keeps, then those of
    /// the sections. Invalid notes are skipped.
    fn notes(&self) -> impl Iterator<Item = (&'a [u8], u32, &'a [u8])> + use<'a, 's, H> {
        let small = |length: u64| length <= LONGEST_NOTES;
        let (headers, order) = (self.headers, self.order);
        let of_segments = self
            .segments
            .iter()
            .filter(move |segment| small(segment.file_range(order).1))
            .filter_map(move |segment| segment.notes(order, headers).ok().flatten());
        let of_sections = self
            .sections
            .iter()
            .filter(move |section| small(section.sh_size(order).into()))
            .filter_map(move |section| section.notes(order, headers).ok().flatten());
        of_segments
            .chain(of_sections)
            .flat_map(|notes: NoteIterator<'a, H>| notes.map_while(Result::ok))
            .map(move |note| (note.name(), note.n_type(order).0, note.desc()))
    }
}

fn program_headers<'a, H: FileHeader<Endian = Endianness>>(
    headers: &'a Headers<'_>,
    header: &H,
    order: Endianness,
) -> Result<&'a [H::ProgramHeader], Finding> {
    let (offset, count) = (header.e_phoff(order).into(), header.e_phnum(order));
    if offset == 0 || count == 0 {
        return Err(Finding::NoProgram("without program headers"));
    }
    let length = u64::from(count) * u64::from(header.e_phentsize(order));
    require_within(headers, "program headers", offset, length)?;
    if length > MOST_PROGRAM_HEADERS {
        return Err(Finding::Damaged("it has more program headers than the kernel takes"));
    }
    header
        .program_headers(order, headers)
        .map_err(|_| Finding::Damaged("its program headers make no sense"))
}

/// Returns the section headers, or none, as some packers leave it.
fn section_headers<'a, H: FileHeader<Endian = Endianness>>(
    headers: &'a Headers<'_>,
    header: &H,
    order: Endianness,
) -> Result<&'a [H::SectionHeader], Finding> {
    let nonsense = |_| {
        Finding::Damaged(if headers.are_exhausted() {
            "it has far more section headers than any program"
        } else {
            "its section headers make no sense"
        })
    };
    let offset: u64 = header.e_shoff(order).into();
    if offset == 0 {
        return Ok(&[]);
    }
    let entry = u64::from(header.e_shentsize(order));
    require_within(headers, "section headers", offset, entry)?;
    let count = header.shnum(order, headers).map_err(nonsense)?;
    require_within(headers, "section headers", offset, entry.saturating_mul(count.into()))?;
    header.section_headers(order, headers).map_err(nonsense)
}
