//! A connection that another node dialed.

use std::sync::Arc;

use floodnet_core::wire::Wire;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::context::TaskContext;
use super::end::End;
use super::report::{Answer, Report, Visitor};
use super::serve::serve;
use super::stream::FrameStream;
use crate::admission::Place;
use crate::frame::{Frame, Reason};
use crate::outbox::Outbox;
use crate::peer::{NamesSender, Peer};
use crate::secure::{Cipher, Handshake, Hello, MAX_HANDSHAKE, Refusal};
use crate::shared::Shared;
use crate::validator::LinkInfo;

/// Serves a connection that another node dialed.
pub(crate) async fn incoming<M: Wire + NamesSender + 'static>(
    tcp: TcpStream,
    id: u64,
    mut place: Place,
    token: CancellationToken,
    context: Arc<TaskContext<M>>,
) -> End {
    let mut stream = FrameStream::new(tcp);
    let admitting = admit(&mut stream, id, &mut place, token, &context);
    let (cipher, link, outbox) = match timeout(context.shared.limits.handshake, admitting).await {
        Ok(Ok(admitted)) => admitted,
        Ok(Err(end)) => return refused(end, &stream, &context.shared),
        Err(_) => return refused(End::SlowHandshake, &stream, &context.shared),
    };
    let end = serve(stream, cipher, link, outbox, &context).await;
    drop(place);
    end
}

/// Logs that a stranger did not become a link; that a peer closed the connection is no news.
fn refused(end: End, stream: &FrameStream, shared: &Shared) -> End {
    if !matches!(end, End::Closed | End::Left | End::Stopped | End::Itself) && shared.may_log() {
        let from = stream.tcp.peer_addr().ok();
        info!(?from, ?end, "no link to a visitor");
    }
    end
}

type Admitted = (Box<dyn Cipher>, Arc<LinkInfo>, Arc<Outbox>);

async fn admit<M>(
    stream: &mut FrameStream,
    id: u64,
    place: &mut Place,
    token: CancellationToken,
    context: &TaskContext<M>,
) -> Result<Admitted, End> {
    let shared = &context.shared;
    let remote = stream.tcp.peer_addr().map_err(|_| End::Closed)?;
    let mut handshake = Handshake::acceptor(&shared.credentials)?;
    let first = shared.credentials.first_message();
    handshake.read(&stream.read(first, first).await?)?;
    stream.write(&handshake.write(&shared.hello(0).encode())?).await?;
    let payload = handshake.read(&stream.read(1, MAX_HANDSHAKE).await?)?;
    let met = handshake.meet(&payload);
    let mut cipher = handshake.finish()?;
    let (hello, refused) = match met {
        Ok(hello) if Some(hello.identity) == shared.me.identity() => return Err(End::Itself),
        Ok(hello) if place.opened().is_err() => (hello, Some(Reason::Full)),
        Ok(hello) => (hello, None),
        Err(Refusal::Version) => {
            stream.write_sealed(cipher.as_mut(), Frame::Goodbye(Reason::Version)).await?;
            return Err(End::WrongVersion);
        }
        Err(refusal) => return Err(refusal.into()),
    };
    let peer = Peer::new(hello.identity, (remote.ip(), hello.about.port).into());
    let link = Arc::new(LinkInfo { peer, remote, is_outgoing: false, id });
    let answer = match refused {
        Some(reason) => Answer::Refuse(reason),
        None => ask(Arc::clone(&link), &hello, token, &context.reports).await?,
    };
    match answer {
        Answer::Welcome { outbox, number } => {
            stream.write_sealed(cipher.as_mut(), Frame::Welcome(number)).await?;
            Ok((cipher, link, outbox))
        }
        Answer::Refuse(reason) => {
            shared.counters.refused.add();
            stream.write_sealed(cipher.as_mut(), Frame::Goodbye(reason)).await?;
            // To close while something lies unread would reset the connection, and the reason with it.
            let _ = stream.tcp.shutdown().await;
            while let Ok(1..) = stream.tcp.read(&mut [0; 256]).await {}
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
