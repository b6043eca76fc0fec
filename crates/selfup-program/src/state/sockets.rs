//! The sockets of the program: where they listen, and taking them, each once.

use std::{
    net::UdpSocket,
    os::{fd::OwnedFd, unix::net::UnixDatagram},
};

use super::State;
use crate::{
    ready::Accepting,
    serving::listener::{Listener, Socket},
};

/// The sockets, each of which is taken once.
impl State {
    /// Takes the first listener that is left. [`take_listener_named`](Self::take_listener_named) takes a
    /// certain one.
    ///
    /// ```
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    /// # let state = selfup::State::for_tests([listener]);
    /// let listener = state.take_listener();
    /// ```
    ///
    /// # Panics
    ///
    /// If there is none: no address was configured, or every listener was taken before. That is a mistake in
    /// the program, which cannot serve.
    #[must_use]
    #[doc(alias = "Listener")]
    #[expect(clippy::panic, reason = "documented: a server without its socket cannot go on")]
    pub fn take_listener(&self) -> Listener {
        match self.take_next() {
            Some(listener) => listener,
            None => panic!(
                "no listener is left to take; configure one with `Config::address`, take it once"
            ),
        }
    }

    /// Takes all listeners that are left, in the order of the configuration. Datagram sockets and other
    /// descriptors stay.
    ///
    /// ```
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    /// # let state = selfup::State::for_tests([listener]);
    /// assert_eq!(state.take_listeners().len(), 1);
    /// ```
    #[must_use]
    #[doc(alias = "Listeners")]
    pub fn take_listeners(&self) -> Vec<Listener> {
        std::iter::from_fn(|| self.take_next()).collect()
    }

    /// Takes a listener by its name: the name given to `Config::listen`, or `address-N` for the Nth address,
    /// counted from 0.
    ///
    /// ```
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    /// # let state = selfup::State::for_tests([listener]);
    /// let metrics = state.take_listener_named("address-0").unwrap();
    /// assert!(state.take_listener_named("address-0").is_err(), "it was taken");
    /// ```
    ///
    /// # Errors
    ///
    /// No socket is left of that name, or it is no stream listener; then it stays.
    pub fn take_listener_named(&self, name: &str) -> Result<Listener, selfup_fds::Error> {
        let (socket, index) = self.handle.take(|sockets| {
            let index =
                sockets.iter().find(|(_, other, _)| *other == name).map(|(index, ..)| index);
            let socket = match sockets.take_tcp_listener(name) {
                Ok(listener) => Ok(Socket::Tcp(listener)),
                // An error about the wrong kind speaks of TCP, which is what most programs want.
                Err(not_tcp) => {
                    sockets.take_unix_listener(name).map(Socket::Unix).map_err(|_| not_tcp)
                }
            };
            // A socket that was taken had an index.
            socket.map(|socket| (socket, index.unwrap_or_default()))
        })?;
        Ok(self.listen(socket, index))
    }

    /// Takes a UDP socket by its name. It is in non-blocking mode, as the listeners are.
    ///
    /// While two generations read from one socket, each gets some of the datagrams. Where that matters, use
    /// `Handover::Sequential`, which has one reader at a time.
    ///
    /// ```
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    /// # let state = selfup::State::for_tests([listener]);
    /// assert!(state.take_udp_socket("address-0").is_err(), "it is a listener");
    /// ```
    ///
    /// # Errors
    ///
    /// No socket is left of that name, or it is no UDP socket; then it stays.
    pub fn take_udp_socket(&self, name: &str) -> Result<UdpSocket, selfup_fds::Error> {
        self.handle.take(|sockets| sockets.take_udp_socket(name))
    }

    /// Takes a Unix datagram socket by its name, as [`take_udp_socket`](Self::take_udp_socket) does.
    ///
    /// ```
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    /// # let state = selfup::State::for_tests([listener]);
    /// assert!(state.take_unix_datagram("address-0").is_err(), "it is a listener");
    /// ```
    ///
    /// # Errors
    ///
    /// No socket is left of that name, or it is no Unix datagram socket; then it stays.
    pub fn take_unix_datagram(&self, name: &str) -> Result<UnixDatagram, selfup_fds::Error> {
        self.handle.take(|sockets| sockets.take_unix_datagram(name))
    }

    /// Takes a descriptor of any kind by its name.
    ///
    /// ```
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    /// # let state = selfup::State::for_tests([listener]);
    /// let descriptor = state.take_fd("address-0").unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// No descriptor is left of that name.
    pub fn take_fd(&self, name: &str) -> Result<OwnedFd, selfup_fds::Error> {
        self.handle.take(|sockets| sockets.take_fd(name))
    }

    /// The address of the first socket, in the form of the configuration, with the port that the kernel chose
    /// where 0 was asked for. `None` without sockets.
    ///
    /// ```
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    /// # let state = selfup::State::for_tests([listener]);
    /// assert!(state.address().unwrap().starts_with("tcp://127.0.0.1:"));
    /// ```
    #[must_use]
    #[doc(alias = "Address")]
    pub fn address(&self) -> Option<&str> {
        self.addresses.first().map(String::as_str)
    }

    /// The addresses of all sockets, taken or not, in the order of the configuration. A descriptor that is no
    /// socket has an empty one.
    ///
    /// ```
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    /// # let state = selfup::State::for_tests([listener]);
    /// assert_eq!(state.addresses().len(), 1);
    /// ```
    #[must_use]
    #[doc(alias = "Addresses")]
    pub fn addresses(&self) -> &[String] {
        &self.addresses
    }

    fn take_next(&self) -> Option<Listener> {
        let names = self.handle.socket_names();
        names.iter().find_map(|name| self.take_listener_named(name).ok())
    }

    fn listen(&self, socket: Socket, index: usize) -> Listener {
        let accepting = Accepting::new(self.handle.readiness(), index);
        let (drain, connections) = (self.drain().clone(), self.connections.clone());
        Listener::new(socket, drain, (self.idle_grace, self.drain_limit), connections, accepting)
    }
}
