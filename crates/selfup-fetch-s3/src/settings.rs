//! The settings of the program, and their check.

use std::time::Duration;

use http::Uri;
use selfup_fetch::{
    Error, ErrorKind, executable_name, expand, parts::Deadlines, redact, signature_name,
};

use crate::{
    access::Access,
    exposure, roots,
    tls::{KNOWS_TLS, NO_TLS},
};

/// The settings of the program; [`Settings::prepare`] checks them.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) access: Access,
    pub(crate) region: Option<String>,
    pub(crate) endpoint: Option<String>,
    pub(crate) path_style: Option<bool>,
    pub(crate) insecure_credentials: bool,
    pub(crate) roots: Option<Roots>,
    pub(crate) proxy_from_env: bool,
    pub(crate) interval: Option<Duration>,
    pub(crate) deadlines: Deadlines,
    pub(crate) resumptions: u32,
}

/// The PEM text of roots to trust, which is too long for debug output.
pub(crate) struct Roots(pub(crate) Vec<u8>);

impl std::fmt::Debug for Roots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Roots(…)")
    }
}

/// The checked location of an object.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) bucket: String,
    pub(crate) key: String,
    /// The configured endpoint, if there is one.
    pub(crate) endpoint: Option<String>,
}

impl Settings {
    pub(crate) fn new(bucket: String, key: String) -> Self {
        Self {
            bucket,
            key,
            access: Access::Chain { profile: None },
            region: None,
            endpoint: None,
            path_style: None,
            insecure_credentials: false,
            roots: None,
            proxy_from_env: true,
            interval: None,
            deadlines: Deadlines::default(),
            resumptions: 10,
        }
    }

    /// The place of the object as it is configured, without what is secret.
    pub(crate) fn origin(&self) -> String {
        let place = shown(&self.bucket, &self.key);
        match &self.endpoint {
            Some(endpoint) => format!("{place} (at {})", redact(endpoint)),
            None => place,
        }
    }

    /// Checks everything that can be checked without the network and the environment.
    pub(crate) fn prepare(&self) -> Result<Source, Error> {
        if let Some(name) = self.deadlines.zero() {
            return Err(self.refuse(format!("the {name} is zero, so nothing could be fetched")));
        }
        self.check_endpoint()?;
        for (what, value) in [("region", &self.region), ("profile", self.profile())] {
            if value.as_ref().is_some_and(|value| value.is_empty() || has_space(value)) {
                return Err(self.refuse(format!("{value:?} is no name of a {what}")));
            }
        }
        if let Some(Roots(pem)) = &self.roots {
            roots::check(pem).map_err(|reason| self.refuse(reason))?;
        }
        if self.bucket.is_empty() {
            return Err(self.refuse("there is no bucket; a URL reads s3://bucket/key"));
        }
        let bucket = expand(&self.bucket)?;
        if bucket.is_empty() || has_space(&bucket) || bucket.contains('/') && !is_arn(&bucket) {
            return Err(self.refuse(format!("{bucket:?} is no name of a bucket")));
        }
        let key = expand(&self.key)?;
        if key.is_empty() || key.ends_with('/') {
            return Err(self.refuse(format!("the key {key:?} names no object")));
        }
        Ok(Source { bucket, key, endpoint: self.endpoint.clone() })
    }

    const fn profile(&self) -> &Option<String> {
        match &self.access {
            Access::Chain { profile } => profile,
            Access::Keys(_) | Access::Anonymous => &None,
        }
    }

