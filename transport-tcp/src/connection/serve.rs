//! A link that stands: both directions of it.

use std::sync::Arc;

use floodnet_core::wire::Wire;

use super::context::TaskContext;
use super::end::End;
use super::link::Link;
use super::reader::Reader;
use super::stream::FrameStream;
use super::writer::Writer;
use crate::outbox::Outbox;
use crate::peer::NamesSender;
use crate::secure::Cipher;
use crate::validator::LinkInfo;

/// Serves a link until it ends.
pub(super) async fn serve<M: Wire + NamesSender + 'static>(
    stream: FrameStream,
    cipher: Box<dyn Cipher>,
    info: Arc<LinkInfo>,
    outbox: Arc<Outbox>,
    context: &TaskContext<M>,
) -> End {
    let FrameStream { mut tcp, buffer } = stream;
    let (read, write) = tcp.split();
    let link = Link::new(cipher, &outbox, &context.shared);
    tokio::select! {
        end = Reader::new(read, buffer).run(&link, &info, context) => end,
        end = Writer::new(write).run(&link) => end,
    }
}
