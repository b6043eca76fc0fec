//! Removes the secrets of URLs, for messages.

/// Removes the credentials and the values of the query from a URL.
///
/// Anyone who reads a presigned URL can use it, so these parts are replaced by `…`, and the rest, which names the
/// source, stays. The fragment, which is never sent, is removed. The same rules apply to text that is no URL.
///
/// # Examples
///
/// ```
/// use selfup_fetch::redact;
///
/// assert_eq!(
///     redact("https://ci:secret@host:8443/app.gz?expires=3600&signature=abc"),
///     "https://…@host:8443/app.gz?expires=…&signature=…",
/// );
/// ```
#[must_use]
pub fn redact(url: &str) -> String {
    let url = url.split_once('#').map_or(url, |(before, _)| before);
    let (place, query) = match url.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (url, None),
    };
    let (scheme, rest) = match place.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, place),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));

    let mut shown = String::with_capacity(url.len());
    if let Some(scheme) = scheme {
        shown.push_str(scheme);
        shown.push_str("://");
    }
    match authority.rsplit_once('@') {
        Some((_, host)) => {
            shown.push_str("…@");
            shown.push_str(host);
            shown.push_str(path);
        }
        None if is_cut_password(authority) => shown.push('…'),
        None => {
            shown.push_str(authority);
            shown.push_str(path);
        }
    }
    for (i, pair) in query.into_iter().flat_map(|query| query.split('&')).enumerate() {
        shown.push(if i == 0 { '?' } else { '&' });
        match pair.split_once('=') {
            Some((name, value)) if value.bytes().any(|byte| byte != b'=') => {
                shown.push_str(name);
                shown.push_str("=…");
            }
            // A single word, with padding or without, may be the token itself.
            Some(_) => shown.push('…'),
            None if pair.is_empty() => {}
            None => shown.push('…'),
        }
    }
    shown
}

/// Returns whether what looks like host and port is the start of `user:pass/word@host`. A password with a slash or
/// question mark makes the URL invalid, but must not be shown.
fn is_cut_password(authority: &str) -> bool {
    let host_ends = authority.rfind(']').unwrap_or(0);
    authority[host_ends..]
        .split_once(':')
        .is_some_and(|(_, port)| port.bytes().any(|byte| !byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_names_the_source_stays() {
        for (url, shown) in [
            ("http://h/app", "http://h/app"),
            ("http://h", "http://h"),
            ("http://u@h/app", "http://…@h/app"),
            ("http://u:p@ss@h/app", "http://…@h/app"),
            ("http://[::1]:80/a@b", "http://[::1]:80/a@b"),
            ("http://h/a?token", "http://h/a?…"),
            ("http://h/a?b=c=d&e", "http://h/a?b=…&…"),
            ("http://u:p@h?x=http://s@t/", "http://…@h?x=…"),
            ("http://u:pa/ss@h/app", "http://…"),
            ("http://u:pa?ss@h/app", "http://…?…"),
            ("/srv/app", "/srv/app"),
            ("", ""),
        ] {
            assert_eq!(redact(url), shown);
        }
    }

    proptest! {
        #[test]
        fn secrets_never_show(
            user in "[a-z]{1,8}", secret in "SECRET[0-9A-Z:@%+=/?-]{0,12}",
            token in "SECRET[0-9A-Z+/-]{0,12}={0,2}", path in "(/[a-z.]{0,6}){0,3}",
        ) {
            let url = format!("https://{user}:{secret}@host{path}?a={secret}&{token}#{secret}");
            prop_assert!(!redact(&url).contains("SECRET"), "{}", redact(&url));
        }
    }
}
