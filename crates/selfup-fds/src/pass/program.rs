//! Searches a program as execvp(3) does.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// The search path if the child has no `PATH`, as in the C library.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// Returns the paths to try, in order.
///
/// The child itself tries them, so that its working directory and its user decide. An empty part of `PATH` is the
/// working directory.
pub(super) fn candidates(program: &OsStr, path: Option<&OsStr>) -> Vec<OsString> {
    if program.is_empty() || program.as_bytes().contains(&b'/') {
        return vec![program.to_owned()];
    }
    let path = path.unwrap_or(OsStr::new(DEFAULT_PATH)).as_bytes();
    path.split(|byte| *byte == b':')
        .map(|folder| {
            let folder = if folder.is_empty() { b"." } else { folder };
            OsString::from_vec([folder, b"/", program.as_bytes()].concat())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(program: &str, path: Option<&str>) -> Vec<String> {
        candidates(program.as_ref(), path.map(AsRef::as_ref))
            .into_iter()
            .map(|candidate| candidate.into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_slash_means_no_search() {
        assert_eq!(found("./app", Some("/bin")), ["./app"]);
        assert_eq!(found("/opt/app", Some("/bin")), ["/opt/app"]);
        assert_eq!(found("", Some("/bin")), [""]);
    }

    #[test]
    fn the_path_is_searched_in_order() {
        assert_eq!(found("app", Some("/a:/b/::c")), ["/a/app", "/b//app", "./app", "c/app"]);
        assert_eq!(found("app", Some("")), ["./app"]);
        assert_eq!(found("app", None), ["/bin/app", "/usr/bin/app"]);
    }
}
