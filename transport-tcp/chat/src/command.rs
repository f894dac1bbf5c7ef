//! What a typed line means.

use floodnet_chat::text::Name;
use strsim::levenshtein;

/// A typed line, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The line is empty.
    Empty,
    /// Say this text to everybody in the room.
    Say(String),
    /// Say something to one person.
    Direct {
        /// As typed, without the `@`.
        to: String,
        /// The text to say.
        text: String,
    },
    /// Be called by this name.
    Name(String),
    /// Show the help.
    Help,
    /// List the neighbors in the network.
    Peers,
    /// List the people who are here.
    Who,
    /// List the contacts, with their fingerprints.
    Contacts,
    /// Show or confirm the digits of somebody.
    Verify {
        /// The person, as typed without the `@`.
        who: String,
        /// Whether the digits were compared.
        compared: bool,
    },
    /// Hear somebody no more, or again.
    Block {
        /// The person, as typed without the `@`.
        who: String,
        /// True to block, false to unblock.
        block: bool,
    },
    /// Give a person a name of the user's own.
    Rename {
        /// The person, as typed without the `@`.
        who: String,
        /// The name to call them by.
        petname: String,
    },
    /// Remove a person from the contacts.
    Forget(String),
    /// Show a ticket to the room.
    Invite,
    /// Show what was said before.
    History(Span),
    /// Hide strangers whose name fits this pattern; without one, list the patterns.
    Ignore(Option<String>),
    /// No longer hide those whose name fits this pattern.
    Unignore(String),
    /// Clear the screen.
    Clear,
    /// Show direct messages that were not answered.
    Unread,
    /// Show name, room, address, limits and counts.
    Status,
    /// Tell which room this is.
    WhichRoom,
    /// Go into another room.
    Room {
        /// Its name, or a ticket; none for the open room.
        to: Option<String>,
        /// The file with the key of a private one.
        key_file: Option<String>,
    },
    /// Leave the chat.
    Quit,
    /// It means nothing; what to tell the user.
    Wrong(String),
}

/// How much of what was said before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// So many messages, up to now.
    Last(u32),
    /// All since then, as far as they can be shown.
    Since {
        /// So long ago.
        seconds: u64,
    },
}

/// Messages that `/history` shows if it is not told how many.
const SHOWN: u32 = 50;

/// The answer to `/help`: everything that can be typed.
pub const HELP: &str = "\
text                  say it to everybody; a paste of several lines is one message
@bob text             say it to bob alone, sealed
set username bob      be called bob (also: /name bob)
/who                  who is here
/contacts             people you have named: who writes to you, and whom you write to
/verify bob           digits to compare with bob, to be sure that it is bob
/verify bob yes       they are the same
/rename bob rob       call your contact bob rob, whatever they call themself
/block bob, /unblock  hear bob no more, or again
/ignore spam*         hide strangers whose name fits; /ignore lists, /unignore spam*
/forget bob           take bob out of your contacts
/history 100, 2h      what was said before: the last 100 messages, or since 2 hours ago
/unread               direct messages that you have not answered, and who named you
/peers, /status       the network
/invite               a ticket for others to come into this room
/room den, /room -    go into the room den, or the open one; also: /room den KEYFILE, /room TICKET
/me waves             say what you do
/clear                clear the screen
/say text             say it to everybody, whatever it begins with
exit, quit, /quit     leave
//text                say /text to everybody";

/// Commands, and what each needs.
const COMMANDS: [(&str, &str); 21] = [
    ("help", ""),
    ("peers", ""),
    ("who", ""),
    ("contacts", ""),
    ("name", "NAME"),
    ("verify", "NAME"),
    ("block", "NAME"),
    ("unblock", "NAME"),
    ("rename", "NAME NEW"),
    ("forget", "NAME"),
    ("ignore", "[PATTERN, as in spam*]"),
    ("unignore", "PATTERN"),
    ("me", "TEXT"),
    ("clear", ""),
    ("unread", ""),
    ("history", "[NUMBER, or since: 30min, 2h, 3d]"),
    ("invite", ""),
    ("room", "[NAME [KEYFILE], TICKET, or - for the open room]"),
    ("say", "TEXT"),
    ("status", ""),
    ("quit", ""),
];

/// The commands whose names begin so, in order.
pub(crate) fn words_beginning(with: &str) -> impl Iterator<Item = &'static str> {
    let with = with.to_lowercase();
    let mut names: Vec<&str> = COMMANDS.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    names.into_iter().filter(move |name| name.starts_with(&with))
}

