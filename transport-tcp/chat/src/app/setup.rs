//! From the command line to a running chat.

use std::io::{self, BufReader, IsTerminal};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use floodnet_chat::history::Rates;
use floodnet_chat::replay::Replay;
use floodnet_chat::session::Session;
use floodnet_chat::text::{Name, fingerprint};
use floodnet_core::rng::NodeRng;
use floodnet_tcp::driver::spawn_with_validator;
use floodnet_tcp::handle::Handle;
use floodnet_tcp::identity::Keypair;
use floodnet_tcp::limits::{Limits, Profile};
use floodnet_tcp::options::Options;
use floodnet_tcp::peer::Peer;
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::clock_check::ClockCheck;
use super::conversation::Conversation;
use super::invite::look_around;
use super::neighborhood::Neighborhood;
use super::past::Memory;
use super::sending::Sending;
use super::silence::Silence;
use super::storage::Storage;
use super::unread::Unread;
use super::{About, App, LineCounts};
use crate::args::{Args, Listen, host_and_port};
use crate::cipher::Cipher;
use crate::files::{Files, Kept};
use crate::find::{Finder, Place};
use crate::folder::Folder;
use crate::history::{Bounds, History};
use crate::input::{self, Typed};
use crate::log;
use crate::metrics::{self, Snapshot};
use crate::node;
use crate::own_file;
use crate::record::{self, Recorder};
use crate::recorded::ChatNode;
use crate::room::{self, Room};
use crate::screen::Screen;
use crate::validator::{ChatValidator, Clocks, quota_limits};

/// Ports that are tried after the first one.
const PORTS: u16 = 200;
/// Time in which a peer of former times must answer to be asked for the way in.
const PROBE: Duration = Duration::from_millis(500);
/// Peers of former times that are asked.
const MAX_PROBED: usize = 8;

/// Why a chat does not start.
#[derive(Debug)]
pub enum Failure {
    /// The user can mend it on the command line.
    Usage(String),
    /// The machine or a file is at fault.
    Failed(String),
}

impl Failure {
    /// What to tell the user.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Usage(text) | Self::Failed(text) => text,
        }
    }

    /// The exit code: 2 for usage, else 1.
    #[must_use]
    pub fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Usage(_) => 2,
            Self::Failed(_) => 1,
        })
    }
}

