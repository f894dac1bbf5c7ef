//! `sim-cli test`

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use super::command_trait::{Command, Context};
use super::failure::Failure;
use super::files::threads;
use super::progress::UntilInterrupt;
use floodnet_lab::testing::execute::Executor;
use floodnet_lab::testing::find::{Found, find};
use floodnet_lab::testing::{Tested, Tests, Verdict};
use floodnet_measure::reach::Reached;
use floodnet_text::format::plural;

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum TestFormat {
    Text,
    Json,
    Junit,
}

/// Run scenarios and sweep plans as tests: what they expect decides
#[derive(Parser, Debug)]
#[command(
    after_help = "A scenario passes if all it expects holds; one without [expect] and [[reach]] is skipped. Each cell of \
                        a sweep plan is a test of its own. [[reach]] is judged over the runs of all tests that ask for \
                        it. Nothing is written.\n\n\
                        Examples: sim-cli test scenarios --jobs 2\n          \
                        sim-cli test 'ci/**/*.toml' --filter churn --format junit > tests.xml"
)]
pub(super) struct TestArgs {
    /// Scenarios, sweep plans, folders of them, or patterns such as 'scenarios/**/*.toml'
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Only tests whose name contains this (may be repeated: any of them)
    #[arg(long, value_name = "TEXT")]
    filter: Vec<String>,
    /// No tests whose name contains this (may be repeated)
    #[arg(long, value_name = "TEXT")]
    skip: Vec<String>,
    /// Print the names of the tests, but do not run them
    #[arg(long)]
    list: bool,
    /// Judge each scenario by the mean over N runs [default: 1; of a plan as it says]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    runs: Option<u32>,
    /// Number of parallel tests (0: one per core); the results do not depend on it
    #[arg(short, long, value_name = "N", default_value_t = 0)]
    jobs: u16,
    /// Try a test that fails again, each time with the next seeds: the same ones go the same way
    #[arg(long, value_name = "N", default_value_t = 0)]
    retries: u32,
    /// Begin no other test after one has failed
    #[arg(long)]
    fail_fast: bool,
    /// End a run as soon as an expectation cannot be met any more (tests of one run)
    #[arg(long)]
    fail_early: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t = TestFormat::Text)]
    format: TestFormat,
}

impl Command for TestArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let mut found = find(&self.paths, self.runs, cx.registry.lab()).map_err(Failure::Usage)?;
        found.retain(|found| self.is_wanted(found.name()));
        if found.is_empty() {
            return Err(Failure::Usage(
                "there are no tests here: no scenario or sweep plan is left".to_owned(),
            ));
        }
        if self.list {
            found.iter().for_each(|found| cx.console.result(&format!("{}\n", found.name())));
            return Ok(());
        }
        let until = UntilInterrupt::new();
        let goes_on = || !until.is_interrupted() && cx.console.is_read().is_ok();
        let executor = Executor {
            protocols: cx.registry.lab(),
            jobs: threads(self.jobs),
            retries: self.retries,
            fail_fast: self.fail_fast,
            fail_early: self.fail_early,
            goes_on: &goes_on,
        };
        let tests = executor.run(&found, |tested| self.line(tested, cx));
        self.conclude(&tests, &found, cx)?;
        if until.is_interrupted() {
            cx.console.note(&format!(
                "  interrupted: {} of {} tests were run",
                tests.tested.len(),
                found.len()
            ));
            return Err(Failure::Interrupted);
        }
        for never in tests.reached().iter().filter(|of| !of.is_reached()) {
            cx.console.error(&never.to_text());
        }
        match verdict(&tests) {
            // Those that were not run because nobody reads of them may have failed too.
            Ok(()) | Err(Failure::Usage(_)) if tests.tested.len() < found.len() => cx.console.is_read(),
            judged => judged,
        }
    }
}

impl TestArgs {
    fn is_wanted(&self, name: &str) -> bool {
        let has = |texts: &[String]| texts.iter().any(|text| name.contains(text.as_str()));
        (self.filter.is_empty() || has(&self.filter)) && !has(&self.skip)
    }

    /// Prints the line of a test: beside the result if that is for programs.
    fn line(&self, tested: &Tested, cx: &Context<'_>) {
        let text = tested.to_text();
        match self.format {
            TestFormat::Text if cx.console.is_quiet() && tested.verdict.is_passed() => {}
            TestFormat::Text => cx.console.result(&text),
            TestFormat::Json | TestFormat::Junit => cx.console.note(text.trim_end()),
        }
    }

    /// Prints what came of all tests.
    fn conclude(&self, tests: &Tests, found: &[Found], cx: &Context<'_>) -> Result<(), Failure> {
        match self.format {
            TestFormat::Text if cx.console.is_quiet() => {}
            TestFormat::Text => cx.console.result(&tests.to_text()),
            TestFormat::Json => cx.console.result(&tests.to_json()),
            TestFormat::Junit => cx.console.result(&tests.to_junit().map_err(Failure::Failed)?),
        }
        let left = found.len() - tests.tested.len();
        if left > 0 {
            cx.console.note(&format!("  {} not run", plural(left, "test")));
        }
        Ok(())
    }
}

/// Fails unless every test passed, and there was one.
fn verdict(tests: &Tests) -> Result<(), Failure> {
    match (tests.count(Verdict::Invalid), tests.count(Verdict::Failed)) {
        (0, 0) if tests.run() == 0 => {
            Err(Failure::Usage("all tests were skipped, so nothing was tested".to_owned()))
        }
        (0, 0) if tests.reached().iter().all(Reached::is_reached) => Ok(()),
        (0, 0) => Err(Failure::Expectation),
        // Each was reported where it was found.
        (0, _) => Err(Failure::Expectation),
        _ => Err(Failure::Invalid(String::new())),
    }
}
