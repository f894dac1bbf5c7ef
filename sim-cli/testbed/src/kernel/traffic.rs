//! Messages over connections of the kernel: sent when they are due, timed when they are there.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::socket::sockopt::TcpCongestion;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, connect, setsockopt, socket};

use super::case::{Case, Measured};
use super::link::{FAR, KernelLink};
use crate::netns::{CONTROL, counters};

/// Where the far end listens.
const PORT: u16 = 9_000;
/// Traffic runs for so long before losses begin and messages count: a connection that has just begun
/// acknowledges every packet at once.
const WARM_UP: Duration = Duration::from_secs(2);
/// A message that is not there after so long counts as never delivered.
const PATIENCE: Duration = Duration::from_secs(60);
/// From the start of the senders to the first message.
const AHEAD: Duration = Duration::from_millis(200);

/// When messages of a connection are sent: those of the warm-up evenly, the others as they were drawn.
#[derive(Clone, Debug)]
struct Schedule {
    start: Instant,
    every: Duration,
    warm: u32,
    /// From the end of the warm-up.
    times: Vec<Duration>,
    bytes: usize,
}

impl Schedule {
    /// When each message is due.
    fn due(&self) -> impl Iterator<Item = Instant> {
        let warm = (0..self.warm).map(|nth| self.start + self.every * nth);
        warm.chain(self.times.iter().map(|&after| self.start + self.every * self.warm + after))
    }
}

/// Sends what `case` asks for over kernel TCP on a link of its own: messages of `bytes` bytes at `times`, those
/// of each connection in nanoseconds from its start.
///
/// # Errors
/// The link cannot be made, or a connection cannot.
pub(super) fn measure(case: &Case, bytes: u32, times: &[Vec<u64>]) -> io::Result<Measured> {
    let link = KernelLink::open(case.latency, case.rate)?;
    let listener = link.far.run(|| TcpListener::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, PORT))))??;
    let connections = times.len();
    let accepting = thread::spawn(move || -> io::Result<Vec<TcpStream>> {
        (0..connections).map(|_| greeted(listener.accept()?.0)).collect()
    });
    // One after the other: they are accepted in the order of their dials.
    let dialed = link
        .near
        .run(move || -> io::Result<Vec<TcpStream>> { (0..connections).map(|_| greet()).collect() })??;
    let accepted = accepting.join().map_err(|_| io::Error::other("the far end panicked"))??;
    let start = Instant::now() + AHEAD;
    let warm = u32::try_from(WARM_UP.as_nanos() / case.every.as_nanos().max(1)).unwrap_or(u32::MAX).max(1);
    let (mut senders, mut receivers) = (Vec::new(), Vec::new());
    for (number, ((near, far), times)) in (0u32..).zip(dialed.into_iter().zip(accepted).zip(times)) {
        // Spread out, so that connections do not send at the same time.
        let phase = case.every * number / case.connections;
        let times = times.iter().map(|&nanos| Duration::from_nanos(nanos)).collect();
        let schedule =
            Schedule { start: start + phase, every: case.every, warm, times, bytes: bytes as usize };
        let same = schedule.clone();
        receivers.push(thread::spawn(move || receive(far, &same)));
        senders.push(thread::spawn(move || send(near, &schedule)));
    }
    thread::sleep((start + case.every * warm).saturating_duration_since(Instant::now()));
    let before = link.near.run(counters)?;
    link.lose(case.loss, case.both)?;
    let mut measured = collect(senders, receivers)?;
    measured.counters = link.near.run(counters)?;
    for (name, count) in &mut measured.counters {
        *count = count.saturating_sub(before.get(name).copied().unwrap_or(0));
    }
    let sent: usize = times.iter().map(Vec::len).sum();
    measured.undelivered = sent.saturating_sub(measured.delays.len()) as u64;
    Ok(measured)
}

type Sender = JoinHandle<io::Result<TcpStream>>;
type Receiver = JoinHandle<io::Result<Vec<u64>>>;

/// Waits for all to end.
fn collect(senders: Vec<Sender>, receivers: Vec<Receiver>) -> io::Result<Measured> {
    let panicked = || io::Error::other("an end of a connection panicked");
    // Connections stay open until everything has arrived.
    let mut open = Vec::new();
    for sender in senders {
        open.push(sender.join().map_err(|_| panicked())??);
    }
    let mut delays = Vec::new();
    for receiver in receivers {
        delays.extend(receiver.join().map_err(|_| panicked())??);
    }
    drop(open);
    delays.sort_unstable();
    Ok(Measured { delays, ..Measured::default() })
}

/// Dials the far end, which hears of it with the first byte.
fn greet() -> io::Result<TcpStream> {
    let fresh = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    // Before it connects: a control that once began (bbr) leaves its pacing behind.
    setsockopt(&fresh, TcpCongestion, &OsString::from(CONTROL))?;
    connect(fresh.as_raw_fd(), &SockaddrIn::from(SocketAddrV4::new(FAR, PORT)))?;
    let mut tcp = TcpStream::from(fresh);
    tcp.set_nodelay(true)?;
    tcp.write_all(&[0])?;
    Ok(tcp)
}

fn greeted(mut tcp: TcpStream) -> io::Result<TcpStream> {
    tcp.set_read_timeout(Some(PATIENCE))?;
    tcp.read_exact(&mut [0])?;
    Ok(tcp)
}

fn send(mut tcp: TcpStream, schedule: &Schedule) -> io::Result<TcpStream> {
    let message = vec![0; schedule.bytes];
    for due in schedule.due() {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        tcp.write_all(&message)?;
    }
    Ok(tcp)
}

/// Nanoseconds from when each message was due to when all of it was there, those of the warm-up left out.
fn receive(mut tcp: TcpStream, schedule: &Schedule) -> io::Result<Vec<u64>> {
    let mut message = vec![0; schedule.bytes];
    let mut delays = Vec::new();
    for due in schedule.due() {
        match tcp.read_exact(&mut message) {
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                break;
            }
            other => other?,
        }
        let late = Instant::now().saturating_duration_since(due);
        delays.push(u64::try_from(late.as_nanos()).unwrap_or(u64::MAX));
    }
    Ok(delays.split_off(delays.len().min(schedule.warm as usize)))
}