/// Whether behind `typed`, a command and a space, somebody's name comes next.
pub(crate) fn takes_person(typed: &str) -> bool {
    let Some(command) = typed.trim().strip_prefix('/') else { return false };
    let needs = COMMANDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(command));
    needs.is_some_and(|(name, needs)| *name != "name" && needs.starts_with("NAME"))
}

/// What a text begins with that tells what its author does.
pub const ACTION: &str = "/me ";

/// Bytes of the longest word that is taken for a misspelt command.
const MAX_TYPO: usize = 20;

/// Reads what a typed line asks for.
#[must_use]
pub fn parse(line: &str) -> Command {
    // Words first, then what the first letter says; all else is said to everybody.
    let text = plain_text(line);
    let line = line.trim();
    match line {
        "" => return Command::Empty,
        "exit" | "quit" => return Command::Quit,
        _ => {}
    }
    if let Some(name) =
        line.strip_prefix("set username").filter(|rest| rest.is_empty() || rest.starts_with(' '))
    {
        return named(name, Command::Name, "set username NAME");
    }
    if let Some(meant) = nearly_set_username(line) {
        let line = floodnet_chat::text::escape(line);
        return Command::Wrong(format!(
            "not sent: did you mean `{meant}`? (/say {line} says it to everybody)"
        ));
    }
    if let Some(rest) = line.strip_prefix('@') {
        let (to, text) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        return match (to.trim_end_matches([':', ',']), text.trim()) {
            ("", _) | (_, "") => Command::Wrong("write it as: @name text".to_owned()),
            (to, _) if !may_be_person(to) => Command::Wrong(format!(
                "nobody can be called {}; write it as: @name text (or /say @... to everybody)",
                floodnet_chat::text::escape(to)
            )),
            (to, text) => Command::Direct { to: to.to_owned(), text: text.to_owned() },
        };
    }
    match line.strip_prefix('/') {
        None => Command::Say(text),
        Some(rest) if rest.starts_with('/') => Command::Say(rest.to_owned()),
        Some(rest) => slash(rest),
    }
}

/// What a line of somebody's text asks for, in which no word is a command: to say it.
#[must_use]
pub fn parse_text(line: &str) -> Command {
    match plain_text(line) {
        text if text.is_empty() => Command::Empty,
        text => Command::Say(text),
    }
}

/// The text without empty lines around it and without the space behind it. The space before it is kept: it may be
/// the indentation of what was pasted.
fn plain_text(line: &str) -> String {
    let text = line.trim_end();
    let blank = text.len() - text.trim_start().len();
    let from = text[..blank].rfind('\n').map_or(0, |at| at + 1);
    text[from..].to_owned()
}

/// What `set user bob` and the like are meant to be.
fn nearly_set_username(line: &str) -> Option<String> {
    let [set, what, name] = words(line)[..] else { return None };
    let is_near = |word: &str, to: &str, far: usize| {
        word.len() <= MAX_TYPO && levenshtein(&word.to_lowercase(), to) <= far
    };
    let is_name = is_near(what, "username", 3)
        || ["user", "name", "nick", "nickname"].contains(&what.to_lowercase().as_str());
    let is_set = set.eq_ignore_ascii_case("set") && is_name;
    // With one word right the other may be wrong, too.
    let is_meant = is_set || (what == "username" && is_near(set, "set", 1));
    (is_meant && Name::new(name).is_ok()).then(|| format!("set username {name}"))
}

/// Whether somebody can be named so, as in `bob`, `bob~k5xq` or `~k5xq`.
fn may_be_person(what: &str) -> bool {
    let (name, print) = what.split_once('~').unwrap_or((what, ""));
    let is_print = print.chars().all(|character| character.is_ascii_alphanumeric() || character == '-');
    let is_name = name.chars().any(char::is_alphanumeric) && Name::new(name).is_ok();
    is_print && (is_name || (name.is_empty() && !print.is_empty()))
}

