//! From one room into another without a restart.

use std::path::PathBuf;
use std::process::ExitCode;

use floodnet_chat::text::Name;
use tokio::sync::{mpsc, watch};

use super::App;
use super::pending::{After, PendingLine};
use super::setup::room_of;
use crate::args::Args;
use crate::input::{Names, Typed};
use crate::metrics::Snapshot;
use crate::screen::Screen;
use crate::ticket::{SCHEME, Ticket};

/// What a run of the program has whichever room it is in.
pub(super) struct Seat {
    pub(super) screen: Screen,
    pub(super) input: mpsc::Receiver<Typed>,
    pub(super) names: Names,
    pub(super) metrics: Option<watch::Sender<Snapshot>>,
}

/// What follows after a room.
pub(super) enum Left {
    /// The program ends.
    Exit(ExitCode),
    /// The user goes on in another room.
    Room(Box<Next>),
}

/// Another room.
pub(super) struct Next {
    /// The settings that lead to it.
    pub(super) args: Args,
    pub(super) seat: Seat,
    /// The line that asked for it, which waits for its prompt.
    pub(super) line: PendingLine,
}

impl App {
    /// Finds the settings for another room, or tells why there is no way into it: this one is left only if there is.
    pub(super) fn enter(&mut self, to: Option<&str>, key_file: Option<String>) -> After {
        match self.settings_for(to, key_file) {
            Ok(args) => After::Room(Box::new(args)),
            Err(why) => {
                self.refuse(&why);
                After::Next
            }
        }
    }

    fn settings_for(&self, to: Option<&str>, key_file: Option<String>) -> Result<Args, String> {
        if self.screen.is_plain() {
            return Err("a pipe stays in its room: start another one with --room".to_owned());
        }
        let former = &self.about.args;
        if former.record.is_some() {
            return Err("a recording is of one room: leave, and start again with --room".to_owned());
        }
        let is_ticket = |to: &&str| to.starts_with(SCHEME) || to.starts_with('@');
        let ticket =
            to.filter(is_ticket).map(Ticket::from_argument).transpose().map_err(|why| why.to_string())?;
        let room =
            to.filter(|_| ticket.is_none()).map(Name::new).transpose().map_err(|why| why.to_string())?;
        let args = Args {
            ticket,
            room,
            key_file: key_file.map(PathBuf::from),
            name: Some(self.talk.session.name().clone()),
            // The same person goes there, whatever folders are free now.
            data: Some(self.storage.path().to_owned()),
            log: Some(self.about.log.clone()),
            ..former.clone()
        };
        let room = room_of(&args).map_err(|failure| failure.text().to_owned())?;
        if room.id() == self.about.room.id() {
            return Err(format!("this is {room} already"));
        }
        Ok(args)
    }

    /// Leaves the room. All that is open of it is closed when this is done.
    pub(super) async fn move_out(
        mut self,
        args: Box<Args>,
        line: PendingLine,
        input: mpsc::Receiver<Typed>,
    ) -> Left {
        self.close().await;
        let Self { talk, screen, names, metrics, .. } = self;
        // That the node had stopped is in the log; the next room gets another one.
        let _ = talk.handle.leave().await;
        let seat = Seat { screen, input, names, metrics };
        Left::Room(Box::new(Next { args: *args, seat, line }))
    }
}
