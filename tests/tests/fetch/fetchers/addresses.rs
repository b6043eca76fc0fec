//! Tests URLs at which no server listens, or another one.

use super::{Poll, Remote, Stage, release};
use selfup::fetch::ErrorKind;
use selfup_tests::front::Identity;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);

impl<S: Remote> Stage<S> {
    /// Where the source is, for a fetcher that is not the usual one.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.source.front().address())
    }

    /// The same with TLS, by the name that the certificates are for.
    fn secure_origin(&self) -> String {
        format!("https://localhost:{}", self.source.front().address().port())
    }

    fn fetcher_at(&self, origin: &str) -> Poll {
        Poll::of(self.source.fetcher_at(origin, PATIENCE))
    }
}

/// A name that no resolver has (RFC 6761).
pub(crate) fn name_unknown<S: Remote>(stage: &mut Stage<S>) {
    stage.source.publish(&release(1));
    let mut fetcher = stage.fetcher_at("http://no-such-host.invalid:4000");
    for _ in 0..2 {
        let error = fetcher.fails(&[ErrorKind::Unreachable, ErrorKind::TimedOut]);
        assert!(error.is_transient(), "{error}");
        assert!(error.to_string().contains("no-such-host.invalid"), "{error}");
    }
}

pub(crate) fn refused<S: Remote>(stage: &mut Stage<S>) {
    stage.source.publish(&release(1));
    let mut fetcher = stage.fetcher();
    stage.source.front().refuse();
    for _ in 0..2 {
        let error = fetcher.fails(&[ErrorKind::Unreachable]);
        assert!(error.is_transient(), "{error}");
    }
    stage.source.front().heal();
    fetcher.installs(&release(1));
    fetcher.finds_nothing();
}

/// The port is that of a server without TLS.
pub(crate) fn not_tls<S: Remote>(stage: &mut Stage<S>) {
    stage.source.publish(&release(1));
    let mut fetcher = stage.fetcher_at(&stage.secure_origin());
    fetcher.fails(&[ErrorKind::Protocol]);
}

/// A certificate of an authority that is not trusted; then the right one.
pub(crate) fn not_trusted<S: Remote>(stage: &mut Stage<S>) {
    stage.source.publish(&release(1));
    stage.source.front().be(Identity::unknown());
    let mut fetcher = stage.fetcher_at(&stage.secure_origin());
    for _ in 0..2 {
        let error = fetcher.fails(&[ErrorKind::Untrusted]);
        assert!(!error.is_transient(), "{error}");
    }
    stage.source.front().be(Identity::known());
    fetcher.installs(&release(1));
    fetcher.finds_nothing();
}
