//! Connections for plain `http:` through a proxy.
//!
//! ureq asks a proxy for a tunnel whatever the scheme is, and many proxies grant one to port 443
//! alone. For `http:` they expect the request itself, with the whole URL in its first line
//! (RFC 9112, section 3.2.2).

use base64::{Engine, prelude::BASE64_STANDARD};
use ureq::{
    Error, Proxy,
    unversioned::transport::{
        Buffers, ConnectionDetails, Connector, DefaultConnector, NextTimeout, TcpConnector,
        Transport,
    },
};

/// Makes all connections. Those for `http:` through a proxy are [`Forward`].
#[derive(Debug, Default)]
pub(crate) struct Connect {
    usual: DefaultConnector,
}

impl Connector<()> for Connect {
    type Out = Box<dyn Transport>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<()>,
    ) -> Result<Option<Self::Out>, Error> {
        let Some(proxy) = details.config.proxy().filter(|_| !details.needs_tls()) else {
            return self.usual.connect(details, chained);
        };
        let to_proxy = ConnectionDetails {
            uri: proxy.uri(),
            addrs: details.resolver.resolve(proxy.uri(), details.config, details.timeout)?,
            config: details.config,
            request_level: details.request_level,
            resolver: details.resolver,
            now: details.now,
            timeout: details.timeout,
            current_time: details.current_time.clone(),
            run_connector: details.run_connector.clone(),
            register_shutdown: details.register_shutdown.clone(),
        };
        let transport = TcpConnector::default().connect(&to_proxy, None::<()>)?;
        Ok(transport.map(|transport| {
            let authority = details.uri.authority().map_or("", |authority| authority.as_str());
            Box::new(Forward {
                transport: Box::new(transport),
                before_path: format!("http://{authority}"),
                credentials: credentials(proxy),
                at_start: true,
            }) as _
        }))
    }
}

/// A header line for the proxy alone.
fn credentials(proxy: &Proxy) -> String {
    let (user, password) = (proxy.username(), proxy.password());
    if user.is_none() && password.is_none() {
        return String::new();
    }
    let pair = format!("{}:{}", user.unwrap_or_default(), password.unwrap_or_default());
    format!("Proxy-Authorization: Basic {}\r\n", BASE64_STANDARD.encode(pair))
}

/// A connection to a proxy that rewrites requests into the form a proxy expects.
struct Forward {
    transport: Box<dyn Transport>,
    /// The text before the path in the first line.
    before_path: String,
    credentials: String,
    /// Whether the next bytes begin a request. No request has a body, and each is sent only after
    /// the response to the last one.
    at_start: bool,
}

impl Forward {
    /// Completes the head of a request in the buffer, and returns its new length.
    fn complete(&mut self, length: usize) -> Result<usize, Error> {
        let output = self.transport.buffers().output();
        let head = output.get(..length).unwrap_or_default();
        let path = head.iter().position(|byte| *byte == b' ').map(|at| at + 1);
        let line_end = head.windows(2).position(|two| two == b"\r\n").map(|at| at + 2);
        let (Some(path), Some(line_end)) = (path, line_end) else { return Err(too_large()) };
        let whole = [
            &head[..path],
            self.before_path.as_bytes(),
            &head[path..line_end],
            self.credentials.as_bytes(),
            &head[line_end..],
        ]
        .concat();
        output.get_mut(..whole.len()).ok_or_else(too_large)?.copy_from_slice(&whole);
        Ok(whole.len())
    }
}

fn too_large() -> Error {
    Error::Other("the head of the request is too large".into())
}

impl Transport for Forward {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.transport.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let begins = std::mem::take(&mut self.at_start);
        let amount = if begins { self.complete(amount)? } else { amount };
        self.transport.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.at_start = true;
        self.transport.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.transport.is_open()
    }
}

impl std::fmt::Debug for Forward {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Forward").finish_non_exhaustive()
    }
}
