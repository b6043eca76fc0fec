//! Monitorable, gracefully restarting, self-upgrading programs
