//! Counts for a monitoring system, in the `OpenMetrics` text format, on loopback.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

/// Callers served at once.
const MOST: usize = 4;
/// Time for a caller to ask and to take the answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// Longest question.
const LONGEST: usize = 4_096;

/// What is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Values that go up and down, by name.
    pub gauges: BTreeMap<&'static str, u64>,
    /// Values that only go up, by name.
    pub counters: BTreeMap<&'static str, u64>,
    /// Messages refused, by reason.
    pub refused: BTreeMap<&'static str, u64>,
}

impl Snapshot {
    /// In the text format.
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
    if !address.ip().is_loopback() {
        let why = "metrics are told on this machine only: use an address like 127.0.0.1:9100";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    let listener = TcpListener::bind(address).await?;
    let bound = listener.local_addr()?;
    tokio::spawn(async move {
        let places = Arc::new(Semaphore::new(MOST));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, _)) => {
                    let text = snapshots.borrow().text();
                    tokio::spawn(async move {
                        let _ = timeout(PATIENCE, answer(stream, text)).await;
                        drop(place);
                    });
                }
                Err(_) => sleep(Duration::from_millis(200)).await,
            }
        }
    });
    Ok(bound)
}

async fn answer(mut stream: TcpStream, text: String) -> io::Result<()> {
    let mut question = Vec::new();
    while !question.windows(4).any(|end| end == b"\r\n\r\n") {
        if question.len() > LONGEST || stream.read_buf(&mut question).await? == 0 {
            return Ok(());
        }
    }
    let (status, body) = match question.split(|byte| *byte == b' ').collect::<Vec<_>>().as_slice() {
        [b"GET", b"/metrics" | b"/", ..] => ("200 OK", text),
        _ => ("404 Not Found", "look at /metrics\n".to_owned()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let address = serve("127.0.0.1:0".parse().expect("an address"), snapshots).await.expect("free");
        let mut stream = TcpStream::connect(address).await.expect("listens");
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("takes it");
        let mut text = String::new();
        stream.read_to_string(&mut text).await.expect("answers");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
        assert_eq!(
            body,
            "# TYPE chat_neighbors gauge\nchat_neighbors 3\n# TYPE chat_received counter\nchat_received_total 17\n\
             # TYPE chat_messages_refused counter\nchat_messages_refused_total{reason=\"duplicate\"} 5\n# EOF\n"
        );
    }
}
