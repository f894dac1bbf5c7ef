//! From the command line to a running chat.

use std::io::{self, BufReader, IsTerminal};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use floodnet_chat::history::Rates;
use floodnet_chat::replay::Replay;
use floodnet_chat::session::Session;
use floodnet_chat::text::{Name, fingerprint};
use floodnet_core::rng::NodeRng;
use floodnet_tcp::identity::Keypair;
use floodnet_tcp::limits::Profile;
use floodnet_tcp::peer::Peer;
use tokio::net::lookup_host;
use tokio::sync::watch;
use tokio::time::Instant;

use super::clock_check::ClockCheck;
use super::conversation::Conversation;
use super::crowd::{Crowd, Ignored};
use super::day::Day;
use super::invite::look_around;
use super::moving::{Left, Seat};
use super::online::Online;
use super::past::Memory;
use super::pending::PendingLine;
use super::sending::Sending;
use super::silence::Silence;
use super::storage::Storage;
use super::twin::Twin;
use super::unread::Unread;
use super::{About, App, LineCounts};
use crate::args::{Args, Format, host_and_port};
use crate::cipher::Cipher;
use crate::files::{Files, Kept};
use crate::find::{Finder, Place};
use crate::folder::Folder;
use crate::history::{Bounds, History};
use crate::input::{self, Names};
use crate::log;
use crate::metrics::{self, Snapshot};
use crate::record;
use crate::room::{self, Room};
use crate::screen::{self, Pipe, Screen};
use crate::validator::{ChatValidator, Clocks, quota_limits};

/// Ports that are tried after the first one.
pub(super) const PORTS: u16 = 200;

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

/// Everything that is read and opened before others can reach this chat.
pub(super) struct Prepared {
    pub(super) args: Args,
    pub(super) room: Room,
    pub(super) profile: Profile,
    /// Whether a person types, and not a pipe.
    pub(super) is_terminal: bool,
    places: Vec<Place>,
    log: PathBuf,
    clocks: Clocks,
    pub(super) keypair: Keypair,
    session: Session<Cipher>,
    pub(super) validator: Arc<ChatValidator>,
    /// Peers of this room from former times.
    pub(super) met: Vec<Peer>,
    pub(super) history: Option<History>,
    ignored: Ignored,
    storage: Storage,
    warnings: Vec<String>,
}

/// Mistakes on the command line are found first, before anything is written. The log is begun if this `is_first` of a
/// run.
async fn prepare(args: Args, is_first: bool) -> Result<Prepared, Failure> {
    if args.tui {
        check_terminal()?;
    }
    let room = room_of(&args)?;
    let ip = args.listen.unwrap_or_default().ip;
    let mut warnings = Vec::new();
    let places = places(&args, ip, &mut warnings).await?;
    let (folder, log) = open_folder(&args, is_first)?;
    let clocks = Clocks::start();
    let files = Files::new(folder.path(), room.id());
    let Loaded { keypair, kept, replay, met } = Loaded::load(&files, clocks, &mut warnings)?;
    let name = args.name.clone().or_else(|| kept.name.clone()).unwrap_or_else(user_name);
    let cipher = Cipher::new(keypair.clone());
    let mut session = Session::new(cipher, room.id(), name, kept.next_seq, clocks.read());
    files.load_contacts(session.people_mut(), &mut warnings).map_err(Failure::Failed)?;
    let shown = folder.path().display().to_string();
    let profile = args.profile.unwrap_or_else(|| Profile::of(ip));
    let history = history(&args, &files, &room, profile, &mut warnings)?;
    let ignored = Ignored::new(files.load_ignored(&mut warnings).map_err(Failure::Failed)?);
    let storage = Storage::start(files, folder, kept.name, session.next_seq(), &replay)
        .map_err(|error| Failure::Failed(format!("cannot write to {shown}: {error}")))?;
    let validator = ChatValidator::new(room.id(), quota_limits(profile), replay, clocks);
    let validator = Arc::new(validator.of(session.me()));
    validator.lock().set_contacts(session.people().contacts().keys().copied());
    let is_plain = args.plain || args.timestamps || args.format == Format::Json;
    let is_terminal = !is_plain && io::stdin().is_terminal() && io::stdout().is_terminal();
    Ok(Prepared {
        args,
        room,
        profile,
        is_terminal,
        places,
        log,
        clocks,
        keypair,
        session,
        validator,
        met,
        history,
        ignored,
        storage,
        warnings,
    })
}

/// Whether a window can be drawn.
fn check_terminal() -> Result<(), Failure> {
    let why = if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        "--tui needs a terminal for input and output: leave it out for a pipe or a file"
    } else if std::env::var_os("TERM").is_some_and(|kind| kind == "dumb") {
        "--tui needs a terminal on which it can draw, and TERM=dumb says that this is none: leave it out"
    } else {
        return Ok(());
    };
    Err(Failure::Usage(why.to_owned()))
}

