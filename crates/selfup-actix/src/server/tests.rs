//! What clients see on the wire of a server that drains.

use std::{
    future::ready,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Instant,
};

use actix_web::{
    App, Error, HttpResponse,
    dev::ServiceResponse,
    error,
    rt::System,
    web::{self, Data},
};
use tokio::sync::{Semaphore, oneshot};

use super::*;

const PATIENCE: Duration = Duration::from_secs(60);
/// Longer than any test waits.
const FOR_EVER: Duration = Duration::from_secs(3600);

struct Running {
    address: SocketAddr,
    tell: Option<oneshot::Sender<()>>,
    ended: mpsc::Receiver<io::Result<()>>,
    /// How often `on_connect` was called.
    connected: Arc<AtomicUsize>,
    /// One for each request for `/held` to begin, and one to be answered.
    permits: Arc<Semaphore>,
}

fn serve(grace: Duration) -> Running {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let ((tell, told), (end, ended)) = (oneshot::channel::<()>(), mpsc::channel());
    let (connected, permits) = (Arc::<AtomicUsize>::default(), Arc::new(Semaphore::new(0)));
    let (connections, held) = (Arc::clone(&connected), Data::from(Arc::clone(&permits)));
    thread::spawn(move || {
        let app = move || {
            App::new()
                .app_data(held.clone())
                .route("/", web::to(async || "hello"))
                .route("/held", web::to(hold))
                .route(
                    "/switch",
                    web::to(async || HttpResponse::SwitchingProtocols().upgrade("test").finish()),
                )
                .service(
                    web::scope("/refused")
                        .wrap_fn(|_, _| ready(refuse()))
                        .route("", web::to(async || "never")),
                )
        };
        let server = server(app)
            .configure(|http| http.workers(2).keep_alive(FOR_EVER).client_request_timeout(FOR_EVER))
            .on_connect(move |_, _| {
                connections.fetch_add(1, Ordering::SeqCst);
            });
        let told = async { drop(told.await) };
        end.send(System::new().block_on(server.run_until(
            told,
            Times { grace, limit: FOR_EVER },
            |http| http.listen(socket),
        )))
        .unwrap();
    });
    Running { address, tell: Some(tell), ended, connected, permits }
}

async fn hold(permits: Data<Semaphore>) -> &'static str {
    permits.acquire().await.unwrap().forget();
    permits.acquire().await.unwrap().forget();
    "held"
}

/// As a middleware does, whose error is the app's answer.
fn refuse() -> Result<ServiceResponse, Error> {
    Err(error::ErrorForbidden("refused"))
}

/// A response, head and body; empty if the connection is closed instead.
fn read_response(mut connection: &TcpStream) -> String {
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    let (mut response, mut byte) = (String::new(), [0]);
    while left(&response) > 0 && connection.read(&mut byte).unwrap() == 1 {
        response.push(byte[0].into());
    }
    response
}

/// How much is missing, as far as one can know.
fn left(response: &str) -> usize {
    let Some((head, body)) = response.split_once("\r\n\r\n") else { return 1 };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.map_or(0, |length| length.parse::<usize>().unwrap() - body.len())
}

fn send(mut connection: &TcpStream, what: &str, headers: &str) {
    connection.write_all(format!("GET {what}\r\nHost: test\r\n{headers}\r\n").as_bytes()).unwrap();
}

fn ask(connection: &TcpStream, what: &str) -> String {
    send(connection, what, "");
    read_response(connection)
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "in vain until {what}");
        thread::yield_now();
    }
}

fn says_close(response: &str) -> bool {
    response.contains("\r\nconnection: close\r\n")
}

impl Running {
    fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).unwrap()
    }

    /// Connections that the server has counted and that have sent nothing.
    fn connect_all<const N: usize>(&self) -> [TcpStream; N] {
        let before = self.connected.load(Ordering::SeqCst);
        let connections = [(); N].map(|()| self.connect());
        wait_until("they are counted", || self.connected.load(Ordering::SeqCst) == before + N);
        connections
    }

    fn tell(&mut self) {
        self.tell.take().expect("it is told once").send(()).unwrap();
    }

    /// Tells the server to finish, and returns when it closes the connection.
    fn tell_and_wait(&mut self) {
        let connection = self.connect();
        assert!(!says_close(&ask(&connection, "/ HTTP/1.1")));
        self.tell();
        wait_until("it closes the connection", || says_close(&ask(&connection, "/ HTTP/1.1")));
        assert_eq!(read_response(&connection), "");
    }

    fn wait(self) {
        self.ended.recv_timeout(PATIENCE).expect("it ends").unwrap();
    }
}

#[test]
fn a_connection_has_one_more_answer_that_says_close() {
    let mut server = serve(FOR_EVER);
    let [silent, kept, old, refused, switched] = server.connect_all();
    let (new_version, old_version) = ("/ HTTP/1.1", "/ HTTP/1.0");
    assert!(!says_close(&ask(&kept, new_version)));
    assert!(!says_close(&ask(&refused, "/refused HTTP/1.1")));
    send(&old, old_version, "Connection: keep-alive\r\n");
    assert!(read_response(&old).contains("\r\nconnection: keep-alive\r\n"));
    server.tell_and_wait();
    for (connection, what) in
        [(&silent, new_version), (&kept, new_version), (&refused, "/refused HTTP/1.1")]
    {
        let response = ask(connection, what);
        assert!(says_close(&response), "{response:?}");
        assert_eq!(read_response(connection), "");
    }
    send(&old, old_version, "Connection: keep-alive\r\n");
    let response = read_response(&old);
    assert!(response.ends_with("hello") && !response.contains("keep-alive"), "{response:?}");
    assert_eq!(read_response(&old), "");
    let response = ask(&switched, "/switch HTTP/1.1");
    assert!(response.contains("\r\nconnection: upgrade\r\n"), "{response:?}");
    drop(switched);
    server.wait();
}

#[test]
fn it_ends_before_the_grace_does_when_the_last_connection_is_closed() {
    let mut server = serve(FOR_EVER);
    let [silent, kept] = server.connect_all();
    ask(&kept, "/ HTTP/1.1");
    server.tell_and_wait();
    assert!(server.ended.recv_timeout(4 * QUIET).is_err(), "two are open");
    drop((silent, kept));
    server.wait();
}

#[test]
fn what_is_idle_when_the_grace_is_over_is_closed() {
    let mut server = serve(QUIET);
    let [silent, kept] = server.connect_all();
    ask(&kept, "/ HTTP/1.1");
    server.tell();
    assert_eq!((read_response(&silent).as_str(), read_response(&kept).as_str()), ("", ""));
    server.wait();
}

#[test]
fn what_is_under_way_when_the_grace_is_over_is_answered() {
    let mut server = serve(Duration::ZERO);
    let [held, idle] = server.connect_all();
    send(&held, "/held HTTP/1.1", "");
    server.permits.add_permits(1);
    wait_until("it has begun", || server.permits.available_permits() == 0);
    server.tell();
    assert_eq!(read_response(&idle), "", "the grace is over");
    server.permits.add_permits(1);
    let response = read_response(&held);
    assert!(response.ends_with("held") && says_close(&response), "{response:?}");
    server.wait();
}
