//! The life of one connection: greeting, frames, end. Messages travel from the dialer only; the other
//! direction carries signs of life.

use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use floodnet_core::wire::{self, Wire};
use futures_util::{SinkExt, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};
use tracing::debug;

use crate::gate::{Gate, LinkInfo, Verdict};
use crate::greeting::Greeting;
use crate::limits::Limits;
use crate::peer::Peer;
use crate::stats::Counters;

/// What all tasks of a node share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) me: Peer,
    pub(crate) session: u64,
    pub(crate) limits: Limits,
    pub(crate) counters: Counters,
}

/// What a connection tells the task that owns the node.
#[derive(Debug)]
pub(crate) enum Report<M> {
    /// Somebody dialed.
    Accepted(TcpStream),
    /// Who dialed has said who it is. The connection lives until `keep` is dropped.
    Greeted { greeting: Greeting, id: u64, keep: oneshot::Sender<()> },
    /// A message came.
    Message { link: LinkInfo, message: M },
    /// The connection has ended, or could not be opened. Comes last.
    Closed { peer: Peer, id: u64 },
}

/// Why a connection ended.
#[derive(Debug)]
enum End {
    /// The other side closed it, or the operating system did.
    Closed,
    /// It fell silent, or did not take data.
    Dead,
    /// It sent what it may not send.
    BadFrame,
    /// The gate has cut it.
    Cut,
    /// It is not who it should be, or did not say who it is.
    BadGreeting,
}

type Frames = FramedRead<OwnedReadHalf, LengthDelimitedCodec>;
type Sink = FramedWrite<OwnedWriteHalf, LengthDelimitedCodec>;

fn frame(stream: TcpStream, limits: &Limits) -> (Frames, Sink) {
    // Packets are small and wait for nobody: sent at once. Failing to say so costs speed only.
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "no TCP_NODELAY");
    }
    let codec = LengthDelimitedCodec::builder()
        .length_field_type::<u16>()
        .max_frame_length(limits.packet)
        .new_codec();
    let (read, write) = stream.into_split();
    (FramedRead::new(read, codec.clone()), FramedWrite::new(write, codec))
}

/// Serves a connection that another node dialed.
pub(crate) async fn incoming<M: Wire + 'static>(
    stream: TcpStream,
    id: u64,
    shared: Arc<Shared>,
    gate: Arc<dyn Gate<M>>,
    reports: mpsc::Sender<Report<M>>,
) {
    let Ok(remote) = stream.peer_addr() else { return };
    let (mut frames, mut sink) = frame(stream, &shared.limits);
    let greeted = timeout(shared.limits.handshake, answer(&mut frames, &mut sink, &shared)).await;
    let greeting = match greeted.unwrap_or(Err(End::BadGreeting)) {
        Ok(greeting) => greeting,
        Err(end) => return note(&end, &shared),
    };
    let (keep, kept) = oneshot::channel();
    if reports.send(Report::Greeted { greeting, id, keep }).await.is_err() {
        return;
    }
    let from = greeting.me;
    let link = LinkInfo { peer: from, remote, is_outgoing: false, id };
    let end = tokio::select! {
        end = read_messages(&mut frames, link, &shared, gate.as_ref(), &reports) => end,
        end = write_signs(&mut sink, &shared) => end,
        _ = kept => return,
    };
    note(&end, &shared);
    // Without a receiver the node has stopped, and nobody wants to know.
    let _ = reports.send(Report::Closed { peer: from, id }).await;
}

/// Dials `peer` and sends it what comes out of `outbox`, until that is closed and empty.
pub(crate) async fn outgoing<M>(
    peer: Peer,
    id: u64,
    outbox: mpsc::Receiver<Bytes>,
    shared: Arc<Shared>,
    reports: mpsc::Sender<Report<M>>,
) {
    if let Err(end) = dial_and_write(peer, id, outbox, &shared).await {
        note(&end, &shared);
    }
    let _ = reports.send(Report::Closed { peer, id }).await;
}

async fn dial_and_write(
    peer: Peer,
    id: u64,
    outbox: mpsc::Receiver<Bytes>,
    shared: &Shared,
) -> Result<(), End> {
    let dialed = timeout(shared.limits.handshake, dial(peer, id, shared)).await;
    let (mut frames, mut sink) = dialed.unwrap_or(Err(End::BadGreeting))?;
    tokio::select! {
        end = read_signs(&mut frames, shared) => return Err(end),
        written = write_messages(&mut sink, outbox, shared) => written?,
    }
    // To close while signs of life lie unread would reset the connection, and the last messages with it.
    let closing = async {
        sink.get_mut().shutdown().await?;
        while let Some(Ok(_)) = frames.next().await {}
        Ok::<(), io::Error>(())
    };
    match timeout(shared.limits.linger, closing).await {
        Ok(closed) => closed.map_err(|_| End::Closed),
        Err(_) => Err(End::Dead),
    }
}

