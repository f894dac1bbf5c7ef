//! `sim-cli proxy`

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::atomic::Ordering;
use std::time::{Duration as Span, Instant};

use clap::Parser;
use floodnet_core::distributions::{Distribution, share_to_threshold};
use floodnet_core::time;
use floodnet_shaper::{Ended, Link, Options, Proxy};
use tokio::sync::mpsc;

use super::args::percentage;
use super::command_trait::{Command, Context};
use super::console::Console;
use super::failure::Failure;
use super::progress::on_interrupt;
use floodnet_scenario::Latency;
use floodnet_text::units::{Duration, Rate, Size};

/// How often Ctrl-C and the times of the faults are checked.
const LOOK: Span = Span::from_millis(5);

/// Add delay, a rate limit, loss and faults between two TCP programs of your own
#[derive(Parser, Debug)]
#[command(after_help = "Each connection first takes one round trip, so the first answer arrives after two. \
    Delay and loss are per direction: --latency 50ms makes a round trip of 100 ms.\n\n\
    Example: sim-cli proxy --listen 127.0.0.1:9000 --to 127.0.0.1:8000 --latency 50ms --rate 1Mbit/s")]
pub(super) struct ProxyArgs {
    /// Address and port to listen on
    #[arg(long, value_name = "ADDRESS")]
    listen: String,
    /// Target of the connections: address or name, and port
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// One-way delay
    #[arg(long, default_value = "0s")]
    latency: Duration,
    /// Distribution of the one-way delay, drawn per connection, in scenario syntax:
    /// '{ lognormal = { median = "50ms", sigma = 0.5 } }'
    #[arg(long, conflicts_with = "latency")]
    law: Option<String>,
    /// Random extra delay per chunk, up to this
    #[arg(long, default_value = "0s")]
    jitter: Duration,
    /// Rate of each connection and direction, e.g. 1Mbit/s
    #[arg(long, default_value = "unlimited", value_parser = rate)]
    rate: Rate,
    /// Rate towards the target [default: --rate]
    #[arg(long, value_parser = rate)]
    up: Option<Rate>,
    /// Rate back from the target [default: --rate]
    #[arg(long, value_parser = rate)]
    down: Option<Rate>,
    /// Bytes that may wait for the rate before the sender is held back
    #[arg(long, default_value = "256 KiB")]
    queue: Size,
    /// Share of segments lost, e.g. 1%; each holds up what follows
    #[arg(long, default_value = "0", value_parser = percentage)]
    loss: f64,
    /// First retransmission timeout; it doubles
    #[arg(long, default_value = "200ms")]
    rto: Duration,
    /// Share of segments in which one bit is flipped
    #[arg(long, default_value = "0", value_parser = percentage)]
    corrupt: f64,
    /// Cut all connections at this time after the start: they stay open but pass nothing
    #[arg(long, value_name = "TIME")]
    cut_after: Option<Duration>,
    /// How long the cut lasts [default: until the end]
    #[arg(long, value_name = "TIME", requires = "cut_after")]
    cut_for: Option<Duration>,
    /// Discard everything from this time on: connections stay half-open, new ones hang
    #[arg(long, value_name = "TIME")]
    silent_after: Option<Duration>,
    /// Reset each connection at this age
    #[arg(long, value_name = "TIME")]
    reset_after: Option<Duration>,
    /// Seed of all random choices
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Reads a rate as in scenarios; `1mbit` is accepted for `1 Mbit/s`.
fn rate(text: &str) -> Result<Rate, String> {
    if text.to_ascii_lowercase().ends_with("bit") { format!("{text}/s").parse() } else { text.parse() }
}

fn address(key: &str, text: &str) -> Result<SocketAddr, Failure> {
    let found = text.to_socket_addrs().ok().and_then(|mut all| all.next());
    found.ok_or_else(|| {
        Failure::Usage(format!(
            "invalid address for --{key}: {text} (expected HOST:PORT, e.g. 127.0.0.1:8000)"
        ))
    })
}

fn latency(args: &ProxyArgs) -> Result<Distribution, Failure> {
    #[derive(serde::Deserialize)]
    struct Wrapped {
        law: Latency,
    }
    let Some(text) = &args.law else { return Ok(Distribution::Constant(args.latency.0)) };
    let wrong = |why: &str| Failure::Usage(format!("--law {text}: {why}"));
    let wrapped: Wrapped =
        toml::from_str(&format!("law = {text}")).map_err(|error| wrong(error.message()))?;
    let from_table = || wrong("only distributions work between two programs");
    let distribution = wrapped.law.distribution().ok_or_else(from_table)?;
    match distribution.complaints().first() {
        Some(complaint) => Err(wrong(&complaint.to_string())),
        None => Ok(distribution),
    }
}

fn options(args: &ProxyArgs) -> Result<Options, Failure> {
    for (key, share) in [("loss", args.loss), ("corrupt", args.corrupt)] {
        if share > 1.0 {
            return Err(Failure::Usage(format!("--{key} must be at most 100%")));
        }
    }
    if args.rto.is_zero() {
        return Err(Failure::Usage("--rto must be more than zero".to_owned()));
    }
    let link = |own: Option<Rate>| -> Result<Link, Failure> {
        Ok(Link {
            latency: latency(args)?,
            jitter: args.jitter.0,
            rate: own.unwrap_or(args.rate).bits_per_second(),
            queue: args.queue.bytes(),
            loss: share_to_threshold(args.loss),
            rto: args.rto.0,
            corrupt: share_to_threshold(args.corrupt),
            ..Link::default()
        })
    };
    Ok(Options {
        up: link(args.up)?,
        down: link(args.down)?,
        reset_after: args.reset_after.map(time::Duration::from),
        seed: args.seed,
        ..Options::default()
    })
}

impl Command for ProxyArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let (listen, to) = (address("listen", &self.listen)?, address("to", &self.to)?);
        let options = options(self)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(serve(self, listen, to, options, cx.console))
    }
}

