//! The life of one connection: handshake, welcome, frames, end. One task serves both directions.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::BytesMut;
use floodnet_core::wire::Wire;
use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::door::Place;
use crate::frame::{self, Frame, LENGTH, Reason, seal};
use crate::gate::{Gate, LinkInfo};
use crate::outbox::Outbox;
use crate::peer::{NamesSender, Peer};
use crate::secure::{Broken, Cipher, Handshake, Hello, LONGEST_HANDSHAKE, Refusal, TAG};
use crate::shared::Shared;

mod serve;

/// What a connection tells the task that owns the node.
#[derive(Debug)]
pub(crate) enum Report<M> {
    /// Who was dialed has said who it is. The dial goes on if `go_on` is used, and ends if it is dropped.
    Met { id: u64, peer: Peer, go_on: oneshot::Sender<()> },
    /// Who was dialed welcomes this node: its life, and its number of the link.
    Opened { link: Arc<LinkInfo>, session: u64, number: u64 },
    /// Who dialed has said who it is and waits for the answer.
    Asked(Visitor),
    /// A message came.
    Message { link: Arc<LinkInfo>, message: M },
    /// The connection has ended, or could not be opened. Comes last; not at all when the node itself ended it
    /// at once.
    Closed { id: u64 },
}

/// Somebody who dialed and has shown its identity.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) link: Arc<LinkInfo>,
    pub(crate) session: u64,
    pub(crate) number: u64,
    /// Ends the connection at once.
    pub(crate) token: CancellationToken,
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// What a visitor is told.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It may stay. What is put into the outbox is sent to it.
    Welcome { outbox: Arc<Outbox>, number: u64 },
    /// It may not.
    Refuse(Reason),
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The operating system closed it, or the other side did without a word.
    Closed,
    /// Nobody listens there.
    Unreachable,
    /// The other side said goodbye.
    Goodbye(Reason),
    /// The other side did not want the link.
    Refused(Reason),
    /// This side said goodbye.
    Left,
    /// The node has stopped, or does not want the link any more.
    Stopped,
    /// No sign of life came.
    Dead,
    /// It did not take data.
    Stalled,
    /// A frame did not become whole in time.
    SlowFrame,
    /// The handshake did not end in time.
    SlowHandshake,
    /// The handshake failed: another network or key, or no handshake at all.
    BadHandshake,
    /// The other side speaks another version.
    WrongVersion,
    /// Somebody else answered than was dialed, or the proof of the identity is wrong.
    WrongIdentity,
    /// This node has dialed itself.
    Itself,
    /// A frame was changed, repeated or left out on its way.
    Tampered,
    /// A frame of forbidden length or content.
    BadFrame,
    /// The application's gate has cut it.
    Cut,
    /// The task failed: an error of this program.
    Panicked,
}

impl From<Broken> for End {
    fn from(_: Broken) -> Self {
        Self::BadHandshake
    }
}

/// A stream and what came on it and has not been taken.
pub(crate) struct Wired {
    tcp: TcpStream,
    buffer: BytesMut,
}

/// Bytes that are read at once, about.
const READ: usize = 4 * 1_024;

impl Wired {
    fn new(tcp: TcpStream) -> Self {
        // Packets are small and wait for nobody: sent at once. Failing to say so costs speed only.
        if let Err(error) = tcp.set_nodelay(true) {
            debug!(%error, "no TCP_NODELAY");
        }
        Self { tcp, buffer: BytesMut::new() }
    }

    /// The next frame of a handshake.
    async fn read(&mut self, least: usize, most: usize) -> Result<BytesMut, End> {
        loop {
            if let Some(frame) = frame::split(&mut self.buffer, least, most).map_err(|_| End::BadHandshake)? {
                return Ok(frame);
            }
            self.buffer.reserve(LONGEST_HANDSHAKE + LENGTH);
            match self.tcp.read_buf(&mut self.buffer).await {
                Ok(1..) => {}
                Ok(0) if !self.buffer.is_empty() => return Err(End::BadHandshake),
                Ok(0) | Err(_) => return Err(End::Closed),
            }
        }
    }

