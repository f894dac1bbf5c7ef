//! `sim-cli kernel`

use std::path::PathBuf;
use std::time::Duration as Span;

use clap::Parser;

use super::args::{key_value, percentage};
use super::command_trait::{Command, Context};
use super::failure::Failure;
use crate::views::kernel::tails;
use floodnet_lab::run::folder::write_whole;
use floodnet_plot::Style;
use floodnet_testbed::kernel::{Bound, Case, KernelError, Row, csv, json, run, table};
use floodnet_text::units::{Duration, Rate, Size};

/// Compare the TCP model with this machine's kernel under loss and limited rates
#[derive(Parser, Debug)]
#[command(
    after_help = "Builds two network namespaces, carries packets between them after the delay, loses some with nft and \
    limits the rate with tc tbf. The machine's own network is not touched, and nothing is left behind. Needs Linux, \
    root, /dev/net/tun, ip, nft and tc; otherwise nothing is measured and the exit code is 1. Exit code 3 if a delay \
    is out of bounds.\n\n\
    Example: sim-cli kernel --loss 1% --every 100ms --rate none --out kernel"
)]
pub(super) struct KernelArgs {
    /// One-way delay of every packet
    #[arg(long, default_value = "20ms")]
    latency: Duration,
    /// Loss rates to test, or none
    #[arg(long, value_name = "SHARES", value_delimiter = ',', default_value = "0,0.5%,1%,2%,5%,10%")]
    loss: Vec<String>,
    /// Intervals between messages of a connection (loss tests)
    #[arg(long, value_name = "TIMES", value_delimiter = ',', default_value = "100ms,5ms")]
    every: Vec<Duration>,
    /// Message size (loss tests)
    #[arg(long, default_value = "100 B")]
    size: Size,
    /// Link rates to test, or none
    #[arg(long, value_name = "RATES", value_delimiter = ',', default_value = "256kbit/s,1Mbit/s,10Mbit/s")]
    rate: Vec<String>,
    /// Message size (rate tests)
    #[arg(long, default_value = "16 KiB")]
    bulk: Size,
    /// Share of the rate that messages use
    #[arg(long, default_value = "60%", value_parser = percentage)]
    load: f64,
    /// Send messages at random times (Poisson) instead of evenly
    #[arg(long)]
    poisson: bool,
    /// Also lose acknowledgements
    #[arg(long)]
    both: bool,
    /// Parallel connections (loss tests)
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=500))]
    connections: u32,
    /// Duration of each test
    #[arg(long = "for", value_name = "TIME", default_value = "20s")]
    span: Duration,
    /// Allowed error of a prediction: a share of the measured value, or 3 ms if that is more
    #[arg(long, default_value = "15%", value_parser = percentage)]
    bound: f64,
    /// Override a key of the simulator's scenario, e.g. link.rto=300ms (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    set: Vec<(String, String)>,
    /// Folder for kernel.csv, kernel.json and pictures
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// The values of a list that may be `none`.
fn listed<T>(texts: &[String], read: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, Failure> {
    let named = texts.iter().filter(|text| *text != "none");
    named.map(|text| read(text).map_err(Failure::Usage)).collect()
}

/// The cases to measure, in groups that share a picture.
fn cases(args: &KernelArgs) -> Result<Vec<(String, Vec<Case>)>, Failure> {
    let losses = listed(&args.loss, percentage)?;
    let rates = listed(&args.rate, |text| text.parse::<Rate>())?;
    let content = |size: Size| u32::try_from(size.bytes()).ok().filter(|size| (1..=1 << 20).contains(size));
    let wrong = |key: &str| Failure::Usage(format!("--{key} must be from 1 B to 1 MiB"));
    let size = content(args.size).ok_or_else(|| wrong("size"))?;
    let bulk = content(args.bulk).ok_or_else(|| wrong("bulk"))?;
    let spans = args.every.iter().chain([&args.span, &args.latency]);
    if spans.into_iter().any(|span| span.as_nanos() < 100_000) || args.span.as_nanos() < 1_000_000_000 {
        return Err(Failure::Usage(
            "--every and --latency must be at least 100us, --for at least 1s".to_owned(),
        ));
    }
    if losses.iter().any(|loss| *loss >= 1.0) || !(0.01..=0.95).contains(&args.load) {
        return Err(Failure::Usage("--loss must be below 100%, --load from 1% to 95%".to_owned()));
    }
    let case = |every: Span, size| Case {
        latency: real(args.latency),
        loss: 0.0,
        both: args.both,
        rate: None,
        every,
        poisson: args.poisson,
        size,
        connections: 1,
        span: real(args.span),
    };
    // Loss without a rate for each interval, then rates without loss: each shows one effect alone.
    let mut groups = Vec::new();
    for &every in &args.every {
        let connections = args.connections;
        let of = |&loss: &f64| Case { loss, connections, ..case(real(every), size) };
        groups.push((format!("loss-{every}"), losses.iter().map(of).collect()));
    }
    let bits = |size: u32| f64::from(size) * 8.0;
    let limited = rates.iter().filter_map(|rate| rate.bits_per_second()).map(|rate| {
        let every = Span::from_secs_f64(bits(bulk) / rate as f64 / args.load);
        Case { rate: Some(rate), ..case(every, bulk) }
    });
    groups.push(("rate".to_owned(), limited.collect()));
    groups.retain(|(_, cases): &(String, Vec<Case>)| !cases.is_empty());
    Ok(groups)
}

const fn real(span: Duration) -> Span {
    Span::from_nanos(span.as_nanos())
}

impl Command for KernelArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let groups = cases(self)?;
        let bound = Bound { share: self.bound, ..Bound::default() };
        let mut all: Vec<(String, Vec<Row>)> = Vec::new();
        for (name, cases) in groups {
            let mut rows = Vec::new();
            for case in cases {
                let (predicted, measured) = run(&case, &self.set).map_err(|error| match error {
                    KernelError::Settings(why) => Failure::Invalid(why),
                    KernelError::System(why) => Failure::Failed(format!(
                        "NOTHING MEASURED: {why}; needs root, ip, nft, tc and /dev/net/tun"
                    )),
                })?;
                let row = Row { case, predicted, measured };
                cx.console.note(&format!("{}: {} messages", row.name(), row.measured.delays.len()));
                rows.push(row);
            }
            all.push((name, rows));
        }
        // One picture for each group, then one table of all.
        if let Some(folder) = &self.out {
            std::fs::create_dir_all(folder)?;
            for (name, rows) in &all {
                let title = format!("Kernel TCP and the model, {} one way: {name}", self.latency);
                let picture = tails(&title, &rows.iter().collect::<Vec<_>>(), &Style::default());
                write_whole(&folder.join(format!("{name}.png")), picture.to_png())?;
            }
        }
        let rows: Vec<Row> = all.into_iter().flat_map(|(_, rows)| rows).collect();
        if let Some(folder) = &self.out {
            write_whole(&folder.join("kernel.csv"), csv(&rows, &bound).as_bytes())?;
            write_whole(&folder.join("kernel.json"), format!("{:#}\n", json(&rows, &bound)).as_bytes())?;
        }
        cx.console.result(&table(&rows, &bound));
        let within = rows.iter().filter(|row| row.is_within(&bound)).count();
        cx.console.result(&format!("{within} of {} within bounds\n", rows.len()));
        if within == rows.len() { Ok(()) } else { Err(Failure::Expectation) }
    }
}
