//! The laws: `scenarios/oracles/suite.toml`, which is built in, or a file of one's own.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};

use super::expression::Expression;
use crate::Protocols;
use floodnet_scenario::Scenario;
use floodnet_text::spelling::nearest;

/// The built-in suite and its scenarios, by name of the file.
const BUILTIN: &[(&str, &str)] = &[
    ("suite.toml", include_str!("../../../../scenarios/oracles/suite.toml")),
    ("graph.toml", include_str!("../../../../scenarios/oracles/graph.toml")),
    ("crash.toml", include_str!("../../../../scenarios/oracles/crash.toml")),
    ("join.toml", include_str!("../../../../scenarios/oracles/join.toml")),
    ("churn.toml", include_str!("../../../../scenarios/oracles/churn.toml")),
    ("hyparview.toml", include_str!("../../../../scenarios/oracles/hyparview.toml")),
    ("hyparview-crash.toml", include_str!("../../../../scenarios/oracles/hyparview-crash.toml")),
    ("cyclon.toml", include_str!("../../../../scenarios/oracles/cyclon.toml")),
    ("swim.toml", include_str!("../../../../scenarios/oracles/swim.toml")),
    ("lifeguard.toml", include_str!("../../../../scenarios/oracles/lifeguard.toml")),
    ("plumtree.toml", include_str!("../../../../scenarios/oracles/plumtree.toml")),
    ("plumtree-late.toml", include_str!("../../../../scenarios/oracles/plumtree-late.toml")),
    ("plumtree-crash.toml", include_str!("../../../../scenarios/oracles/plumtree-crash.toml")),
];

/// Laws with their scenarios.
#[derive(Clone, Debug)]
pub struct Suite {
    /// In the order of the file.
    pub laws: Vec<Law>,
    /// Where the scenarios are; none of the built-in suite.
    folder: Option<PathBuf>,
}

/// A scenario with values put in, and what its runs must show.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Law {
    /// What it is called.
    pub name: String,
    /// What it says, in a sentence.
    pub about: String,
    /// Where the answer comes from.
    pub source: String,
    /// File of the scenario, beside the suite.
    pub scenario: String,
    /// Values put in, as with `--set`.
    #[serde(default)]
    pub set: toml::Table,
    /// How many runs, each with a seed of its own; the first has the scenario's.
    pub runs: u32,
    /// How many of them in the quick suite; 0 leaves the law out there. Default 0.
    #[serde(default)]
    pub quick: u32,
    /// What must be found.
    #[serde(rename = "check")]
    pub checks: Vec<Check>,
    /// What must not be found so; without it, nothing is tried.
    pub control: Option<Arm>,
    /// What the runs are held against: the same with other values, run by run with the same seeds. Its metrics have
    /// `beside.` before their names.
    pub beside: Option<Arm>,
}

/// Another arm of a law. As `control` it is something else, in which at least one check of the law must fail: it shows
/// that the law can tell the two apart.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arm {
    /// What is different, in a sentence.
    pub about: String,
    /// Values put in besides those of the law, as with `--set`.
    pub set: toml::Table,
}

/// Something that the runs of a law must show.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "CheckForm")]
pub struct Check {
    /// What is measured: a metric, or arithmetic over some.
    pub measured: Expression,
    /// What it must be.
    pub bound: Bound,
}

impl Check {
    /// Whether it needs runs beside.
    fn looks_beside(&self) -> bool {
        let of = match &self.bound {
            Bound::Exact(of) | Bound::AtMost(of) | Bound::AtLeast(of) => of,
            Bound::Each(Near { of, .. }) | Bound::Mean(Mean { of, .. }) => of,
        };
        self.measured.looks_beside() || of.looks_beside()
    }
}

/// What a measured value must be.
#[derive(Clone, Debug)]
pub enum Bound {
    /// This in each run, to the six digits of a summary.
    Exact(Expression),
    /// Near this in each run: for a value that was published, with what is known of how exact it is.
    Each(Near),
    /// This on average over runs.
    Mean(Mean),
    /// Not above this on average over runs.
    AtMost(Expression),
    /// Not below this on average over runs.
    AtLeast(Expression),
}

/// A check as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckForm {
    measured: Formula,
    exact: Option<Formula>,
    each: Option<Near>,
    mean: Option<Mean>,
    at_most: Option<Formula>,
    at_least: Option<Formula>,
}

impl TryFrom<CheckForm> for Check {
    type Error = String;

