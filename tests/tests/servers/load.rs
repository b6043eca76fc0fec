//! Tests the load client against servers that misbehave: it counts every failed request once, under the
//! right name.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use selfup_tests::load::{Config, Lane, Load, Loss, Report, Speaker};
use selfup_tests::sandbox::wait_until;
use socket2::SockRef;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npid=42";
const LAST: &str = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\npid=42";

/// A server that treats each connection in the same way, and counts what it is asked.
struct Server {
    address: SocketAddr,
    requests: Arc<AtomicU64>,
    connections: Arc<AtomicU64>,
}

impl Server {
    fn start(treat: impl Fn(&mut Client) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::<AtomicU64>::default();
        let connections = Arc::<AtomicU64>::default();
        let (asked, accepted) = (Arc::clone(&requests), Arc::clone(&connections));
        let treat = Arc::new(treat);
        // These threads end with the test's process.
        thread::spawn(move || {
            for stream in listener.incoming() {
                accepted.fetch_add(1, Ordering::SeqCst);
                let mut client = Client {
                    stream: stream.unwrap(),
                    head: String::new(),
                    asked: Arc::clone(&asked),
                };
                let treat = Arc::clone(&treat);
                thread::spawn(move || treat(&mut client));
            }
        });
        Self { address, requests, connections }
    }

    fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }

    /// Sends this lane's requests and returns their report.
    fn load(&self, lane: Lane) -> Report {
        Load::start(Config::new(self.address).lane(lane)).finish()
    }
}

/// A connection, as the server has it.
struct Client {
    stream: TcpStream,
    /// Of the last request.
    head: String,
    asked: Arc<AtomicU64>,
}

impl Client {
    /// Reads one request with its body; false at the end of the connection.
    fn request(&mut self) -> bool {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            match self.stream.read(&mut byte) {
                Ok(1) => head.push(byte[0]),
                _ => return false,
            }
        }
        self.head = String::from_utf8(head).unwrap();
        let length = self.head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        let length = length.map_or(0, |length| length.parse().unwrap());
        self.stream.read_exact(&mut vec![0; length]).unwrap();
        self.asked.fetch_add(1, Ordering::SeqCst);
        true
    }

    fn say(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).unwrap();
    }

    /// Responds and closes in one segment, so that the client has both at once.
    fn say_and_close(&mut self, text: &str) {
        SockRef::from(&self.stream).set_tcp_cork(true).unwrap();
        self.say(text);
        self.stream.shutdown(Shutdown::Write).unwrap();
        self.hold();
    }

    /// Resets the connection.
    fn reset(&mut self) {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).unwrap();
    }

    /// Does nothing until the client closes.
    fn hold(&mut self) {
        while self.stream.read(&mut [0; 1024]).is_ok_and(|count| count > 0) {}
    }

    /// Does nothing for a while; the client has nothing to say meanwhile.
    fn pause(&mut self, duration: Duration) {
        self.stream.set_read_timeout(Some(duration)).unwrap();
        let silence = self.stream.peek(&mut [0]).unwrap_err();
        assert_eq!(silence.kind(), ErrorKind::WouldBlock);
        self.stream.set_read_timeout(None).unwrap();
    }
}

fn ten() -> Lane {
    Lane::new("ten").rate(500.0).limit(10)
}

/// Asserts that all ten requests were lost for this reason and no other.
#[track_caller]
fn assert_all_lost(report: &Report, loss: Loss) {
    assert_eq!((report.sent(), report.answered()), (10, 0), "{report}");
    assert_eq!(report.lost_by(loss), 10, "{report}");
    assert_eq!(report.lost(), 10, "{report}");
    assert_eq!(report.incidents.len(), 10, "{report}");
    assert_eq!(report.total().in_flight(), 0, "{report}");
}

#[test]
fn responses_are_counted_by_their_server() {
    let server = Server::start(|client| {
        client.request();
        client.say(OK);
        client.hold();
    });
    let report = server.load(ten());
    assert_eq!((report.sent(), report.answered(), report.lost()), (10, 10, 0), "{report}");
    assert_eq!((server.requests(), server.connections()), (10, 10));
    assert_eq!(report.pids(), [42]);
    let seen = report.speakers[&Speaker::Pid(42)];
    assert_eq!(seen.responses, 10);
    assert!(seen.first < seen.last, "{report}");
}

#[test]
fn a_port_without_a_listener_counts_as_refused() {
    // Bound and not listening: no other process can take the port, and connections are refused.
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&"127.0.0.1:0".parse::<SocketAddr>().unwrap().into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    for lane in [ten(), ten().keep_alive(2)] {
        let report = Load::start(Config::new(address).lane(lane)).finish();
        assert_all_lost(&report, Loss::Refused);
    }
}

