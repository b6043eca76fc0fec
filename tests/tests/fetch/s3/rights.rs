//! Tests permissions on S3, as moto enforces them.

use super::{fetch, moto, moto::Moto, poll};
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use selfup::fetch::{ErrorKind, Fetch, Outcome, S3};
use std::io::{Read, Write};
use std::net::TcpStream;

/// Creates a user with these permissions on the objects; from now on moto enforces permissions.
fn user_who_may(moto: &Moto, actions: &str) -> (String, String) {
    let say = |query: &str| {
        let request = format!("Version=2010-05-08&{query}");
        post(moto, "/", "iam", &request)
    };
    say("Action=CreateUser&UserName=fetcher");
    let policy = format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":[{actions}],\
         \"Resource\":\"*\"}}]}}"
    );
    say(&format!(
        "Action=PutUserPolicy&UserName=fetcher&PolicyName=p&PolicyDocument={}",
        policy.replace('"', "%22").replace(':', "%3A").replace('{', "%7B").replace('}', "%7D")
    ));
    let keys = say("Action=CreateAccessKey&UserName=fetcher");
    let element = |name: &str| {
        let (_, rest) = keys.split_once(&format!("<{name}>")).expect(&keys);
        rest.split_once('<').unwrap().0.to_owned()
    };
    post(moto, "/moto-api/reset-auth", "moto", "0");
    (element("AccessKeyId"), element("SecretAccessKey"))
}

/// Returns the response. The server dispatches on the service that a request is signed for.
fn post(moto: &Moto, path: &str, service: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(moto.address).unwrap();
    let form = if service == "iam" { "application/x-www-form-urlencoded" } else { "text/plain" };
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n\
         content-type: {form}\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential=x/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, \
         Signature=x\r\n\r\n{body}",
        moto.address,
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    response
}

fn source(moto: &Moto, key: &str, (id, secret): &(String, String)) -> S3 {
    moto.publisher.source(key).credentials(id, secret, None)
}

fn keep_versions(moto: &Moto) {
    let keeps = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    let put = moto.publisher.client.put_bucket_versioning().bucket("releases");
    moto.publisher.wait(put.versioning_configuration(keeps).send());
}

/// A fetcher that may not name a version asks by the tag, and does not try the version again.
#[test]
fn to_name_a_version_is_a_right_of_its_own() {
    moto::with("to_name_a_version_is_a_right_of_its_own", |moto| {
        keep_versions(moto);
        moto.publisher.put("app", b"one");
        let keys = user_who_may(moto, "\"s3:GetObject\"");
        let mut source = source(moto, "app", &keys);
        let named = || {
            let requests = moto.front.requests();
            requests.iter().filter(|r| r.head.path().contains("versionId=")).count()
        };
        for _ in 0..3 {
            assert_eq!(fetch(&mut source).unwrap().unwrap(), b"one");
            source.report(Outcome::Failed);
            assert_eq!(named(), 1);
        }
    });
}

#[test]
fn a_missing_right_to_read_is_reported() {
    moto::with("a_missing_right_to_read_is_reported", |moto| {
        moto.publisher.put("app", b"one");
        let keys = user_who_may(moto, "\"s3:PutObject\"");
        let error = poll(&mut source(moto, "app", &keys)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
        assert!(error.to_string().contains("s3:GetObject"), "{error}");
        let strangers = (keys.0.clone(), "SECRET".to_owned());
        let error = poll(&mut source(moto, "app", &strangers)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
        assert!(error.to_string().contains("SignatureDoesNotMatch"), "{error}");
        let strangers = ("AKIDOTHER".to_owned(), keys.1);
        let error = poll(&mut source(moto, "app", &strangers)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
        assert!(error.to_string().contains("InvalidAccessKeyId"), "{error}");
    });
}
