//! Where nodes come in: each connection proves itself, gets the scenario, and is a slot's from then on.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration as Span, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::super::sink::Sink;
use super::HANDSHAKE;
use super::talk::Talk;
use super::token::{Side, TOKEN, Token, nonce, same};
use super::words::{Answer, Bounds, Challenge, Hello, News, Order, Welcome};

/// Connections that may be proving themselves at once; more wait to be taken.
const STRANGERS: usize = 64;
/// Pause after a connection could not be taken.
const TRY: Span = Span::from_millis(5);

/// What a node of a slot is told when it comes.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) scenario: String,
    pub(super) speed: f64,
    pub(super) killed: bool,
    /// Where the node of each slot listens; empty where nodes choose.
    pub(super) listens: Vec<SocketAddr>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Office {
    address: SocketAddr,
    token: Token,
    desk: Desk,
    bounds: Bounds,
    seats: Vec<Seat>,
    sink: Sink,
    /// Zero of the coordinator's clock.
    origin: Instant,
    /// Who was turned away last, and why.
    turned_away: Mutex<Option<String>>,
    strangers: Arc<Semaphore>,
    tasks: TaskTracker,
    over: CancellationToken,
}

/// The place of one slot's node.
#[derive(Debug)]
struct Seat {
    free: Arc<Semaphore>,
    came: mpsc::UnboundedSender<Line>,
    comes: tokio::sync::Mutex<mpsc::UnboundedReceiver<Line>>,
}

/// The line to the node of a slot. Without it the node ends.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) orders: mpsc::UnboundedSender<Order>,
    /// None when the node has closed.
    pub(super) news: mpsc::UnboundedReceiver<News>,
    /// Where the node is.
    pub(super) from: SocketAddr,
}

/// The other end of a [`Line`].
struct Ends {
    orders: mpsc::UnboundedReceiver<Order>,
    news: mpsc::UnboundedSender<News>,
    slot: u32,
}