/// Runs the program to its end.
///
/// # Errors
/// It cannot start.
pub async fn run(args: Args) -> Result<ExitCode, Failure> {
    if let Some(path) = &args.make_key {
        let shown = path.display();
        room::make_key(path).map_err(|error| Failure::Failed(format!("cannot write {shown}: {error}")))?;
        Screen::plain().notice(&format!(
            "{shown} holds the key of a private room now. Give it to the others on a safe way, and start with: \
             chat --room NAME --key-file {shown}"
        ));
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(path) = &args.replay {
        return replay(path);
    }
    start(args).await
}

fn replay(path: &Path) -> Result<ExitCode, Failure> {
    let shown = path.display();
    let file = std::fs::File::open(path).map_err(|error| Failure::Failed(format!("{shown}: {error}")))?;
    match record::replay(BufReader::new(file)) {
        Ok(done) => {
            let record::Replayed { inputs, actions } = done;
            Screen::plain().notice(&format!("{shown}: {inputs} inputs led to the same {actions} actions"));
            Ok(ExitCode::SUCCESS)
        }
        Err(record::ReplayError::Differs(line)) => {
            let error = record::ReplayError::Differs(line);
            Screen::plain().warning(&format!("{shown}: {error}"));
            Ok(ExitCode::from(4))
        }
        Err(error) => Err(Failure::Failed(format!("{shown}: {error}"))),
    }
}

async fn start(args: Args) -> Result<ExitCode, Failure> {
    // Mistakes on the command line are found first, before anything is written.
    let room = room_of(&args)?;
    let listen = args.listen.unwrap_or_default();
    let mut warnings = Vec::new();
    let places = places(&args, listen.ip, &mut warnings).await?;
    let (folder, log) = open_folder(&args)?;
    let clocks = Clocks::start();
    let files = Files::new(folder.path(), room.id());
    let Loaded { keypair, kept, replay, met } = Loaded::load(&files, clocks, &mut warnings)?;
    let name = args.name.clone().or_else(|| kept.name.clone()).unwrap_or_else(user_name);
    let cipher = Cipher::new(keypair.clone());
    let mut session = Session::new(cipher, room.id(), name, kept.next_seq, clocks.read());
    files.load_contacts(session.people_mut(), &mut warnings).map_err(Failure::Failed)?;
    let shown = folder.path().display().to_string();
    let profile = args.profile.unwrap_or_else(|| Profile::of(listen.ip));
    let history = history(&args, &files, &room, profile, &mut warnings)?;
    let storage = Storage::start(files, folder, kept.name, session.next_seq(), &replay)
        .map_err(|error| Failure::Failed(format!("cannot write to {shown}: {error}")))?;

    // From here on others can reach this chat.
    let validator = Arc::new(ChatValidator::new(room.id(), quota_limits(profile), replay, clocks));
    validator.lock().set_contacts(session.people().contacts().keys().copied());
    let seed = random().map_err(|error| Failure::Failed(format!("no randomness: {error}")))?;
    let is_terminal = !args.plain && io::stdin().is_terminal() && io::stdout().is_terminal();
    let finder = Arc::new(Finder::new(keypair.clone(), room.network(), places));
    let node = Spawn {
        listen,
        first_port: args.first_port,
        keypair,
        room: &room,
        profile,
        seed,
        record: args.record.clone(),
        receipts: !is_terminal,
        has_history: history.is_some(),
        finder: Arc::clone(&finder),
    };
    let answered = reachable(&met).await;
    let neighborhood = Neighborhood::new(&met, &answered);
    let handle = node.spawn(answered, &validator).await?;

    let (metrics, notes) = serve_metrics(args.metrics).await?;
    let (screen, input) = screen(is_terminal, format!("{}> ", session.name()));
    let sending = Sending::new(quota_limits(profile).author, handle.unconfirmed());
    let mut app = App {
        talk: Conversation {
            session,
            handle,
            validator,
            clocks,
            rng: NodeRng::new(seed ^ 1),
            sending,
            memory: Memory::new(history),
        },
        screen,
        storage,
        neighborhood,
        silence: Silence::default(),
        unread: Unread::default(),
        pending: None,
        lines: LineCounts::default(),
        is_ending: false,
        changed: Instant::now(),
        clock: ClockCheck::default(),
        metrics,
        about: About { room, profile, log, places: finder.places(), text_only: args.text },
        found: look_around(finder),
    };
    app.greet(&warnings, &notes);
    for known in app.talk.memory.known() {
        app.talk.tell_history(known).await;
    }
    app.scroll_back();
    Ok(app.run(input).await)
}

/// What was said in this room before, unless nothing is to be kept.
fn history(
    args: &Args,
    files: &Files,
    room: &Room,
    profile: Profile,
    notes: &mut Vec<String>,
) -> Result<Option<History>, Failure> {
    if args.no_history {
        return Ok(None);
    }
    let bounds = Bounds {
        keep_ms: u64::from(args.history_days) * 86_400_000,
        bytes: u64::from(args.history_mib) * 1_024 * 1_024,
    };
    let rates = Rates::of(quota_limits(profile));
    History::open(&files.history(), room.id(), (bounds, rates), notes).map(Some).map_err(Failure::Failed)
}

/// The folder with the user's files, and where the log is, which is begun.
fn open_folder(args: &Args) -> Result<(Folder, PathBuf), Failure> {
    let folder = match &args.data {
        Some(path) => Folder::open(path),
        None => Folder::first_free(),
    }
    .map_err(Failure::Usage)?;
    let log = args.log.clone().unwrap_or_else(|| folder.path().join("log"));
    log::start(&log)
        .map_err(|error| Failure::Usage(format!("cannot write the log {}: {error}", log.display())))?;
    Ok((folder, log))
}

/// What former runs have left.
struct Loaded {
    keypair: Keypair,
    kept: Kept,
    replay: Replay,
    met: Vec<Peer>,
}

impl Loaded {
    fn load(files: &Files, clocks: Clocks, warnings: &mut Vec<String>) -> Result<Self, Failure> {
        files.check_key().map_err(Failure::Failed)?;
        let keypair =
            Keypair::load_or_create(&files.key()).map_err(|error| Failure::Failed(error.to_string()))?;
        Ok(Self {
            keypair,
            kept: files.load_kept(warnings).map_err(Failure::Failed)?,
            replay: files.load_replay(clocks.read(), warnings).map_err(Failure::Failed)?,
            met: files.load_peers(warnings).map_err(Failure::Failed)?,
        })
    }
}

/// Where counts go that are to be told at `address`, and a note on that for the user.
async fn serve_metrics(
    address: Option<SocketAddr>,
) -> Result<(Option<watch::Sender<Snapshot>>, Vec<String>), Failure> {
    let Some(address) = address else { return Ok((None, Vec::new())) };
    let (sender, snapshots) = watch::channel(Snapshot::default());
    let bound = metrics::serve(address, snapshots)
        .await
        .map_err(|error| Failure::Usage(format!("--metrics {address}: {error}")))?;
    Ok((Some(sender), vec![format!("counts are at http://{bound}/metrics")]))
}

/// A terminal if there is one, else a pipe.
fn screen(is_terminal: bool, prompt: String) -> (Screen, mpsc::Receiver<Typed>) {
    if is_terminal && let Ok((input, printer)) = input::terminal(prompt) {
        return (Screen::terminal(printer), input);
    }
    (Screen::plain(), input::pipe())
}

impl App {
    fn greet(&mut self, warnings: &[String], notes: &[String]) {
        let me = self.talk.session.me();
        let who = format!("you are {}~{}", self.talk.session.name(), fingerprint(&me));
        self.screen.notice(&format!("{who}; /help tells what you can type"));
        let address = self.talk.handle.me().address();
        self.screen.notice(&format!("this is {}; listening on {address}", self.about.room));
        for note in notes {
            self.screen.notice(note);
        }
        for warning in warnings {
            self.screen.warning(warning);
        }
    }
}

/// The user's name on this machine, if it is one.
fn user_name() -> Name {
    let from = |variable: &str| Name::new(&std::env::var(variable).ok()?).ok();
    let fallback = || Name::new("anon").ok();
    let name = from("USER").or_else(|| from("USERNAME")).or_else(fallback);
    name.unwrap_or_else(|| unreachable!("`anon` is a name"))
}

fn random() -> io::Result<u64> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(u64::from_le_bytes(bytes))
}

