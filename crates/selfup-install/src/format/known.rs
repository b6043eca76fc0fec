//! Recognises other well-known files by their first bytes.

/// Returns what the file is, if it is well known.
pub(super) fn name(head: &[u8]) -> Option<&'static str> {
    const MAGICS: [(&[u8], &str); 16] = [
        (b"\x1f\x8b", "a gzip file, not decompressed"),
        (b"\x1f\x9d", "a file of compress, not decompressed"),
        (b"PK\x03\x04", "a zip archive"),
        (b"PK\x05\x06", "an empty zip archive"),
        (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
        (b"\xfd7zXZ\0", "an xz file, not decompressed"),
        (b"BZh", "a bzip2 file, not decompressed"),
        (b"\x28\xb5\x2f\xfd", "a zstd file, not decompressed"),
        (b"\x04\x22\x4d\x18", "an lz4 file, not decompressed"),
        (b"!<arch>\ndebian-binary", "a Debian package"),
        (b"!<arch>\n", "an ar archive"),
        (b"\xed\xab\xee\xdb", "an RPM package"),
        (b"\0asm", "a WebAssembly module"),
        (b"untrusted comment:", "a minisign file, not what it signs"),
        (b"-----BEGIN ", "a PEM file, such as a signature or a key"),
        (b"MZ", "a Windows executable"),
    ];
    if let Some((_, name)) = MAGICS.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(name);
    }
    if is_mach_o(head) {
        return Some("a macOS executable");
    }
    if head.get(257..262) == Some(b"ustar") {
        return Some("a tar archive");
    }
    markup(head)
}

pub(super) fn is_mach_o(head: &[u8]) -> bool {
    let magic = [*b"\xcf\xfa\xed\xfe", *b"\xce\xfa\xed\xfe", *b"\xca\xfe\xba\xbe"];
    magic.iter().any(|magic| head.starts_with(magic))
}

/// Recognises what servers and captive portals return instead of a file.
fn markup(head: &[u8]) -> Option<&'static str> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let starts =
        |tag: &[u8]| head.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    let is_html = ["<!doctype html", "<html", "<head", "<title", "<body", "<pre", "<!--"];
    if is_html.iter().any(|tag| starts(tag.as_bytes())) {
        let lower = head.to_ascii_lowercase();
        let has = |words: &[u8]| lower.windows(words.len()).any(|window| window == words);
        return Some(if has(b"directory listing") || has(b"index of /") {
            "an HTML page that lists a directory; the URL lacks the file's name"
        } else {
            "an HTML page"
        });
    }
    match head.first() {
        Some(b'<') if starts(b"<?xml") || starts(b"<error") => {
            Some("an XML document, perhaps a server's error message")
        }
        Some(b'{' | b'[') if is_text(head) => {
            Some("a JSON document, perhaps a server's error message")
        }
        _ => None,
    }
}

fn is_text(head: &[u8]) -> bool {
    head.iter().all(|byte| *byte >= b' ' || byte.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_is_no_executable() {
        for (head, expected) in [
            (&b"\n <!DOCTYPE HTML><html>"[..], "HTML page"),
            (b"\xef\xbb\xbf<html lang=en>", "HTML page"),
            (b"<!DOCTYPE HTML>\n<title>Directory listing for /x/</title>", "lists a directory"),
            (b"<html><head><title>Index of /x</title>", "lists a directory"),
            (b"<?xml version='1.0'?><Error>", "XML"),
            (b"{\"message\": \"Not Found\"}", "JSON"),
            (b"[{\"name\": \"app\"}]", "JSON"),
            (b"\x1f\x8b\x08\0", "gzip"),
            (b"PK\x03\x04", "zip"),
            (b"\xfd7zXZ\0", "xz"),
            (b"\x28\xb5\x2f\xfd", "zstd"),
            (b"!<arch>\ndebian-binary   ", "Debian package"),
            (b"!<arch>\nlibx.o/", "ar archive"),
            (b"\xed\xab\xee\xdb", "RPM"),
            (b"\0asm\x01\0\0\0", "WebAssembly"),
            (b"MZ\x90", "Windows"),
            (b"\xcf\xfa\xed\xfe", "macOS"),
            (b"untrusted comment: signature", "minisign"),
        ] {
            assert!(name(head).is_some_and(|name| name.contains(expected)), "{:?}", name(head));
        }
        let mut tar = vec![0; 512];
        tar[257..262].copy_from_slice(b"ustar");
        assert_eq!(name(&tar), Some("a tar archive"));
        for head in [&b"hello"[..], b"\x7fEL", b"#", b"{\x01\x02", b""] {
            assert_eq!(name(head), None, "{head:?}");
        }
    }
}