#[test]
fn a_connection_thrown_away_is_a_reset() {
    let server = Server::start(|client| {
        client.request();
        client.reset();
    });
    assert_all_lost(&server.load(ten()), Loss::Reset);
    assert_all_lost(&server.load(ten().keep_alive(3)), Loss::Reset);
    assert_all_lost(&server.load(ten().post(100)), Loss::Reset);
    assert_eq!(server.requests(), 30, "nothing is sent twice");
}

#[test]
fn a_reset_in_the_middle_of_a_response_counts_as_a_reset() {
    let server = Server::start(|client| {
        client.request();
        client.say(&OK[..30]);
        client.pause(Duration::from_millis(20));
        client.reset();
    });
    assert_all_lost(&server.load(ten()), Loss::Reset);
}

#[test]
fn a_close_without_a_response_counts_as_closed() {
    let server = Server::start(|client| {
        client.request();
    });
    assert_all_lost(&server.load(ten()), Loss::Closed);
    assert_all_lost(&server.load(ten().keep_alive(3)), Loss::Closed);
    assert_eq!(server.requests(), 20, "nothing is sent twice");
}

#[test]
fn a_response_that_is_cut_short_counts_as_truncated() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\npid=42\r\n";
    for text in [&OK[..12], &OK[..OK.len() - 6], &OK[..OK.len() - 1], chunked] {
        let server = Server::start(move |client| {
            client.request();
            client.say_and_close(text);
        });
        assert_all_lost(&server.load(ten()), Loss::Truncated);
    }
}

#[test]
fn no_response_in_time_counts_as_timed_out() {
    let server = Server::start(|client| {
        client.request();
        client.say(&OK[..20]);
        client.hold();
    });
    for lane in [ten(), ten().keep_alive(2)] {
        let config = Config::new(server.address).timeout(Duration::from_millis(200));
        assert_all_lost(&Load::start(config.lane(lane)).finish(), Loss::TimedOut);
    }
}

#[test]
fn what_waited_too_long_for_a_connection_is_not_sent_any_more() {
    let server = Server::start(|client| {
        client.request();
        client.hold();
    });
    // All due at once, and so late at once.
    let lane = ten().keep_alive(1).rate(1e6);
    let config = Config::new(server.address).timeout(Duration::from_millis(200));
    assert_all_lost(&Load::start(config.lane(lane)).finish(), Loss::TimedOut);
    assert!(server.connections() < 10, "{}", server.connections());
}