    fn try_from(form: CheckForm) -> Result<Self, String> {
        let bounds = [
            form.exact.map(|of| Bound::Exact(of.0)),
            form.each.map(Bound::Each),
            form.mean.map(Bound::Mean),
            form.at_most.map(|of| Bound::AtMost(of.0)),
            form.at_least.map(|of| Bound::AtLeast(of.0)),
        ];
        let mut bounds = bounds.into_iter().flatten();
        match (bounds.next(), bounds.next()) {
            (Some(bound), None) => Ok(Self { measured: form.measured.0, bound }),
            _ => Err(format!("`{}` needs one of exact, each, mean, at_most and at_least", form.measured.0)),
        }
    }
}

/// A value that is known not quite.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Near {
    /// The expected value.
    #[serde(deserialize_with = "expression")]
    pub of: Expression,
    /// How far from it a run may be.
    pub tolerance: f64,
    /// Where that comes from.
    pub because: String,
}

/// An average that is known.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mean {
    /// The expected mean.
    #[serde(deserialize_with = "expression")]
    pub of: Expression,
    /// How well the runs must know it: an interval that reaches further to either side decides nothing.
    pub within: f64,
    /// How far the answer itself may be off, since it is one for infinitely many nodes or an approximation.
    /// Default 0.
    #[serde(default)]
    pub tolerance: f64,
    /// Where that comes from.
    #[serde(default)]
    pub because: String,
}

/// An expression as a file has it: text, or a plain number.
struct Formula(Expression);

impl<'de> Deserialize<'de> for Formula {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        expression(from).map(Self)
    }
}

fn expression<'de, D: Deserializer<'de>>(from: D) -> Result<Expression, D::Error> {
    let text = match toml::Value::deserialize(from)? {
        toml::Value::String(text) => text,
        number => number.to_string(),
    };
    Expression::parse(&text).map_err(serde::de::Error::custom)
}

/// A file of laws, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(rename = "law")]
    laws: Vec<Law>,
}

impl Suite {
    /// The built-in laws. They name measures that protocols declare when they are registered, so these come first.
    ///
    /// # Errors
    /// Never: a test reads them.
    pub fn builtin(_: &Protocols) -> Result<Self, String> {
        Self::parse("suite.toml", BUILTIN[0].1, None)
    }

    /// The laws in a file; their scenarios are looked up beside it.
    ///
    /// # Errors
    /// It cannot be read, or does not say what a suite says; names the place.
    pub fn load(path: &Path) -> Result<Self, String> {
        let text =
            fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Self::parse(&path.display().to_string(), &text, Some(folder))
    }

    fn parse(name: &str, text: &str, folder: Option<PathBuf>) -> Result<Self, String> {
        let Form { laws } = toml::from_str(text).map_err(|error| format!("{name}: {error}"))?;
        for law in &laws {
            let wrong = |what: &str| Err(format!("{name}: law `{}` {what}", law.name));
            if law.runs == 0 || law.quick > law.runs {
                return wrong("needs runs = 1 or more, and quick no more than that");
            }
            if law.checks.is_empty() {
                return wrong("checks nothing: add a [[law.check]]");
            }
            let needs_many = |check: &Check| !matches!(check.bound, Bound::Exact(_) | Bound::Each(_));
            if law.checks.iter().any(needs_many) && (law.runs < 2 || law.quick == 1) {
                return wrong("has an average to check, which takes two runs or more");
            }
            if law.beside.is_none() && law.checks.iter().any(Check::looks_beside) {
                return wrong("looks at runs beside, but has none: add a [law.beside]");
            }
            if laws.iter().filter(|other| other.name == law.name).count() > 1 {
                return wrong("is there twice");
            }
        }
        Ok(Self { laws, folder })
    }

