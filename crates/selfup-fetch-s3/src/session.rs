//! The client of the SDK and its runtime, which live for one poll.

use std::{
    fmt,
    time::{Duration, Instant, SystemTime},
};

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_credential_types::{Credentials, provider::ProvideCredentials};
use aws_sdk_s3::{
    Client,
    config::{Builder, ResponseChecksumValidation, StalledStreamProtectionConfig},
};
use selfup_fetch::{Error, ErrorKind, parts::Deadlines};
use tokio::runtime::{Handle, Runtime};

use crate::{
    access::Access, client::http_client, credentials, exposure, phase::Phase, settings::Settings,
};

/// A runtime, the client of the SDK and the connections. They live from the start of a poll until its
/// artifact has been read.
pub(crate) struct Session {
    /// Always present, until the shutdown takes it.
    runtime: Option<Runtime>,
    pub(crate) client: Client,
    pub(crate) deadlines: Deadlines,
    pub(crate) resumptions: u32,
    /// The deadline of the whole poll.
    until: Instant,
}

/// The results of one poll that save requests in the next.
#[derive(Default)]
pub(crate) struct Kept {
    /// Credentials that expire, as those of a role. Others are looked up anew, to notice a changed file.
    credentials: Option<Credentials>,
    /// If it is not configured, the metadata service of the instance has it. On a machine without that
    /// service, the request takes a second.
    region: Option<Region>,
    /// The credentials do not allow naming a version.
    pub(crate) names_no_version: bool,
}

impl Kept {
    /// Forgets credentials that were refused.
    pub(crate) fn forget_credentials(&mut self) {
        self.credentials = None;
    }

    /// Returns the credentials, if they are valid long enough for the next poll.
    fn credentials(&self) -> Option<&Credentials> {
        /// More than the difference between two clocks that S3 accepts.
        const SPARE: Duration = Duration::from_secs(5 * 60);
        let soon = SystemTime::now() + SPARE;
        self.credentials.as_ref().filter(|kept| kept.expiry().is_some_and(|expiry| expiry > soon))
    }
}

impl Session {
    pub(crate) fn open(settings: &Settings, kept: &mut Kept) -> Result<Self, Error> {
        let deadlines = settings.deadlines;
        let until = deadlines.total_from_now();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            // For name resolution and small files.
            .max_blocking_threads(4)
            .thread_name("selfup-fetch-s3")
            .build()
            .map_err(|error| {
                let reason = format!("no runtime can be started ({error}); check the open files");
                Error::new(ErrorKind::Io, reason).with_source(error)
            })?;
        let loaded = wait(&runtime, deadlines, until, Phase::Credentials, load(settings, kept));
        match loaded.and_then(|loaded| loaded) {
            Ok(config) => {
                let client = Client::from_conf(config.build());
                let resumptions = settings.resumptions;
                Ok(Self { runtime: Some(runtime), client, deadlines, resumptions, until })
            }
            Err(error) => {
                end(runtime);
                Err(error)
            }
        }
    }

    /// Waits for the future, at most until the deadline of the phase.
    pub(crate) fn wait<T>(
        &self,
        phase: Phase,
        future: impl Future<Output = T>,
    ) -> Result<T, Error> {
        let Some(runtime) = &self.runtime else {
            return Err(Error::new(ErrorKind::Io, "the session is over"));
        };
        wait(runtime, self.deadlines, self.until, phase, future)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            end(runtime);
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("deadlines", &self.deadlines).finish_non_exhaustive()
    }
}

fn wait<T>(
    runtime: &Runtime,
    deadlines: Deadlines,
    until: Instant,
    phase: Phase,
    future: impl Future<Output = T>,
) -> Result<T, Error> {
    let left = until.saturating_duration_since(Instant::now());
    let (limit, phase) = match phase.limit(&deadlines) {
        limit if limit < left => (limit, phase),
        _ => (left, Phase::Total),
    };
    // The timer is created in the runtime, which has the clock.
    let waiting = async { tokio::time::timeout(limit, future).await };
    runtime.block_on(waiting).map_err(|_| phase.missed(&deadlines))
}

/// Ends the threads of the runtime. It does not wait for one that hangs in the resolver, and not at
/// all in an asynchronous context, where blocking is not allowed.
fn end(runtime: Runtime) {
    match Handle::try_current() {
        Ok(_) => runtime.shutdown_background(),
        Err(_) => runtime.shutdown_timeout(Duration::from_millis(100)),
    }
}

/// Loads the configuration: credentials, region and endpoint.
async fn load(settings: &Settings, kept: &mut Kept) -> Result<Builder, Error> {
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http_client(settings)?)
        // The caller waits and tries again.
        .retry_config(RetryConfig::disabled())
        .timeout_config(
            TimeoutConfig::builder().connect_timeout(settings.deadlines.connect).build(),
        )
        // The reader does this itself: it knows the deadlines and resumes after a break.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    if let Some(region) = settings.region.clone().map(Region::new).or_else(|| kept.region.clone()) {
        loader = loader.region(region);
    }
    if let Some(endpoint) = &settings.endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    loader = match &settings.access {
        Access::Anonymous => loader.no_credentials(),
        Access::Keys(keys) => loader.credentials_provider(keys.clone()),
        Access::Chain { profile } => {
            if let Some(profile) = profile {
                loader = loader.profile_name(profile);
            }
            match kept.credentials() {
                Some(credentials) => loader.credentials_provider(credentials.clone()),
                None => loader,
            }
        }
    };
    let config = loader.load().await;
    let config = located(config, kept)?;
    let config = identified(config, settings, kept).await?;
    let in_path = settings.path_style.unwrap_or(config.endpoint_url().is_some());
    let builder = Builder::from(&config).force_path_style(in_path);
    let may_be_read = settings.insecure_credentials || matches!(settings.access, Access::Anonymous);
    Ok(builder.interceptor(exposure::Stop { may_be_read }))
}

fn located(config: SdkConfig, kept: &mut Kept) -> Result<SdkConfig, Error> {
    if let Some(region) = config.region() {
        kept.region = Some(region.clone());
        return Ok(config);
    }
    if config.endpoint_url().is_none() {
        return Err(Error::new(
            ErrorKind::Configuration,
            "nobody says which region the bucket is in; set region(), AWS_REGION or the profile's",
        ));
    }
    let region = Region::from_static("us-east-1");
    kept.region = Some(region.clone());
    Ok(config.into_builder().region(region).build())
}

/// Loads the credentials of the chain now: only here can an error explain why there are none.
async fn identified(
    config: SdkConfig,
    settings: &Settings,
    kept: &mut Kept,
) -> Result<SdkConfig, Error> {
    let Access::Chain { profile } = &settings.access else { return Ok(config) };
    let Some(provider) = config.credentials_provider() else { return Ok(config) };
    let credentials = provider
        .provide_credentials()
        .await
        .map_err(|error| credentials::missing(&error, profile.as_deref()))?;
    kept.credentials = credentials.expiry().is_some().then(|| credentials.clone());
    let provider = aws_credential_types::provider::SharedCredentialsProvider::new(credentials);
    Ok(config.into_builder().credentials_provider(provider).build())
}