#[test]
fn a_status_other_than_200_is_wrong() {
    let server = Server::start(|client| {
        while client.request() {
            client.say("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let report = server.load(ten().keep_alive(1));
    assert_all_lost(&report, Loss::Status);
    assert_eq!(report.incidents[0].detail, "status 503");
    assert_eq!(server.connections(), 1, "the connection is as good as before");
}

#[test]
fn what_is_not_http_is_garbage() {
    let server = Server::start(|client| {
        client.request();
        client.say("SSH-2.0-OpenSSH_9.2\r\n");
        client.hold();
    });
    assert_all_lost(&server.load(ten()), Loss::Garbage);
}

#[test]
fn a_kept_connection_carries_many_requests() {
    let server = Server::start(|client| {
        while client.request() {
            client.say(OK);
        }
    });
    for lane in [ten().keep_alive(2), ten().keep_alive(2).post(100_000)] {
        let before = server.connections();
        let report = server.load(lane);
        assert_eq!((report.answered(), report.moved()), (10, 0), "{report}");
        assert_eq!(server.connections() - before, 2);
    }
}

#[test]
fn a_connection_closed_while_idle_is_replaced_before_it_is_written_to() {
    let server = Server::start(|client| {
        client.request();
        client.say_and_close(OK);
    });
    let report = server.load(ten().keep_alive(1));
    assert_eq!((report.answered(), report.lost()), (10, 0), "{report}");
    assert_eq!((report.lanes[0].noticed, report.lanes[0].asked_to_close), (9, 0), "{report}");
    assert_eq!((server.requests(), server.connections()), (10, 10));
}

#[test]
fn a_connection_announced_as_closing_is_not_used_again() {
    // It would respond once more.
    let server = Server::start(|client| {
        while client.request() {
            client.say(LAST);
        }
    });
    let report = server.load(ten().keep_alive(1));
    assert_eq!((report.answered(), report.lost()), (10, 0), "{report}");
    assert_eq!((report.lanes[0].noticed, report.lanes[0].asked_to_close), (0, 10), "{report}");
    assert_eq!((server.requests(), server.connections()), (10, 10));
}

#[test]
fn a_connection_closed_on_a_request_is_a_loss_and_not_tried_again() {
    let server = Server::start(|client| {
        client.request();
        client.say(OK);
        client.request();
    });
    let report = server.load(ten().keep_alive(1));
    assert_eq!((report.answered(), report.lost_by(Loss::Closed)), (5, 5), "{report}");
    assert_eq!((report.lost(), report.moved()), (5, 0), "{report}");
    assert_eq!((server.requests(), server.connections()), (10, 5));
}

#[test]
fn a_response_before_the_end_of_a_request_counts() {
    let server = Server::start(|client| {
        let mut start = [0; 10];
        client.stream.read_exact(&mut start).unwrap();
        // By the time that it says so, the client may have sent it all or not.
        client.say(LAST);
        client.hold();
    });
    let report = server.load(ten().keep_alive(1).post(20_000_000).rate(20.0).limit(2));
    assert_eq!((report.answered(), report.lost()), (2, 0), "{report}");
}

#[test]
fn latency_counts_from_when_a_request_was_due() {
    let stall = Duration::from_millis(400);
    let first = AtomicU64::new(0);
    let server = Server::start(move |client| {
        while client.request() {
            if first.fetch_add(1, Ordering::SeqCst) == 0 {
                client.pause(stall);
            }
            client.say(OK);
        }
    });
    // All ten are due in the first 90 ms, on one connection that stalls.
    let report = server.load(ten().keep_alive(1).rate(100.0));
    assert_eq!(report.answered(), 10, "{report}");
    assert!(report.lanes[0].latencies.max() >= stall, "{report}");
    assert!(
        report.lanes[0].latencies.quantile(0.0) >= stall - Duration::from_millis(100),
        "{report}"
    );
}

#[test]
fn a_stalled_lane_does_not_hold_up_another() {
    let server = Server::start(|client| {
        while client.request() {
            if client.head.starts_with("GET /stalled ") {
                return client.hold();
            }
            client.say(OK);
        }
    });
    let stalled = Lane::new("stalled").path("/stalled").keep_alive(1).rate(500.0).limit(10);
    let config = Config::new(server.address).timeout(Duration::from_secs(600));
    let running = Load::start(config.lane(stalled).lane(ten().keep_alive(1)));
    wait_until("ten answers", Duration::from_secs(10), || {
        let report = running.report_so_far();
        report.lane("ten").answered == 10 && report.lane("stalled").sent == 10
    });
    let report = running.report_so_far();
    assert_eq!(report.lost(), 0, "{report}");
    assert_eq!(report.lane("stalled").in_flight(), 10, "{report}");
    // Dropped here, it does not wait for ten minutes.
}

#[test]
fn a_lane_with_a_bound_sends_no_more_until_one_is_over() {
    let server = Server::start(|client| {
        if client.request() {
            client.hold();
        }
    });
    let bounded = Lane::new("bounded").rate(1000.0).at_once(3);
    let config = Config::new(server.address).timeout(Duration::from_millis(300));
    let running = Load::start(config.lane(bounded));
    // The first three are given up before there is a fourth.
    wait_until("a fourth request", Duration::from_secs(10), || {
        let report = running.report_so_far();
        assert!(report.lane("bounded").in_flight() <= 3, "{report}");
        report.lane("bounded").sent > 3
    });
    let report = running.report_so_far();
    assert!(report.lost() >= 1, "{report}");
}

#[test]
fn stopping_lets_requests_in_flight_finish() {
    let server = Server::start(|client| {
        client.request();
        client.pause(Duration::from_millis(300));
        client.say(OK);
        client.hold();
    });
    let running = Load::start(Config::new(server.address).lane(Lane::new("slow").rate(50.0)));
    wait_until("a request", Duration::from_secs(10), || server.requests() > 0);
    let report = running.stop();
    assert!(report.answered() > 0);
    assert_eq!((report.answered(), report.lost()), (report.sent(), 0), "{report}");
}

#[test]
fn the_grace_bounds_what_is_in_flight_at_the_stop() {
    let server = Server::start(|client| {
        client.request();
        client.hold();
    });
    let config = Config::new(server.address).timeout(Duration::from_secs(600));
    let running = Load::start(config.grace(Duration::from_millis(50)).lane(ten()));
    wait_until("ten", Duration::from_secs(10), || running.report_so_far().sent() == 10);
    assert_all_lost(&running.stop(), Loss::TimedOut);
}