    fn check_endpoint(&self) -> Result<(), Error> {
        let Some(endpoint) = &self.endpoint else { return Ok(()) };
        let sound = endpoint.parse::<Uri>().ok().filter(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.host().is_some_and(|host| !host.is_empty())
                && uri.port_u16() != Some(0)
                && uri.query().is_none()
        });
        let has_user =
            sound.as_ref().and_then(Uri::authority).is_some_and(|a| a.as_str().contains('@'));
        if sound.is_none() || has_user {
            return Err(self.refuse(format!(
                "the endpoint {} is no URL of the form https://host:port",
                redact(endpoint)
            )));
        }
        if sound.as_ref().is_some_and(|uri| uri.scheme_str() == Some("https")) && !KNOWS_TLS {
            return Err(self.refuse(NO_TLS));
        }
        let exposed = sound.as_ref().is_some_and(exposure::is_exposed);
        if exposed && !self.insecure_credentials && !matches!(self.access, Access::Anonymous) {
            return Err(self.refuse(exposure::REFUSAL));
        }
        Ok(())
    }

    fn refuse(&self, reason: impl Into<String>) -> Error {
        Error::new(ErrorKind::Configuration, reason).at(shown(&self.bucket, &self.key))
    }
}

impl Source {
    /// The location of the signature of the executable.
    pub(crate) fn signature(&self) -> Self {
        Self { key: signature_name(&self.key), ..self.clone() }
    }

    /// The published name of the executable.
    pub(crate) fn file_name(&self) -> &str {
        executable_name(self.key.rsplit('/').next().unwrap_or_default())
    }

    /// The source, for messages.
    pub(crate) fn place(&self) -> String {
        let place = shown(&self.bucket, &self.key);
        match &self.endpoint {
            Some(endpoint) => format!("{place} (at {endpoint})"),
            None => place,
        }
    }
}

fn shown(bucket: &str, key: &str) -> String {
    format!("s3://{bucket}/{key}")
}

fn has_space(text: &str) -> bool {
    text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Whether it is the name of an access point, which has slashes.
fn is_arn(bucket: &str) -> bool {
    bucket.starts_with("arn:")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(key: &str) -> Source {
        Settings::new("releases".into(), key.into()).prepare().unwrap()
    }

    #[test]
    fn what_belongs_to_a_key_follows_from_it() {
        for (key, signature, name) in [
            ("app", "app.minisig", "app"),
            ("a/b/app.gz", "a/b/app.minisig", "app"),
            ("a.gz/app", "a.gz/app.minisig", "app"),
        ] {
            let source = source(key);
            assert_eq!(source.signature().key, signature);
            assert_eq!(source.file_name(), name);
        }
    }

    #[test]
    fn the_platform_is_filled_in() {
        let source = source("{os}/{arch}/{target}/app");
        assert!(source.key.starts_with(std::env::consts::OS), "{source:?}");
        assert!(!source.key.contains('{'), "{source:?}");
    }

    #[test]
    fn the_endpoint_is_part_of_the_place() {
        let mut settings = Settings::new("releases".into(), "app".into());
        assert_eq!(settings.prepare().unwrap().place(), "s3://releases/app");
        settings.endpoint = Some("http://h:9000".into());
        settings.insecure_credentials = true;
        let place = settings.prepare().unwrap().place();
        assert_eq!(place, "s3://releases/app (at http://h:9000)");
    }

    #[test]
    fn signed_requests_go_in_clear_only_where_that_is_allowed() {
        let settings = |endpoint: &str, access| {
            let mut settings = Settings::new("releases".into(), "app".into());
            settings.endpoint = Some(endpoint.to_owned());
            settings.access = access;
            settings
        };
        let chain = || Access::Chain { profile: None };
        for endpoint in ["http://minio.example.com:9000", "http://192.0.2.1"] {
            let mut exposed = settings(endpoint, chain());
            let error = exposed.prepare().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            for word in ["not sent over http:", "use https:", "allow_insecure_credentials(true)"] {
                assert!(error.to_string().contains(word), "{error}");
            }
            exposed.insecure_credentials = true;
            exposed.prepare().unwrap();
            settings(endpoint, Access::Anonymous).prepare().unwrap();
        }
        settings("http://127.0.0.1:9000", chain()).prepare().unwrap();
    }
}
