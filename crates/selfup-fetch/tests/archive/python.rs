//! Archives written byte by byte, by Python.

use std::io::{self, Read};

use selfup_fetch::{
    Error, ErrorKind,
    archive::{Format, Member, unpack},
};

use crate::{spool, support::fed};

/// What each of some Python scripts writes, all run by one process: they have `tar(*entries)` to pack
/// entries made by `file(...)` and `entry(...)`, and `pack(*files)` for zip, which `write(...)` takes.
pub(crate) fn python(scripts: &[&str]) -> Option<Vec<Vec<u8>>> {
    const BEGIN: &str = r#"
import io, struct, sys, tarfile, warnings, zipfile
warnings.simplefilter("ignore")

def entry(name, kind=b"0", size=0, mode=0o755, **more):
    info = tarfile.TarInfo(name)
    info.type, info.size, info.mode = kind, size, mode
    for key, value in more.items():
        setattr(info, key, value)
    return info.tobuf(tarfile.GNU_FORMAT)

def file(name, content=b"app", mode=0o755, kind=b"0"):
    return entry(name, kind, len(content), mode) + content + b"\0" * (-len(content) % 512)

def pax(text, kind=b"x"):
    return file("pax", text, kind=kind)

def record(key, value):
    body = b" " + key + b"=" + value + b"\n"
    size = len(body)
    while size != len(str(size)) + len(body):
        size += 1
    return str(size).encode() + body

out = io.BytesIO()
write = out.write

def tar(*entries, end=b"\0" * 1024):
    write(b"".join(entries) + end)

def pack(*files, **more):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", **more) as archive:
        for name, content, mode in files:
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, mode << 16
            info.compress_type = archive.compression
            archive.writestr(info, content)
    return packed.getvalue()

def run(script):
    out.seek(0)
    out.truncate()
    exec(script, dict(globals()))
    sys.stdout.buffer.write(struct.pack("<Q", len(out.getvalue())) + out.getvalue())
"#;
    let runs: String = scripts.iter().map(|script| format!("run(r'''{script}''')\n")).collect();
    let written = fed(&["python3", "-"], format!("{BEGIN}{runs}").as_bytes())?;
    let mut rest = written.as_slice();
    let mut next = || {
        let (length, behind) = rest.split_first_chunk().unwrap();
        let (bytes, behind) = behind.split_at(u64::from_le_bytes(*length) as usize);
        rest = behind;
        bytes.to_vec()
    };
    Some(scripts.iter().map(|_| next()).collect())
}

pub(crate) fn read_app(bytes: Vec<u8>, format: Format) -> Result<Vec<u8>, Error> {
    let member = Member::named("app");
    let mut unpacked = unpack(io::Cursor::new(bytes), format, &member, &spool())?;
    let mut read = Vec::new();
    match unpacked.read_to_end(&mut read) {
        Ok(_) => Ok(read),
        Err(error) => {
            let some = (read.len() as u64) < unpacked.size().max(1);
            assert!(some, "all of it came before {error}");
            Err(error.into())
        }
    }
}

/// What each script writes is refused as that, in words among which is that word.
#[track_caller]
pub(crate) fn all_refused(format: Format, cases: &[(&str, ErrorKind, &str)]) {
    let scripts: Vec<&str> = cases.iter().map(|(script, ..)| *script).collect();
    let written = python(&scripts).unwrap_or_default();
    for ((script, kind, word), bytes) in cases.iter().zip(written) {
        match read_app(bytes, format) {
            Ok(out) => panic!("{script} gave {:?}", String::from_utf8_lossy(&out)),
            Err(error) => {
                assert_eq!(error.kind(), *kind, "{script}: {error}");
                assert!(error.to_string().contains(word), "{script}: {error}");
            }
        }
    }
}
