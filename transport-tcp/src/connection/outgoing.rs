//! A connection that this node dials.

use std::sync::Arc;

use floodnet_core::wire::Wire;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tracing::info;

use super::context::TaskContext;
use super::end::End;
use super::report::Report;
use super::serve::serve;
use super::stream::FrameStream;
use crate::frame::{Frame, Reason};
use crate::outbox::Outbox;
use crate::peer::{NamesSender, Peer};
use crate::secure::{Cipher, Handshake, MAX_HANDSHAKE, TAG};
use crate::shared::Shared;
use crate::validator::LinkInfo;

/// Dials `to` and serves the connection.
pub(crate) async fn outgoing<M: Wire + NamesSender + 'static>(
    to: Peer,
    id: u64,
    outbox: Arc<Outbox>,
    context: Arc<TaskContext<M>>,
) -> End {
    let patience = context.shared.limits.handshake;
    let dialed = timeout(patience, dial(to, id, &context.shared, &context.reports)).await;
    let (stream, cipher, link) = match dialed.unwrap_or(Err(End::SlowHandshake)) {
        Ok(dialed) => dialed,
        Err(End::Refused(Reason::Simultaneous)) => {
            // The peer has dialed as well, and its connection takes over what waits here. This dial has failed
            // only if that connection does not come.
            tokio::time::sleep(patience).await;
            return End::Refused(Reason::Simultaneous);
        }
        Err(end) => {
            if end != End::Unreachable && context.shared.may_log() {
                info!(peer = %to, ?end, "no link to the dialed node");
            }
            return end;
        }
    };
    serve(stream, cipher, link, outbox, &context).await
}

async fn dial<M>(
    to: Peer,
    id: u64,
    shared: &Shared,
    reports: &mpsc::Sender<Report<M>>,
) -> Result<(FrameStream, Box<dyn Cipher>, Arc<LinkInfo>), End> {
    let (tcp, found) = shared.connector.open(to).await.map_err(|error| {
        if shared.may_log() {
            info!(peer = %to, %error, "cannot connect");
        }
        End::Unreachable
    })?;
    let remote = tcp.peer_addr().map_err(|_| End::Closed)?;
    let mut stream = FrameStream::new(tcp);
    let mut handshake = Handshake::dialer(&shared.credentials)?;
    stream.write(&handshake.write(&[])?).await?;
    let payload = handshake.read(&stream.read(1, MAX_HANDSHAKE).await?)?;
    let hello = handshake.meet(&payload)?;
    if Some(hello.identity) == shared.me.identity() {
        return Err(End::Itself);
    }
    if to.identity().is_some_and(|expected| expected != hello.identity) {
        return Err(End::WrongIdentity);
    }
    // Only now does this node show its own identity: whoever answers in place of the peer learns nothing of it.
    let peer = Peer::new(hello.identity, found.unwrap_or(to.address()));
    let (go_on, answered) = oneshot::channel();
    reports.send(Report::Met { id, peer, go_on }).await.map_err(|_| End::Stopped)?;
    answered.await.map_err(|_| End::Stopped)?;
    stream.write(&handshake.write(&shared.hello(id).encode())?).await?;
    let mut cipher = handshake.finish()?;
    // Nothing is sent before the welcome, so a refusal loses nothing.
    let sealed = stream.read(1 + TAG, 1 + 8 + TAG).await?;
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
    Ok((stream, cipher, link))
}
