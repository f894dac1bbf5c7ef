//! What is done about a typed line.

use std::time::Duration;

use floodnet_chat::people::NameMatch;
use floodnet_chat::session::MAX_TEXT;
use floodnet_chat::text::Name;
use tokio::time::Instant;

use super::App;
use super::pending::After;
use crate::command::{Command, HELP};

/// A pipe's messages wait so long for somebody to take them, from when nobody is connected.
const PATIENCE_PIPE: Duration = Duration::from_secs(15);
/// A direct message waits so long for its reader to tell who they are.
const PATIENCE_NAME: Duration = Duration::from_secs(2);
/// Newcomers know nobody: for so long after they are connected, a pipe's direct messages wait.
const PATIENCE_NEWCOMER: Duration = Duration::from_secs(15);

impl App {
    /// Does what a line asks for that was typed then, now or later.
    pub(super) async fn obey(&mut self, command: Command, typed: Instant) -> After {
        match command {
            Command::Empty => {}
            Command::Quit => return After::Quit,
            Command::Say(text) => return self.say(text).await,
            Command::Direct { to, text } => return self.say_to(&to, &text, typed).await,
            Command::Name(text) => self.take_name(&text),
            Command::Help => self.screen.answer(HELP),
            Command::Peers => self.tell_peers(),
            Command::Who => self.tell_who(),
            Command::Contacts => self.tell_contacts(),
            Command::Verify { who, compared } => self.verify(&who, compared),
            Command::Block { who, block } => self.block(&who, block),
            Command::Rename { who, petname } => self.rename(&who, &petname),
            Command::Forget(who) => self.forget(&who),
            Command::Invite => self.invite(),
            Command::Unread => self.tell_unread(),
            Command::Ignore(None) => self.tell_ignored(),
            Command::Ignore(Some(pattern)) => self.ignore(&pattern),
            Command::Unignore(pattern) => self.unignore(&pattern),
            Command::Clear => self.screen.clear(),
            Command::WhichRoom => self.screen.answer(&format!("this is {}", self.about.room)),
            Command::Room { to, key_file } => return self.enter(to.as_deref(), key_file),
            Command::Status => self.tell_status(),
            Command::History(span) => self.tell_history(span),
            Command::Wrong(why) => self.refuse(&why),
        }
        After::Next
    }

    /// Tells why a line is not done. A pipe's input is then not all done, which its exit code says.
    pub(super) fn refuse(&mut self, why: &str) {
        self.lines.refused += 1;
        self.screen.notice(why);
    }

    async fn say(&mut self, text: String) -> After {
        if let Some(after) = self.wait_for_turn() {
            return after;
        }
        self.unread.forget_mentions();
        // A long paste goes in parts, but not a line.
        let (part, rest) = part(&text, MAX_TEXT);
        if let Err(why) = self.talk.say(part).await {
            self.refuse(&format!("not sent: {why}"));
            return After::Next;
        }
        let name = self.talk.session.name().to_string();
        self.screen.said(None, &name, part);
        match rest {
            "" => After::Next,
            rest => After::Rest(Command::Say(rest.to_owned())),
        }
    }

    /// A pipe's words wait until somebody takes them; a person sees that nobody is there, and without a history must say
    /// it again. Both wait until the others take one more message of this author.
    fn wait_for_turn(&mut self) -> Option<After> {
        if self.talk.is_connected() {
            return self.talk.until_turn().map(|wait| After::Wait(Instant::now() + wait));
        }
        if !self.screen.is_plain() && self.talk.memory.is_there() {
            self.screen.notice("nobody is connected: it is kept here, and whoever comes gets it");
            return self.talk.until_turn().map(|wait| After::Wait(Instant::now() + wait));
        }
        let until = self.changed + PATIENCE_PIPE;
        if self.screen.is_plain() && Instant::now() < until {
            return Some(After::Wait(until));
        }
        if self.screen.is_plain() && self.lines.told_alone == Some(self.changed) {
            // Of a long input this is said once.
            self.lines.refused += 1;
        } else {
            self.lines.told_alone = Some(self.changed);
            self.refuse("nobody is connected, so nobody got that");
        }
        Some(After::Next)
    }

    async fn say_to(&mut self, to: &str, text: &str, typed: Instant) -> After {
        if let Some(after) = self.wait_for_turn() {
            return after;
        }
        let until = match self.screen.is_plain() {
            true => self.changed + PATIENCE_NEWCOMER,
            false => typed + PATIENCE_NAME,
        };
        if Instant::now() < until && matches!(self.talk.session.people().find(to), NameMatch::Nobody) {
            return After::Wait(until);
        }
        let Some(key) = self.who_is(to) else { return After::Next };
        match self.talk.say_to(key, text).await {
            Ok(()) => {
                self.unread.forget(&key);
                self.add_contact(&key);
                let shown = self.talk.session.people().shown(&key);
                let name = self.talk.session.name().to_string();
                self.screen.said(Some((&key, &shown)), &name, text);
            }
            Err(why) => self.refuse(&format!("not sent: {why}")),
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
            Err(why) => self.refuse(&why.to_string()),
        }
    }
}

/// As many whole lines of `text` as one message holds, and the rest. A single line is never cut.
fn part(text: &str, max: usize) -> (&str, &str) {
    if text.len() <= max {
        return (text, "");
    }
    let fits = text.match_indices('\n').map(|(at, _)| at).take_while(|at| *at <= max).last();
    let end = fits.or_else(|| text.find('\n')).unwrap_or(text.len());
    (&text[..end], text[end..].trim_start_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn a_long_paste_goes_in_parts_and_a_line_does_not() {
        for (text, expected) in [
            ("short", ("short", "")),
            ("one\ntwo", ("one\ntwo", "")),
            ("one\ntwo\nthree", ("one\ntwo", "three")),
            ("one\n\n\n\n\n\nx", ("one\n\n\n\n\n", "x")),
            ("exactly8\nx", ("exactly8", "x")),
            ("much too long", ("much too long", "")),
            ("much too long\nx", ("much too long", "x")),
        ] {
            assert_eq!(part(text, 8), expected, "{text:?}");
        }
    }
}
