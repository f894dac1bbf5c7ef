//! How the cost of a packet grows with nodes, degree and messages: measures, writes a table, draws it.
//!
//! ```sh
//! cargo run --release --bin scaling                # docs/pictures/scaling.csv and .png
//! cargo run --release --bin scaling -- /tmp/mine   # /tmp/mine.csv and /tmp/mine.png
//! cargo run --release --bin scaling -- --draw      # draws the table again
//! ```
//!
//! Takes some minutes, and 5 GB of memory for the million nodes. Each line is printed as soon as it is measured.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command")]

mod picture;
mod study;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use table::Row;

/// Where the table and the picture go, but for the ends of their names.
const STEM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/pictures/scaling");

const USAGE: &str = "usage: scaling [--draw] [PATH without .csv]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        [] => measure(STEM),
        ["--draw"] => draw(STEM),
        ["--draw", stem] if !stem.starts_with('-') => draw(stem),
        [stem] if !stem.starts_with('-') => measure(stem),
        _ => Err(USAGE.to_owned()),
    };
    floodnet_benches::exit_code(done)
}

fn measure(stem: &str) -> Result<(), String> {
    if cfg!(debug_assertions) {
        return Err("times of a debug build mean nothing: run with --release".to_owned());
    }
    println!("{}", table::HEAD);
    let measured = |point| {
        let row = study::measure(point);
        println!("{row}");
        row
    };
    let rows: Vec<Row> = study::points().into_iter().map(measured).collect();
    let file = path(stem, "csv");
    std::fs::write(&file, table::write(&rows)).map_err(|error| format!("{}: {error}", file.display()))?;
    draw(stem)
}

fn draw(stem: &str) -> Result<(), String> {
    let (from, to) = (path(stem, "csv"), path(stem, "png"));
    let file = floodnet_sim::read::open(&from).map_err(|error| format!("{}: {error}", from.display()))?;
    let rows = table::read(file).map_err(|error| error.of(from.display()))?;
    picture::draw(&rows, &to).map_err(|problem| format!("{}: {problem}", to.display()))?;
    eprintln!("drew {} from {}", to.display(), from.display());
    Ok(())
}

fn path(stem: &str, end: &str) -> PathBuf {
    PathBuf::from(format!("{stem}.{end}"))
}
