//! The processor and the system of an ELF file; see elf(5).

use std::fmt;

use object::elf::ELFMAG;

pub(super) const WORD_32: u8 = 1;
pub(super) const WORD_64: u8 = 2;
const LITTLE: u8 = 1;
const BIG: u8 = 2;

/// The names of the machine numbers for which Rust programs are built.
const MACHINES: [(u16, &str); 11] = [
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
    (258, "loongarch"),
];

/// The processor of an ELF file: number, word size and byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Machine {
    number: u16,
    pub(super) word: u8,
    order: u8,
}

impl Machine {
    /// Reads it from the first bytes of an ELF file.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        let (&word, &order) = (head.get(4)?, head.get(5)?);
        let number = [*head.get(18)?, *head.get(19)?];
        let number = match order {
            LITTLE => u16::from_le_bytes(number),
            BIG => u16::from_be_bytes(number),
            _ => return None,
        };
        (head.starts_with(&ELFMAG) && matches!(word, WORD_32 | WORD_64)).then_some(Self {
            number,
            word,
            order,
        })
    }

    /// The processor for which this crate was compiled, if it is among the known ones.
    pub(super) fn native() -> Option<Self> {
        let name = match std::env::consts::ARCH {
            "riscv32" | "riscv64" => "riscv",
            "mips64" => "mips",
            "loongarch64" => "loongarch",
            name => name,
        };
        let number = MACHINES.iter().find(|(_, known)| *known == name)?.0;
        let word = if usize::BITS == 64 { WORD_64 } else { WORD_32 };
        let order = if u16::from_be(1) == 1 { BIG } else { LITTLE };
        Some(Self { number, word, order })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match MACHINES.iter().find(|(number, _)| *number == self.number) {
            Some((_, name)) => f.write_str(name)?,
            None => write!(f, "machine number {}", self.number)?,
        }
        let bits = if self.word == WORD_64 { 64 } else { 32 };
        let order = if self.order == BIG { "big" } else { "little" };
        write!(f, " ({bits} bit, {order} endian)")
    }
}

/// Returns the system in the header, if it is neither this one nor that of the replaced executable, which ran here.
pub(super) fn other_system(head: &[u8], replaced: &[u8]) -> Option<&'static str> {
    let &number = head.get(7)?;
    let native: &[u8] = match std::env::consts::OS {
        "freebsd" => &[9],
        "netbsd" => &[0, 2],
        "openbsd" => &[0, 12],
        _ => &[0, 3],
    };
    if native.contains(&number) || replaced.starts_with(&ELFMAG) && replaced.get(7) == Some(&number)
    {
        return None;
    }
    Some(match number {
        0 | 3 => "Linux",
        2 => "NetBSD",
        4 => "the Hurd",
        6 => "Solaris",
        9 => "FreeBSD",
        12 => "OpenBSD",
        97 => "bare ARM",
        _ => "another system",
    })
}

/// Returns the system in a note, if it is not this one.
pub(super) fn system_of_note(owner: &[u8], kind: u32, content: &[u8]) -> Option<&'static str> {
    let name = match (owner, kind) {
        // NT_GNU_ABI_TAG
        (b"GNU", 1) => match *content.first_chunk::<4>()? {
            [0, 0, 0, 0] => "Linux",
            [1, 0, 0, 0] | [0, 0, 0, 1] => "the Hurd",
            [2, 0, 0, 0] | [0, 0, 0, 2] => "Solaris",
            [3, 0, 0, 0] | [0, 0, 0, 3] => "FreeBSD",
            _ => return None,
        },
        (b"FreeBSD", 1) => "FreeBSD",
        (b"NetBSD", 1) => "NetBSD",
        (b"OpenBSD", 1) => "OpenBSD",
        _ => return None,
    };
    (!name.eq_ignore_ascii_case(std::env::consts::OS)).then_some(name)
}
