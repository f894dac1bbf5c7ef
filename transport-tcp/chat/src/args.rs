//! The command line.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Parser;
use floodnet_chat::text::{BadName, Name};
use floodnet_tcp::limits::{NoProfile, Profile};

/// Where the first chat of a machine listens, and where others look for it.
pub const PORT: u16 = 55_555;

/// Chat without a server: everybody passes on what is said, signed, over encrypted links.
///
/// Start it in two or three terminals and type. `/help` tells what can be typed, `@bob text` says something to
/// bob alone.
#[derive(Clone, Debug, Parser)]
#[command(name = "chat", version, about)]
pub struct Args {
    /// Listen there [default: 127.0.0.1, at port 55555 or the next free one]. An address of your network lets
    /// its people in; `0.0.0.0` or `[::]` anybody
    #[arg(long, value_name = "IP[:PORT]", value_parser = listen)]
    pub listen: Option<Listen>,
    /// Join the network of this chat; may be given several times [default: port 55555 of this machine, and
    /// whom you met in this room before]
    #[arg(long, value_name = "HOST[:PORT]")]
    pub peer: Vec<String>,
    /// Be called so [default: as last time, else your user name]
    #[arg(long, value_parser = name)]
    pub name: Option<Name>,
    /// Talk in this room [default: the open one]
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub room: Option<Name>,
    /// The key of a private room, as `--make-key` writes it: who does not have it hears nothing
    #[arg(long, value_name = "FILE", requires = "room")]
    pub key_file: Option<PathBuf>,
    /// What others may do to this node: `public`, `lan` or `lab` [default: `lan` on addresses of this machine
    /// and of private networks, else `public`]
    #[arg(long, value_parser = |text: &str| text.parse::<Profile>().map_err(|NoProfile| NoProfile))]
    pub profile: Option<Profile>,
    /// No line editing and no colors: a line in, a line out, as in a pipe
    #[arg(long)]
    pub plain: bool,
    /// Write what the network does there [default: `log` in the data folder]
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Keep key, contacts and peers there; for one chat at a time [default: a folder for the first, the second,
    /// .. chat of this machine]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Tell counts in the OpenMetrics format there; an address of this machine
    #[arg(long, value_name = "IP:PORT")]
    pub metrics: Option<SocketAddr>,
    /// Write down what happens to the node, to run it again with `--replay`. The messages to all are in it
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Run a recording again, without a network, and end: 0 if the node did the same, else 4
    #[arg(long, value_name = "FILE", exclusive = true)]
    pub replay: Option<PathBuf>,
    /// Write a new key for a private room into this new file, and end
    #[arg(long, value_name = "FILE", exclusive = true)]
    pub make_key: Option<PathBuf>,
}

/// The address to listen on, with or without a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen {
    /// An address of this machine, or the wildcard.
    pub ip: IpAddr,
    /// This port, or from [`PORT`] on the first that is free.
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

/// Host and port of `text`, where the port may be missing.
#[must_use]
pub fn host_and_port(text: &str) -> (String, u16) {
    if let Ok(ip) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
        return (ip.to_string(), PORT);
    }
    match text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?))) {
        Some((host, port)) => (host.trim_matches(['[', ']']).to_owned(), port),
        None => (text.to_owned(), PORT),
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
            assert_eq!(host_and_port(text), (host.to_owned(), port), "{text}");
        }
    }
}