/// From room to room, until the program ends.
async fn start(args: Args) -> Result<ExitCode, Failure> {
    let mut prepared = prepare(args, true).await?;
    let (mut seat, mut line) = (None, None);
    loop {
        let finder = Finder::new(prepared.keypair.clone(), prepared.room.network(), prepared.places.clone());
        let finder = Arc::new(finder);
        // From here on others can reach this chat.
        let online = Online::go(&prepared, &finder).await?;
        let (there, notes) = match seat.take() {
            Some(there) => (there, Vec::new()),
            None => take_seat(&prepared).await?,
        };
        let Seat { screen, input, names, metrics } = there;
        let warnings = prepared.warnings.clone();
        let mut app = App::new(prepared, online, finder, (screen, names), metrics);
        app.greet(&warnings, &notes);
        for known in app.talk.memory.known() {
            app.talk.tell_history(known).await;
        }
        app.scroll_back();
        if let Some(line) = line.take() {
            PendingLine::done(line, app.prompt());
        }
        match app.run(input).await {
            Left::Exit(code) => return Ok(code),
            Left::Room(next) => {
                prepared = prepare(next.args, false).await?;
                (seat, line) = (Some(next.seat), Some(next.line));
            }
        }
    }
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
fn open_folder(args: &Args, begins_log: bool) -> Result<(Folder, PathBuf), Failure> {
    let folder = match &args.data {
        Some(path) => Folder::open(path),
        None => Folder::first_free(),
    }
    .map_err(Failure::Usage)?;
    let log = args.log.clone().unwrap_or_else(|| folder.path().join("log"));
    if begins_log {
        log::start(&log)
            .map_err(|error| Failure::Usage(format!("cannot write the log {}: {error}", log.display())))?;
    }
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

/// A terminal if there is one, else a pipe; where counts are told; and notes on that for the user.
async fn take_seat(prepared: &Prepared) -> Result<(Seat, Vec<String>), Failure> {
    let (args, names) = (&prepared.args, Names::default());
    let (metrics, notes) = serve_metrics(args.metrics).await?;
    let prompt = format!("{}> ", prepared.session.name());
    if args.tui {
        let opened = screen::open(prompt, names.clone(), Screen::has_color());
        let (input, waker) = opened
            .map_err(|error| Failure::Failed(format!("--tui: the terminal cannot be used: {error}")))?;
        let screen = Screen::window(waker, !args.no_bell);
        return Ok((Seat { screen, input, names, metrics }, notes));
    }
    let terminal = || input::terminal(prompt, names.clone(), Screen::has_color()).ok();
    let (screen, input) = match prepared.is_terminal.then(terminal).flatten() {
        Some((input, printer)) => (Screen::terminal(printer, !args.no_bell), input),
        None => {
            let pipe = Pipe { json: args.format == Format::Json, timestamps: args.timestamps };
            (Screen::pipe(pipe), input::pipe())
        }
    };
    Ok((Seat { screen, input, names, metrics }, notes))
}

impl App {
    fn new(
        prepared: Prepared,
        online: Online,
        finder: Arc<Finder>,
        (screen, names): (Screen, Names),
        metrics: Option<watch::Sender<Snapshot>>,
    ) -> Self {
        let Prepared {
            args, room, profile, log, clocks, session, validator, history, ignored, storage, ..
        } = prepared;
        let Online { handle, neighborhood, seed } = online;
        let sending = Sending::new(quota_limits(profile).author, handle.unconfirmed());
        let (rng, memory) = (NodeRng::new(seed ^ 1), Memory::new(history));
        Self {
            talk: Conversation { session, handle, validator, clocks, rng, sending, memory },
            screen,
            storage,
            neighborhood,
            silence: Silence::default(),
            twin: Twin::default(),
            unread: Unread::default(),
            opened: None,
            names,
            crowd: Crowd::default(),
            ignored,
            day: Day::default(),
            pending: None,
            next_room: None,
            lines: LineCounts::default(),
            is_ending: false,
            changed: Instant::now(),
            clock: ClockCheck::default(),
            metrics,
            about: About { args, room, profile, log, places: finder.places() },
            found: look_around(finder),
        }
    }

    fn greet(&mut self, warnings: &[String], notes: &[String]) {
        self.screen.enters(self.about.room.title());
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
    let name = from("USER").or_else(|| from("USERNAME")).or_else(login_name).or_else(fallback);
    name.unwrap_or_else(|| unreachable!("`anon` is a name"))
}

/// As the system knows the user: a service or a container may set no variable.
#[cfg(unix)]
fn login_name() -> Option<Name> {
    let user = nix::unistd::User::from_uid(nix::unistd::getuid()).ok()??;
    Name::new(&user.name).ok()
}

#[cfg(not(unix))]
fn login_name() -> Option<Name> {
    None
}

pub(super) fn room_of(args: &Args) -> Result<Room, Failure> {
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
