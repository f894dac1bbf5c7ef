//! Arithmetic over the metrics of a run, such as `2 * topology.links - (nodes - 1)`.
//!
//! Numbers, metrics by their dotted path, those of the run beside it as `beside.PATH`, `+ - * / ^`, parentheses, `exp`, `ln`, `sqrt`, and at the outside one
//! comparison (`== != < <= > >=`), which is 1 where it holds and else 0.

use std::fmt;

use floodnet_measure::expect::Op;
use floodnet_measure::metrics::{Numbers, find};

/// What stands before a metric of the run beside.
const BESIDE: &str = "beside.";

/// The numbers of a run, and of another one of the same seed if the law has one beside it.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Those of the run.
    pub run: Numbers,
    /// Those of the run beside it.
    pub beside: Option<Numbers>,
}

impl Measured {
    fn get(&self, name: &str) -> Result<Option<f64>, String> {
        let found = match (name.strip_prefix(BESIDE), &self.beside) {
            (None, _) => self.run.get(name),
            (Some(name), Some(beside)) => beside.get(name),
            (Some(_), None) => return Err(format!("there is no run beside this one for `{name}`")),
        };
        found.map_err(|unknown| unknown.to_string())
    }
}

/// An expression, read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    text: String,
    left: Term,
    compared: Option<(Op, Term)>,
}

#[derive(Clone, Debug, PartialEq)]
enum Term {
    Number(f64),
    Metric(String),
    Call(Function, Box<Self>),
    Both(Box<Self>, char, Box<Self>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Function {
    Negative,
    Exp,
    Ln,
    Sqrt,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// It cannot be read, or names a metric that no summary has; says what and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { text, place: 0 };
        let left = reader.sum()?;
        let compared = match reader.comparison() {
            Some(op) => Some((op, reader.sum()?)),
            None => None,
        };
        reader.space();
        if reader.place < text.len() {
            return Err(reader.wrong("an operator or the end"));
        }
        Ok(Self { text: text.trim().to_owned(), left, compared })
    }

    /// Its value for a run; none where a metric of it was not measured.
    ///
    /// # Errors
    /// The run has no such fault.
    pub fn value(&self, numbers: &Measured) -> Result<Option<f64>, String> {
        let Some(left) = self.left.value(numbers)? else { return Ok(None) };
        let Some((op, right)) = &self.compared else { return Ok(Some(left)) };
        let right = right.value(numbers)?;
        Ok(right.map(|right| f64::from(u8::from(op.holds(left, right)))))
    }

    /// Whether it needs a run beside.
    #[must_use]
    pub fn looks_beside(&self) -> bool {
        self.left.looks_beside() || self.compared.as_ref().is_some_and(|(_, right)| right.looks_beside())
    }

    /// Whether it is a comparison: one bit per run.
    #[must_use]
    pub const fn is_bit(&self) -> bool {
        self.compared.is_some()
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl Term {
    fn looks_beside(&self) -> bool {
        match self {
            Self::Number(_) => false,
            Self::Metric(name) => name.starts_with(BESIDE),
            Self::Call(_, of) => of.looks_beside(),
            Self::Both(left, _, right) => left.looks_beside() || right.looks_beside(),
        }
    }

    fn value(&self, numbers: &Measured) -> Result<Option<f64>, String> {
        Ok(match self {
            Self::Number(value) => Some(*value),
            Self::Metric(name) => numbers.get(name)?,
            Self::Call(function, of) => of.value(numbers)?.map(|value| match function {
                Function::Negative => -value,
                Function::Exp => value.exp(),
                Function::Ln => value.ln(),
                Function::Sqrt => value.sqrt(),
            }),
            Self::Both(left, operator, right) => {
                let both = left.value(numbers)?.zip(right.value(numbers)?);
                both.map(|(left, right)| match operator {
                    '+' => left + right,
                    '-' => left - right,
                    '*' => left * right,
                    '/' => left / right,
                    _ => left.powf(right),
                })
            }
        })
    }
}

struct Reader<'t> {
    text: &'t str,
    place: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.place..]
    }

    fn space(&mut self) {
        self.place = self.text.len() - self.rest().trim_start().len();
    }

    fn wrong(&self, expected: &str) -> String {
        let found = match self.rest().trim() {
            "" => "it ends".to_owned(),
            rest => format!("there is `{rest}`"),
        };
        format!("`{}` cannot be read: {expected} is expected where {found}", self.text.trim())
    }

    /// Takes one of these characters, if it is next.
    fn one_of(&mut self, characters: &str) -> Option<char> {
        self.space();
        let next = self.rest().chars().next().filter(|&next| characters.contains(next))?;
        self.place += next.len_utf8();
        Some(next)
    }

