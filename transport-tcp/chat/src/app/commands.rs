//! What is done about a typed line.

use std::time::Duration;

use floodnet_chat::people::NameMatch;
use floodnet_chat::text::Name;

use super::App;
use super::pending::After;
use crate::command::{Command, HELP, parse};

/// A pipe's message waits so long for somebody to take it.
const PATIENCE_PIPE: Duration = Duration::from_secs(15);
/// A direct message waits so long for its reader to tell who they are.
const PATIENCE_NAME: Duration = Duration::from_secs(2);

impl App {
    /// Does what a line asks for, if that may wait: later.
    pub(super) async fn obey(&mut self, line: &str, may_wait: bool) -> After {
        match parse(line) {
            Command::Empty => {}
            Command::Quit => return After::Quit,
            Command::Say(text) => return self.say(&text, may_wait).await,
            Command::Direct { to, text } => return self.say_to(&to, &text, may_wait).await,
            Command::Name(text) => self.take_name(&text),
            Command::Help => self.screen.answer(HELP),
            Command::Peers => self.tell_peers(),
            Command::Who => self.tell_who(),
            Command::Contacts => self.tell_contacts(),
            Command::Verify { who, compared } => self.verify(&who, compared),
            Command::Block { who, block } => self.block(&who, block),
            Command::Rename { who, petname } => self.rename(&who, &petname),
            Command::Forget(who) => self.forget(&who),
            Command::Unread => self.tell_unread(),
            Command::Status => self.tell_status(),
            Command::Wrong(why) => self.screen.notice(&why),
        }
        After::Next
    }

    async fn say(&mut self, text: &str, may_wait: bool) -> After {
        if let Some(after) = self.wait_for_somebody(may_wait) {
            return after;
        }
        if let Err(why) = self.talk.say(text).await {
            self.screen.notice(&format!("not sent: {why}"));
        }
        After::Next
    }

    /// A pipe's words wait until somebody takes them; a person sees that nobody is there.
    fn wait_for_somebody(&mut self, may_wait: bool) -> Option<After> {
        if self.talk.is_connected() {
            return None;
        }
        if self.screen.is_plain() && may_wait {
            return Some(After::Wait(PATIENCE_PIPE));
        }
        self.said_to_nobody = true;
        self.screen.notice("nobody is connected, so nobody got that");
        Some(After::Next)
    }

    async fn say_to(&mut self, to: &str, text: &str, may_wait: bool) -> After {
        if let Some(after) = self.wait_for_somebody(may_wait) {
            return after;
        }
        if may_wait && matches!(self.talk.session.people().find(to), NameMatch::Nobody) {
            return After::Wait(if self.screen.is_plain() { PATIENCE_PIPE } else { PATIENCE_NAME });
        }
        let Some(key) = self.who_is(to) else {
            self.said_to_nobody = true;
            return After::Next;
        };
        match self.talk.say_to(key, text).await {
            Ok(()) => {
                self.unread.forget(&key);
                self.add_contact(&key);
            }
            Err(why) => self.screen.notice(&format!("not sent: {why}")),
        }
        After::Next
    }

    fn take_name(&mut self, text: &str) {
        match Name::new(text) {
            Ok(name) => {
                self.talk.rename(name);
                let name = self.talk.session.name().to_string();
                self.screen.notice(&format!("you are called {name} now"));
                self.save(false);
            }
            Err(why) => self.screen.notice(&why.to_string()),
        }
    }
}
