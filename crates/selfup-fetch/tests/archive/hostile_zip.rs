//! Tests zip archives that no honest program makes.

use selfup_fetch::{ErrorKind, archive::Format};

use crate::python::{all_refused, python, read_app};

#[test]
fn an_honest_zip_made_the_same_way_is_read() {
    let scripts = [
        r#"write(pack(("app", b"app", 0o100755)))"#,
        r#"write(pack(("app", b"app", 0o755), compression=zipfile.ZIP_DEFLATED))"#,
        r#"write(pack(("dir/app", b"app", 0), ("../app", b"bad", 0), ("/app", b"bad", 0)))"#,
        r#"
with zipfile.ZipFile(out, "w") as archive:
    with archive.open("app", "w", force_zip64=True) as member:
        member.write(b"app")"#,
        r#"
class Pipe(io.RawIOBase):
    def writable(self): return True
    def write(self, data): return out.write(data)
with zipfile.ZipFile(Pipe(), "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("app", b"app")"#,
    ];
    for (script, bytes) in scripts.iter().zip(python(&scripts).unwrap_or_default()) {
        assert_eq!(read_app(bytes, Format::Zip).unwrap(), b"app", "{script}");
    }
}

#[test]
fn a_zip_that_is_not_what_it_seems_is_refused() {
    let none = "no file named";
    let unsound = "not a sound zip archive";
    all_refused(
        Format::Zip,
        &[
            (r#"write(pack(("../app", b"app", 0)))"#, ErrorKind::Corrupt, none),
            (r#"write(pack(("/app", b"app", 0)))"#, ErrorKind::Corrupt, none),
            (r#"write(pack(("d\\app", b"app", 0)))"#, ErrorKind::Corrupt, none),
            (r#"write(pack(("app", b"/bin/sh", 0o120777)))"#, ErrorKind::Corrupt, none),
            (r#"write(pack(("app", b"", 0o040755)))"#, ErrorKind::Corrupt, none),
            (r#"write(pack(("app", b"", 0o060755)))"#, ErrorKind::Corrupt, none),
            (r#"write(pack(("app/", b"", 0)))"#, ErrorKind::Corrupt, none),
            (r#"write(pack())"#, ErrorKind::Corrupt, "no files at all"),
            (
                r#"write(pack(("app", b"app", 0), ("app", b"bad", 0)))"#,
                ErrorKind::Corrupt,
                "more than once",
            ),
            (
                r#"write(pack(("app", b"app", 0), ("b/app", b"bad", 0)))"#,
                ErrorKind::Corrupt,
                "could be meant",
            ),
            (r#"write(pack(("app", b"app", 0)) + b"more")"#, ErrorKind::Corrupt, unsound),
            (
                r#"write(pack(("app", b"app", 0)).replace(b"app", b"apq", 1))"#,
                ErrorKind::Corrupt,
                "own header differ",
            ),
            (
                r#"write(pack(("app", b"good", 0)).replace(b"good", b"evil"))"#,
                ErrorKind::Corrupt,
                "checksum of a file",
            ),
            (
                r#"write(pack(("app", b"app", 0), compression=zipfile.ZIP_BZIP2))"#,
                ErrorKind::Corrupt,
                "use deflate",
            ),
            // The flag for encryption, in the directory and in the header.
            (
                r#"
z = bytearray(pack(("app", b"app", 0)))
z[z.index(b"PK\1\2") + 8] |= 1; z[6] |= 1; write(z)"#,
                ErrorKind::Corrupt,
                "encrypted",
            ),
            (
                r#"z = bytearray(pack(("app", b"app", 0))); z[6] |= 1; write(z)"#,
                ErrorKind::Corrupt,
                "own header differ",
            ),
            // Another number of entries at the end.
            (
                r#"
z = bytearray(pack(("app", b"app", 0)))
e = z.index(b"PK\5\6"); z[e + 8] = z[e + 10] = 2; write(z)"#,
                ErrorKind::Corrupt,
                "entries than",
            ),
            // Sizes: of the content when it is out, and of that in the archive.
            (
                r#"
z = bytearray(pack(("app", b"app", 0), compression=zipfile.ZIP_DEFLATED))
z[z.index(b"PK\1\2") + 24] += 1; write(z)"#,
                ErrorKind::Corrupt,
                "shorter than",
            ),
            (
                r#"
z = bytearray(pack(("app", b"app", 0), compression=zipfile.ZIP_DEFLATED))
z[z.index(b"PK\1\2") + 24] -= 1; write(z)"#,
                ErrorKind::Corrupt,
                "longer than",
            ),
            (
                r#"
z = bytearray(pack(("app", b"app", 0), ("x", b"123", 0), compression=zipfile.ZIP_DEFLATED))
z[z.index(b"PK\1\2") + 20] += 1; write(z)"#,
                ErrorKind::Corrupt,
                "follows the content",
            ),
            (
                r#"
z = bytearray(pack(("app", b"app", 0), compression=zipfile.ZIP_DEFLATED))
z[z.index(b"PK\1\2") + 20] -= 1; write(z)"#,
                ErrorKind::Corrupt,
                unsound,
            ),
            (
                r#"z = bytearray(pack(("app", b"app", 0), ("x", b"1", 0))); z[z.index(b"PK\1\2") + 20] += 1; write(z)"#,
                ErrorKind::Corrupt,
                "two sizes",
            ),
            (
                r#"
z = bytearray(pack(("app", b"app", 0)))
d = z.index(b"PK\1\2"); z[d + 20] = z[d + 24] = 200; write(z)"#,
                ErrorKind::Corrupt,
                "over its directory",
            ),
            (
                r#"write(pack(("app", bytes(40 << 20), 0), compression=zipfile.ZIP_DEFLATED))"#,
                ErrorKind::TooLarge,
                "200 times",
            ),
            (r#"write(pack(*[("x", b"", 0)] * 65536))"#, ErrorKind::TooLarge, "65535 entries"),
            (r#"write(b"<html>" * 200)"#, ErrorKind::Corrupt, unsound),
            ("", ErrorKind::Corrupt, unsound),
        ],
    );
}
