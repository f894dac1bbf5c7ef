//! The links of a node, by identity, and the dials that may become links.
//!
//! There is one connection between two nodes, whichever of them dialed. What keeps it one:
//! - A dialer drops its dial when it has a link to the identity that answers; what waited goes to the link.
//! - When both dial at once, the connection that the lesser identity dialed is kept: it refuses the other's
//!   dial, and the other drops its own. Nothing is sent before the welcome, so nothing is lost.
//! - A further connection of a peer takes the place of the first if it is later: of the same life, for then the
//!   peer itself has given up the first, or of a later life, for then the first died with the one before. An earlier
//!   one is refused, and the first is asked for a sign of life. So of two programs with one identity the one that
//!   was started last has the links, and they do not take them from each other in turn.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use floodnet_core::token_bucket::TokenBucket;
use floodnet_core::wire::Wire;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::addresses::Group;
use crate::connection::{self, Answer, End, TaskContext, Visitor};
use crate::dialing::{CUT, Dialing, Forbidden, LEFT};
use crate::frame::Reason;
use crate::identity::Identity;
use crate::outbox::{Outbox, Packet, Queued, Room};
use crate::peer::{Asked, NamesSender, Peer};
use crate::shared::Shared;
use crate::validator::LinkInfo;

/// A link younger than this is not closed to make room for another.
const GRACE: Duration = Duration::from_secs(1);

/// A connection over which messages go.
struct Link {
    info: Arc<LinkInfo>,
    outbox: Arc<Outbox>,
    /// Ends the connection at once.
    token: CancellationToken,
    /// The life of the peer, and its number of the link.
    session: u64,
    number: u64,
    /// The address without an identity under which it was dialed, if it was.
    alias: Option<SocketAddr>,
    /// When a message was last sent or received.
    used: Instant,
    /// Dials that messages on this link have asked for.
    asked: TokenBucket,
}

impl Link {
    fn new(
        info: Arc<LinkInfo>,
        (session, number): (u64, u64),
        alias: Option<SocketAddr>,
        outbox: Arc<Outbox>,
        token: CancellationToken,
    ) -> Self {
        let (used, asked) = (Instant::now(), TokenBucket::default());
        Self { info, outbox, token, session, number, alias, used, asked }
    }
}

/// A connection that is being opened.
struct Dial {
    id: u64,
    /// The identity that has answered.
    met: Option<Identity>,
    outbox: Arc<Outbox>,
    token: CancellationToken,
}

pub(crate) struct Links<M> {
    open: BTreeMap<Identity, Link>,
    /// By the peer as it was asked for.
    dials: BTreeMap<Peer, Dial>,
    /// Who answered at addresses that were dialed without an identity, while the link stands.
    aliases: BTreeMap<SocketAddr, Identity>,
    /// Peers whose link went down while the node was busy with something else.
    down: VecDeque<Peer>,
    dialing: Dialing,
    context: Arc<TaskContext<M>>,
}

