//! Tests the file fetcher with real files.
#![allow(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

use std::{
    fs::{self, OpenOptions},
    io::{Read, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use selfup_fetch::{
    Artifact, Compression, Error, ErrorKind, Fetch, Outcome, RunningExecutable, decompress,
};
use selfup_fetch_file::File;
use tempfile::TempDir;

struct Place {
    dir: TempDir,
    path: PathBuf,
}

fn place(name: &str) -> Place {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    Place { dir, path }
}

impl Place {
    fn source(&self) -> File {
        File::new(&self.path).quiet(Duration::ZERO)
    }

    /// Publishes as one should.
    fn rename_in(&self, bytes: &[u8]) {
        let beside = self.dir.path().join("beside");
        fs::write(&beside, bytes).unwrap();
        fs::rename(beside, &self.path).unwrap();
    }
}

fn current() -> RunningExecutable {
    RunningExecutable::new("/proc/self/exe", || {
        panic!("the file fetcher needs no id, and hashing is dear")
    })
}

fn fetch(source: &mut File) -> Option<Artifact> {
    source.fetch(&current()).unwrap()
}

fn read(artifact: Artifact) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mut reader = artifact.reader;
    reader.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Polls until there is something; the deadline only ends the test if there never will be.
fn wait_for(source: &mut File) -> Artifact {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(artifact) = fetch(source) {
            return artifact;
        }
        assert!(Instant::now() < deadline, "nothing was fetched");
        std::thread::yield_now();
    }
}

#[test]
fn a_change_is_fetched_once_and_only_when_settled() {
    let place = place("app");
    let mut source = place.source();
    place.rename_in(b"one");
    source.init(&current()).unwrap();

    for _ in 0..2 {
        let artifact = fetch(&mut source).unwrap();
        assert_eq!(artifact.size, Some(3));
        assert_eq!(read(artifact).unwrap(), b"one");
        source.report(Outcome::Failed);
    }
    drop(fetch(&mut source).expect("what nobody settled is fetched again"));
    drop(fetch(&mut source).expect("what nobody settled is fetched again"));

    for (bytes, outcome) in
        [(b"two", Outcome::Refused), (b"thr", Outcome::Installed), (b"fou", Outcome::UpToDate)]
    {
        place.rename_in(bytes);
        assert_eq!(read(fetch(&mut source).unwrap()).unwrap(), bytes);
        source.report(outcome);
        assert!(fetch(&mut source).is_none(), "settled as {outcome:?}");
        source.report(Outcome::Failed);
        assert!(fetch(&mut source).is_none(), "there was nothing to settle");
    }
}

#[test]
fn a_touched_file_is_read_once_more() {
    let place = place("app");
    let mut source = place.source();
    place.rename_in(b"one");
    drop(fetch(&mut source).unwrap());
    source.report(Outcome::Installed);

    let file = OpenOptions::new().write(true).open(&place.path).unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(read(fetch(&mut source).unwrap()).unwrap(), b"one");
    source.report(Outcome::UpToDate);
    assert!(fetch(&mut source).is_none());
}

#[test]
fn a_change_that_keeps_size_and_modification_time_is_seen() {
    let place = place("app");
    let mut source = place.source();
    place.rename_in(b"one");
    let modified = fs::metadata(&place.path).unwrap().modified().unwrap();
    drop(fetch(&mut source).unwrap());
    source.report(Outcome::Installed);

    // Until the file system's clock has ticked, a change leaves the stamp as it is.
    let deadline = Instant::now() + Duration::from_secs(20);
    let artifact = loop {
        let mut file = OpenOptions::new().write(true).open(&place.path).unwrap();
        file.write_all(b"two").unwrap();
        file.set_modified(modified).unwrap();
        if let Some(artifact) = fetch(&mut source) {
            break artifact;
        }
        assert!(Instant::now() < deadline, "the change was not seen");
    };
    assert_eq!(read(artifact).unwrap(), b"two");
}

#[test]
fn a_file_that_is_still_written_is_left_alone() {
    let place = place("app");
    let quiet = Duration::from_millis(300);
    let mut source = File::new(&place.path).quiet(quiet);
    let mut copy = fs::File::create(&place.path).unwrap();
    let mut whole = Vec::new();
    let started = Instant::now();
    let mut last = started;
    while started.elapsed() < 3 * quiet {
        last = Instant::now();
        copy.write_all(b"piece").unwrap();
        whole.extend_from_slice(b"piece");
        assert!(fetch(&mut source).is_none(), "half of it was handed out");
    }
    drop(copy);
    let artifact = wait_for(&mut source);
    assert!(last.elapsed() >= quiet, "it was handed out before it came to rest");
    assert_eq!(read(artifact).unwrap(), whole);
}

#[test]
fn a_change_while_reading_is_an_error_in_place_of_an_end() {
    type Change = fn(&Path);
    let changes: [(&str, Change); 5] = [
        ("appended to", |path| {
            let mut file = OpenOptions::new().append(true).open(path).unwrap();
            file.write_all(b"more").unwrap();
        }),
        ("cut", |path| {
            OpenOptions::new().write(true).open(path).unwrap().set_len(9_000).unwrap();
        }),
        ("overwritten", |path| {
            let mut file = OpenOptions::new().write(true).open(path).unwrap();
            file.write_all(b"other").unwrap();
            file.set_modified(std::time::UNIX_EPOCH).unwrap();
        }),
        ("truncated and written again", |path| fs::write(path, [2; 10_000]).unwrap()),
        ("replaced", |path| {
            fs::write(path.with_extension("new"), [2; 10_000]).unwrap();
            fs::rename(path.with_extension("new"), path).unwrap();
        }),
    ];
    for (name, change) in changes {
        let place = place("app");
        place.rename_in(&[1; 10_000]);
        let mut source = place.source();
        let mut reader = fetch(&mut source).unwrap().reader;
        reader.read_exact(&mut [0; 5_000]).unwrap();
        // Wait for the file system's clock to tick: within one tick a stamp stays the same.
        let before = fs::metadata(&place.path).unwrap().modified().unwrap();
        let probe = place.dir.path().join("probe");
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            fs::write(&probe, b"tick").unwrap();
            if fs::metadata(&probe).unwrap().modified().unwrap() > before {
                break;
            }
            assert!(Instant::now() < deadline, "time stands still");
        }
        change(&place.path);

        for _ in 0..2 {
            let error = Error::from(reader.read_to_end(&mut Vec::new()).unwrap_err());
            assert_eq!(error.kind(), ErrorKind::Changed, "{name}: {error}");
            assert!(error.is_transient());
            assert!(error.to_string().contains(place.path.to_str().unwrap()), "{error}");
        }
        source.report(Outcome::Failed);
        read(fetch(&mut source).unwrap()).unwrap();
    }
}

