//! Tests the errors for a child that cannot be started.

use std::error::Error as _;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use selfup_fds::{Error, ErrorKind, FdSet};

use crate::Case;
use crate::process::{output, role, set};

pub(crate) const CASES: &[Case] = &[
    ("refusals::a_missing_program", a_missing_program),
    ("refusals::a_program_without_permission", a_program_without_permission),
    ("refusals::a_file_that_is_no_program", a_file_that_is_no_program),
    ("refusals::a_program_being_written", a_program_being_written),
    ("refusals::a_missing_directory", a_missing_directory),
    ("refusals::a_nul_byte", a_nul_byte),
    ("refusals::too_many_open_files", too_many_open_files),
];

fn both(check: impl Fn(&FdSet)) {
    check(&FdSet::new());
    check(&set(&[("a", "127.0.0.1:0"), ("b", "127.0.0.1:0")]));
}

fn refused(fds: &FdSet, command: &mut Command, errno: i32) -> Error {
    let error = fds.spawn(command).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Spawn);
    let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(source.raw_os_error(), Some(errno), "{source}");
    let program = format!("could not start {:?}", command.get_program());
    assert!(error.to_string().starts_with(&program), "{error}");
    error
}

fn file(folder: &Path, mode: u32, content: &[u8]) -> Command {
    let path = folder.join("app");
    std::fs::write(&path, content).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    Command::new(path)
}

fn a_missing_program() {
    both(|fds| {
        let error = refused(fds, &mut Command::new("/no/such/program"), libc::ENOENT);
        assert!(!error.is_transient());
        let error = refused(fds, &mut Command::new("selfup-no-such-program"), libc::ENOENT);
        assert!(error.to_string().ends_with("there is no such program in PATH"), "{error}");
        refused(fds, &mut Command::new(""), libc::ENOENT);
    });
    let folder = tempfile::tempdir().unwrap();
    let mut command = file(folder.path(), 0o755, b"#!/no/such/interpreter\n");
    both(|fds| {
        let error = refused(fds, &mut Command::new(command.get_program()), libc::ENOENT);
        assert!(error.to_string().contains("interpreter"), "{error}");
    });
    refused(&FdSet::new(), &mut command, libc::ENOENT);
}

fn a_program_without_permission() {
    let folder = tempfile::tempdir().unwrap();
    let command = file(folder.path(), 0o644, b"#!/bin/sh\n");
    both(|fds| {
        let error = refused(fds, &mut Command::new(command.get_program()), libc::EACCES);
        assert!(error.to_string().contains("may not execute"), "{error}");
        // The error distinguishes an executable that may not be run from one that is not found.
        let path = format!("{}:/no/such/place", folder.path().display());
        refused(fds, Command::new("app").env("PATH", path), libc::EACCES);
    });
}

fn a_file_that_is_no_program() {
    let folder = tempfile::tempdir().unwrap();
    let command = file(folder.path(), 0o755, b"<html>\n");
    both(|fds| {
        let error = refused(fds, &mut Command::new(command.get_program()), libc::ENOEXEC);
        assert!(error.to_string().contains("neither a program"), "{error}");
    });
}

fn a_program_being_written() {
    let folder = tempfile::tempdir().unwrap();
    let content = std::fs::read("/bin/true").unwrap();
    let mut command = file(folder.path(), 0o755, &content);
    let writer = std::fs::OpenOptions::new().write(true).open(command.get_program()).unwrap();
    let error = refused(&FdSet::new(), &mut command, libc::ETXTBSY);
    assert!(error.is_transient());
    drop(writer);
    output(&FdSet::new(), &mut command);
}

fn a_missing_directory() {
    both(|fds| {
        let error = refused(fds, role("report").current_dir("/no/such/place"), libc::ENOENT);
        let expected = "its working directory /no/such/place does not exist";
        assert!(error.to_string().ends_with(expected), "{error}");
    });
}

fn a_nul_byte() {
    both(|fds| {
        for command in [
            Command::new("a\0b"),
            {
                let mut c = Command::new("true");
                c.arg("a\0b");
                c
            },
            {
                let mut c = Command::new("true");
                c.env("A", "a\0b");
                c
            },
        ] {
            let mut command = command;
            let error = fds.spawn(&mut command).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Spawn);
        }
    });
}

fn too_many_open_files() {
    let fds = set(&[("a", "127.0.0.1:0"), ("b", "127.0.0.1:0"), ("c", "127.0.0.1:0")]);
    let mut hog = vec![std::fs::File::open("/dev/null").unwrap()];
    let limits = rlimit();
    let low = nix::sys::resource::setrlimit;
    low(nix::sys::resource::Resource::RLIMIT_NOFILE, 64, limits.1).unwrap();
    while let Ok(more) = hog[0].try_clone() {
        hog.push(more);
    }
    let error = fds.spawn(&mut Command::new("true")).unwrap_err();
    low(nix::sys::resource::Resource::RLIMIT_NOFILE, limits.0, limits.1).unwrap();
    assert_eq!(error.kind(), ErrorKind::Descriptor, "{error}");
    assert!(error.is_transient());
    assert!(error.to_string().contains("RLIMIT_NOFILE"), "{error}");
}

fn rlimit() -> (u64, u64) {
    nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE).unwrap()
}
