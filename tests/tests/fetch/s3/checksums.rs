//! Tests the checksums of an object, and checksums that are missing.

use super::{moto, objects, poll, read};
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use selfup::fetch::{ErrorKind, Fetch, Outcome};
use selfup_tests::source::Bucket;
use std::fs;

#[test]
fn damage_is_noticed_by_each() {
    objects::with("damage_is_noticed_by_each", |publisher, bucket| {
        for algorithm in [
            ChecksumAlgorithm::Sha256,
            ChecksumAlgorithm::Sha1,
            ChecksumAlgorithm::Crc64Nvme,
            ChecksumAlgorithm::Crc32C,
            ChecksumAlgorithm::Crc32,
        ] {
            let put = publisher.client.put_object().bucket("releases").key("app");
            let put = put.checksum_algorithm(algorithm.clone());
            publisher.wait(put.body(vec![7; 100_000].into()).send());
            let mut source = publisher.source("app");
            let artifact = poll(&mut source).unwrap().unwrap();
            let strong = matches!(algorithm, ChecksumAlgorithm::Sha256 | ChecksumAlgorithm::Sha1);
            assert_eq!(artifact.digests.len(), usize::from(strong), "{algorithm}");
            assert_eq!(read(artifact).unwrap(), [7; 100_000]);

            // Behind the server's back: it goes on sending the checksum of the upload.
            damage(bucket);
            for _ in 0..2 {
                let mut reader = poll(&mut source).unwrap().unwrap().reader;
                for _ in 0..2 {
                    let error = std::io::copy(&mut reader, &mut std::io::sink()).unwrap_err();
                    let error = selfup::fetch::Error::from(error);
                    assert_eq!(error.kind(), ErrorKind::Corrupt, "{algorithm}: {error}");
                }
                source.report(Outcome::Failed);
            }
        }
    });
}

fn damage(bucket: &Bucket) {
    let mut bytes = fs::read(bucket.object()).unwrap();
    bytes[50_000] ^= 1;
    fs::write(bucket.object(), bytes).unwrap();
}

/// Its tag is computed from the tags of its parts, and so is its checksum: neither covers the bytes.
#[test]
fn a_checksum_of_parts_is_not_taken_for_that_of_the_whole() {
    moto::with("a_checksum_of_parts_is_not_taken_for_that_of_the_whole", |moto| {
        let (client, wait) = (&moto.publisher.client, &moto.publisher);
        let begin = client.create_multipart_upload().bucket("releases").key("app");
        let begin = begin.checksum_algorithm(ChecksumAlgorithm::Sha256);
        let upload = wait.wait(begin.send());
        let id = upload.upload_id().unwrap();
        let parts = [vec![1; 5 << 20], vec![2; 1000]];
        let mut done = CompletedMultipartUpload::builder();
        for (number, part) in (1..).zip(&parts) {
            let put = client.upload_part().bucket("releases").key("app").upload_id(id);
            let put = put.checksum_algorithm(ChecksumAlgorithm::Sha256);
            let put = wait.wait(put.part_number(number).body(part.clone().into()).send());
            done = done.parts(
                CompletedPart::builder()
                    .part_number(number)
                    .e_tag(put.e_tag().unwrap())
                    .set_checksum_sha256(put.checksum_sha256().map(str::to_owned))
                    .build(),
            );
        }
        let finish = client.complete_multipart_upload().bucket("releases").key("app");
        wait.wait(finish.upload_id(id).multipart_upload(done.build()).send());
        let head = wait.wait(client.head_object().bucket("releases").key("app").send());
        assert!(head.e_tag().unwrap().ends_with("-2\""), "{head:?}");

        let mut source = moto.publisher.source("app");
        let artifact = poll(&mut source).unwrap().unwrap();
        assert_eq!(artifact.digests, []);
        assert_eq!(artifact.size, Some((5 << 20) + 1000));
        assert!(read(artifact).unwrap() == parts.concat());
        source.report(Outcome::Installed);
        assert!(poll(&mut source).unwrap().is_none());
    });
}