#[test]
fn a_name_that_ends_in_gz_is_decompressed() {
    let packed = gzip(b"the program");
    let place = place("app.GZ");
    place.rename_in(&packed);
    let artifact = fetch(&mut place.source()).unwrap();
    assert_eq!(artifact.size, None);
    assert_eq!(read(artifact).unwrap(), b"the program");

    place.rename_in(&packed[..packed.len() - 1]);
    let error = read(fetch(&mut place.source()).unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Truncated);
    assert!(error.to_string().contains("app.GZ"), "{error}");

    place.rename_in(b"no gzip at all");
    let error = read(fetch(&mut place.source()).unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}

/// Not by this crate's own features: another crate in the build may have asked for it as well.
fn is_built_in(compression: Compression) -> bool {
    decompress(std::io::empty(), compression).is_ok()
}

/// What `zstd -qc` makes of "one".
const ZST: [u8; 16] = [
    0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x19, 0x00, 0x00, 0x6f, 0x6e, 0x65, 0xf6, 0xa1, 0x08, 0x24,
];

/// What `xz -c` makes of "one".
const XZ: [u8; 60] = [
    0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46, 0x02, 0x00, 0x21, 0x01,
    0x16, 0x00, 0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3, 0x01, 0x00, 0x02, 0x6f, 0x6e, 0x65, 0x00, 0x00,
    0x7e, 0xe5, 0x10, 0xc5, 0xd5, 0x6a, 0x6c, 0x9a, 0x00, 0x01, 0x1b, 0x03, 0x0b, 0x2f, 0xb9, 0x10,
    0x1f, 0xb6, 0xf3, 0x7d, 0x01, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59, 0x5a,
];

#[test]
fn the_name_decides_the_compression() {
    for (name, packed, is_built_in) in [
        ("app.zst", ZST.as_slice(), is_built_in(Compression::Zstd)),
        ("app.xz", XZ.as_slice(), is_built_in(Compression::Xz)),
    ] {
        let place = place(name);
        place.rename_in(packed);
        let mut source = place.source();
        if is_built_in {
            source.init(&current()).unwrap();
            let artifact = fetch(&mut source).unwrap();
            assert_eq!((artifact.size, artifact.file_name.as_deref()), (None, Some("app")));
            assert_eq!(read(artifact).unwrap(), b"one");
        } else {
            for error in [source.init(&current()).err(), source.fetch(&current()).err()] {
                let error = error.unwrap();
                assert_eq!(error.kind(), ErrorKind::Configuration);
                assert!(error.to_string().contains(name), "{error}");
                assert!(error.to_string().contains("without the feature"), "{error}");
            }
        }
    }
}

#[test]
fn the_platform_is_filled_in() {
    let place = place(&format!("app-{}-{}", std::env::consts::OS, std::env::consts::ARCH));
    place.rename_in(b"one");
    let template = place.dir.path().join("app-{os}-{arch}");
    let mut source = File::new(&template).quiet(Duration::ZERO);
    assert_eq!(read(fetch(&mut source).unwrap()).unwrap(), b"one");

    let error = File::new("/srv/{libc}").init(&current()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("{libc}"), "{error}");
}

#[test]
fn a_missing_file_may_come() {
    let place = place("app");
    let mut source = place.source();
    source.init(&current()).unwrap();
    let error = source.fetch(&current()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.is_transient());

    std::os::unix::fs::symlink("nowhere", &place.path).unwrap();
    let error = source.fetch(&current()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("leads nowhere"), "{error}");

    place.rename_in(b"one");
    assert_eq!(read(fetch(&mut source).unwrap()).unwrap(), b"one");
    source.report(Outcome::Installed);
    fs::remove_file(&place.path).unwrap();
    assert_eq!(source.fetch(&current()).unwrap_err().kind(), ErrorKind::NotFound);
    place.rename_in(b"two");
    assert_eq!(read(fetch(&mut source).unwrap()).unwrap(), b"two");
}

#[test]
fn an_empty_file_is_no_release() {
    let place = place("app");
    place.rename_in(b"");
    let error = place.source().fetch(&current()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Truncated);
    assert!(error.is_transient());
}

#[test]
fn what_is_no_regular_file_is_refused_without_blocking() {
    let dir = tempfile::tempdir().unwrap();
    let fifo = dir.path().join("fifo");
    let socket = dir.path().join("socket");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for (path, word) in [
        (dir.path(), "a directory"),
        (&fifo, "a fifo"),
        (&socket, "a socket"),
        (Path::new("/dev/zero"), "a device"),
    ] {
        let mut source = File::new(path).quiet(Duration::ZERO);
        // Something else may be there in a moment.
        source.init(&current()).unwrap();
        let error = source.fetch(&current()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(!error.is_transient());
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn a_path_that_cannot_work_is_refused_at_the_start() {
    let place = place("app");
    place.rename_in(b"one");
    let own = RunningExecutable::new(&place.path, || panic!("no id is needed"));
    let link = place.dir.path().join("link");
    std::os::unix::fs::symlink(&place.path, &link).unwrap();
    for (path, word) in [
        (PathBuf::new(), "no file"),
        (PathBuf::from("/"), "no file"),
        (place.path.clone(), "running"),
        (link, "running"),
    ] {
        let error = File::new(&path).init(&own).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        assert!(error.to_string().contains(word), "{}: {error}", path.display());
    }
}

#[test]
fn a_link_that_is_pointed_elsewhere_is_a_change() {
    let place = place("app");
    let versions = ["v1", "v2"].map(|version| {
        let path = place.dir.path().join(version);
        fs::write(&path, version).unwrap();
        path
    });
    let mut source = place.source();
    for version in [&versions[0], &versions[1], &versions[0]] {
        let flip = place.dir.path().join("flip");
        std::os::unix::fs::symlink(version, &flip).unwrap();
        fs::rename(&flip, &place.path).unwrap();
        let bytes = read(fetch(&mut source).unwrap()).unwrap();
        assert!(version.ends_with(String::from_utf8(bytes).unwrap()));
        source.report(Outcome::Installed);
        assert!(fetch(&mut source).is_none());
    }
}

#[test]
fn a_signature_comes_along_where_one_is_wanted() {
    for (name, content) in [("app", b"one".to_vec()), ("app.gz", gzip(b"one"))] {
        let place = place(name);
        place.rename_in(&content);
        let beside = place.dir.path().join("app.minisig");
        fs::write(&beside, "signed").unwrap();
        // That of the compressed file is another one.
        fs::write(place.dir.path().join("app.gz.minisig"), "of the archive").unwrap();

        let unasked = fetch(&mut place.source()).unwrap();
        assert_eq!(
            (unasked.signature.as_deref(), unasked.file_name.as_deref()),
            (None, Some("app"))
        );

        let wanting = current().with_signature_wanted(true);
        let artifact = place.source().fetch(&wanting).unwrap().unwrap();
        assert_eq!(artifact.signature.as_deref(), Some("signed"));
        assert_eq!(read(artifact).unwrap(), b"one");

        fs::remove_file(&beside).unwrap();
        let artifact = place.source().fetch(&wanting).unwrap().unwrap();
        assert_eq!(artifact.signature, None);

        fs::create_dir(&beside).unwrap();
        let error = place.source().fetch(&wanting).unwrap_err();
        assert!(error.to_string().contains("app.minisig: it is a directory"), "{error}");
    }
}

#[test]
fn what_was_refused_is_fetched_again_when_it_is_signed_anew() {
    let place = place("app");
    let (mut source, wanting) = (place.source(), current().with_signature_wanted(true));
    place.rename_in(b"one");
    let beside = place.dir.path().join("app.minisig");
    let mut next = |outcome| {
        let artifact = source.fetch(&wanting).unwrap();
        let signature = artifact.map(|artifact| artifact.signature);
        source.report(outcome);
        signature
    };
    assert_eq!(next(Outcome::Refused), Some(None));
    assert_eq!(next(Outcome::Refused), None);
    fs::write(&beside, "half of it").unwrap();
    assert_eq!(next(Outcome::Refused), Some(Some("half of it".to_owned())));
    assert_eq!(next(Outcome::Refused), None);
    fs::write(&beside, "all of it").unwrap();
    assert_eq!(next(Outcome::Installed), Some(Some("all of it".to_owned())));
    // What is installed is installed.
    fs::write(&beside, "another").unwrap();
    assert_eq!(next(Outcome::Installed), None);
}

#[test]
fn of_a_signature_no_more_is_read_than_one_can_have() {
    let place = place("app");
    place.rename_in(b"one");
    fs::write(place.dir.path().join("app.minisig"), vec![0xff; 1 << 20]).unwrap();
    let artifact = place.source().fetch(&current().with_signature_wanted(true)).unwrap().unwrap();
    let length = artifact.signature.unwrap().chars().count();
    assert_eq!(length, (8 << 10) + 1);
}

#[test]
fn a_folder_that_is_mounted_later_is_no_mistake() {
    let place = place("app");
    let path = place.dir.path().join("mounted/later/app");
    let mut source = File::new(&path).quiet(Duration::ZERO);
    source.init(&current()).unwrap();
    let error = source.fetch(&current()).unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::NotFound, true));
    // A file where a folder is to be is one of these, too.
    fs::write(place.dir.path().join("mounted"), "").unwrap();
    source.init(&current()).unwrap();
    source.fetch(&current()).unwrap_err();
    fs::remove_file(place.dir.path().join("mounted")).unwrap();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, "one").unwrap();
    assert_eq!(read(fetch(&mut source).unwrap()).unwrap(), b"one");
}

#[test]
fn a_name_that_does_not_print_is_escaped() {
    let place = place("app");
    let path = place.dir.path().join("a\u{1b}[2J\nb\u{202e}c");
    let error = File::new(&path).fetch(&current()).unwrap_err();
    let shown = error.to_string();
    assert!(shown.contains("/a\\u{1b}[2J\\nb\\u{202e}c"), "{shown}");
    assert!(!shown.chars().any(char::is_control), "{shown:?}");
}
