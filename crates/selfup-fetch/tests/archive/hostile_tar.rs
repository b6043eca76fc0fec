//! Tests tar archives that no honest program makes.

use selfup_fetch::ErrorKind;

use crate::{
    TAR,
    python::{all_refused, python, read_app},
};

#[test]
fn an_honest_tar_made_the_same_way_is_read() {
    let scripts = [
        r#"tar(file("app"))"#,
        r#"tar(file("dir/app"), file("../app", b"bad"), file("/app", b"bad"), file("d\\app"))"#,
        r#"tar(entry("app", b"D", 3), b"bad" + bytes(509), file("dir/app"))"#,
        r#"tar(entry("label", b"V"), file("app", kind=b"7"))"#,
        r#"tar(file("app", kind=b"\0"))"#,
        r#"tar(file("pax", record(b"path", b"dir/app"), kind=b"x"), file("other"))"#,
        r#"tar(pax(record(b"comment", b"of all"), b"g"), file("app"))"#,
        r#"tar(pax(record(b"size", b"3")), entry("app", size=0), b"app" + bytes(509))"#,
        r#"tar(file("long", b"dir/app\0", kind=b"L"), file("short"))"#,
        r#"tar(file("app"), file("app/file"), end=bytes(5000))"#,
    ];
    for (script, bytes) in scripts.iter().zip(python(&scripts).unwrap_or_default()) {
        assert_eq!(read_app(bytes, TAR).unwrap(), b"app", "{script}");
    }
}

