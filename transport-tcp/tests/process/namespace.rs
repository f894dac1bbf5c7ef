//! Network namespaces: attackers that come from hundreds of real addresses, at a node that stands elsewhere.
//!
//! ```text
//! namespace of the attackers                      namespace of the node
//! 198.18.0.0/15 (all of it)   203.0.113.2 ──veth── 203.0.113.1
//! ```
//!
//! Both end with the last process in them.

use std::net::{IpAddr, Ipv4Addr};
use std::process::{Command, Stdio};

use super::{Result, attacks};

/// Makes this program be the attackers, in a namespace of their own.
pub(crate) const MODE: &str = "attack-in-a-namespace";

const NODE: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1));

/// Where the node's friend stands, among the attackers.
pub(crate) const fn friends_place() -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(203, 0, 113, 2))
}

/// Runs the attack in a new namespace, where one may be made. `None`: it may not.
pub(crate) async fn run() -> Result<Option<()>> {
    let refused = |command: &mut Command| {
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        !status.is_ok_and(|status| status.success())
    };
    if refused(Command::new("unshare").args(["--net", "true"])) || refused(Command::new("ip").arg("link")) {
        return Ok(None);
    }
    let mut inside = tokio::process::Command::new("unshare");
    inside.arg("--net").arg(std::env::current_exe()?).arg(MODE).kill_on_drop(true);
    let status = inside.status().await?;
    if status.success() { Ok(Some(())) } else { Err("the attack in the namespace failed".into()) }
}

/// The attack, in the namespace of the attackers.
pub(crate) async fn attack() -> Result<()> {
    let node = super::node::Process::start_apart("public", NODE, connect).await?;
    attacks::withstand(node, [198, 18]).await
}

/// Connects this namespace with that of the process.
fn connect(process: u32) -> Result<()> {
    let there = format!("nsenter --net --target {process} ip");
    for command in [
        "ip link set lo up",
        "ip link add outside type veth peer name inside",
        &format!("ip link set inside netns {process}"),
        "ip address add 203.0.113.2/24 dev outside",
        "ip link set outside up",
        // Each address of it is this machine's.
        "ip route add local 198.18.0.0/15 dev lo",
        &format!("{there} link set lo up"),
        &format!("{there} address add {NODE}/24 dev inside"),
        &format!("{there} link set inside up"),
        &format!("{there} route add default via 203.0.113.2"),
    ] {
        let mut words = command.split(' ');
        let status = Command::new(words.next().unwrap_or_default()).args(words).status()?;
        if !status.success() {
            return Err(format!("{command}: {status}").into());
        }
    }
    Ok(())
}
