//! Tests archives, and the executable in them.

use std::io::Read;

use selfup_fetch::{Artifact, Error, ErrorKind, Fetch, RunningExecutable};
use selfup_fetch_github::GitHub;

use crate::{api::Api, gzip, name, source, storage::Habit};

/// A tar archive of files, each with its mode.
fn tar(files: &[(&str, u32, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, mode, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(*mode);
        archive.append_data(&mut header, path, *bytes).unwrap();
    }
    archive.into_inner().unwrap()
}

const LICENCE: (&str, u32, &[u8]) = ("app-1.0.0/LICENSE", 0o644, b"as you like");

/// A release of one archive, and where a program called `app` is.
struct Scene {
    api: Api,
    place: tempfile::TempDir,
}

impl Scene {
    fn of(end: &str, archive: &[u8]) -> Self {
        let api = Api::start();
        api.release("v1.0.0", &[(&name(end), archive)]);
        Self { api, place: tempfile::tempdir().unwrap() }
    }

    fn poll(&self, source: &mut GitHub) -> Result<Artifact, Error> {
        let current = RunningExecutable::new(self.place.path().join("app"), || unreachable!());
        source.fetch(&current).map(Option::unwrap)
    }

    /// What is fetched, and the name that it has in the archive.
    fn fetch(&self, source: &mut GitHub) -> Result<(String, String), Error> {
        let artifact = self.poll(source)?;
        // Only the reader reports that the archive lacks the file.
        let name = artifact.file_name.clone();
        Ok((crate::read(artifact)?, name.unwrap()))
    }
}

#[test]
fn the_executable_is_found() {
    let archive = tar(&[
        LICENCE,
        ("app-1.0.0/bin/app", 0o755, b"own"),
        ("app-1.0.0/bin/appctl", 0o755, b"ctl"),
    ]);
    for (end, bytes) in
        [(".tar", archive.clone()), (".tar.gz", gzip(&archive)), (".tgz", gzip(&archive))]
    {
        let scene = Scene::of(end, &bytes);
        let own = ("own".to_owned(), "app".to_owned());
        let ctl = ("ctl".to_owned(), "appctl".to_owned());
        assert_eq!(scene.fetch(&mut source(&scene.api)).unwrap(), own, "{end}");
        assert_eq!(scene.fetch(&mut source(&scene.api).member("appctl")).unwrap(), ctl);
        let path = "app-1.0.0/bin/appctl";
        assert_eq!(scene.fetch(&mut source(&scene.api).member(path)).unwrap(), ctl);
        let error = scene.fetch(&mut source(&scene.api).member("bin/appctl")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        for words in ["app-1.0.0/bin/app", &name(end)] {
            assert!(error.to_string().contains(words), "{error}");
        }
    }
    let scene = Scene::of(".tar", &tar(&[LICENCE, ("other", 0o755, b"the only one")]));
    assert_eq!(scene.fetch(&mut source(&scene.api)).unwrap().0, "the only one");
}

#[test]
fn a_zip_is_read_too() {
    let scene = Scene::of(".zip", include_bytes!("app.zip"));
    let found = scene.fetch(&mut source(&scene.api)).unwrap();
    assert_eq!(found, ("zipped\n".to_owned(), "app".to_owned()));
    let left = std::fs::read_dir(scene.place.path()).unwrap().count();
    assert_eq!(left, 0, "nothing is left beside the executable");
}

#[test]
fn an_archive_is_held_against_its_digest() {
    let scene = Scene::of(".tar.gz", &gzip(&tar(&[("app", 0o755, b"own")])));
    scene.fetch(&mut source(&scene.api)).unwrap();
    let wrong = format!("sha256:{}", "0".repeat(64));
    scene.api.edit("v1.0.0", |release| release.assets[0].digest = Some(wrong.clone()));
    let error = scene.fetch(&mut source(&scene.api)).unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Corrupt, true), "{error}");
    assert!(error.to_string().contains(&wrong), "{error}");
}

#[test]
fn an_archive_that_is_cut_gives_no_executable() {
    let bytes = vec![b'x'; 100_000];
    let archive = tar(&[("app", 0o755, &bytes), LICENCE]);
    for at in [0, 100, 600, 50_000, archive.len() - 1] {
        let scene = Scene::of(".tar", &archive);
        scene.api.storage.habit(Habit::CutWithoutRanges(at));
        let fetched = scene.poll(&mut source(&scene.api)).and_then(|mut artifact| {
            artifact.reader.read_to_end(&mut Vec::new()).map_err(Error::from)
        });
        let error = fetched.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Truncated, "{at}: {error}");
    }
}

#[test]
fn the_signature_is_that_of_the_executable() {
    let scene = Scene::of(".tar.gz", &gzip(&tar(&[("app", 0o755, b"own")])));
    scene.api.upload("v1.0.0", &name(".minisig"), b"of the executable");
    scene.api.upload("v1.0.0", &name(".tar.gz.minisig"), b"of the archive");
    let current = RunningExecutable::new(scene.place.path().join("app"), || unreachable!());
    let mut source = source(&scene.api);
    let artifact = source.fetch(&current.with_signature_wanted(true)).unwrap().unwrap();
    assert_eq!(artifact.signature.as_deref(), Some("of the executable"));
    assert_eq!(artifact.file_name.as_deref(), Some("app"), "what a signature may be bound to");
    assert_eq!(artifact.version.as_deref(), Some("1.0.0"));
}