async fn serve(
    args: &ProxyArgs,
    listen: SocketAddr,
    to: SocketAddr,
    options: Options,
    console: &Console,
) -> Result<(), Failure> {
    let interrupted = on_interrupt();
    let (told, mut ends) = mpsc::channel(1_024);
    let proxy = Proxy::start(listen, to, options, Some(told))
        .await
        .map_err(|error| Failure::Failed(format!("cannot listen on {listen}: {error}")))?;
    console.note(&format!("{} -> {to}; stop with Ctrl-C", proxy.address()));
    let start = Instant::now();
    let is_past =
        |at: Option<Duration>| at.is_some_and(|at| start.elapsed().as_nanos() >= u128::from(at.as_nanos()));
    let healed_at = args.cut_after.zip(args.cut_for).map(|(at, span)| Duration(at.0 + span.0));
    let (mut was_cut, mut was_silent) = (false, false);
    while !interrupted.load(Ordering::SeqCst) {
        let (is_cut, is_silent) =
            (is_past(args.cut_after) && !is_past(healed_at), is_past(args.silent_after));
        // The switches are set when their time comes, not at every look.
        if is_cut != was_cut {
            proxy.control().cut(is_cut, is_cut);
            console.note(if is_cut { "cut" } else { "healed" });
        }
        if is_silent && !was_silent {
            proxy.control().swallow();
            console.note("silent");
        }
        (was_cut, was_silent) = (is_cut, is_silent);
        while let Ok(end) = ends.try_recv() {
            if console.is_verbose() {
                console.note(&describe(&end));
            }
        }
        tokio::time::sleep(LOOK).await;
    }
    let counts = proxy.control().counts();
    proxy.end().await;
    console.result(&format!(
        "{} connections ({} refused, {} reset), {} bytes up, {} down, {} stalls\n",
        counts.connections, counts.refused, counts.resets, counts.up, counts.down, counts.stalls
    ));
    Ok(())
}

/// One line about a connection that ended.
fn describe(end: &Ended) -> String {
    let Ended { number, from, lived, bytes: [up, down], how } = end;
    format!("#{number} from {from}: {how} after {:.3} s, {up} bytes up, {down} down", lived.as_secs_f64())
}
