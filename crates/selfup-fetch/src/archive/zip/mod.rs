//! Reads the executable in a zip archive. The archive is buffered first: its directory is at the end.

mod inflate;

use std::io::{Read, Seek, SeekFrom};

use rawzip::{CompressionMethod, FileReader, ZipArchive, ZipFileHeaderRecord};

use super::{
    Member, Spool, Unpacked,
    choice::{Choice, Seen, Step},
    path::normal,
};
use crate::error::{Error, ErrorKind};
use inflate::{Inflate, corrupt};

/// Room for one record of the directory with parts of the maximum length.
const BUFFER: usize = 256 << 10;

pub(super) fn unpack(reader: impl Read, member: &Member, spool: &Spool) -> Result<Unpacked, Error> {
    let (file, length) = spool.keep(reader)?;
    let mut buffer = vec![0; BUFFER];
    let archive = ZipArchive::from_file(file, &mut buffer).map_err(unsound)?;
    if archive.end_offset() != length {
        return Err(corrupt("something follows its end"));
    }
    let mut choice = Choice::new(member);
    let chosen = choose(&archive, &mut buffer, &mut choice)?;
    let path = choice.finish()?;
    let Some(chosen) = chosen else { return Err(corrupt("nothing was chosen of it")) };
    let (start, length) = chosen.locate(&archive, &mut buffer)?;
    let mut file = archive.into_inner().into_inner();
    file.seek(SeekFrom::Start(start))?;
    let content = Inflate::new(file.take(length), chosen.is_deflated, chosen.size, chosen.crc);
    Ok(Unpacked::new(path, chosen.size, content))
}

/// The properties of the wanted file in the directory.
struct Chosen {
    wayfinder: rawzip::ZipArchiveEntryWayfinder,
    name: Vec<u8>,
    method: CompressionMethod,
    is_deflated: bool,
    is_encrypted: bool,
    size: u64,
    crc: u32,
}

/// Searches the directory for the file that the choice takes.
fn choose(
    archive: &ZipArchive<FileReader>,
    buffer: &mut [u8],
    choice: &mut Choice,
) -> Result<Option<Chosen>, Error> {
    let mut chosen = None;
    let mut count = 0;
    let mut entries = archive.entries(buffer);
    while let Some(entry) = entries.next_entry().map_err(unsound)? {
        count += 1;
        if choice.enter(&seen(&entry))? != Step::Pass {
            chosen = Some(Chosen::of(&entry));
        }
    }
    if count != archive.entries_hint() {
        return Err(corrupt("its directory has more or fewer entries than it says"));
    }
    Ok(chosen)
}

fn seen(entry: &ZipFileHeaderRecord<'_>) -> Seen {
    const KIND: u32 = 0o170_000;
    const REGULAR: u32 = 0o100_000;
    let mode = entry.mode().value();
    // Without a known system of origin, there is no file type.
    let is_file = !entry.is_dir() && matches!(mode & KIND, REGULAR | 0);
    Seen { path: normal(entry.file_path().as_bytes()), file: is_file.then_some(mode & 0o111 != 0) }
}

impl Chosen {
    fn of(entry: &ZipFileHeaderRecord<'_>) -> Self {
        let method = entry.compression_method();
        let flags = entry.flags();
        Self {
            wayfinder: entry.wayfinder(),
            name: entry.file_path().as_bytes().to_vec(),
            method,
            is_deflated: method == CompressionMethod::DEFLATE,
            is_encrypted: flags.is_encrypted() || flags.has_strong_encryption(),
            size: entry.uncompressed_size_hint(),
            crc: entry.crc32(),
        }
    }

    /// The position of its content, and its stored length.
    fn locate(
        &self,
        archive: &ZipArchive<FileReader>,
        buffer: &mut [u8],
    ) -> Result<(u64, u64), Error> {
        self.must_be_readable()?;
        let entry = archive.get_entry(self.wayfinder).map_err(unsound)?;
        let local = entry.local_header(buffer).map_err(unsound)?;
        if local.file_path().as_bytes() != self.name
            || local.compression_method() != self.method
            || local.flags().is_encrypted()
        {
            return Err(corrupt("its directory and a file's own header differ"));
        }
        let (start, end) = entry.compressed_data_range();
        if end > archive.directory_offset() {
            return Err(corrupt("a file lies over its directory"));
        }
        let length = end - start;
        if !self.is_deflated && length != self.size {
            return Err(corrupt("a file that is not compressed has two sizes"));
        }
        if self.size > FREE && self.size / RATIO > length {
            let reason = format!(
                "a file in the zip archive grows to over {RATIO} times its size; if it is meant \
                 to, publish it uncompressed"
            );
            return Err(Error::new(ErrorKind::TooLarge, reason));
        }
        Ok((start, length))
    }

    fn must_be_readable(&self) -> Result<(), Error> {
        let reason = if self.is_encrypted {
            String::from("the executable in the zip archive is encrypted; pack it without")
        } else if !self.is_deflated && self.method != CompressionMethod::STORE {
            let method = self.method;
            format!("the executable in the zip archive is compressed by {method}; use deflate")
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::Corrupt, reason).permanent())
    }
}

/// The same limits as for a compressed file, see [`decompress`](crate::decompress).
const FREE: u64 = 16 << 20;
const RATIO: u64 = 200;

fn unsound(error: rawzip::Error) -> Error {
    corrupt("its directory or a header cannot be read").with_source(error)
}
