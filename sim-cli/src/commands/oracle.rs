//! `sim-cli oracle`: laws with a known answer, and whether runs give it.

use std::path::PathBuf;

use clap::Parser;
use serde::Serialize;

use super::args::Format;
use super::command_trait::{Command, Context};
use super::failure::Failure;
use super::files::threads;
use super::progress::UntilInterrupt;
use floodnet_lab::oracle::judge::CONFIDENCE;
use floodnet_lab::oracle::{Finding, Suite, Verdict, consult};
use floodnet_text::format::plural;

/// Check results that are known from theory or publications
#[derive(Parser, Debug)]
pub(super) struct OracleArgs {
    /// Laws to check: names or beginnings of names [default: all]
    #[arg(value_name = "NAME")]
    pub(super) names: Vec<String>,
    /// Fewer laws and fewer runs: half a minute
    #[arg(long)]
    pub(super) quick: bool,
    /// List the laws and the sources of their answers, without checking them
    #[arg(long)]
    pub(super) list: bool,
    /// Check the laws in this file instead of the built-in ones; scenarios are relative to it
    #[arg(long, value_name = "FILE")]
    pub(super) suite: Option<PathBuf>,
    /// Number of parallel runs (0: one per core)
    #[arg(short, long, value_name = "N", default_value_t = 0)]
    pub(super) jobs: u16,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

/// The output of `--format json`.
#[derive(Serialize)]
struct Report<'a> {
    confidence: f64,
    holds: usize,
    fails: usize,
    undecided: usize,
    findings: &'a [Finding],
}

impl Command for OracleArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let mut suite = match &self.suite {
            Some(path) => Suite::load(path),
            None => Suite::builtin(cx.registry.lab()),
        }
        .map_err(invalid)?;
        suite.select(&self.names).map_err(Failure::Usage)?;
        if self.quick {
            suite.shorten();
        }
        if self.list {
            for law in &suite.laws {
                cx.console.result(&format!("{:20} {}\n{:20} {}\n", law.name, law.about, "", law.source));
            }
            return Ok(());
        }
        // All scenarios are checked before anything is printed.
        suite
            .laws
            .iter()
            .try_for_each(|law| {
                suite.scenario(law, cx.registry.lab())?;
                suite.beside(law, cx.registry.lab())?;
                suite.control(law, cx.registry.lab()).map(drop)
            })
            .map_err(invalid)?;
        let is_text = self.format == Format::Text && !cx.console.is_quiet();
        if is_text {
            cx.console.result(&heading());
        }
        let mut findings = Vec::new();
        let until = UntilInterrupt::new();
        for (number, law) in suite.laws.iter().enumerate() {
            let found =
                consult(&suite, law, cx.registry.lab(), threads(self.jobs), &until).map_err(invalid)?;
            let Some(found) = found else {
                let all = suite.laws.len();
                cx.console.note(&format!("  interrupted: {number} of {all} laws were checked"));
                return Err(Failure::Interrupted);
            };
            if is_text {
                found.iter().for_each(|finding| cx.console.result(&row(finding)));
            }
            cx.console.is_read()?;
            findings.extend(found);
        }
        self.conclude(suite.laws.len(), &findings, cx)
    }
}

impl OracleArgs {
    /// Prints the counts and what does not hold; fails unless every law holds.
    fn conclude(&self, laws: usize, findings: &[Finding], cx: &Context<'_>) -> Result<(), Failure> {
        let of = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
        let (holds, fails, undecided) = (of(Verdict::Holds), of(Verdict::Fails), of(Verdict::Undecided));
        if self.format == Format::Json {
            let report = Report { confidence: CONFIDENCE, holds, fails, undecided, findings };
            let text =
                serde_json::to_string_pretty(&report).map_err(|error| Failure::Failed(error.to_string()))?;
            cx.console.result(&(text + "\n"));
        }
        if self.format == Format::Text && !cx.console.is_quiet() {
            let (laws, checks) = (plural(laws, "law"), plural(findings.len(), "check"));
            let confidence = CONFIDENCE * 100.0;
            cx.console.result(&format!(
                "\n{laws}, {checks}: {holds} hold, {fails} fail, {undecided} undecided\n\
                 expected ± tolerance of the law; found ± {confidence} % confidence interval over runs\n",
            ));
        }
        for finding in findings.iter().filter(|finding| finding.verdict != Verdict::Holds) {
            cx.console.error(&complaint(finding));
        }
        if fails + undecided == 0 { Ok(()) } else { Err(Failure::Expectation) }
    }
}

/// The failure for a suite, or a scenario of it, that cannot be used.
fn invalid(message: String) -> Failure {
    let begins = if message.starts_with("error") { "" } else { "error: " };
    Failure::Invalid(format!("{begins}{message}\n"))
}

fn heading() -> String {
    line(["law", "measured", "", "expected", "found", "verdict"])
}

fn line([law, measured, relation, expected, found, verdict]: [&str; 6]) -> String {
    format!("{law:20} {measured:38} {relation:2} {expected:>17}  {found:>21}  {verdict}\n")
}

fn row(finding: &Finding) -> String {
    let number = |value: Option<f64>| value.map_or_else(|| "not measured".to_owned(), shown);
    let found = match finding.interval {
        Some((low, high)) => format!("{} ± {}", number(finding.value), shown((high - low) / 2.0)),
        None => number(finding.value),
    };
    let expected = match finding.tolerance {
        tolerance if tolerance > 0.0 => format!("{} ± {}", number(finding.expected), shown(tolerance)),
        _ => number(finding.expected),
    };
    let verdict = match finding.verdict {
        Verdict::Holds => "holds",
        Verdict::Fails => "FAILS",
        Verdict::Undecided => "undecided",
    };
    let law = if finding.is_control { "  control" } else { finding.law.as_str() };
    line([law, &finding.measured, finding.relation, &expected, &found, verdict])
}

/// A number with up to six significant digits.
fn shown(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return format!("{value}");
    }
    let digits = 5 - (value.abs().log10().floor() as i32).clamp(-3, 5);
    let text = format!("{value:.*}", usize::try_from(digits).unwrap_or(0));
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn complaint(finding: &Finding) -> String {
    let Finding { law, about, source, measured, relation, formula, runs, .. } = finding;
    let runs = plural(*runs as usize, "run");
    match finding.verdict {
        Verdict::Undecided => format!(
            "law `{law}` is undecided: after {runs} the interval of `{measured}` is too wide to compare with {formula}; add runs"
        ),
        _ => format!(
            "law `{law}` fails: {about}\n    `{measured}` {relation} {formula} was expected of {runs}\n    source: {source}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (40_001.0, "40001"),
            (3.000_500_05, "3.0005"),
            (0.000_012_345_678, "0.00001235"),
            (25.5, "25.5"),
            (1_234_567.5, "1234568"),
            (-0.25, "-0.25"),
        ] {
            assert_eq!(shown(value), text);
        }
    }
}