    async fn write(&mut self, message: &[u8]) -> Result<(), End> {
        let length = u16::try_from(message.len()).map_err(|_| End::BadHandshake)?;
        let frame = [&length.to_be_bytes(), message].concat();
        self.tcp.write_all(&frame).await.map_err(|_| End::Closed)
    }

    /// Seals a first frame and writes it.
    async fn write_sealed(&mut self, cipher: &mut dyn Cipher, frame: Frame<'_>) -> Result<(), End> {
        let mut out = Vec::new();
        seal(cipher, frame, &mut out)?;
        self.tcp.write_all(&out).await.map_err(|_| End::Closed)
    }
}

/// Runs a connection until it ends or is ended, counts, logs and reports why. A panic ends this link only.
pub(crate) async fn watched<M>(
    id: u64,
    token: CancellationToken,
    shared: Arc<Shared>,
    reports: mpsc::Sender<Report<M>>,
    connection: impl Future<Output = End>,
) {
    let guarded = AssertUnwindSafe(connection).catch_unwind();
    let Some(outcome) = token.run_until_cancelled(guarded).await else { return };
    let end = outcome.unwrap_or(End::Panicked);
    shared.counters.note(end);
    if shared.may_log() {
        debug!(id, ?end, "connection ended");
    }
    // Without a receiver the node has stopped, and nobody wants to know.
    let _ = reports.send(Report::Closed { id }).await;
}

/// Serves a connection that another node dialed.
pub(crate) async fn incoming<M: Wire + NamesSender + 'static>(
    tcp: TcpStream,
    id: u64,
    mut place: Place,
    token: CancellationToken,
    shared: Arc<Shared>,
    gate: Arc<dyn Gate<M>>,
    reports: mpsc::Sender<Report<M>>,
) -> End {
    let mut wired = Wired::new(tcp);
    let admitting = admit(&mut wired, id, &mut place, token, &shared, &reports);
    let (cipher, link, outbox) = match timeout(shared.limits.handshake, admitting).await {
        Ok(Ok(admitted)) => admitted,
        Ok(Err(end)) => return end,
        Err(_) => return End::SlowHandshake,
    };
    let end = serve::serve(wired, cipher, link, outbox, &shared, gate.as_ref(), &reports).await;
    drop(place);
    end
}

type Admitted = (Box<dyn Cipher>, Arc<LinkInfo>, Arc<Outbox>);

async fn admit<M>(
    wired: &mut Wired,
    id: u64,
    place: &mut Place,
    token: CancellationToken,
    shared: &Shared,
    reports: &mpsc::Sender<Report<M>>,
) -> Result<Admitted, End> {
    let remote = wired.tcp.peer_addr().map_err(|_| End::Closed)?;
    let mut handshake = Handshake::acceptor(&shared.credentials)?;
    let first = shared.credentials.first_message();
    handshake.read(&wired.read(first, first).await?)?;
    wired.write(&handshake.write(&shared.hello(0).encode())?).await?;
    let payload = handshake.read(&wired.read(1, LONGEST_HANDSHAKE).await?)?;
    let met = handshake.meet(&payload);
    let mut cipher = handshake.finish()?;
    let (hello, refused) = match met {
        Ok(hello) if Some(hello.identity) == shared.me.identity() => return Err(End::Itself),
        Ok(hello) if place.opened().is_err() => (hello, Some(Reason::Full)),
        Ok(hello) => (hello, None),
        Err(Refusal::Version) => {
            wired.write_sealed(cipher.as_mut(), Frame::Goodbye(Reason::Version)).await?;
            return Err(End::WrongVersion);
        }
        Err(refusal) => return Err(refused_by(refusal)),
    };
    let peer = Peer::new(hello.identity, (remote.ip(), hello.about.port).into());
    let link = Arc::new(LinkInfo { peer, remote, is_outgoing: false, id });
    let answer = match refused {
        Some(reason) => Answer::Refuse(reason),
        None => ask(Arc::clone(&link), &hello, token, reports).await?,
    };
    match answer {
        Answer::Welcome { outbox, number } => {
            wired.write_sealed(cipher.as_mut(), Frame::Welcome(number)).await?;
            Ok((cipher, link, outbox))
        }
        Answer::Refuse(reason) => {
            shared.counters.refused.add();
            wired.write_sealed(cipher.as_mut(), Frame::Goodbye(reason)).await?;
            // To close while something lies unread would reset the connection, and the reason with it.
            let _ = wired.tcp.shutdown().await;
            while let Ok(1..) = wired.tcp.read(&mut [0; 256]).await {}
            Err(End::Left)
        }
    }
}

