//! Fetch a new executable from a file
