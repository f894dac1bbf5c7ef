//! A node on tokio sockets.
