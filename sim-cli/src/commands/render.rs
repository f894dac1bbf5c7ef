//! `sim-cli render`: a run is its scenario and seed, so pictures of any time are drawn by running it again.

use std::fs;
use std::path::PathBuf;

use clap::Parser;
use clap::builder::{PossibleValue, PossibleValuesParser};

use super::command_trait::{Command, Context};
use super::failure::Failure;
use super::picture_style_args::PictureArgs;
use super::stored::{again, open_with};
use crate::views::run as pictures;
use floodnet_lab::run::folder::write_whole;
use floodnet_plot::{PICTURES, RunPicture};

/// The word for all pictures.
const ALL: &str = "all";

/// The names of pictures, each with what it shows.
fn picture_names() -> PossibleValuesParser {
    let named = |picture: &RunPicture| PossibleValue::new(picture.name).help(picture.about);
    PICTURES.iter().map(named).chain([PossibleValue::new(ALL).help("All of them")]).into()
}

/// Draw pictures of a finished run, at any time of it
#[derive(Parser, Debug)]
pub(super) struct RenderArgs {
    /// Folder of the run
    pub(super) run: PathBuf,
    /// Which picture to draw
    #[arg(short, long, value_name = "NAME", default_value = ALL, value_parser = picture_names())]
    pub(super) what: String,
    /// Draw the graph at this time instead, e.g. 2min (may be repeated)
    #[arg(long, value_name = "TIME")]
    pub(super) at: Vec<String>,
    #[command(flatten)]
    pub(super) pictures: PictureArgs,
    /// Output folder [default: the folder of the run]
    #[arg(short, long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

impl Command for RenderArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let mut set = Vec::new();
        if !self.at.is_empty() {
            let times: Vec<String> = self.at.iter().map(|time| format!("{time:?}")).collect();
            set.push(("output.topology".to_owned(), format!("[{}]", times.join(", "))));
        }
        let (manifest, loaded) = open_with(&self.run, set, cx.registry)?;
        let (setup, results) = again(&manifest, &loaded, "nothing was drawn", cx)?;
        let folder = self.out.as_ref().unwrap_or(&self.run);
        fs::create_dir_all(folder).map_err(|error| Failure::unwritable(folder, &error))?;
        let what = (self.what != ALL).then_some(self.what.as_str());
        for (name, picture) in pictures::draw(&setup, &results, what, &self.pictures.style()) {
            let (name, bytes) = self.pictures.file(&name, &picture);
            let path = folder.join(name);
            write_whole(&path, bytes).map_err(|error| Failure::unwritable(&path, &error))?;
            if !cx.console.is_quiet() {
                cx.console.result(&format!("{}  {}x{}\n", path.display(), picture.width(), picture.height()));
            }
        }
        Ok(())
    }
}