    fn comparison(&mut self) -> Option<Op> {
        self.space();
        let (op, rest) = Op::split(self.rest())?;
        self.place = self.text.len() - rest.len();
        Some(op)
    }

    fn sum(&mut self) -> Result<Term, String> {
        let mut left = self.product()?;
        while let Some(operator) = self.one_of("+-") {
            left = Term::Both(Box::new(left), operator, Box::new(self.product()?));
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Term, String> {
        let mut left = self.power()?;
        while let Some(operator) = self.one_of("*/") {
            left = Term::Both(Box::new(left), operator, Box::new(self.power()?));
        }
        Ok(left)
    }

    fn power(&mut self) -> Result<Term, String> {
        if self.one_of("-").is_some() {
            return Ok(Term::Call(Function::Negative, Box::new(self.power()?)));
        }
        let base = self.atom()?;
        match self.one_of("^") {
            Some(operator) => Ok(Term::Both(Box::new(base), operator, Box::new(self.power()?))),
            None => Ok(base),
        }
    }

    fn atom(&mut self) -> Result<Term, String> {
        if self.one_of("(").is_some() {
            return self.closed();
        }
        self.space();
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        let word = self.rest().split(|c| !is_part(c)).next().unwrap_or("");
        let before = self.place;
        self.place += word.len();
        if let Ok(number) = word.parse::<f64>()
            && word.starts_with(|c: char| c.is_ascii_digit())
        {
            return Ok(Term::Number(number));
        }
        // Any other word is a function, whose bracket must follow, or a metric.
        let function = match word {
            "exp" => Function::Exp,
            "ln" => Function::Ln,
            "sqrt" => Function::Sqrt,
            "" => return Err(self.wrong("a number or a metric")),
            metric => {
                find(metric.strip_prefix(BESIDE).unwrap_or(metric)).map_err(|unknown| unknown.to_string())?;
                return Ok(Term::Metric(metric.to_owned()));
            }
        };
        if self.one_of("(").is_none() {
            self.place = before;
            return Err(self.wrong(&format!("`{word}(`")));
        }
        Ok(Term::Call(function, Box::new(self.closed()?)))
    }

    /// What stands before a closing parenthesis.
    fn closed(&mut self) -> Result<Term, String> {
        let inner = self.sum()?;
        match self.one_of(")") {
            Some(_) => Ok(inner),
            None => Err(self.wrong("`)`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    fn value(text: &str) -> f64 {
        let expression = Expression::parse(text).unwrap();
        // Without metrics any numbers serve.
        expression.value(&Measured::default()).unwrap().unwrap()
    }

    #[test]
    fn arithmetic_is_as_on_paper() {
        for (text, expected) in [
            ("1 + 2 * 3", 7.0),
            ("(1 + 2) * 3", 9.0),
            ("2 - 3 - 4", -5.0),
            ("8 / 4 / 2", 1.0),
            ("-2 ^ 2", -4.0),
            ("2 ^ 3 ^ 2", 512.0),
            ("2 * -3", -6.0),
            ("5 - 2 + 5 / (10000 - 1)", 3.0 + 5.0 / 9999.0),
            ("ln(exp(2)) + sqrt(9)", 5.0),
            ("1 + 1 == 2", 1.0),
            ("1 + 1 >= 2.5", 0.0),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
        assert!(Expression::parse("nodes == 3").unwrap().is_bit());
        assert!(!Expression::parse("nodes - 3").unwrap().is_bit());
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_place() {
        for (text, expected) in [
            ("1 +", "a number or a metric is expected where it ends"),
            ("(1 + 2", "`)` is expected where it ends"),
            ("1 2", "an operator or the end is expected where there is `2`"),
            ("ln 2", "`ln(` is expected where there is `ln 2`"),
            ("nodez + 1", "unknown metric `nodez`: did you mean `nodes`?"),
            ("beside.nodez", "unknown metric `nodez`: did you mean `nodes`?"),
        ] {
            let error = Expression::parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn metrics_of_the_run_beside_have_a_word_before_them() {
        let summary = |duration: f64| {
            let mut summary: serde_json::Value =
                serde_json::from_str(include_str!("../compare/fixtures/summary.json")).unwrap();
            summary["duration_s"] = duration.into();
            Numbers::parse(&summary.to_string()).unwrap()
        };
        let ratio = Expression::parse("duration_s / beside.duration_s").unwrap();
        assert!(ratio.looks_beside() && !Expression::parse("duration_s").unwrap().looks_beside());
        let alone = Measured { run: summary(6.0), beside: None };
        assert!(ratio.value(&alone).unwrap_err().contains("no run beside"));
        let both = Measured { beside: Some(summary(4.0)), ..alone };
        assert_eq!(ratio.value(&both), Ok(Some(1.5)));
    }
}
