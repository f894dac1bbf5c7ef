//! A link that stands: both directions of it.

use std::sync::Arc;

use floodnet_core::wire::Wire;
use tokio::sync::mpsc;

use super::end::End;
use super::link::Link;
use super::reader::Reader;
use super::report::Report;
use super::stream::FrameStream;
use super::writer::Writer;
use crate::outbox::Outbox;
use crate::peer::NamesSender;
use crate::secure::Cipher;
use crate::shared::Shared;
use crate::validator::{LinkInfo, Validator};

/// Serves a link until it ends.
pub(super) async fn serve<M: Wire + NamesSender + 'static>(
    stream: FrameStream,
    cipher: Box<dyn Cipher>,
    info: Arc<LinkInfo>,
    outbox: Arc<Outbox>,
    shared: &Shared,
    validator: &dyn Validator<M>,
    reports: &mpsc::Sender<Report<M>>,
) -> End {
    let FrameStream { mut tcp, buffer } = stream;
    let (read, write) = tcp.split();
    let link = Link::new(cipher, &outbox, shared);
    tokio::select! {
        end = Reader::new(read, buffer).run(&link, &info, validator, reports) => end,
        end = Writer::new(write).run(&link) => end,
    }
}
