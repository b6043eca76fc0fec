//! The header of an ELF file; see elf(5).

use std::fmt;

use super::Finding;

pub(super) const MAGIC: &[u8] = b"\x7fELF";

const WORD_32: u8 = 1;
const WORD_64: u8 = 2;
const LITTLE: u8 = 1;
const BIG: u8 = 2;

/// Names of the machine numbers that Rust programs are built for.
const MACHINES: [(u16, &str); 10] = [
    (3, "x86"),
    (8, "mips"),
    (20, "powerpc"),
    (21, "powerpc64"),
    (22, "s390x"),
    (40, "arm"),
    (43, "sparc64"),
    (62, "x86_64"),
    (183, "aarch64"),
    (243, "riscv"),
];
const LOONGARCH: u16 = 258;

/// Which processor an ELF file is for: number, word size and byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Machine {
    number: u16,
    word: u8,
    order: u8,
}

impl Machine {
    /// As the first bytes of an ELF file tell it.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        let (&word, &order) = (head.get(4)?, head.get(5)?);
        if !head.starts_with(MAGIC) || !matches!(order, LITTLE | BIG) {
            return None;
        }
        let reader = Reader { head, order };
        Some(Self { number: reader.number(18, 2)? as u16, word, order })
    }

    /// The one this crate is compiled for, if it is among those known here.
    fn native() -> Option<Self> {
        let number = match std::env::consts::ARCH {
            "riscv32" | "riscv64" => 243,
            "mips64" => 8,
            "loongarch64" => LOONGARCH,
            arch => MACHINES.iter().find(|(_, name)| *name == arch)?.0,
        };
        let word = if usize::BITS == 64 { WORD_64 } else { WORD_32 };
        let order = if cfg!(target_endian = "big") { BIG } else { LITTLE };
        Some(Self { number, word, order })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match MACHINES.iter().find(|(number, _)| *number == self.number) {
            Some((_, name)) => f.write_str(name)?,
            None if self.number == LOONGARCH => f.write_str("loongarch")?,
            None => write!(f, "machine number {}", self.number)?,
        }
        let bits = if self.word == WORD_64 { 64 } else { 32 };
        let order = if self.order == BIG { "big" } else { "little" };
        write!(f, " ({bits} bit, {order} endian)")
    }
}

/// `replaced` is the machine of the executable that is to be replaced.
pub(super) fn examine(head: &[u8], size: u64, replaced: Option<Machine>) -> Result<(), Finding> {
    let header = if head.get(4) == Some(&WORD_32) { 52 } else { 64 };
    let truncated = |part, ends| Err(Finding::Truncated { part, ends, size });
    if size < header || (head.len() as u64) < header {
        return truncated("headers", header);
    }
    let Some(found) = Machine::of(head).filter(|found| matches!(found.word, WORD_32 | WORD_64))
    else {
        return Err(Finding::NoProgram("of no known class or byte order"));
    };
    let runs = [Machine::native(), replaced];
    if let Some(expected) = runs.into_iter().flatten().next()
        && !runs.contains(&Some(found))
    {
        return Err(Finding::OtherMachine { found, expected });
    }

    let layout = Layout::read(&Reader { head, order: found.order }, found.word);
    match layout.kind {
        2 | 3 => {}
        1 => return Err(Finding::NoProgram("an object file")),
        4 => return Err(Finding::NoProgram("a core dump")),
        _ => return Err(Finding::NoProgram("of no known type")),
    }
    if layout.programs.count == 0 {
        return Err(Finding::NoProgram("without program headers"));
    }
    for (part, table) in
        [("program headers", layout.programs), ("section headers", layout.sections)]
    {
        if table.end() > size {
            return truncated(part, table.end());
        }
    }
    Ok(())
}

/// Where the two tables of an ELF file are.
struct Layout {
    kind: u64,
    programs: Table,
    sections: Table,
}

struct Table {
    offset: u64,
    entry: u64,
    count: u64,
}

impl Table {
    fn end(&self) -> u64 {
        self.offset.saturating_add(self.entry * self.count)
    }
}

impl Layout {
    fn read(reader: &Reader<'_>, word: u8) -> Self {
        let at = |offset, length| reader.number(offset, length).unwrap_or(0);
        let (programs, sections, length, sizes) =
            if word == WORD_64 { (32, 40, 8, 54) } else { (28, 32, 4, 42) };
        Self {
            kind: at(16, 2),
            programs: Table {
                offset: at(programs, length),
                entry: at(sizes, 2),
                count: at(sizes + 2, 2),
            },
            sections: Table {
                offset: at(sections, length),
                entry: at(sizes + 4, 2),
                count: at(sizes + 6, 2),
            },
        }
    }
}

struct Reader<'a> {
    head: &'a [u8],
    order: u8,
}

impl Reader<'_> {
    /// Of at most eight bytes.
    fn number(&self, offset: usize, length: usize) -> Option<u64> {
        let bytes = self.head.get(offset..offset + length)?;
        let add = |number, byte: &u8| number << 8 | u64::from(*byte);
        Some(if self.order == BIG {
            bytes.iter().fold(0, add)
        } else {
            bytes.iter().rev().fold(0, add)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This very test binary: an ELF program for this machine.
    fn own() -> (Vec<u8>, u64) {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        (own[..512].to_vec(), own.len() as u64)
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn an_own_program_passes_and_one_byte_less_does_not() {
        let (head, size) = own();
        assert_eq!(examine(&head, size, None), Ok(()));
        let reader = Reader { head: &head, order: head[5] };
        let ends = Layout::read(&reader, head[4]).sections.end();
        let short = examine(&head, ends - 1, None).unwrap_err();
        assert_eq!(short, Finding::Truncated { part: "section headers", ends, size: ends - 1 });
        assert!(examine(&head[..40], 40, None).unwrap_err().to_string().contains("truncated"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn another_machine_is_named_unless_it_is_what_is_replaced() {
        let (mut head, size) = own();
        let (number, name) = if head[18] == 183 { (62, "x86_64") } else { (183, "aarch64") };
        head[18] = number;
        let found = examine(&head, size, None).unwrap_err().to_string();
        assert!(found.contains(&format!("ELF file for {name} ")), "{found}");
        assert!(found.contains(std::env::consts::ARCH), "{found}");
        assert_eq!(examine(&head, size, Machine::of(&head)), Ok(()));

        let (mut head, size) = own();
        head[4] = if head[4] == WORD_64 { WORD_32 } else { WORD_64 };
        assert!(matches!(examine(&head, size, None), Err(Finding::OtherMachine { .. })));
    }

    #[test]
    fn an_object_file_is_no_program() {
        let (mut head, size) = own();
        head[16] = 1;
        let found = examine(&head, size, Machine::of(&head)).unwrap_err();
        assert!(found.to_string().contains("an object file"), "{found}");
    }
}
