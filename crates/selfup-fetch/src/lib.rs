//! Where a new executable comes from: the Fetch trait and its types
