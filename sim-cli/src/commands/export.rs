//! `sim-cli export`: a finished run in the formats of other tools, made by running it again.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};
use floodnet_core::time::Time;

use super::command_trait::{Command, Context};
use super::failure::Failure;
use super::files::Loaded;
use super::stored::{again, open, open_with, same_digest};
use super::why::traced;
use crate::views::export::{Timeline, gexf, graph, tables};
use floodnet_lab::run::folder::Whole;
use floodnet_lab::run::labels::SlotLabels;
use floodnet_lab::run::manifest::Manifest;
use floodnet_lab::simulate::prepare;
use floodnet_lab::why::Traced;
use floodnet_measure::seconds;
use floodnet_measure::tables::write_graphml;
use floodnet_measure::topology::Topology;
use floodnet_scenario::build::Setup;
use floodnet_text::units::Duration;

/// What is written.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExportFormat {
    /// The graph at one time with what is known of each node, for networkx, Gephi, yEd, igraph
    Graphml,
    /// The whole run as a graph in time, which Gephi plays
    Gexf,
    /// The graph at one time, for Graphviz
    Dot,
    /// The links at one time, one per line
    Edges,
    /// Lives, links and arrivals of the whole run: lives.csv, links.csv and arrivals.csv
    Csv,
}

impl ExportFormat {
    /// The ending of its file.
    const fn ending(self) -> &'static str {
        match self {
            Self::Graphml => "graphml",
            Self::Gexf => "gexf",
            Self::Dot => "dot",
            Self::Edges => "edges",
            Self::Csv => "csv",
        }
    }

    /// Whether it holds the whole run.
    const fn is_history(self) -> bool {
        matches!(self, Self::Gexf | Self::Csv)
    }
}

/// Write a finished run for other tools: graphs for Gephi, networkx, Graphviz; tables
#[derive(Parser, Debug)]
pub(super) struct ExportArgs {
    /// Folder of the run
    pub(super) run: PathBuf,
    /// Format
    #[arg(short, long, value_enum)]
    pub(super) format: ExportFormat,
    /// The graph at this time, e.g. 2min [default: the end of the run]
    #[arg(long, value_name = "TIME")]
    pub(super) at: Option<Duration>,
    /// The file to write, - for standard output; the folder for csv [default: overlay.FORMAT in the folder of the run]
    #[arg(short, long, value_name = "PATH")]
    pub(super) out: Option<PathBuf>,
}

impl Command for ExportArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let (manifest, loaded) = open(&self.run, cx.registry)?;
        let end = loaded.scenario.duration;
        if let Some(at) = self.at {
            if self.format.is_history() {
                return Err(Failure::Usage(format!(
                    "--at {at} does not go with {}, which holds the whole run",
                    self.format.ending()
                )));
            }
            if at.after_start() > end.after_start() {
                return Err(Failure::Usage(format!("--at {at} is after the end of the run, {end}")));
            }
        }
        if self.format == ExportFormat::Csv && self.out.as_deref() == Some(Path::new("-")) {
            return Err(Failure::Usage("csv is three files: name a folder with --out".to_owned()));
        }
        if self.format.is_history() {
            return self.history(&manifest, &loaded, cx);
        }
        let (setup, topology) = self.graph(cx)?;
        let labels = SlotLabels(&setup);
        self.write(&self.path("overlay"), cx, |to| match self.format {
            ExportFormat::Dot => graph::write_dot(to, &topology, &labels),
            ExportFormat::Edges => graph::write_edges(to, &topology),
            _ => write_graphml(to, &topology, &labels),
        })
    }
}

impl ExportArgs {
    /// Runs the scenario again and keeps the graph at the time asked for.
    fn graph(&self, cx: &Context<'_>) -> Result<(Setup, Topology), Failure> {
        let at = self.at.map_or_else(|| "end".to_owned(), |at| at.to_string());
        let set = vec![("output.topology".to_owned(), format!("[{at:?}]"))];
        let (manifest, loaded) = open_with(&self.run, set, cx.registry)?;
        let (setup, mut results) = again(&manifest, &loaded, "nothing was written", cx)?;
        match results.topologies.pop() {
            Some(topology) => Ok((setup, topology)),
            None => Err(Failure::Failed("the run kept no graph of this time".to_owned())),
        }
    }

    /// Writes what holds the whole run.
    fn history(&self, manifest: &Manifest, loaded: &Loaded, cx: &Context<'_>) -> Result<(), Failure> {
        let setup = prepare(&loaded.scenario, cx.registry.lab()).map_err(|error| loaded.complain(&error))?;
        let Traced { history, followed, .. } = traced(loaded, Some(&[]), cx)?;
        same_digest(manifest, &followed.digest)?;
        let timeline = Timeline::of(&setup.plan, &history);
        let labels = SlotLabels(&setup);
        if self.format == ExportFormat::Gexf {
            let (name, end): (_, Time) = (&loaded.scenario.name, setup.plan.duration);
            let write = |to: &mut dyn Write| gexf::write_gexf(to, name, &timeline, &labels, end);
            return self.write(&self.path("overlay"), cx, write);
        }
        let folder = self.out.as_ref().unwrap_or(&self.run);
        std::fs::create_dir_all(folder).map_err(|error| Failure::unwritable(folder, &error))?;
        self.write(&folder.join("lives.csv"), cx, |to| tables::write_lives(to, &timeline, &labels))?;
        self.write(&folder.join("links.csv"), cx, |to| tables::write_links(to, &timeline))?;
        self.write(&folder.join("arrivals.csv"), cx, |to| tables::write_arrivals(to, &setup.plan, &history))
    }

    /// Where to write.
    fn path(&self, name: &str) -> PathBuf {
        let at = self.at.map_or_else(String::new, |at| format!("-{}s", seconds(at.after_start())));
        let file = format!("{name}{at}.{}", self.format.ending());
        self.out.clone().unwrap_or_else(|| self.run.join(file))
    }

    fn write(
        &self,
        path: &Path,
        cx: &Context<'_>,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        if path == Path::new("-") {
            let mut text = Vec::new();
            write(&mut text).map_err(|error| Failure::unwritable(path, &error))?;
            cx.console.result(&String::from_utf8_lossy(&text));
            return Ok(());
        }
        let written = Whole::begin(path).and_then(|mut to| {
            write(&mut to)?;
            to.end()
        });
        written.map_err(|error| Failure::unwritable(path, &error))?;
        cx.console.note(&format!("  wrote {}", path.display()));
        Ok(())
    }
}
