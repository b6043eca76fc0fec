//! The configuration of a load: what to send, where, and how often.

use std::fmt;
use std::net::SocketAddr;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use crate::ended::Ended;

/// Where to send requests, and the lanes in which they travel side by side.
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) address: SocketAddr,
    pub(crate) timeout: Duration,
    pub(crate) grace: Option<Duration>,
    pub(crate) keep_samples: bool,
    pub(crate) each: Option<Each>,
    pub(crate) lanes: Vec<Lane>,
}

/// What is called with the end of every request.
#[derive(Clone)]
pub(crate) struct Each(pub(crate) Arc<dyn Fn(&Ended<'_>) + Send + Sync>);

impl fmt::Debug for Each {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Each")
    }
}

impl Config {
    /// No lane yet, and 10 s for each request: longer than any response takes, shorter than a test
    /// may.
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            timeout: Duration::from_secs(10),
            grace: None,
            keep_samples: false,
            each: None,
            lanes: Vec::new(),
        }
    }

    /// How long after it was due a request counts as [timed out](crate::Loss::TimedOut).
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long requests in flight may take to finish after the load was stopped. By default as long
    /// as they could without: their timeout.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = Some(grace);
        self
    }

    /// Keeps what became of each single request, in [`Report::samples`](crate::Report::samples).
    #[must_use]
    pub fn keep_samples(mut self) -> Self {
        self.keep_samples = true;
        self
    }

    /// Calls this with the end of every request, on the thread that sends: it must be quick.
    #[must_use]
    pub fn each(mut self, each: impl Fn(&Ended<'_>) + Send + Sync + 'static) -> Self {
        self.each = Some(Each(Arc::new(each)));
        self
    }

    /// Adds requests of one kind.
    #[must_use]
    pub fn lane(mut self, lane: Lane) -> Self {
        self.lanes.push(lane);
        self
    }
}

/// Requests of one kind, at a rate of their own.
#[derive(Clone, Debug)]
pub struct Lane {
    pub(crate) name: String,
    pub(crate) rate: f64,
    pub(crate) limit: Option<u64>,
    /// How many may be under way at the same time.
    pub(crate) at_once: Option<usize>,
    pub(crate) path: String,
    /// The length of the body of a POST; a GET where there is none.
    pub(crate) post: Option<usize>,
    /// How many connections are kept; a new one for each request where there is none.
    pub(crate) kept: Option<NonZero<usize>>,
}

impl Lane {
    /// `GET /` ten times a second, on a new connection each; the name is for the report.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            rate: 10.0,
            limit: None,
            at_once: None,
            path: "/".to_owned(),
            post: None,
            kept: None,
        }
    }

    /// Sends this many requests a second.
    ///
    /// # Panics
    ///
    /// If that is not a positive number.
    #[must_use]
    pub fn rate(mut self, per_second: f64) -> Self {
        assert!(per_second.is_finite() && per_second > 0.0, "a rate of {per_second} a second");
        self.rate = per_second;
        self
    }

    /// Sends no more than this many requests in all.
    #[must_use]
    pub fn limit(mut self, requests: u64) -> Self {
        self.limit = Some(requests);
        self
    }

    /// Leaves out what is due while this many requests are under way, so that the rate is only an
    /// upper limit. Without it a machine that cannot keep up with the rate falls further and further
    /// behind, until requests time out that the server has not lost.
    #[must_use]
    pub fn at_once(mut self, requests: usize) -> Self {
        self.at_once = Some(requests);
        self
    }

    /// Asks for this path, with its query.
    #[must_use]
    pub fn path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// Sends a POST with a body of this many bytes.
    #[must_use]
    pub fn post(mut self, length: usize) -> Self {
        self.post = Some(length);
        self
    }

    /// Keeps this many connections and sends on each in turn. A request that is due while all of
    /// them are busy waits for the first that is not, and its latency goes on counting.
    ///
    /// # Panics
    ///
    /// If it is none.
    #[must_use]
    pub fn keep_alive(mut self, connections: usize) -> Self {
        self.kept = Some(NonZero::new(connections).expect("at least one connection"));
        self
    }

    /// The bytes of one request.
    pub(crate) fn request(&self, host: SocketAddr) -> Vec<u8> {
        let method = if self.post.is_some() { "POST" } else { "GET" };
        let mut head = format!("{method} {} HTTP/1.1\r\nHost: {host}\r\n", self.path);
        if let Some(length) = self.post {
            head.push_str(&format!("Content-Length: {length}\r\n"));
        }
        if self.kept.is_none() {
            head.push_str("Connection: close\r\n");
        }
        head.push_str("\r\n");
        let mut request = head.into_bytes();
        request.resize(request.len() + self.post.unwrap_or_default(), b'x');
        request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(lane: &Lane) -> String {
        String::from_utf8(lane.request("127.0.0.1:80".parse().unwrap())).unwrap()
    }

    #[test]
    fn a_new_connection_is_announced_as_the_last() {
        let expected = "GET / HTTP/1.1\r\nHost: 127.0.0.1:80\r\nConnection: close\r\n\r\n";
        assert_eq!(request(&Lane::new("fresh")), expected);
    }

    #[test]
    fn a_post_has_a_body_of_its_content_length() {
        let lane = Lane::new("post").keep_alive(1).path("/echo?a=b").post(3);
        let expected =
            "POST /echo?a=b HTTP/1.1\r\nHost: 127.0.0.1:80\r\nContent-Length: 3\r\n\r\nxxx";
        assert_eq!(request(&lane), expected);
    }
}
