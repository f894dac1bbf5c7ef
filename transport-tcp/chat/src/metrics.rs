//! Counts for a monitoring system, in the `OpenMetrics` text format, on loopback.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

/// Connections at once; further ones wait in the listener's queue. Idle ones hold their place for [`PATIENCE`] only.
const MAX_CONNECTIONS: usize = 64;
/// Time for a caller to ask and to take the answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// Bytes of the longest request, the least that the server can be told.
const MAX_REQUEST: usize = 8 * 1_024;

/// Everything that the endpoint serves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Values that go up and down, by name.
    pub gauges: BTreeMap<&'static str, u64>,
    /// Values that only go up, by name.
    pub counters: BTreeMap<&'static str, u64>,
    /// Messages that were not accepted, by reason.
    pub refused: BTreeMap<&'static str, u64>,
}

impl Snapshot {
    /// Writes the snapshot in the OpenMetrics text format.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        for (name, value) in &self.gauges {
            let _ = write!(out, "# TYPE chat_{name} gauge\nchat_{name} {value}\n");
        }
        for (name, value) in &self.counters {
            let _ = write!(out, "# TYPE chat_{name} counter\nchat_{name}_total {value}\n");
        }
        out.push_str("# TYPE chat_messages_refused counter\n");
        for (reason, value) in &self.refused {
            let _ = writeln!(out, "chat_messages_refused_total{{reason=\"{reason}\"}} {value}");
        }
        out.push_str("# EOF\n");
        out
    }
}

/// Answers callers with what `snapshots` holds, until that ends.
///
/// # Errors
/// The address is not loopback, or is taken.
pub async fn serve(address: SocketAddr, snapshots: watch::Receiver<Snapshot>) -> io::Result<SocketAddr> {
    serve_with(address, snapshots, PATIENCE).await
}

async fn serve_with(
    address: SocketAddr,
    snapshots: watch::Receiver<Snapshot>,
    patience: Duration,
) -> io::Result<SocketAddr> {
    if !address.ip().is_loopback() {
        let why = "metrics are told on this machine only: use an address like 127.0.0.1:9100";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    let listener = TcpListener::bind(address).await?;
    let bound = listener.local_addr()?;
    tokio::spawn(async move {
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, _)) => {
                    let snapshots = snapshots.clone();
                    tokio::spawn(async move {
                        let _ = timeout(patience, answer(stream, &snapshots)).await;
                        drop(place);
                    });
                }
                Err(_) => sleep(Duration::from_millis(200)).await,
            }
        }
    });
    Ok(bound)
}

/// Serves one request; the caller bounds the time.
async fn answer(stream: TcpStream, snapshots: &watch::Receiver<Snapshot>) -> hyper::Result<()> {
    let service = service_fn(async |request: Request<Incoming>| respond(&request, &snapshots.borrow()));
    http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(MAX_REQUEST)
        .serve_connection(TokioIo::new(stream), service)
        .await
}

fn respond<B>(request: &Request<B>, snapshot: &Snapshot) -> hyper::http::Result<Response<Full<Bytes>>> {
    let (status, body) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics" | "/") => (StatusCode::OK, snapshot.text()),
        _ => (StatusCode::NOT_FOUND, "look at /metrics\n".to_owned()),
    };
    Response::builder()
        .status(status)
        .header(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(Full::new(body.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// Longer than anything here takes; only a test that hangs meets it.
    const GUARD: Duration = Duration::from_secs(30);
    const LOCAL: &str = "127.0.0.1:0";

    async fn ask(address: SocketAddr, request: &str) -> String {
        let asking = async {
            let mut stream = TcpStream::connect(address).await.expect("listens");
            stream.write_all(request.as_bytes()).await.expect("takes it");
            let mut text = String::new();
            stream.read_to_string(&mut text).await.expect("answers");
            text
        };
        timeout(GUARD, asking).await.expect("an answer")
    }

    #[tokio::test]
    async fn counts_are_told_on_this_machine_only() {
        let (sender, snapshots) = watch::channel(Snapshot::default());
        let mut snapshot = Snapshot::default();
        snapshot.gauges.insert("neighbors", 3);
        snapshot.counters.insert("received", 17);
        snapshot.refused.insert("duplicate", 5);
        sender.send_replace(snapshot);
        let everywhere = "0.0.0.0:0".parse().expect("an address");
        serve(everywhere, snapshots.clone()).await.expect_err("not loopback");
        let address = serve(LOCAL.parse().expect("an address"), snapshots).await.expect("free");
        let text = ask(address, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await;
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
        assert_eq!(
            body,
            "# TYPE chat_neighbors gauge\nchat_neighbors 3\n# TYPE chat_received counter\nchat_received_total 17\n\
             # TYPE chat_messages_refused counter\nchat_messages_refused_total{reason=\"duplicate\"} 5\n# EOF\n"
        );
    }

    #[tokio::test]
    async fn other_pages_are_not_found() {
        let (_sender, snapshots) = watch::channel(Snapshot::default());
        let address = serve(LOCAL.parse().expect("an address"), snapshots).await.expect("free");
        for request in ["GET /other HTTP/1.1\r\nHost: x\r\n\r\n", "POST /metrics HTTP/1.1\r\nHost: x\r\n\r\n"]
        {
            let text = ask(address, request).await;
            assert!(text.starts_with("HTTP/1.1 404 Not Found"), "{text}");
        }
    }

    /// With so much patience an idle caller keeps its place for the whole test.
    #[tokio::test]
    async fn idle_callers_do_not_keep_others_waiting() {
        let (_sender, snapshots) = watch::channel(Snapshot::default());
        let patience = Duration::from_secs(3_600);
        let address =
            serve_with(LOCAL.parse().expect("an address"), snapshots, patience).await.expect("free");
        let mut idle = Vec::new();
        for _ in 0..10 {
            idle.push(TcpStream::connect(address).await.expect("listens"));
        }
        let text = ask(address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(text.ends_with("# EOF\n"), "{text}");
    }

    #[tokio::test]
    async fn idle_callers_are_sent_away() {
        let (_sender, snapshots) = watch::channel(Snapshot::default());
        let patience = Duration::from_millis(20);
        let address =
            serve_with(LOCAL.parse().expect("an address"), snapshots, patience).await.expect("free");
        let mut idle = TcpStream::connect(address).await.expect("listens");
        let end = timeout(GUARD, idle.read(&mut [0])).await.expect("sent away");
        assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    }
}
