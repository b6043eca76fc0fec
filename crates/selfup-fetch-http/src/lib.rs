//! Fetch a new executable over HTTP
