//! Bind sockets, pass them to a child by systemd's convention, and take them over again
