//! Files that run a sweep on a batch system that users have: Slurm, Kubernetes, Ray or GNU parallel.
//!
//! A **part** of a sweep is what one task of the batch system makes: `sweep PLAN --partition auto/N`, which takes its
//! number from the variable of that system. Parts share nothing while they run, so that a part that was interrupted,
//! preempted or run twice does no harm; `merge` joins them. The templates lie in `templates/`.
//!
//! The folder is complete: the program, the plan, its scenario and the files that the scenario names, at the same
//! places relative to each other as they were.

mod bundle;

use std::path::Path;

use super::index::Index;
use crate::emit::{Content, Files, name_of};
pub use bundle::{Bundle, NotPortable};
use floodnet_text::format::quoted;

/// A batch system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// An array job of Slurm, and a job that merges.
    Slurm,
    /// An indexed job of Kubernetes, and a job that merges.
    Kubernetes,
    /// A driver in Python on Ray.
    Ray,
    /// One line for GNU parallel.
    Parallel,
}

/// What to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emission {
    /// For which system.
    pub system: System,
    /// Number of parts.
    pub parts: u32,
    /// Threads of a part.
    pub jobs: u16,
    /// Name of the container image, for Kubernetes; none for `floodnet-NAME:latest`.
    pub image: Option<String>,
    /// Options of `sweep` and of `merge` about pictures, each after a space: parts have none, so merge draws them.
    pub look: String,
}

/// The files that run the sweep `index` of the plan in `bundle`, by their place in a folder. `program` is what runs
/// each part.
#[must_use]
pub fn files(index: &Index, bundle: &Bundle, emission: &Emission, program: &Path) -> Files {
    let copies = bundle.files.iter().map(|(name, from)| (name.clone(), Content::CopyOf(from.clone())));
    let mut files: Files = copies.collect();
    files.insert("sim-cli".to_owned(), Content::CopyOf(program.to_owned()));
    let words = words(index, bundle, emission);
    for (name, template) in emission.system.templates() {
        let text = fill(template, &words);
        // Who reads a script also starts it.
        let is_script = text.starts_with("#!");
        files.insert((*name).to_owned(), if is_script { Content::Script(text) } else { Content::Text(text) });
    }
    files
}

/// What stands for each `{{WORD}}` of a template.
fn words(index: &Index, bundle: &Bundle, emission: &Emission) -> Vec<(&'static str, String)> {
    let name = name_of(&index.name);
    let image = emission.image.clone().unwrap_or_else(|| format!("{name}:latest"));
    let runs = index.cells.len() * index.rule.runs as usize;
    let plan = quoted(&bundle.plan);
    vec![
        ("NAME", name),
        ("IMAGE", image),
        ("PARTS", emission.parts.to_string()),
        ("JOBS", emission.jobs.to_string()),
        ("OPTIONS", options(index, emission.jobs) + &emission.look),
        ("LOOK", emission.look.clone()),
        ("CELLS", index.cells.len().to_string()),
        ("RUNS", runs.to_string()),
        ("VERSION", index.version.clone()),
        // The last ones: what stands in the name of a file is filled in nowhere.
        ("QUOTED_PLAN", within_quotes(&plan)),
        ("YAML_PLAN", within_yaml(&plan)),
        ("PLAN", plan),
    ]
}

/// What stands between single quotes of a shell to mean `text`.
fn within_quotes(text: &str) -> String {
    text.replace('\'', "'\\''")
}

/// What stands in the arguments of a container to mean `text`: Kubernetes takes `$$` for a `$`.
fn within_yaml(text: &str) -> String {
    text.replace('$', "$$")
}

/// The options of `sweep` that make this index of the plan, and no other.
fn options(index: &Index, jobs: u16) -> String {
    let mut text = format!("--runs {}", index.rule.runs);
    if let Some(until) = index.rule.until_ci {
        text.push_str(&format!(" --until-ci {until} --max-runs {}", index.rule.max_runs));
    }
    text.push_str(&format!(" --jobs {jobs}"));
    text
}

/// The template with its words filled in.
fn fill(template: &str, words: &[(&str, String)]) -> String {
    words
        .iter()
        .fold(template.to_owned(), |text, (word, value)| text.replace(&format!("{{{{{word}}}}}"), value))
}

impl System {
    /// Its files, each with its place.
    const fn templates(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Slurm => &[
                ("sweep.sbatch", include_str!("templates/sweep.sbatch")),
                ("merge.sbatch", include_str!("templates/merge.sbatch")),
                ("submit.sh", include_str!("templates/submit.sh")),
                ("README.md", include_str!("templates/slurm.md")),
            ],
            Self::Kubernetes => &[
                ("sweep.yaml", include_str!("templates/sweep.yaml")),
                ("merge.yaml", include_str!("templates/merge.yaml")),
                ("Dockerfile", include_str!("templates/Dockerfile")),
                ("README.md", include_str!("templates/kubernetes.md")),
            ],
            Self::Ray => &[
                ("ray_sweep.py", include_str!("templates/ray_sweep.py")),
                ("run.sh", include_str!("templates/ray.sh")),
                ("README.md", include_str!("templates/ray.md")),
            ],
            Self::Parallel => &[
                ("run.sh", include_str!("templates/parallel.sh")),
                ("README.md", include_str!("templates/parallel.md")),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_a_template_has_a_value() {
        let words = ["NAME", "IMAGE", "PARTS", "JOBS", "OPTIONS", "LOOK", "CELLS", "RUNS", "VERSION"];
        let plans = ["QUOTED_PLAN", "YAML_PLAN", "PLAN"];
        let words = words.iter().chain(&plans).map(|word| (*word, "x".to_owned()));
        let words: Vec<(&str, String)> = words.collect();
        for system in [System::Slurm, System::Kubernetes, System::Ray, System::Parallel] {
            for (name, template) in system.templates() {
                let text = fill(template, &words);
                assert!(!text.contains("{{"), "{name} has an unknown word: {text}");
            }
        }
    }
}
