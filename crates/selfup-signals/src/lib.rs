//! Receive signals with their origin, forward them to a child, and end the way the child ended