async fn dial(peer: Peer, id: u64, shared: &Shared) -> Result<(Frames, Sink), End> {
    let stream = TcpStream::connect(peer.address()).await.map_err(|_| End::Closed)?;
    let (mut frames, mut sink) = frame(stream, &shared.limits);
    greet(&mut sink, shared, id).await?;
    let answer = read_greeting(&mut frames).await?;
    if peer.identity().is_none() || answer.me == peer { Ok((frames, sink)) } else { Err(End::BadGreeting) }
}

async fn answer(frames: &mut Frames, sink: &mut Sink, shared: &Shared) -> Result<Greeting, End> {
    let greeting = read_greeting(frames).await?;
    if greeting.me == shared.me {
        return Err(End::BadGreeting);
    }
    greet(sink, shared, 0).await?;
    Ok(greeting)
}

async fn greet(sink: &mut Sink, shared: &Shared, number: u64) -> Result<(), End> {
    let greeting = Greeting { me: shared.me, session: shared.session, number };
    sink.send(Bytes::from(wire::encode(&greeting))).await.map_err(|_| End::Closed)
}

async fn read_greeting(frames: &mut Frames) -> Result<Greeting, End> {
    match frames.next().await {
        Some(Ok(packet)) => wire::decode(&packet).map_err(|_| End::BadGreeting),
        Some(Err(_)) | None => Err(End::BadGreeting),
    }
}

/// The next frame; it must come in time.
async fn next_frame(frames: &mut Frames, shared: &Shared) -> Result<BytesMut, End> {
    match timeout(shared.limits.dead, frames.next()).await {
        Err(_) => Err(End::Dead),
        Ok(None) => Err(End::Closed),
        Ok(Some(Ok(packet))) => Ok(packet),
        // The codec says so when a frame is too long, or when the stream ends inside one.
        Ok(Some(Err(error))) => match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::Other => {
                Err(End::BadFrame)
            }
            _ => Err(End::Closed),
        },
    }
}

async fn read_messages<M: Wire + 'static>(
    frames: &mut Frames,
    link: LinkInfo,
    shared: &Shared,
    gate: &dyn Gate<M>,
    reports: &mpsc::Sender<Report<M>>,
) -> End {
    loop {
        let packet = match next_frame(frames, shared).await {
            Ok(packet) => packet,
            Err(end) => return end,
        };
        if packet.is_empty() {
            continue;
        }
        let Ok(message) = wire::decode(&packet) else { return End::BadFrame };
        match gate.check(&message, &link) {
            Verdict::Pass => {}
            Verdict::Drop(reason) => {
                shared.counters.gate_dropped(reason);
                continue;
            }
            Verdict::Cut(reason) => {
                shared.counters.gate_cut(reason);
                return End::Cut;
            }
        }
        if reports.send(Report::Message { link, message }).await.is_err() {
            return End::Closed;
        }
    }
}

/// Reads where only signs of life may come.
async fn read_signs(frames: &mut Frames, shared: &Shared) -> End {
    loop {
        match next_frame(frames, shared).await {
            Ok(packet) if packet.is_empty() => {}
            Ok(_) => return End::BadFrame,
            Err(end) => return end,
        }
    }
}

/// Writes signs of life.
async fn write_signs(sink: &mut Sink, shared: &Shared) -> End {
    loop {
        tokio::time::sleep(shared.limits.ping).await;
        if let Err(end) = write(sink, Bytes::new(), shared).await {
            return end;
        }
    }
}

/// Writes what comes out of `outbox`, and signs of life when nothing does.
async fn write_messages(
    sink: &mut Sink,
    mut outbox: mpsc::Receiver<Bytes>,
    shared: &Shared,
) -> Result<(), End> {
    loop {
        match timeout(shared.limits.ping, outbox.recv()).await {
            Ok(Some(packet)) => write(sink, packet, shared).await?,
            Ok(None) => return Ok(()),
            Err(_) => write(sink, Bytes::new(), shared).await?,
        }
    }
}

async fn write(sink: &mut Sink, packet: Bytes, shared: &Shared) -> Result<(), End> {
    match timeout(shared.limits.stall, sink.send(packet)).await {
        Ok(sent) => sent.map_err(|_| End::Closed),
        Err(_) => Err(End::Dead),
    }
}

fn note(end: &End, shared: &Shared) {
    debug!(?end, "connection ended");
    match end {
        End::Closed | End::Cut => {}
        End::Dead => shared.counters.dead.add(),
        End::BadFrame => shared.counters.bad_frames.add(),
        End::BadGreeting => shared.counters.bad_greetings.add(),
    }
}