fn slash(rest: &str) -> Command {
    let (word, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let who = |make: fn(String) -> Command| named(rest, make, &usage(word));
    match word.to_lowercase().as_str() {
        // Those without a name, then those with one.
        "help" | "h" | "?" => Command::Help,
        "peers" => Command::Peers,
        "who" => Command::Who,
        "contacts" => Command::Contacts,
        "unread" => Command::Unread,
        "history" => match words(rest).as_slice() {
            [] => Command::History(Span::Last(SHOWN)),
            [text] => span(text)
                .map_or_else(|| Command::Wrong(format!("write it as: {}", usage(word))), Command::History),
            _ => Command::Wrong(format!("write it as: {}", usage(word))),
        },
        "ignore" => match words(rest).as_slice() {
            [] => Command::Ignore(None),
            [pattern] => Command::Ignore(Some((*pattern).to_owned())),
            _ => Command::Wrong(format!("write it as: {}", usage(word))),
        },
        "unignore" => who(Command::Unignore),
        "clear" => Command::Clear,
        "me" if rest.trim().is_empty() => Command::Wrong(format!("write it as: {}", usage(word))),
        "me" => Command::Say(format!("{ACTION}{}", rest.trim())),
        "invite" => Command::Invite,
        "room" => match words(rest).as_slice() {
            [] => Command::WhichRoom,
            ["-"] => Command::Room { to: None, key_file: None },
            [to] => Command::Room { to: Some((*to).to_owned()), key_file: None },
            [to, key_file] if *to != "-" => {
                Command::Room { to: Some((*to).to_owned()), key_file: Some((*key_file).to_owned()) }
            }
            _ => Command::Wrong(format!("write it as: {}", usage(word))),
        },
        "say" if rest.trim().is_empty() => Command::Wrong(format!("write it as: {}", usage(word))),
        "say" => Command::Say(rest.to_owned()),
        "status" => Command::Status,
        "quit" | "exit" => Command::Quit,
        "name" => who(Command::Name),
        "forget" => who(Command::Forget),
        "block" => who(|who| Command::Block { who, block: true }),
        "unblock" => who(|who| Command::Block { who, block: false }),
        "verify" => match words(rest).as_slice() {
            [who] => Command::Verify { who: plain(who), compared: false },
            [who, "yes"] => Command::Verify { who: plain(who), compared: true },
            _ => Command::Wrong(format!("write it as: {} [yes]", usage(word))),
        },
        "rename" => match words(rest).as_slice() {
            [who, petname] => Command::Rename { who: plain(who), petname: (*petname).to_owned() },
            _ => Command::Wrong(format!("write it as: {}", usage(word))),
        },
        _ => Command::Wrong(unknown(word)),
    }
}

/// A number of messages, or a time with its unit.
fn span(text: &str) -> Option<Span> {
    let unit = text.trim_start_matches(|character: char| character.is_ascii_digit());
    let number = text.strip_suffix(unit)?;
    let seconds = match unit {
        "" => return number.parse().ok().filter(|count| *count > 0).map(Span::Last),
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(seconds).map(|seconds| Span::Since { seconds })
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// A name may be typed as it is for a message.
fn plain(who: &str) -> String {
    who.trim_start_matches('@').to_owned()
}

fn named(rest: &str, make: impl Fn(String) -> Command, usage: &str) -> Command {
    match words(rest).as_slice() {
        [who] => make(plain(who)),
        _ => Command::Wrong(format!("write it as: {usage}")),
    }
}

fn usage(word: &str) -> String {
    let needs =
        COMMANDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map_or("", |(_, needs)| needs);
    format!("/{} {needs}", word.to_lowercase()).trim_end().to_owned()
}

fn unknown(word: &str) -> String {
    // Long words are near to no command, and expensive to compare.
    let candidates = COMMANDS.iter().map(|(name, _)| *name).filter(|_| word.len() <= MAX_TYPO);
    let distances = candidates.map(|name| (levenshtein(name, word), name));
    let near = distances
        .filter(|(distance, name)| *distance <= 2 || (!word.is_empty() && name.starts_with(word)))
        // What is typed half is nearer than what is typed wrong.
        .min_by_key(|(distance, name)| if name.starts_with(word) { 0 } else { *distance })
        .map(|(_, name)| name);
    let word = floodnet_chat::text::escape(word);
    match near {
        Some(near) => format!("there is no /{word}; did you mean /{near}?"),
        None => format!("there is no /{word}; /help tells what there is (and //{word} says it to everybody)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_mean_what_the_tutorial_says() {
        let say = |text: &str| Command::Say(text.to_owned());
        let direct = |to: &str, text: &str| Command::Direct { to: to.to_owned(), text: text.to_owned() };
        for (line, expected) in [
            ("hello, all", say("hello, all")),
            ("  ", Command::Empty),
            ("set username bob", Command::Name("bob".to_owned())),
            ("set usernames are fun", say("set usernames are fun")),
            ("set the table", say("set the table")),
            ("/me  waves", say("/me waves")),
            ("/ignore", Command::Ignore(None)),
            ("/ignore spam*", Command::Ignore(Some("spam*".to_owned()))),
            ("/unignore spam*", Command::Unignore("spam*".to_owned())),
            ("/clear", Command::Clear),
            ("/room", Command::WhichRoom),
            ("/room -", Command::Room { to: None, key_file: None }),
            ("/room den", Command::Room { to: Some("den".to_owned()), key_file: None }),
            ("/room den k", Command::Room { to: Some("den".to_owned()), key_file: Some("k".to_owned()) }),
            ("@bob psst", direct("bob", "psst")),
            ("@bob: psst, you", direct("bob", "psst, you")),
            ("@bob~k5xq-aaaa hi", direct("bob~k5xq-aaaa", "hi")),
            ("exit", Command::Quit),
            ("quit", Command::Quit),
            ("exit now", say("exit now")),
            ("/quit", Command::Quit),
            ("/WHO", Command::Who),
            ("/history", Command::History(Span::Last(SHOWN))),
            ("/history 7", Command::History(Span::Last(7))),
            ("/history 30min", Command::History(Span::Since { seconds: 1_800 })),
            ("/history 2h", Command::History(Span::Since { seconds: 7_200 })),
            ("/history 3d", Command::History(Span::Since { seconds: 259_200 })),
            ("/verify @bob", Command::Verify { who: "bob".to_owned(), compared: false }),
            ("/verify bob yes", Command::Verify { who: "bob".to_owned(), compared: true }),
            ("/block bob", Command::Block { who: "bob".to_owned(), block: true }),
            ("//who is a command", say("/who is a command")),
            ("/say @bob is late", say("@bob is late")),
            ("/say   exit", say("  exit")),
            ("    indented", say("    indented")),
            ("\n  first\n  second\n", say("  first\n  second")),
            ("exit\nnow", say("exit\nnow")),
            ("@bob one\ntwo", direct("bob", "one\ntwo")),
            ("@~k5xq hi", direct("~k5xq", "hi")),
        ] {
            assert_eq!(parse(line), expected, "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_line_means_something(line in "\\PC{0,40}", front in prop::sample::select(vec!["", "/", "@", "set username ", "/verify ", "//"])) {
            let _ = parse(&format!("{front}{line}"));
        }
    }

    #[test]
    fn the_text_of_others_holds_no_command() {
        for line in
            ["exit", "/quit", "@bob hi", "@@ -1 +1 @@", "/usr/bin/env", "set username x", "    if (x) {"]
        {
            assert_eq!(parse_text(line), Command::Say(line.to_owned()), "{line}");
        }
        assert_eq!(parse_text("  \t"), Command::Empty);
    }

    #[test]
    fn what_means_nothing_is_explained() {
        for (line, expected) in [
            ("@bob", "@name text"),
            ("@ hi", "@name text"),
            ("@@ -1 +1 @@", "nobody can be called @"),
            ("@-- hi", "nobody can be called --"),
            ("@a/b hi", "nobody can be called a/b"),
            ("/usr/bin/env python", "there is no /usr/bin/env"),
            ("/say ", "/say TEXT"),
            ("set username", "set username NAME"),
            ("set username two words", "set username NAME"),
            ("set user bob", "did you mean `set username bob`?"),
            ("set Name bob", "did you mean `set username bob`?"),
            ("set usrname bob", "did you mean `set username bob`?"),
            ("sett username bob", "did you mean `set username bob`?"),
            ("/me", "/me TEXT"),
            ("/room - key", "/room [NAME"),
            ("/verify", "/verify NAME [yes]"),
            ("/block a b", "/block NAME"),
            ("/history 0", "/history [NUMBER"),
            ("/history yesterday", "/history [NUMBER"),
            ("/history 99999999999999999999h", "/history [NUMBER"),
            ("/history 5 6", "/history [NUMBER"),
            ("/hepl", "/help?"),
            ("/stat", "/status?"),
            ("/dance\u{1b}[2J", "\\u{1b}"),
        ] {
            match parse(line) {
                Command::Wrong(why) => assert!(why.contains(expected), "{line}: {why}"),
                other => panic!("{line}: {other:?}"),
            }
        }
    }
}
