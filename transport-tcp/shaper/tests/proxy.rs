//! The proxy between real sockets.

use std::time::{Duration as Span, Instant};

use floodnet_core::distributions::Distribution;
use floodnet_core::time::Duration;
use floodnet_shaper::{Link, Options, Proxy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

/// Longer than anything here takes, on whatever machine; only what hangs meets it. How late bytes are beyond
/// their time depends on what else the machine does, so no test looks at it.
const PATIENCE: Span = Span::from_secs(60);

/// A server that says back what it hears, for as many connections as come.
async fn echo() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = tcp.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    address
}

async fn proxy(options: Options) -> Proxy {
    Proxy::start("127.0.0.1:0".parse().unwrap(), echo().await, options, None).await.unwrap()
}

fn constant(millis: u64) -> Link {
    Link { latency: Distribution::Constant(Duration::from_millis(millis)), ..Link::default() }
}

/// Time until `text` is back.
async fn round_trip(tcp: &mut TcpStream, text: &[u8]) -> Span {
    let start = Instant::now();
    tcp.write_all(text).await.unwrap();
    let mut back = vec![0; text.len()];
    timeout(PATIENCE, tcp.read_exact(&mut back)).await.expect("an answer").unwrap();
    assert_eq!(back, text);
    start.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delays_are_those_that_were_asked_for_and_a_dial_costs_a_round_trip() {
    let proxy = proxy(Options { up: constant(20), down: constant(10), ..Options::default() }).await;
    // The dial's round trip begins when the system takes the connection, which may be long before this test goes on.
    let dialed = Instant::now();
    let mut tcp = TcpStream::connect(proxy.address()).await.unwrap();
    tcp.set_nodelay(true).unwrap();
    round_trip(&mut tcp, b"first").await;
    assert!(dialed.elapsed() >= Span::from_millis(60), "{:?}", dialed.elapsed());
    for _ in 0..21 {
        let trip = round_trip(&mut tcp, b"hello").await;
        assert!(trip >= Span::from_millis(30), "{trip:?}");
    }
    drop(tcp);
    proxy.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rate_is_kept_and_the_sender_is_made_to_wait() {
    let up = Link { rate: Some(8_000_000), ..Link::default() };
    let proxy = proxy(Options { up, ..Options::default() }).await;
    let mut tcp = TcpStream::connect(proxy.address()).await.unwrap();
    // 500 kB at 1 MB/s.
    round_trip(&mut tcp, b"1").await;
    let data: Vec<u8> = (0..500_000u32).map(|byte| byte as u8).collect();
    let start = Instant::now();
    let (mut from, mut to) = tcp.split();
    let mut back = vec![0; data.len()];
    let (written, read) = tokio::join!(to.write_all(&data), timeout(PATIENCE, from.read_exact(&mut back)));
    written.unwrap();
    read.expect("all of it").unwrap();
    let took = start.elapsed().as_secs_f64();
    assert!(back == data && took >= 0.49, "{took}");
    assert_eq!(proxy.control().counts().up, 500_001);
    proxy.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_is_waited_for_and_one_that_lasts_breaks_the_connection() {
    let breaking_after = |seconds| {
        let link = Link { break_after: Duration::from_secs(seconds), ..Link::default() };
        proxy(Options { up: link, down: link, ..Options::default() })
    };
    let lasting = breaking_after(3_600).await;
    let mut tcp = TcpStream::connect(lasting.address()).await.unwrap();
    round_trip(&mut tcp, b"before").await;
    lasting.control().cut(false, true);
    let start = Instant::now();
    let heal = async {
        tokio::time::sleep(Span::from_millis(300)).await;
        let healed = start.elapsed();
        lasting.control().heal();
        healed
    };
    let trip = async {
        round_trip(&mut tcp, b"through").await;
        start.elapsed()
    };
    // How soon it is tried again counts from when the answer met the cut, which nobody tells.
    let (took, healed) = tokio::join!(trip, heal);
    assert!(took >= healed, "{took:?} {healed:?}");
    lasting.end().await;

    let breaking = breaking_after(1).await;
    let mut tcp = TcpStream::connect(breaking.address()).await.unwrap();
    round_trip(&mut tcp, b"before").await;
    breaking.control().cut(true, false);
    tcp.write_all(b"never").await.unwrap();
    let end = timeout(PATIENCE, tcp.read(&mut [0; 9])).await.expect("news");
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(breaking.control().counts().resets, 1);
    breaking.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_says_nothing_and_holds_dials_and_its_end_resets() {
    let proxy = proxy(Options::default()).await;
    let mut tcp = TcpStream::connect(proxy.address()).await.unwrap();
    round_trip(&mut tcp, b"before").await;
    proxy.control().swallow();
    tcp.write_all(b"unheard").await.unwrap();
    let mut late = TcpStream::connect(proxy.address()).await.unwrap();
    late.write_all(b"unheard").await.unwrap();
    let mut byte = [0];
    let short = Span::from_millis(200);
    assert!(timeout(short, tcp.read(&mut byte)).await.is_err());
    assert!(timeout(short, late.read(&mut byte)).await.is_err());
    proxy.control().release();
    for mut tcp in [tcp, late] {
        let end = timeout(PATIENCE, tcp.read(&mut byte)).await.expect("news");
        assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    }
    let mut tcp = TcpStream::connect(proxy.address()).await.unwrap();
    round_trip(&mut tcp, b"after").await;
    proxy.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_half_a_refusal_and_an_old_connection() {
    let shaped = proxy(Options { up: constant(5), down: constant(5), ..Options::default() }).await;
    let mut tcp = TcpStream::connect(shaped.address()).await.unwrap();
    tcp.write_all(b"all that I say").await.unwrap();
    tcp.shutdown().await.unwrap();
    let mut answer = Vec::new();
    timeout(PATIENCE, tcp.read_to_end(&mut answer)).await.expect("an end").unwrap();
    assert_eq!(answer, b"all that I say");
    shaped.end().await;

    // A socket that does not listen keeps its port from those who would.
    let held = TcpSocket::new_v4().unwrap();
    held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let nobody = held.local_addr().unwrap();
    let refusing =
        Proxy::start("127.0.0.1:0".parse().unwrap(), nobody, Options::default(), None).await.unwrap();
    // The reset may be there before the dialer has looked at its connection.
    if let Ok(mut tcp) = TcpStream::connect(refusing.address()).await {
        assert!(timeout(PATIENCE, tcp.read(&mut [0])).await.expect("news").is_err());
    }
    assert_eq!(refusing.control().counts().refused, 1);
    refusing.end().await;

    let old = proxy(Options { reset_after: Some(Duration::from_millis(100)), ..Options::default() }).await;
    let start = Instant::now();
    let mut tcp = TcpStream::connect(old.address()).await.unwrap();
    let end = timeout(PATIENCE, tcp.read(&mut [0])).await.expect("news");
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert!(start.elapsed() >= Span::from_millis(95));
    old.end().await;
}