    /// Keeps the laws whose names begin with one of `names`, if there are any names.
    ///
    /// # Errors
    /// Nothing begins so; names the nearest.
    pub fn select(&mut self, names: &[String]) -> Result<(), String> {
        for name in names {
            if !self.laws.iter().any(|law| law.name.starts_with(name)) {
                let near = nearest(name, self.laws.iter().map(|law| law.name.as_str()));
                let hint = near.map_or_else(
                    || "sim-cli oracle --list names all".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                return Err(format!("no law is called `{name}`: {hint}"));
            }
        }
        self.laws.retain(|law| names.is_empty() || names.iter().any(|name| law.name.starts_with(name)));
        Ok(())
    }

    /// Keeps the quick laws, with their fewer runs.
    pub fn shorten(&mut self) {
        self.laws.retain(|law| law.quick > 0);
        self.laws.iter_mut().for_each(|law| law.runs = law.quick);
    }

    /// The scenario of a law.
    ///
    /// # Errors
    /// It cannot be read or makes no sense; says why, as the commands do.
    pub fn scenario(&self, law: &Law, protocols: &Protocols) -> Result<Scenario, String> {
        self.read(law, &toml::Table::new(), protocols)
    }

    /// The scenario of the control arm of a law, if it has one.
    ///
    /// # Errors
    /// As [`scenario`](Self::scenario).
    pub fn control(&self, law: &Law, protocols: &Protocols) -> Result<Option<Scenario>, String> {
        law.control.as_ref().map(|arm| self.read(law, &arm.set, protocols)).transpose()
    }

    /// The scenario that the runs of a law are held against, if it has one.
    ///
    /// # Errors
    /// As [`scenario`](Self::scenario).
    pub fn beside(&self, law: &Law, protocols: &Protocols) -> Result<Option<Scenario>, String> {
        law.beside.as_ref().map(|arm| self.read(law, &arm.set, protocols)).transpose()
    }

    fn read(&self, law: &Law, besides: &toml::Table, protocols: &Protocols) -> Result<Scenario, String> {
        let set: Vec<(String, String)> =
            law.set.iter().chain(besides).map(|(key, value)| (key.clone(), value.to_string())).collect();
        let read = match &self.folder {
            Some(folder) => Scenario::load(&folder.join(&law.scenario), &set, protocols.tables()),
            None => {
                let found = BUILTIN.iter().find(|(name, _)| *name == law.scenario);
                let (name, text) =
                    found.ok_or_else(|| format!("law `{}`: no scenario {}", law.name, law.scenario))?;
                Scenario::parse(name, text, Path::new(""), &set, protocols.tables())
            }
        };
        read.map_err(|problems| {
            format!("{}\n = law `{}` of the suite", problems.render(false).trim_end(), law.name)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_suite_makes_sense() {
        let protocols = Protocols::builtin();
        let suite = Suite::builtin(&protocols).unwrap();
        for law in &suite.laws {
            suite.scenario(law, &protocols).unwrap_or_else(|error| panic!("{error}"));
            suite.control(law, &protocols).unwrap_or_else(|error| panic!("{error}"));
            for check in &law.checks {
                if let Bound::Mean(mean) = &check.bound {
                    assert_eq!(
                        mean.tolerance > 0.0,
                        !mean.because.is_empty(),
                        "{}: a tolerance has a reason",
                        law.name
                    );
                }
            }
        }
        assert!(suite.laws.iter().filter(|law| law.quick > 0).count() >= 10);
    }

    #[test]
    fn suites_that_check_nothing_are_refused() {
        let law = "[[law]]\nname = \"a\"\nabout = \"\"\nsource = \"\"\nscenario = \"graph.toml\"\n";
        let check = "[[law.check]]\nmeasured = \"nodes\"\nexact = 3\n";
        let error = |text: String| Suite::parse("mine.toml", &text, None).unwrap_err();
        assert!(error(format!("{law}runs = 0\n{check}")).contains("law `a` needs runs = 1 or more"));
        assert!(error(format!("{law}runs = 1\n{check}{law}runs = 1\n{check}")).contains("is there twice"));
        let beside = "[[law.check]]\nmeasured = \"nodes / beside.nodes\"\nexact = 1\n";
        assert!(error(format!("{law}runs = 1\n{beside}")).contains("add a [law.beside]"));
        let mean = "[[law.check]]\nmeasured = \"nodes\"\nmean = { of = 3, within = 1 }\n";
        assert!(error(format!("{law}runs = 1\n{mean}")).contains("takes two runs or more"));
        assert!(
            error(format!("{law}runs = 1\n[[law.check]]\nmeasured = \"nodez\"\nexact = 3\n"))
                .contains("did you mean `nodes`?")
        );
        let mut suite = Suite::builtin(&Protocols::builtin()).unwrap();
        assert!(suite.select(&["flod".to_owned()]).unwrap_err().contains("no law is called `flod`"));
        suite.select(&["percolation-10".to_owned()]).unwrap();
        assert_eq!(suite.laws.len(), 1);
    }
}