fn room_of(args: &Args) -> Result<Room, Failure> {
    if let Some(ticket) = &args.ticket {
        return Ok(Room::new(ticket.room.clone(), ticket.key));
    }
    let key = args.key_file.as_deref().map(room::read_key).transpose().map_err(Failure::Usage)?;
    Ok(Room::new(args.room.clone(), key))
}

/// Where to look for others. A name that leads nowhere now may do so later, but one of all must now.
async fn places(args: &Args, own: IpAddr, warnings: &mut Vec<String>) -> Result<Vec<Place>, Failure> {
    let addresses = args.ticket.iter().flat_map(|ticket| &ticket.addresses);
    let mut places: Vec<Place> =
        addresses.map(|address| Place::Host(address.ip().to_string(), address.port())).collect();
    let mut is_any_known = !places.is_empty();
    for text in &args.peer {
        let (host, port) = host_and_port(text, args.first_port);
        match lookup_host((host.as_str(), port)).await {
            Ok(mut addresses) => is_any_known |= addresses.next().is_some(),
            Err(error) => warnings.push(format!("--peer {text}: {error}")),
        }
        places.push(Place::Host(host, port));
    }
    if places.is_empty() {
        let last = args.first_port.saturating_add(PORTS);
        return Ok(vec![Place::this_machine(own, args.first_port..=last)]);
    }
    if !is_any_known {
        let why = warnings.first().cloned().unwrap_or_else(|| "--peer: no such host".to_owned());
        return Err(Failure::Usage(why));
    }
    Ok(places)
}

