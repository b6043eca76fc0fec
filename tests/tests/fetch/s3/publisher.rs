//! A publisher that uploads with the SDK.

use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    error::SdkError,
};
use selfup::fetch::S3;
use selfup_tests::{front::Front, source::ACCESS_KEY};
use std::future::Future;
use std::net::SocketAddr;
use tokio::runtime::Runtime;

/// A client of a server, and the front before that server, through which fetchers come.
pub(crate) struct Publisher {
    runtime: Runtime,
    pub(crate) client: Client,
    front: String,
}

impl Publisher {
    pub(crate) fn of(server: SocketAddr, front: &Front) -> Self {
        let (id, secret) = ACCESS_KEY;
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .endpoint_url(format!("http://{server}"))
            .force_path_style(true)
            .credentials_provider(Credentials::new(id, secret, None, None, "publisher"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self {
            runtime,
            client: Client::from_conf(config),
            front: format!("http://{}", front.address()),
        }
    }

    /// Runs a request of the SDK to its end.
    pub(crate) fn wait<T, E: std::fmt::Debug>(
        &self,
        request: impl Future<Output = Result<T, SdkError<E>>>,
    ) -> T {
        self.runtime.block_on(request).unwrap()
    }

    pub(crate) fn front(&self) -> &str {
        &self.front
    }

    pub(crate) fn create_bucket(&self) {
        self.wait(self.client.create_bucket().bucket("releases").send());
    }

    pub(crate) fn put(&self, key: &str, bytes: &[u8]) {
        let bytes = bytes.to_vec().into();
        self.wait(self.client.put_object().bucket("releases").key(key).body(bytes).send());
    }

    /// A fetcher of that key through the front.
    pub(crate) fn source(&self, key: &str) -> S3 {
        let (id, secret) = ACCESS_KEY;
        S3::new("releases", key)
            .region("us-east-1")
            .endpoint(&self.front)
            .credentials(id, secret, None)
            .proxy_from_env(false)
    }
}