impl Office {
    /// Takes nodes in.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub(super) async fn open(
        listen: SocketAddr,
        token: Token,
        desk: Desk,
        bounds: Bounds,
        sink: Sink,
    ) -> io::Result<Arc<Self>> {
        let listener = TcpListener::bind(listen).await?;
        let seat = |_| {
            let (came, comes) = mpsc::unbounded_channel();
            Seat { free: Arc::new(Semaphore::new(1)), came, comes: tokio::sync::Mutex::new(comes) }
        };
        let office = Arc::new(Self {
            address: listener.local_addr()?,
            token,
            desk,
            bounds,
            seats: (0..bounds.slots).map(seat).collect(),
            sink,
            origin: Instant::now(),
            turned_away: Mutex::new(None),
            strangers: Arc::new(Semaphore::new(STRANGERS)),
            tasks: TaskTracker::new(),
            over: CancellationToken::new(),
        });
        let taking = Arc::clone(&office);
        office.tasks.spawn(async move { taking.take_in(listener).await });
        Ok(office)
    }

    /// Where nodes dial.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next node of `slot`.
    pub(super) async fn arrival(&self, slot: u32) -> Option<Line> {
        self.seats.get(slot as usize)?.comes.lock().await.recv().await
    }

    /// Who was turned away last, and why.
    pub(super) fn turned_away(&self) -> Option<String> {
        self.turned_away.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// `at` on the coordinator's clock.
    pub(super) fn nanos(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.origin).as_nanos()).unwrap_or(u64::MAX)
    }

    /// Closes all lines, and takes nobody in any more.
    pub(super) async fn close(&self) {
        self.over.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    async fn take_in(self: Arc<Self>, listener: TcpListener) {
        loop {
            let Ok(permit) = Arc::clone(&self.strangers).acquire_owned().await else { return };
            let accepted = match self.over.run_until_cancelled(listener.accept()).await {
                None => return,
                Some(Ok((tcp, from))) => (tcp, from),
                // Out of files, most likely.
                Some(Err(_)) => {
                    tokio::time::sleep(TRY).await;
                    continue;
                }
            };
            let (office, over) = (Arc::clone(&self), self.over.clone());
            self.tasks.spawn(async move {
                // Either way the connection is closed by now, and who has the line knows.
                let _ = over.run_until_cancelled(office.attend(accepted, permit)).await;
            });
        }
    }

    /// Serves one connection until it ends.
    async fn attend(
        &self,
        (tcp, from): (TcpStream, SocketAddr),
        stranger: OwnedSemaphorePermit,
    ) -> io::Result<()> {
        let mut talk = Talk::with_stranger(tcp)?;
        let admitted = match timeout(HANDSHAKE, self.admit(&mut talk)).await {
            Ok(Ok(admitted)) => admitted,
            Ok(Err(why)) => return self.turn_away(&mut talk, from, why).await,
            Err(_) => return self.turn_away(&mut talk, from, "it said nothing in time".to_owned()).await,
        };
        drop(stranger);
        let (slot, seat) = admitted;
        let (orders, ordered) = mpsc::unbounded_channel();
        let (news, told) = mpsc::unbounded_channel();
        let ends = Ends { orders: ordered, news, slot };
        let place = &self.seats[slot as usize];
        if place.came.send(Line { orders, news: told, from }).is_ok() {
            self.carry(&mut talk, ends, seat).await?;
        }
        Ok(())
    }

    /// Hears who it is. Gives its slot, and the right to be the slot's only node.
    async fn admit(&self, talk: &mut Talk) -> Result<(u32, OwnedSemaphorePermit), String> {
        let challenge = nonce().map_err(|error| error.to_string())?;
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let said = talk.say(&Challenge { version, nonce: challenge }).await;
        said.map_err(|error| error.to_string())?;
        let hello: Hello = talk.listen().await.map_err(|error| format!("it is no node: {error}"))?;
        let Hello { slot, nonce: answer, proof } = hello;
        if !same(&proof, &self.token.prove(Side::Node, &challenge, &answer, slot)) {
            return Err(format!("its token is wrong: set {TOKEN} to that of the coordinator"));
        }
        talk.trust();
        let seat = self.seats.get(slot as usize);
        let seat =
            seat.ok_or_else(|| format!("there is no slot {slot}: the run has {}", self.seats.len()))?;
        let free = timeout(HANDSHAKE / 2, Arc::clone(&seat.free).acquire_owned()).await;
        let taken = || format!("slot {slot} has a node already");
        let free = free.ok().and_then(Result::ok).ok_or_else(taken)?;
        let Desk { scenario, speed, killed, listens } = self.desk.clone();
        let welcome = Welcome {
            proof: self.token.prove(Side::Coordinator, &challenge, &answer, slot),
            scenario,
            speed,
            listen: listens.get(slot as usize).copied(),
            killed,
        };
        let said = talk.say(&Answer::Welcome(Box::new(welcome))).await;
        said.map_err(|error| error.to_string())?;
        Ok((slot, free))
    }

    async fn turn_away(&self, talk: &mut Talk, from: SocketAddr, why: String) -> io::Result<()> {
        let told = format!("a program at {from} was turned away: {why}");
        *self.turned_away.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
        timeout(Span::from_secs(1), talk.say(&Answer::Refused(why))).await?
    }

    /// Passes on orders and news, until the node has closed or nobody has the line any more.
    async fn carry(&self, talk: &mut Talk, ends: Ends, seat: OwnedSemaphorePermit) -> io::Result<()> {
        let Ends { mut orders, news, slot } = ends;
        let mut seat = Some(seat);
        loop {
            tokio::select! {
                order = orders.recv() => {
                    let Some(order) = order else { return Ok(()) };
                    if matches!(order, Order::Exit) {
                        // The next may come while this one says goodbye.
                        drop(seat.take());
                    }
                    talk.say(&order).await?;
                }
                heard = talk.hear() => match heard? {
                    None => return Ok(()),
                    Some(News::Ping { asked }) => {
                        talk.say(&Order::Pong { asked, now: self.nanos(Instant::now()) }).await?;
                    }
                    Some(News::Records(records)) => {
                        let read = |(at, seen): (u64, super::words::Seen)| seen.read(at, slot, self.bounds);
                        match records.into_iter().map(read).collect::<Option<Vec<_>>>() {
                            Some(mut records) => self.sink.add_all(&mut records),
                            None => {
                                let what = "it reports of slots or messages that the plan does not have";
                                let _ = news.send(News::Failed(what.to_owned()));
                                return Ok(());
                            }
                        }
                    }
                    // Who has dropped the line does not want to know.
                    Some(other) => drop(news.send(other)),
                },
            }
        }
    }
}
