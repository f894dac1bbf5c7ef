//! Where a node listens, and what the others dial.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpSocket, TcpStream, lookup_host};

use crate::directory::reserve;

/// The port of a node, kept for all its lives.
pub(crate) struct Port {
    _reserved: Option<TcpSocket>,
    /// Where to listen, if not at the address that others know.
    pub(crate) own: Option<SocketAddr>,
    /// Where the others dial it.
    pub(crate) known: SocketAddr,
}

impl Port {
    /// The port that the coordinator gave, or else one at `listen`.
    ///
    /// # Errors
    /// It is taken, or the advertised host is unknown.
    pub(crate) async fn take(
        given: Option<SocketAddr>,
        listen: SocketAddr,
        advertise: Option<&str>,
        control: &TcpStream,
    ) -> Result<Self, String> {
        if let Some(known) = given {
            return Ok(Self { _reserved: None, own: None, known });
        }
        let no_port = |error: io::Error| format!("cannot listen on {listen}: {error}");
        let socket = reserve(listen).map_err(no_port)?;
        let own = socket.local_addr().map_err(no_port)?;
        let known = match advertise {
            None if own.ip().is_unspecified() => {
                SocketAddr::new(control.local_addr().map_err(no_port)?.ip(), own.port())
            }
            None => own,
            Some(host) => resolve(host, own.port()).await?,
        };
        Ok(Self { _reserved: Some(socket), own: Some(own), known })
    }
}

/// The address of `host`, at `port` if it names none itself.
async fn resolve(host: &str, port: u16) -> Result<SocketAddr, String> {
    let with_port = host.to_owned();
    let found = match lookup_host(with_port).await {
        Ok(mut found) => found.next(),
        Err(_) => {
            lookup_host((host.trim_matches(['[', ']']), port)).await.ok().and_then(|mut found| found.next())
        }
    };
    found.ok_or_else(|| format!("invalid address for --advertise: {host} (expected HOST or HOST:PORT)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_advertised_host_may_name_a_port() {
        for (host, expected) in [
            ("10.1.2.3", "10.1.2.3:7"),
            ("10.1.2.3:9", "10.1.2.3:9"),
            ("[::1]", "[::1]:7"),
            ("[::1]:9", "[::1]:9"),
        ] {
            assert_eq!(resolve(host, 7).await.unwrap(), expected.parse().unwrap(), "{host}");
        }
        assert!(resolve("a host:x", 7).await.unwrap_err().contains("--advertise: a host:x"));
    }
}
