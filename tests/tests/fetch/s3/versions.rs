//! Tests buckets that keep versions.

use super::{fetch, moto, moto::Moto, poll};
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use selfup::fetch::{ErrorKind, Fetch, Outcome};
use selfup_tests::front::{Fault, Place, Responses};
use std::io::Read;
use std::time::Duration;

fn with(name: &str, case: impl FnOnce(&Moto)) {
    moto::with(name, |moto| {
        let keeps =
            VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        let put = moto.publisher.client.put_bucket_versioning().bucket("releases");
        moto.publisher.wait(put.versioning_configuration(keeps).send());
        case(moto);
    });
}

#[test]
fn each_version_is_new_once() {
    with("each_version_is_new_once", |moto| {
        let mut source = moto.publisher.source("app");
        for bytes in [b"one", b"two", b"two", b"one"] {
            moto.publisher.put("app", bytes);
            assert_eq!(fetch(&mut source).unwrap().unwrap(), bytes);
            source.report(Outcome::Installed);
            assert_eq!(fetch(&mut source).unwrap(), None);
        }
        let remove = moto.publisher.client.delete_object().bucket("releases").key("app");
        moto.publisher.wait(remove.send());
        let error = fetch(&mut source).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        assert!(error.is_transient());
    });
}

/// A transfer is completed, over a broken connection and a new version.
#[test]
fn a_transfer_stays_with_its_version() {
    with("a_transfer_stays_with_its_version", |moto| {
        moto.publisher.put("app", &[1; 400_000]);
        moto.front.spoil(Responses::Files, Fault::Stall(Place::Middle));
        let mut source = moto.publisher.source("app").stall_timeout(Duration::from_millis(500));
        let mut reader = poll(&mut source).unwrap().unwrap().reader;
        let mut begin = vec![0; 100_000];
        reader.read_exact(&mut begin).unwrap();
        moto.publisher.put("app", &[2; 400_000]);
        moto.front.heal();
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).unwrap();
        assert!([begin, rest].concat() == [1; 400_000], "it is the first version, all of it");
        source.report(Outcome::Installed);
        let named =
            |request: &selfup_tests::front::Request| request.head.path().contains("versionId=");
        let requests = moto.front.requests();
        assert!(requests.iter().filter(|request| named(request)).count() >= 2, "{requests:?}");
        assert!(fetch(&mut source).unwrap().unwrap() == [2; 400_000]);
    });
}