#[test]
fn what_is_no_plain_file_below_is_never_chosen() {
    let none = "no file named";
    all_refused(
        TAR,
        &[
            (r#"tar(file("../app"))"#, ErrorKind::Corrupt, none),
            (r#"tar(file("/app"))"#, ErrorKind::Corrupt, none),
            (r#"tar(file("dir/../app"))"#, ErrorKind::Corrupt, none),
            (r#"tar(file("dir\\app"))"#, ErrorKind::Corrupt, none),
            (r#"tar(file("dir\\/app"))"#, ErrorKind::Corrupt, none),
            (r#"tar(pax(record(b"path", b"a\0/app")), file("x"))"#, ErrorKind::Corrupt, none),
            (r#"tar(file("long", b"a\0/app\0", kind=b"L"), file("x"))"#, ErrorKind::Corrupt, none),
            (r#"tar(pax(record(b"path", b"\xff/app")), file("x"))"#, ErrorKind::Corrupt, none),
            (r#"tar(entry("app", b"2", linkname="/bin/sh"))"#, ErrorKind::Corrupt, none),
            (r#"tar(entry("app", b"1", linkname="other"))"#, ErrorKind::Corrupt, none),
            (r#"tar(entry("app", b"3"), entry("x/app", b"4"))"#, ErrorKind::Corrupt, none),
            (r#"tar(entry("app", b"5"), entry("x/app", b"6"))"#, ErrorKind::Corrupt, none),
            (r#"tar(file("app/", b""))"#, ErrorKind::Corrupt, none),
            (r#"tar()"#, ErrorKind::Corrupt, "no files at all"),
        ],
    );
}

#[test]
fn a_tar_that_two_programs_could_read_differently_is_refused() {
    let twice = "more than once";
    let several = "2 files that could be meant";
    let unsound = "not a sound tar archive";
    all_refused(
        TAR,
        &[
            (r#"tar(file("app"), file("app", b"evil"))"#, ErrorKind::Corrupt, twice),
            (r#"tar(file("app"), file("./app", b"evil"))"#, ErrorKind::Corrupt, twice),
            (r#"tar(file("app"), entry("app", b"2", linkname="x"))"#, ErrorKind::Corrupt, twice),
            (r#"tar(file("app"), file("b/app"))"#, ErrorKind::Corrupt, several),
            (r#"tar(file("app", b""), file("b/app"))"#, ErrorKind::Corrupt, several),
            (
                r#"tar(entry("x", b"5", 512), file("y"), file("app"))"#,
                ErrorKind::Corrupt,
                "content",
            ),
            (
                r#"tar(entry("x", b"1", 512), file("y"), file("app"))"#,
                ErrorKind::Corrupt,
                "content",
            ),
            (
                r#"tar(file("app"), end=bytes(1024) + file("app") + bytes(1024))"#,
                ErrorKind::Corrupt,
                "follows its end",
            ),
            (
                r#"tar(file("app"), end=bytes(512) + file("app") + bytes(1024))"#,
                ErrorKind::Corrupt,
                "follows its end",
            ),
            (r#"tar(file("app"), end=bytes(1500) + b"x")"#, ErrorKind::Corrupt, "follows its end"),
            (r#"tar(file("app"), end=b"")"#, ErrorKind::Truncated, "ends before"),
            (r#"tar(file("app"), end=bytes(512))"#, ErrorKind::Truncated, "ends before"),
            (r#"tar(file("app"), end=bytes(1023))"#, ErrorKind::Truncated, "ends before"),
            (r#"tar(file("app"), entry("x", b"S", 0))"#, ErrorKind::Corrupt, "sparse"),
            (
                r#"tar(pax(record(b"GNU.sparse.major", b"1")), file("app"))"#,
                ErrorKind::Corrupt,
                "sparse",
            ),
            (r#"tar(entry("x", b"M"), file("app"))"#, ErrorKind::Corrupt, "type 'M'"),
            (r#"tar(pax(b"", b"X"), file("app"))"#, ErrorKind::Corrupt, "type 'X'"),
            (
                r#"tar(pax(record(b"path", b"app")), pax(b""), file("x"))"#,
                ErrorKind::Corrupt,
                "two extended headers",
            ),
            (
                r#"tar(pax(record(b"path", b"app")), file("l", b"b\0", kind=b"L"), file("x"))"#,
                ErrorKind::Corrupt,
                "two names",
            ),
            (
                r#"tar(pax(record(b"path", b"app"), b"g"), file("x"))"#,
                ErrorKind::Corrupt,
                "one name",
            ),
            (
                r#"tar(file("app"), pax(record(b"path", b"app")))"#,
                ErrorKind::Corrupt,
                "about nothing",
            ),
            (r#"tar(pax(b"nonsense"), file("app"))"#, ErrorKind::Corrupt, "malformed"),
            (r#"tar(pax(record(b"size", b"-1")), file("app"))"#, ErrorKind::Corrupt, "no number"),
            (
                r#"tar(pax(record(b"size", b"18446744073709551615")), file("app"))"#,
                ErrorKind::Corrupt,
                "larger than any",
            ),
            (r#"tar(entry("app", size=2**62))"#, ErrorKind::Truncated, "ends before"),
            (
                r#"
h = bytearray(file("app")); h[124:136] = b"\xff" * 12
h[148:156] = b" " * 8; h[148:156] = b"%06o\0 " % sum(h[:512]); tar(h)"#,
                ErrorKind::Corrupt,
                "no sound size",
            ),
            (
                r#"
h = bytearray(file("app")); h[124:136] = b"\x80\1" + bytes(9) + b"\3"
h[148:156] = b" " * 8; h[148:156] = b"%06o\0 " % sum(h[:512]); tar(h)"#,
                ErrorKind::Corrupt,
                "no sound size",
            ),
            (r#"h = bytearray(file("app")); h[0] ^= 1; tar(h)"#, ErrorKind::Corrupt, "checksum"),
            (r#"write(b"<html>" * 200)"#, ErrorKind::Corrupt, unsound),
        ],
    );
}

#[test]
fn a_tar_cannot_ask_for_memory_without_end() {
    all_refused(
        TAR,
        &[
            (
                r#"tar(pax(record(b"comment", b"x" * 70000)), file("app"))"#,
                ErrorKind::TooLarge,
                "65536 bytes",
            ),
            (r#"tar(entry("x", b"x", 2**60))"#, ErrorKind::TooLarge, "65536 bytes"),
            (r#"tar(entry("x", b"L", 2**60))"#, ErrorKind::TooLarge, "65536 bytes"),
            (r#"tar(entry("x", b"K", 2**60))"#, ErrorKind::TooLarge, "65536 bytes"),
            (r#"tar(*[entry("x")] * 65536, file("app"))"#, ErrorKind::TooLarge, "65535 entries"),
            (r#"tar(file("app"), *[entry("x")] * 65536)"#, ErrorKind::TooLarge, "65535 entries"),
        ],
    );
}
