//! The command line.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Parser;
use floodnet_chat::text::{BadName, Name};
use floodnet_tcp::limits::{NoProfile, Profile};

use crate::ticket::Ticket;

/// Where the first chat of a machine listens by default.
pub const PORT: u16 = 55_555;

/// Chat without a server. Messages are signed, links are encrypted, and every node passes messages on.
///
/// Start it in two or three terminals and type. `/help` lists the commands; `@bob text` goes to bob only.
#[derive(Clone, Debug, Parser)]
#[command(name = "chat", version, about)]
pub struct Args {
    /// What `/invite` in another chat has printed: room, key and addresses in one word; or `@FILE` with it, so that
    /// a key does not stand in the list of processes
    #[arg(value_name = "TICKET", value_parser = Ticket::from_argument, conflicts_with_all = ["room", "key_file"])]
    pub ticket: Option<Ticket>,
    /// Address to listen on [default: 127.0.0.1, port 55555 or the next free one]. Use an address of your
    /// network to let its people in, `0.0.0.0` or `[::]` for everybody
    #[arg(long, value_name = "IP[:PORT]", value_parser = listen)]
    pub listen: Option<Listen>,
    /// Address of another chat to connect to (may be repeated) [default: the chats of this machine, from port
    /// 55555 on, and peers met in this room before]
    #[arg(long, value_name = "HOST[:PORT]")]
    pub peer: Vec<String>,
    /// First port of the chats of a machine
    #[arg(long, value_name = "PORT", default_value_t = PORT, value_parser = clap::value_parser!(u16).range(1..))]
    pub first_port: u16,
    /// Your name [default: the last one, else your user name]
    #[arg(long, value_parser = name)]
    pub name: Option<Name>,
    /// Room to join [default: the open one]
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub room: Option<Name>,
    /// Key file of a private room, as written by `--make-key`
    #[arg(long, value_name = "FILE", requires = "room")]
    pub key_file: Option<PathBuf>,
    /// Limits for other nodes: `public`, `lan` or `lab` [default: `lan` on addresses of this machine and of
    /// private networks, else `public`]
    #[arg(long, value_parser = |text: &str| text.parse::<Profile>().map_err(|NoProfile| NoProfile))]
    pub profile: Option<Profile>,
    /// No line editing and no colors: one line in, one line out, as in a pipe
    #[arg(long)]
    pub plain: bool,
    /// A screen of its own: messages, people and conversations in panes, and an input of several lines
    #[arg(long, conflicts_with_all = ["plain", "text", "format", "timestamps"])]
    pub tui: bool,
    /// Say every line of the input as it is: no line is a command. For text that others wrote
    #[arg(long)]
    pub text: bool,
    /// How a pipe gets messages: as lines of text, or as an object of JSON each
    #[arg(long, value_name = "FORM", value_enum, default_value_t)]
    pub format: Format,
    /// In a pipe, begin each line with the time of its message, in UTC
    #[arg(long)]
    pub timestamps: bool,
    /// Do not ring for direct messages and when you are named
    #[arg(long)]
    pub no_bell: bool,
    /// Log file [default: `log` in the data folder]
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Folder for key, contacts and peers; one chat at a time [default: a folder for the first, second, ...
    /// chat of this machine]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Keep nothing of what is said, and ask nobody for what was said before
    #[arg(long)]
    pub no_history: bool,
    /// Keep what is said for so many days
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub history_days: u32,
    /// Keep at most so many MiB of it, for each room
    #[arg(long, value_name = "MIB", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..))]
    pub history_mib: u32,
    /// Serve counts in the OpenMetrics format at this local address
    #[arg(long, value_name = "IP:PORT")]
    pub metrics: Option<SocketAddr>,
    /// Record all inputs of the node for `--replay`. The file contains the messages to everybody
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Replay a recording without a network and exit: 0 if the node does the same, otherwise 4
    #[arg(long, value_name = "FILE", exclusive = true)]
    pub replay: Option<PathBuf>,
    /// Print a script that completes the options in this shell, and exit
    #[arg(long, value_name = "SHELL", exclusive = true)]
    pub completions: Option<clap_complete::Shell>,
    /// Print the manual page and exit
    #[arg(long, exclusive = true)]
    pub man: bool,
    /// Write a new room key to this new file and exit
    #[arg(long, value_name = "FILE", exclusive = true)]
    pub make_key: Option<PathBuf>,
}

/// How a pipe gets messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A line of text each.
    #[default]
    Text,
    /// An object of JSON each.
    Json,
}

/// The address to listen on, with or without a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen {
    /// An address of this machine, or the wildcard.
    pub ip: IpAddr,
    /// This port, or the first one of the machine's chats that is free.
    pub port: Option<u16>,
}

impl Default for Listen {
    fn default() -> Self {
        Self { ip: IpAddr::V4(Ipv4Addr::LOCALHOST), port: None }
    }
}

fn listen(text: &str) -> Result<Listen, String> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Ok(Listen { ip: address.ip(), port: Some(address.port()) });
    }
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    match bare.parse() {
        Ok(ip) => Ok(Listen { ip, port: None }),
        Err(_) => Err("an address is written as 127.0.0.1, 127.0.0.1:7000 or [::1]:7000".to_owned()),
    }
}

fn name(text: &str) -> Result<Name, BadName> {
    Name::new(text)
}

/// Host and port of `text`, where the port may be missing and is then `default`.
#[must_use]
pub fn host_and_port(text: &str, default: u16) -> (String, u16) {
    if let Ok(ip) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
        return (ip.to_string(), default);
    }
    match text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?))) {
        Some((host, port)) => (host.trim_matches(['[', ']']).to_owned(), port),
        None => (text.to_owned(), default),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn addresses_may_lack_their_port() {
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        assert_eq!(listen("0.0.0.0"), Ok(Listen { ip: ip("0.0.0.0"), port: None }));
        assert_eq!(listen("[::]"), Ok(Listen { ip: ip("::"), port: None }));
        assert_eq!(listen("[::1]:7"), Ok(Listen { ip: ip("::1"), port: Some(7) }));
        assert!(listen("localhost").is_err());
        for (text, host, port) in [
            ("example.org", "example.org", PORT),
            ("example.org:7", "example.org", 7),
            ("::1", "::1", PORT),
            ("[::1]", "::1", PORT),
            ("[::1]:7", "::1", 7),
            ("10.0.0.1:7", "10.0.0.1", 7),
        ] {
            assert_eq!(host_and_port(text, PORT), (host.to_owned(), port), "{text}");
        }
    }
}
