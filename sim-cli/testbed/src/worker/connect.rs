//! Reaching the coordinator, and proving to each other that both are of this run.

use std::io;
use std::net::SocketAddr;
use std::time::Duration as Span;

use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use crate::control::codec::Channel;
use crate::control::messages::{Answer, Challenge, Hello, Welcome};
use crate::control::{HANDSHAKE_TIMEOUT, Side, Token, nonce, same};

/// Standard input as the address of a coordinator: it is a connection to it.
pub(crate) const ON_STDIN: &str = "-";
/// Time between two tries to reach the coordinator.
const RETRY_PAUSE: Span = Span::from_millis(200);

/// The slot of a worker, and the address of its coordinator.
#[derive(Clone, Debug)]
pub struct NodeOptions {
    /// Host and port of the coordinator, or `-` if standard input is a connection to it.
    pub coordinator: String,
    /// The slot whose node it runs.
    pub slot: u32,
    /// The secret of the run.
    pub token: Token,
    /// Where its node listens; port 0 for any free one. A coordinator that started it says so itself.
    pub listen: SocketAddr,
    /// Host, and port if it is another, that the others dial; none for the address from which the worker has
    /// reached the coordinator.
    pub advertise: Option<String>,
    /// How long to keep trying to reach the coordinator.
    pub try_for: Span,
}

/// Reaches the coordinator. Both prove to each other that they are of this run.
///
/// # Errors
/// The coordinator is out of reach, refuses the worker or has another token; says so.
pub(crate) async fn authenticate(options: &NodeOptions) -> Result<(Channel, Welcome), String> {
    let tcp = dial(options).await?;
    let host = &options.coordinator;
    let channel = async {
        let mut channel = Channel::unauthenticated(tcp)?;
        let Challenge { version, nonce: challenge } = channel.expect().await?;
        let answer = nonce()?;
        let proof = options.token.prove(Side::Node, &challenge, &answer, options.slot);
        channel.send(&Hello { slot: options.slot, nonce: answer, proof }).await?;
        // The scenario is as long as it is; what is read of it is bounded, and it is used only with the proof.
        channel.trust_peer();
        let reply = channel.expect::<Answer>().await?;
        let expected = options.token.prove(Side::Coordinator, &challenge, &answer, options.slot);
        io::Result::Ok((channel, version, reply, expected))
    };
    let gone =
        |error: io::Error| format!("{host} is not a coordinator, or it closed the connection: {error}");
    let shaken = timeout(HANDSHAKE_TIMEOUT, channel).await.map_err(|_| format!("{host} does not answer"))?;
    let (channel, version, reply, expected) = shaken.map_err(gone)?;
    if version != env!("CARGO_PKG_VERSION") {
        return Err(format!(
            "the coordinator has version {version}, this program {}: use the same version",
            env!("CARGO_PKG_VERSION")
        ));
    }
    match reply {
        Answer::Refused(why) => Err(format!("the coordinator {host} refused this node: {why}")),
        Answer::Welcome(welcome) if same(&welcome.proof, &expected) => Ok((channel, *welcome)),
        Answer::Welcome(_) => Err(format!("{host} has a different token")),
    }
}

async fn dial(options: &NodeOptions) -> Result<TcpStream, String> {
    if options.coordinator == ON_STDIN {
        return on_stdin().map_err(|error| format!("standard input is not a connection: {error}"));
    }
    let give_up = Instant::now() + options.try_for;
    loop {
        match TcpStream::connect(&options.coordinator).await {
            Ok(tcp) => return Ok(tcp),
            Err(error) if Instant::now() >= give_up => {
                return Err(format!("the coordinator {} cannot be reached: {error}", options.coordinator));
            }
            Err(_) => sleep(RETRY_PAUSE).await,
        }
    }
}

/// The connection that is standard input.
#[cfg(unix)]
fn on_stdin() -> io::Result<TcpStream> {
    use std::os::fd::AsFd;
    let tcp = std::net::TcpStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    tcp.set_nonblocking(true)?;
    TcpStream::from_std(tcp)
}

#[cfg(not(unix))]
fn on_stdin() -> io::Result<TcpStream> {
    Err(io::ErrorKind::Unsupported.into())
}