async fn ask<M>(
    link: Arc<LinkInfo>,
    hello: &Hello,
    token: CancellationToken,
    reports: &mpsc::Sender<Report<M>>,
) -> Result<Answer, End> {
    let (answer, answered) = oneshot::channel();
    let visitor = Visitor { link, session: hello.about.session, number: hello.about.number, token, answer };
    reports.send(Report::Asked(visitor)).await.map_err(|_| End::Stopped)?;
    Ok(answered.await.unwrap_or(Answer::Refuse(Reason::Leaving)))
}

const fn refused_by(refusal: Refusal) -> End {
    match refusal {
        Refusal::Malformed => End::BadHandshake,
        Refusal::Forged => End::WrongIdentity,
        Refusal::Version => End::WrongVersion,
    }
}

/// Dials `to` and serves the connection.
pub(crate) async fn outgoing<M: Wire + NamesSender + 'static>(
    to: Peer,
    id: u64,
    outbox: Arc<Outbox>,
    shared: Arc<Shared>,
    gate: Arc<dyn Gate<M>>,
    reports: mpsc::Sender<Report<M>>,
) -> End {
    let dialed = timeout(shared.limits.handshake, dial(to, id, &shared, &reports)).await;
    let (wired, cipher, link) = match dialed.unwrap_or(Err(End::SlowHandshake)) {
        Ok(dialed) => dialed,
        Err(End::Refused(Reason::Simultaneous)) => {
            // Its own dial is on its way and takes over what waits here; only if it does not come has this
            // one failed.
            tokio::time::sleep(shared.limits.handshake).await;
            return End::Refused(Reason::Simultaneous);
        }
        Err(end) => return end,
    };
    serve::serve(wired, cipher, link, outbox, &shared, gate.as_ref(), &reports).await
}

async fn dial<M>(
    to: Peer,
    id: u64,
    shared: &Shared,
    reports: &mpsc::Sender<Report<M>>,
) -> Result<(Wired, Box<dyn Cipher>, Arc<LinkInfo>), End> {
    let tcp = shared.connector.open(to).await.map_err(|_| End::Unreachable)?;
    let remote = tcp.peer_addr().map_err(|_| End::Closed)?;
    let mut wired = Wired::new(tcp);
    let mut handshake = Handshake::dialer(&shared.credentials)?;
    wired.write(&handshake.write(&[])?).await?;
    let payload = handshake.read(&wired.read(1, LONGEST_HANDSHAKE).await?)?;
    let hello = handshake.meet(&payload).map_err(refused_by)?;
    if Some(hello.identity) == shared.me.identity() {
        return Err(End::Itself);
    }
    if to.identity().is_some_and(|expected| expected != hello.identity) {
        return Err(End::WrongIdentity);
    }
    let peer = Peer::new(hello.identity, to.address());
    let (go_on, answered) = oneshot::channel();
    reports.send(Report::Met { id, peer, go_on }).await.map_err(|_| End::Stopped)?;
    answered.await.map_err(|_| End::Stopped)?;
    wired.write(&handshake.write(&shared.hello(id).encode())?).await?;
    let mut cipher = handshake.finish()?;
    let sealed = wired.read(1 + TAG, 1 + 8 + TAG).await?;
    let mut opened = Vec::new();
    cipher.open(&sealed, &mut opened)?;
    let number = match Frame::decode(&opened) {
        Ok(Frame::Welcome(number)) => number,
        Ok(Frame::Goodbye(reason)) => return Err(End::Refused(reason)),
        _ => return Err(End::BadHandshake),
    };
    let link = Arc::new(LinkInfo { peer, remote, is_outgoing: true, id });
    let opened = Report::Opened { link: Arc::clone(&link), session: hello.about.session, number };
    reports.send(opened).await.map_err(|_| End::Stopped)?;
    Ok((wired, cipher, link))
}