impl<M: Wire + NamesSender + Send + 'static> Links<M> {
    pub(crate) const fn new(context: Arc<TaskContext<M>>, dialing: Dialing) -> Self {
        Self {
            open: BTreeMap::new(),
            dials: BTreeMap::new(),
            aliases: BTreeMap::new(),
            down: VecDeque::new(),
            dialing,
            context,
        }
    }

    fn shared(&self) -> &Shared {
        &self.context.shared
    }

    fn outbox(&self) -> Arc<Outbox> {
        let limits = &self.shared().limits;
        Arc::new(Outbox::new(Room {
            packets: limits.outbox,
            bytes: limits.outbox_bytes,
            patience: limits.outbox_patience,
        }))
    }

    /// The link to a peer, whichever way it is named.
    fn identity_of(&self, peer: Peer) -> Option<Identity> {
        peer.identity().or_else(|| self.aliases.get(&peer.address()).copied())
    }

    /// The dial that leads, or may lead, to a peer.
    fn dial_to(&self, peer: Peer) -> Option<&Dial> {
        self.dials
            .get(&peer)
            .or_else(|| self.dials.values().find(|dial| dial.met.is_some() && dial.met == peer.identity()))
    }

    /// Queues `packet` for `to` without waiting, dialing it first if need be.
    pub(crate) fn send(&mut self, to: Peer, packet: Packet) {
        if packet.bytes.len() > self.shared().limits.packet {
            return self.shared().counters.too_long.add();
        }
        let now = Instant::now();
        let link = self.identity_of(to).and_then(|identity| self.open.get_mut(&identity));
        let outbox = if let Some(link) = link {
            link.used = now;
            Arc::clone(&link.outbox)
        } else if let Some(dial) = self.dial_to(to) {
            Arc::clone(&dial.outbox)
        } else if let Some(outbox) = self.dial(to) {
            outbox
        } else {
            return self.down.push_back(to);
        };
        let counters = &self.context.shared.counters;
        match outbox.push(packet, now) {
            Queued::Dropped(older) => {
                counters.sent.add();
                counters.outbox_full.add_many(older);
            }
            Queued::Stuck => {
                counters.outbox_stuck.add();
                self.give_up(to);
            }
        }
    }

    /// Ends the link or dial to `peer` at once.
    fn give_up(&mut self, peer: Peer) {
        if let Some(dial) = self.dials.remove(&peer) {
            dial.token.cancel();
            self.down.push_back(peer);
        } else if let Some(identity) = self.identity_of(peer) {
            self.cut(identity);
        }
    }

    /// Ends the link to this identity at once.
    fn cut(&mut self, identity: Identity) {
        if let Some(link) = self.remove(identity) {
            link.token.cancel();
        }
    }

    /// Takes a link out of the table; the node will be told.
    fn remove(&mut self, identity: Identity) -> Option<Link> {
        let link = self.open.remove(&identity)?;
        self.down.push_back(link.info.peer);
        self.forget_alias(&link).into_iter().for_each(|alias| self.down.push_back(alias));
        Some(link)
    }

    fn forget_alias(&mut self, link: &Link) -> Option<Peer> {
        let alias = link.alias?;
        self.aliases.remove(&alias);
        Some(Peer::at(alias))
    }

    /// Starts to dial, if that is allowed.
    fn dial(&mut self, to: Peer) -> Option<Arc<Outbox>> {
        let shared = &self.context.shared;
        // Dials under way count as links, or a burst of requests would exceed the limit.
        let outgoing = self.open.values().filter(|link| link.info.is_outgoing).count() + self.dials.len();
        if to == shared.me || outgoing >= shared.limits.outgoing {
            shared.counters.dial_limit.add();
            return None;
        }
        match self.dialing.take(to, &shared.limits, shared.now()) {
            Ok(()) => {}
            Err(why) => {
                shared.counters.not_dialed(why);
                return None;
            }
        }
        shared.counters.dialed.add();
        let (id, token, outbox) = (shared.next_number(), self.context.root.child_token(), self.outbox());
        let connection = connection::outgoing(to, id, Arc::clone(&outbox), Arc::clone(&self.context));
        self.context.spawn(id, token.clone(), connection);
        self.dials.insert(to, Dial { id, met: None, outbox: Arc::clone(&outbox), token });
        Some(outbox)
    }

    /// Whether the node should see a message on this link that asks it to dial a peer. It must not see requests for
    /// peers that it could not dial, and one link asks for a quarter of all dials: else one peer that names many would
    /// keep the node from dialing those whom others name.
    pub(crate) fn may_see(&mut self, asked: Asked, from: &LinkInfo) -> bool {
        let (Asked::Dial { peer, .. } | Asked::PassOn(peer)) = asked;
        let is_linked = self.identity_of(peer).is_some_and(|identity| self.open.contains_key(&identity));
        if is_linked || peer == self.shared().me {
            return true;
        }
        let Self { open, dialing, context, .. } = self;
        let Shared { counters, limits, .. } = &*context.shared;
        let Asked::Dial { for_sure, .. } = asked else {
            counters.no_link.add();
            return false;
        };
        let now = context.shared.now();
        let mut is_in_turn = || {
            let link = from.peer.identity().and_then(|identity| open.get_mut(&identity));
            link.is_none_or(|link| link.asked.try_take(limits.dials.divided(4), 1, now))
        };
        match dialing.check(peer, limits, now) {
            Err(why) if for_sure || why == Forbidden::Address => counters.not_dialed(why),
            Ok(()) if for_sure && !is_in_turn() => counters.not_dialed(Forbidden::Rate),
            Ok(()) | Err(_) => return true,
        }
        false
    }

    fn dial_of(&self, id: u64) -> Option<Peer> {
        self.dials.iter().find(|(_, dial)| dial.id == id).map(|(to, _)| *to)
    }

    /// A dialed node has shown its identity. True if the dial goes on.
    pub(crate) fn met(&mut self, id: u64, peer: Peer, is_welcome: bool) -> bool {
        // A dial that nobody waits for any more only carries last words.
        let Some(to) = self.dial_of(id) else { return true };
        let Some(identity) = peer.identity() else { return false };
        if !is_welcome {
            self.dials.remove(&to);
            self.down.push_back(to);
            self.shared().counters.unwelcome.add();
            return false;
        }
        let former = match self.open.get_mut(&identity) {
            Some(link) => {
                if to.identity().is_none() && link.alias.is_none() {
                    link.alias = Some(to.address());
                    self.aliases.insert(to.address(), identity);
                }
                Some(Arc::clone(&link.outbox))
            }
            None => self
                .dials
                .iter()
                .find(|(other, dial)| **other != to && (dial.met == Some(identity) || **other == peer))
                .map(|(_, dial)| Arc::clone(&dial.outbox)),
        };
        if let Some(former) = former {
            if let Some(dial) = self.dials.remove(&to) {
                former.take_over(&dial.outbox, Instant::now());
            }
            return false;
        }
        if let Some(dial) = self.dials.get_mut(&to) {
            dial.met = Some(identity);
        }
        true
    }

    /// A dialed node welcomes this one: the dial becomes a link.
    pub(crate) fn opened(&mut self, info: Arc<LinkInfo>, session: u64, number: u64) {
        let Some(to) = self.dial_of(info.id) else { return };
        let (Some(dial), Some(identity)) = (self.dials.remove(&to), info.peer.identity()) else { return };
        let alias = to.identity().is_none().then(|| to.address());
        let Dial { outbox, token, .. } = dial;
        self.establish(identity, Link::new(info, (session, number), alias, outbox, token));
    }

    fn establish(&mut self, identity: Identity, link: Link) {
        if let Some(alias) = link.alias {
            self.aliases.insert(alias, identity);
        }
        if self.shared().may_log() {
            info!(peer = %link.info.peer, remote = %link.info.remote, outgoing = link.info.is_outgoing, "link up");
        }
        self.dialing.is_back(identity);
        self.open.insert(identity, link);
    }

    /// Answers a dialer that has shown its identity.
    pub(crate) fn asked(&mut self, visitor: Visitor, is_welcome: bool, neighbors: &[Peer]) {
        let Visitor { link: info, session, number, token, answer } = visitor;
        // Without an identity there is no visitor.
        let Some(identity) = info.peer.identity() else { return };
        if let Err(reason) = self.admit(identity, session, number, is_welcome, neighbors) {
            let _ = answer.send(Answer::Refuse(reason));
            return;
        }
        let (outbox, alias) =
            match self.dial_to(info.peer).map(|dial| dial.id).and_then(|id| self.dial_of(id)) {
                Some(to) => match self.dials.remove(&to) {
                    Some(dial) => {
                        dial.token.cancel();
                        (dial.outbox, to.identity().is_none().then(|| to.address()))
                    }
                    None => (self.outbox(), None),
                },
                None => (self.outbox(), None),
            };
        let mine = self.shared().next_number();
        let welcome = Answer::Welcome { outbox: Arc::clone(&outbox), number: mine };
        if answer.send(welcome).is_err() {
            // Gone already: what waited for it is lost with it.
            self.down.push_back(info.peer);
            self.down.extend(alias.map(Peer::at));
            return;
        }
        self.shared().counters.welcomed.add();
        self.establish(identity, Link::new(info, (session, number), alias, outbox, token));
    }

    /// Whether a visitor may stay. Makes room for it if need be.
    fn admit(
        &mut self,
        identity: Identity,
        session: u64,
        number: u64,
        is_welcome: bool,
        neighbors: &[Peer],
    ) -> Result<(), Reason> {
        if !is_welcome {
            self.shared().counters.unwelcome.add();
            return Err(Reason::Unwelcome);
        }
        if let Some(former) = self.open.get(&identity) {
            if (former.session, former.number) > (session, number) {
                former.outbox.probe();
                self.shared().counters.duplicate_links.add();
                return Err(Reason::Duplicate);
            }
            self.cut(identity);
        }
        // A dial that has met nobody yet can be dropped without the other side ever knowing of it.
        let is_dialed = self.dials.values().any(|dial| dial.met == Some(identity));
        if is_dialed && self.shared().me.identity() < Some(identity) {
            return Err(Reason::Simultaneous);
        }
        let incoming = self.open.values().filter(|link| !link.info.is_outgoing).count();
        if incoming >= self.shared().limits.incoming && !self.make_room(neighbors) {
            return Err(Reason::Full);
        }
        Ok(())
    }

    /// Closes an incoming link that does not belong to a neighbor: of the source group that has most links, the one that
    /// was unused for longest.
    fn make_room(&mut self, neighbors: &[Peer]) -> bool {
        let incoming = || self.open.iter().filter(|(_, link)| !link.info.is_outgoing);
        let group = |link: &Link| Group::of(link.info.remote.ip());
        let mut sizes = BTreeMap::<Group, usize>::new();
        incoming().for_each(|(_, link)| *sizes.entry(group(link)).or_default() += 1);
        let idlest = incoming()
            .filter(|(_, link)| link.used.elapsed() >= GRACE && !neighbors.contains(&link.info.peer))
            .min_by_key(|(_, link)| (Reverse(sizes.get(&group(link)).copied()), link.used))
            .map(|(identity, _)| *identity);
        let evicted = idlest.and_then(|identity| self.remove(identity));
        if let Some(link) = &evicted {
            link.outbox.goodbye(Reason::Full);
            self.shared().counters.evicted.add();
        }
        evicted.is_some()
    }

    /// Whether a message on this connection still counts.
    pub(crate) fn is_current(&mut self, info: &LinkInfo) -> bool {
        let link = info.peer.identity().and_then(|identity| self.open.get_mut(&identity));
        let Some(link) = link.filter(|link| link.info.id == info.id) else { return false };
        link.used = Instant::now();
        true
    }

    /// Removes a connection that has ended; the node will be told.
    pub(crate) fn closed(&mut self, id: u64, end: End) {
        if let Some(to) = self.dial_of(id) {
            self.dials.remove(&to);
            return self.down.push_back(to);
        }
        let identity = self.open.iter().find(|(_, link)| link.info.id == id).map(|(identity, _)| *identity);
        let pause = match end {
            End::Goodbye(Reason::Leaving) => Some(LEFT),
            End::Cut => Some(CUT),
            _ => None,
        };
        if let (Some(identity), Some(pause)) = (identity, pause) {
            self.dialing.parts(identity, pause, self.context.shared.now());
        }
        if let Some(link) = identity.and_then(|identity| self.remove(identity))
            && self.shared().may_log()
        {
            info!(peer = %link.info.peer, "link down");
        }
    }

    /// Closes the link to `peer`, behind what was sent. The node knows.
    pub(crate) fn disconnect(&mut self, peer: Peer) {
        if let Some(link) = self.identity_of(peer).and_then(|identity| self.open.remove(&identity)) {
            self.forget_alias(&link);
            link.outbox.goodbye(Reason::Done);
        } else if let Some(dial) = self.dials.remove(&peer) {
            dial.outbox.goodbye(Reason::Done);
        }
    }

    /// Cuts the link on which a message came that an honest peer does not send.
    pub(crate) fn punish(&mut self, info: &LinkInfo) {
        if let Some(identity) = info.peer.identity() {
            self.dialing.parts(identity, CUT, self.context.shared.now());
            self.cut(identity);
        }
    }

    /// Closes links that nobody uses.
    pub(crate) fn sweep(&mut self, neighbors: &[Peer]) {
        let idle = self.shared().limits.idle;
        let unused: Vec<Identity> = self
            .open
            .iter()
            .filter(|(_, link)| link.used.elapsed() >= idle && !neighbors.contains(&link.info.peer))
            .map(|(identity, _)| *identity)
            .collect();
        for identity in unused {
            if let Some(link) = self.remove(identity) {
                link.outbox.goodbye(Reason::Done);
                self.shared().counters.idle.add();
            }
        }
    }

    /// Asks all peers for a sign of life.
    pub(crate) fn probe_all(&self) {
        self.open.values().for_each(|link| link.outbox.probe());
    }

    /// A peer whose link has gone down.
    pub(crate) fn pop_down(&mut self) -> Option<Peer> {
        self.down.pop_front()
    }

    /// The number of links that stand.
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    /// Tells all peers, and ends all links behind what was sent.
    pub(crate) fn say_goodbye(&mut self) {
        for link in std::mem::take(&mut self.open).into_values() {
            link.outbox.goodbye(Reason::Leaving);
        }
        for dial in std::mem::take(&mut self.dials).into_values() {
            dial.outbox.goodbye(Reason::Leaving);
        }
        self.context.tasks.close();
    }
}
