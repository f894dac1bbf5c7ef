//! `sim-cli proxy`

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::atomic::Ordering;
use std::time::{Duration as Span, Instant};

use clap::Args;
use floodnet_core::distributions::{Distribution, share_to_threshold};
use floodnet_core::time;
use floodnet_shaper::{Ended, Link, Options, Proxy};
use tokio::sync::mpsc;

use super::console::Console;
use super::progress::on_interrupt;
use super::{Failure, percentage};
use floodnet_scenario::Latency;
use floodnet_text::units::{Duration, Rate, Size};

/// How often Ctrl-C and the switches are looked at.
const LOOK: Span = Span::from_millis(5);

#[derive(Args, Debug)]
#[command(
    after_help = "Each connection first takes the round trip of a handshake; a program sees the first \
    answer after two. Delay and loss are per direction: --latency 50ms makes a round trip of 100 ms.\n\n\
    Example: sim-cli proxy --listen 127.0.0.1:9000 --to 127.0.0.1:8000 --latency 50ms --rate 1Mbit/s"
)]
pub(super) struct ProxyArgs {
    /// Where to listen: address and port
    #[arg(long, value_name = "ADDRESS")]
    listen: String,
    /// Where connections go: address or name, and port
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// One-way delay
    #[arg(long, default_value = "0s")]
    latency: Duration,
    /// Distribution of the one-way delay, drawn per connection, as scenarios spell it:
    /// '{ lognormal = { median = "50ms", sigma = 0.5 } }'
    #[arg(long, conflicts_with = "latency")]
    law: Option<String>,
    /// Each piece takes up to this much longer
    #[arg(long, default_value = "0s")]
    jitter: Duration,
    /// Rate of each connection, each way, such as 1Mbit/s
    #[arg(long, default_value = "unlimited", value_parser = rate)]
    rate: Rate,
    /// Another rate to the target
    #[arg(long, value_parser = rate)]
    up: Option<Rate>,
    /// Another rate back
    #[arg(long, value_parser = rate)]
    down: Option<Rate>,
    /// Bytes that wait for the rate before the sender is made to wait
    #[arg(long, default_value = "256 KiB")]
    queue: Size,
    /// Share of segments that are lost, such as 1%: each holds up what follows
    #[arg(long, default_value = "0", value_parser = percentage)]
    loss: f64,
    /// First pause before a lost segment is sent again; it doubles
    #[arg(long, default_value = "200ms")]
    rto: Duration,
    /// Share of segments in which one bit is changed
    #[arg(long, default_value = "0", value_parser = percentage)]
    corrupt: f64,
    /// Pass nothing from this time on, counted from the start of the proxy
    #[arg(long, value_name = "TIME")]
    cut_after: Option<Duration>,
    /// How long a cut lasts; without it, for good
    #[arg(long, value_name = "TIME", requires = "cut_after")]
    cut_for: Option<Duration>,
    /// Swallow everything from this time on: connections stay half-open, dials hang
    #[arg(long, value_name = "TIME")]
    silent_after: Option<Duration>,
    /// Reset each connection at this age
    #[arg(long, value_name = "TIME")]
    reset_after: Option<Duration>,
    /// Seed of all draws
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// A rate as in scenarios; `1mbit` will do for `1 Mbit/s`.
fn rate(text: &str) -> Result<Rate, String> {
    if text.to_ascii_lowercase().ends_with("bit") { format!("{text}/s").parse() } else { text.parse() }
}

fn address(key: &str, text: &str) -> Result<SocketAddr, Failure> {
    let found = text.to_socket_addrs().ok().and_then(|mut all| all.next());
    found.ok_or_else(|| {
        Failure::Usage(format!("--{key} {text} is no address: write host and port, such as 127.0.0.1:8000"))
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
    let distribution = match wrapped.law {
        Latency::Constant(span) => Distribution::Constant(span.0),
        Latency::Uniform { min, max } => Distribution::Uniform { min: min.0, max: max.0 },
        Latency::Lognormal { median, sigma } => Distribution::Lognormal { median: median.0, sigma },
        _ => return Err(wrong("one pair has no regions: write constant, uniform or lognormal")),
    };
    distribution.check().map_err(wrong)?;
    Ok(distribution)
}

fn options(args: &ProxyArgs) -> Result<Options, Failure> {
    for (key, share) in [("loss", args.loss), ("corrupt", args.corrupt)] {
        if share > 1.0 {
            return Err(Failure::Usage(format!("--{key} is more than all: write such as 1%")));
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

pub(super) fn execute(args: &ProxyArgs, console: &Console) -> Result<(), Failure> {
    let (listen, to) = (address("listen", &args.listen)?, address("to", &args.to)?);
    let options = options(args)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(serve(args, listen, to, options, console))
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
    console.note(&format!("{} -> {to}; Ctrl-C ends it", proxy.address()));
    let start = Instant::now();
    let is_past =
        |at: Option<Duration>| at.is_some_and(|at| start.elapsed().as_nanos() >= u128::from(at.as_nanos()));
    let healed_at = args.cut_after.zip(args.cut_for).map(|(at, span)| Duration(at.0 + span.0));
    let (mut was_cut, mut was_silent) = (false, false);
    while !interrupted.load(Ordering::SeqCst) {
        let (is_cut, is_silent) =
            (is_past(args.cut_after) && !is_past(healed_at), is_past(args.silent_after));
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

/// A connection in a line.
fn describe(end: &Ended) -> String {
    let Ended { number, from, lived, bytes: [up, down], how } = end;
    format!("#{number} from {from}: {how} after {:.3} s, {up} bytes up, {down} down", lived.as_secs_f64())
}