/// Those of the peers met lately where somebody listens. Asking one that is not there any more would cost
/// seconds.
async fn reachable(met: &[Peer]) -> Vec<Peer> {
    let mut probes = JoinSet::new();
    for (at, peer) in met.iter().take(MAX_PROBED).copied().enumerate() {
        probes.spawn(async move {
            let connected = timeout(PROBE, TcpStream::connect(peer.address())).await;
            connected.is_ok_and(|stream| stream.is_ok()).then_some((at, peer))
        });
    }
    let mut found: Vec<(usize, Peer)> = probes.join_all().await.into_iter().flatten().collect();
    found.sort_unstable_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, peer)| peer).collect()
}

/// What a node is started with.
struct Spawn<'a> {
    listen: Listen,
    first_port: u16,
    keypair: Keypair,
    room: &'a Room,
    profile: Profile,
    seed: u64,
    record: Option<PathBuf>,
    /// Whether neighbors are asked what they have read.
    receipts: bool,
    has_history: bool,
    finder: Arc<Finder>,
}

impl Spawn<'_> {
    /// Starts the node at the port given, or at the first free one.
    async fn spawn(
        &self,
        met: Vec<Peer>,
        validator: &Arc<ChatValidator>,
    ) -> Result<Handle<ChatNode>, Failure> {
        let Listen { ip, port } = self.listen;
        let first = self.first_port;
        let ports = port.map_or(first..=first.saturating_add(PORTS), |port| port..=port);
        for port in ports.clone() {
            let address = SocketAddr::new(ip, port);
            let entry: Vec<Peer> = self.finder.entry().chain(met.iter().copied()).collect();
            match self.spawn_at(address, entry, validator).await {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && port < *ports.end() => {}
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                    let why = format!(
                        "cannot listen on {address}: the port is taken; choose another one with --listen"
                    );
                    return Err(Failure::Usage(why));
                }
                Err(error) => return Err(Failure::Usage(format!("cannot listen on {address}: {error}"))),
                Ok(handle) => return Ok(handle),
            }
        }
        Err(Failure::Usage(format!("no port from {first} on is free; choose one with --listen")))
    }

    async fn spawn_at(
        &self,
        listen: SocketAddr,
        entry: Vec<Peer>,
        validator: &Arc<ChatValidator>,
    ) -> io::Result<Handle<ChatNode>> {
        let options = Options {
            listen,
            keypair: Some(self.keypair.clone()),
            network: self.room.network(),
            seed: Some(self.seed),
            limits: Limits::of(self.profile),
            receipts: self.receipts,
            connector: self.finder.connector(),
            ..Options::default()
        };
        let record = self.record.as_deref().map(open_record).transpose()?;
        let (seed, seen, has_history) = (self.seed, entry.clone(), self.has_history);
        let make = move |me| {
            let recorder = record.map(|file| Recorder::new(Box::new(file), seed, &seen));
            ChatNode::new(me, has_history, recorder)
        };
        spawn_with_validator(make, node::config(entry), options, Arc::clone(validator) as _).await
    }
}

/// A new file, for its owner only: a recording tells who talked when, and what was said to all.
fn open_record(path: &Path) -> io::Result<std::fs::File> {
    own_file::create(path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}
