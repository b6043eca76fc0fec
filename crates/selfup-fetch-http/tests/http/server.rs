use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

/// A server whose every byte a test decides about.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    requests: Mutex<Vec<Request>>,
    open: Mutex<Vec<TcpStream>>,
    stopping: AtomicBool,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    /// The number of the connection it came on.
    pub(crate) connection: usize,
}

/// The way back to the client.
pub(crate) struct Reply<'a> {
    stream: &'a mut dyn Stream,
    socket: TcpStream,
}

pub(crate) trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// What happens to the connection after the response.
pub(crate) enum Then {
    Keep,
    Close,
}

/// What speaks on a connection: the plain socket, or TLS on it.
type Wrap = dyn Fn(TcpStream) -> Box<dyn Stream> + Send + Sync;

impl Server {
    pub(crate) fn start(
        handle: impl Fn(&Request, &mut Reply<'_>) -> Then + Send + Sync + 'static,
    ) -> Self {
        Self::start_with(|socket| Box::new(socket), handle)
    }

    pub(crate) fn start_with(
        wrap: impl Fn(TcpStream) -> Box<dyn Stream> + Send + Sync + 'static,
        handle: impl Fn(&Request, &mut Reply<'_>) -> Then + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let (for_thread, wrap, handle): (_, Arc<Wrap>, Arc<_>) =
            (shared.clone(), Arc::new(wrap), Arc::new(handle));
        let accepting = std::thread::spawn(move || {
            for (connection, socket) in listener.incoming().enumerate() {
                if for_thread.stopping.load(Ordering::Relaxed) {
                    break;
                }
                let (shared, wrap, handle) = (for_thread.clone(), wrap.clone(), handle.clone());
                let socket = socket.unwrap();
                shared.open.lock().unwrap().push(socket.try_clone().unwrap());
                std::thread::spawn(move || serve(socket, connection, &shared, &*wrap, &*handle));
            }
        });
        Self { address, shared, accepting: Some(accepting) }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The requests since the last call.
    pub(crate) fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.shared.requests.lock().unwrap())
    }

    /// The methods of the requests since the last call.
    pub(crate) fn methods(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.method).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.address));
        for socket in self.shared.open.lock().unwrap().drain(..) {
            drop(socket.shutdown(Shutdown::Both));
        }
        let ended = self.accepting.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            assert!(matches!(ended, Some(Ok(()))), "the server failed");
        }
    }
}

fn serve(
    socket: TcpStream,
    connection: usize,
    shared: &Shared,
    wrap: &Wrap,
    handle: &(impl Fn(&Request, &mut Reply<'_>) -> Then + ?Sized),
) {
    let mut stream = BufReader::new(wrap(socket.try_clone().unwrap()));
    while let Ok(Some(request)) = Request::read(&mut stream, connection) {
        shared.requests.lock().unwrap().push(request.clone());
        let mut reply = Reply { stream: stream.get_mut(), socket: socket.try_clone().unwrap() };
        if let Then::Close = handle(&request, &mut reply) {
            break;
        }
    }
    drop(stream);
    drop(socket.shutdown(Shutdown::Both));
}

impl Request {
    fn read(stream: &mut impl BufRead, connection: usize) -> io::Result<Option<Self>> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let mut words = lines[0].split(' ').map(str::to_owned);
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let headers = lines[1..]
            .iter()
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Ok(Some(Self { method, path, headers, connection }))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

impl Reply<'_> {
    /// Sends a whole response; for `HEAD`, without its body.
    pub(crate) fn answer(
        &mut self,
        request: &Request,
        status: u16,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Then {
        self.head(status, headers, Some(body.len()));
        if request.method != "HEAD" && status != 304 {
            self.send(body);
        }
        Then::Keep
    }

    /// Sends the head of a response.
    pub(crate) fn head(&mut self, status: u16, headers: &[(&str, &str)], length: Option<usize>) {
        let mut head = format!("HTTP/1.1 {status} Whatever\r\n");
        if let Some(length) = length.filter(|_| status != 304) {
            head += &format!("Content-Length: {length}\r\n");
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        self.send((head + "\r\n").as_bytes());
    }

    /// Sends bytes as they are. It is no error if the client has gone.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        drop(self.stream.write_all(bytes).and_then(|()| self.stream.flush()));
    }

    /// Sends nothing until the client goes away.
    pub(crate) fn hang(&mut self) -> Then {
        while self.is_wanted(Duration::from_secs(1)) {}
        Then::Close
    }

    /// Sends one byte after the other, with pauses, as long as the client is there.
    pub(crate) fn trickle(&mut self, bytes: impl IntoIterator<Item = u8>, pause: Duration) -> Then {
        for byte in bytes {
            if !self.is_wanted(pause) {
                break;
            }
            self.send(&[byte]);
        }
        Then::Close
    }

    /// Closes with a reset instead of an end.
    pub(crate) fn reset(&mut self) -> Then {
        socket2::SockRef::from(&self.socket).set_linger(Some(Duration::ZERO)).unwrap();
        Then::Close
    }

    /// Whether the client is still there after the pause.
    fn is_wanted(&mut self, pause: Duration) -> bool {
        self.socket.set_read_timeout(Some(pause)).unwrap();
        let result = self.socket.peek(&mut [0]);
        self.socket.set_read_timeout(None).unwrap();
        match result {
            Ok(n) => n > 0,
            Err(error) => {
                matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
            }
        }
    }
}
