//! The node's process, and the handle that its parent has of it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::time::{Duration, Instant};

use bytes::Bytes;
use floodnet_core::broadcast::{BroadcastEvent, flood};
use floodnet_core::content::Content;
use floodnet_core::node::{Config, Layer};
use floodnet_core::overlay::random_walk;
use floodnet_tcp::driver::spawn;
use floodnet_tcp::handle::Handle;
use floodnet_tcp::limits::Limits;
use floodnet_tcp::options::Options;
use floodnet_tcp::peer::Peer;
use floodnet_tcp::{FloodNode, flood_node};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::Result;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Makes this program be the node.
pub(crate) const MODE: &str = "be-a-node";

/// A node in this process, at any port of loopback.
pub(crate) async fn start(entry: Vec<Peer>, limits: Limits) -> Result<Handle<FloodNode>> {
    start_at(LOOPBACK, entry, limits).await
}

/// A node in this process.
pub(crate) async fn start_at(listen: IpAddr, entry: Vec<Peer>, limits: Limits) -> Result<Handle<FloodNode>> {
    let config = Config { overlay: random_walk::Config::new(entry), broadcast: flood::Config::default() };
    let options = Options { limits, listen: SocketAddr::new(listen, 0), ..Options::default() };
    Ok(spawn(flood_node, config, options).await?)
}

/// Runs a node that says where it listens and what it hears, publishes the lines that it gets, and answers
/// `?` with its figures, until there are no more lines.
pub(crate) async fn run(profile: &str, listen: &str) -> Result<()> {
    let mut node = start_at(listen.parse()?, Vec::new(), Limits::of(profile.parse()?)).await?;
    // Opened while there are files left.
    let mut status = File::open("/proc/self/status")?;
    println!("at {}", node.me().address());
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    loop {
        tokio::select! {
            event = node.next_event() => {
                if let Some(Layer::Broadcast(BroadcastEvent::Delivered { payload, .. })) = event
                    && payload.bytes().len() < 100
                {
                    println!("heard {}", String::from_utf8_lossy(payload.bytes()));
                }
            }
            line = lines.next_line() => match line?.as_deref() {
                Some("?") => println!("figures {}", figures(&node, &mut status)?),
                Some(text) => node.publish(Content::new(Bytes::from(text.to_owned()))).await?,
                None => return Ok(node.leave().await?),
            },
        }
    }
}

fn figures(node: &Handle<FloodNode>, file: &mut File) -> Result<String> {
    let mut status = String::new();
    file.rewind()?;
    file.read_to_string(&mut status)?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no such figure")?;
    let peak: u64 = peak.trim().trim_end_matches("kB").trim().parse()?;
    let mut figures = vec![("peak_kib", peak), ("links", node.links() as u64)];
    figures.extend(node.stats().iter());
    Ok(figures.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" "))
}

/// The script, in which this program is `$0`, as the argument of the shell that `command` starts.
fn shell(script: &str, mut command: Command) -> Result<Command> {
    command.args(["-c", script]).arg(std::env::current_exe()?);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    Ok(command)
}

/// The process. Ended when it is dropped.
pub(crate) struct Process {
    child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    pub(crate) address: SocketAddr,
}

impl Process {
    /// Starts it on loopback, with so many files at most.
    pub(crate) async fn start(profile: &str, files: u32) -> Result<Self> {
        let script = format!("ulimit -n {files} && exec \"$0\" {MODE} {profile} {LOOPBACK}");
        Self::greeted(shell(&script, Command::new("sh"))?.spawn()?).await
    }

    /// Starts it in a network namespace of its own, where it listens at `listen`. `connect` is given the process
    /// that holds the namespace, before the node starts.
    pub(crate) async fn start_apart(
        profile: &str,
        listen: IpAddr,
        connect: impl FnOnce(u32) -> Result<()>,
    ) -> Result<Self> {
        let mut command = Command::new("unshare");
        command.args(["--net", "sh"]);
        let mut child =
            shell(&format!("read go && exec \"$0\" {MODE} {profile} {listen}"), command)?.spawn()?;
        connect(child.id().ok_or("it ended at once")?)?;
        child.stdin.as_mut().ok_or("no input")?.write_all(b"go\n").await?;
        Self::greeted(child).await
    }

    /// The process, when it has told where it listens.
    async fn greeted(mut child: Child) -> Result<Self> {
        let input = child.stdin.take().ok_or("no input")?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let first = lines.next_line().await?.ok_or("it ended at once")?;
        let address = first.strip_prefix("at ").ok_or("no address")?.parse()?;
        Ok(Self { child, input, lines, address })
    }

    async fn write(&mut self, line: &str) -> Result<()> {
        Ok(self.input.write_all(format!("{line}\n").as_bytes()).await?)
    }

    /// What follows `word` on the next line that begins with it.
    async fn next(&mut self, word: &str) -> Result<String> {
        loop {
            let line = self.lines.next_line().await?.ok_or("it has ended")?;
            if let Some(rest) = line.strip_prefix(word) {
                return Ok(rest.to_owned());
            }
        }
    }

    /// Its figures.
    pub(crate) async fn figures(&mut self) -> Result<BTreeMap<String, u64>> {
        self.write("?").await?;
        let line = self.next("figures ").await?;
        let figure =
            |word: &str| Some((word.split_once('=')?.0.to_owned(), word.split_once('=')?.1.parse().ok()?));
        Ok(line.split(' ').filter_map(figure).collect())
    }

    /// Both say something to each other, and each must hear it. Gives how long that took.
    pub(crate) async fn talk(&mut self, friend: &mut Handle<FloodNode>, number: u32) -> Result<Duration> {
        // Far longer than it takes, even on a busy machine.
        self.talk_within(Duration::from_secs(20), friend, number).await
    }

    /// Waits until they hear each other. A flood sends nothing again, so a line may be lost while a young network
    /// still shifts its links.
    pub(crate) async fn meet(&mut self, friend: &mut Handle<FloodNode>) -> Result<()> {
        for line in 0..10 {
            if self.talk_within(Duration::from_secs(2), friend, line).await.is_ok() {
                return Ok(());
            }
        }
        Err("they do not hear each other".into())
    }

    async fn talk_within(
        &mut self,
        patience: Duration,
        friend: &mut Handle<FloodNode>,
        number: u32,
    ) -> Result<Duration> {
        let started = Instant::now();
        let talking = async {
            let text = format!("friend {number}");
            friend.publish(Content::new(text.clone().into())).await?;
            while self.next("heard ").await? != text {}
            let text = format!("node {number}");
            self.write(&text).await?;
            loop {
                if let Some(Layer::Broadcast(BroadcastEvent::Delivered { payload, .. })) =
                    friend.next_event().await
                    && payload.bytes().as_ref() == text.as_bytes()
                {
                    return Ok(started.elapsed());
                }
            }
        };
        tokio::time::timeout(patience, talking).await.map_err(|_| format!("line {number} did not arrive"))?
    }

    /// Sends it a signal.
    pub(crate) async fn signal(&self, name: &str) -> Result<()> {
        let process = self.child.id().ok_or("it has ended")?;
        let status = Command::new("kill").args([format!("-{name}"), process.to_string()]).status().await?;
        if status.success() { Ok(()) } else { Err(format!("no signal {name}").into()) }
    }

    /// Lets it leave, and looks whether it did so in good order.
    pub(crate) async fn end(mut self) -> Result<()> {
        drop(self.input);
        let status = self.child.wait().await?;
        if status.success() { Ok(()) } else { Err(format!("it ended with {status}").into()) }
    }
}
