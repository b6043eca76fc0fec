//! Chooses the proxy for a host.

use selfup_fetch::redact;
use ureq::Proxy;

use crate::{environment, no_proxy::NoProxy, settings::Settings, url::Url};

/// The proxies, and the hosts that need none.
pub(crate) struct Proxies {
    /// The proxies for `http:` and `https:`. An error in one matters only where it would be used.
    plain: Option<Result<Proxy, String>>,
    secure: Option<Result<Proxy, String>>,
    none_for: NoProxy,
}

impl Proxies {
    /// The configured proxy, or those of the environment.
    pub(crate) fn of(settings: &Settings) -> Result<Self, String> {
        if let Some(text) = &settings.proxy {
            let proxy = proxy(text, "the proxy")?;
            let (plain, secure) = (Some(Ok(proxy.clone())), Some(Ok(proxy)));
            return Ok(Self { plain, secure, none_for: NoProxy::parse(&settings.no_proxy) });
        }
        let read: fn(&str) -> Option<String> =
            if settings.proxy_from_env { environment::variable } else { |_| None };
        Ok(Self::of_environment(read))
    }

    fn of_environment(read: impl Fn(&str) -> Option<String>) -> Self {
        let find = |names: &[&str]| {
            let (name, text) = names.iter().find_map(|name| Some((*name, read(name)?)))?;
            // Set but empty: no proxy, even if a less specific variable names one.
            (!text.is_empty()).then(|| proxy(&text, name))
        };
        let none_for = ["no_proxy", "NO_PROXY"].iter().find_map(|name| read(name));
        Self {
            plain: find(&["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]),
            secure: find(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
            none_for: NoProxy::parse(&none_for.unwrap_or_default()),
        }
    }

    /// The proxy for this URL, if it needs one.
    pub(crate) fn on_the_way_to(&self, url: &Url) -> Result<Option<&Proxy>, String> {
        let proxy = if url.is_https() { &self.secure } else { &self.plain };
        match proxy {
            Some(proxy) if !self.none_for.has(url.host(), url.port()) => {
                proxy.as_ref().map(Some).map_err(Clone::clone)
            }
            _ => Ok(None),
        }
    }
}

/// Reads the URL of a proxy; `http://` may be left out.
fn proxy(text: &str, what: &str) -> Result<Proxy, String> {
    let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let wrong = |reason: &str| format!("{what}, {}, cannot be used: {reason}", redact(&full));
    let (scheme, _) = full.split_once("://").unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("http") {
        return Err(wrong("only a proxy that is spoken to in http: is supported"));
    }
    Url::parse(&full).map_err(|reason| wrong(&reason))?;
    Proxy::new(&full).map_err(|_| wrong("it is no valid URL of a proxy"))
}

/// A proxy without its secrets, for messages.
pub(crate) fn shown(proxy: &Proxy) -> String {
    redact(&proxy.uri().to_string()).trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_the_way(variables: &[(&str, &str)], url: &str) -> Result<Option<String>, String> {
        let read = |name: &str| {
            variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
        };
        let proxies = Proxies::of_environment(read);
        let url = Url::parse(url).unwrap().0;
        proxies.on_the_way_to(&url).map(|proxy| proxy.map(shown))
    }

    #[test]
    fn the_environment_decides_the_proxy_of_each_scheme() {
        let all = [("ALL_PROXY", "http://all:1"), ("https_proxy", "http://tls:2/")];
        let upper = [("HTTP_PROXY", "upper:1"), ("http_proxy", "lower:1")];
        let off = [("http_proxy", ""), ("all_proxy", "all:1")];
        let but = [("all_proxy", "me:SECRET@all:1"), ("NO_PROXY", "a.example, b.example")];
        for (variables, url, proxy) in [
            (&all[..], "http://host/", Some("http://all:1")),
            (&all, "https://host/", Some("http://tls:2")),
            (&all[1..], "http://host/", None),
            (&upper, "http://host/", Some("http://lower:1")),
            (&upper, "https://host/", None),
            (&off, "http://host/", None),
            (&off, "https://host/", Some("http://all:1")),
            (&but, "https://b.example/", None),
            (&but, "https://c.example/", Some("http://…@all:1")),
            (&[], "https://host/", None),
        ] {
            let found = on_the_way(variables, url).unwrap();
            assert_eq!(found.as_deref(), proxy, "{variables:?} {url}");
        }
    }

    #[test]
    fn one_that_cannot_be_used_is_never_passed_over() {
        for (text, word) in [
            ("socks5://me:SECRET@host:1", "only a proxy"),
            ("https://me:SECRET@host:1", "only a proxy"),
            ("http://me:SECRET@host:many", "port"),
            ("http://", "no host"),
        ] {
            let variables = [("https_proxy", text), ("no_proxy", "direct")];
            let reason = on_the_way(&variables, "https://host/").unwrap_err();
            assert!(reason.contains(word) && reason.contains("https_proxy"), "{reason}");
            assert!(!reason.contains("SECRET"), "{reason}");
            assert_eq!(on_the_way(&variables, "http://host/"), Ok(None));
            assert_eq!(on_the_way(&variables, "https://direct/"), Ok(None));
        }
    }
}
