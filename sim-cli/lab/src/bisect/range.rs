//! Ranges of values as the command line has them: `0..0.2`, `10ms..50ms`, `5 %..20 %`, and with steps `0..0.2/4`.

/// From a number to a greater one, both with the same unit behind them.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    /// The first value.
    pub from: f64,
    /// The last value, greater than the first.
    pub to: f64,
    /// What is written behind a number, such as `ms`.
    pub unit: String,
}

const FORM: &str = "write FROM..TO with numbers, the smaller first, e.g. 0..0.2 or 10ms..50ms";

impl Range {
    /// Reads `FROM..TO`. A unit may stand behind both or behind the second alone.
    ///
    /// # Errors
    /// It has another form; says what to write.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a range: {FORM}");
        let (from, to) = text.split_once("..").ok_or_else(wrong)?;
        let ((from, first), (to, unit)) = (number(from).ok_or_else(wrong)?, number(to).ok_or_else(wrong)?);
        let is_one_unit = first == unit || first.is_empty();
        let range = Self { from, to, unit: unit.to_owned() };
        (is_one_unit && from < to).then_some(range).ok_or_else(wrong)
    }

    /// A value of it as a scenario has it: the shortest number of at most nine digits, and the unit.
    #[must_use]
    pub fn value(&self, at: f64) -> String {
        format!("{}{}", digits(at), self.unit)
    }
}

/// The number with at most nine digits that mean something.
fn digits(at: f64) -> String {
    let rounded: f64 = format!("{at:.8e}").parse().unwrap_or(at);
    rounded.to_string()
}

/// The number that a text begins with, and the rest.
fn number(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || "+-.".contains(c))).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Some((number.parse().ok()?, unit))
}

/// Reads a list of values such as `0,0.01,0.05`, in which an item `FROM..TO/N` stands for `N` equal steps, both ends
/// among them. Commas within brackets and quotes belong to a value.
///
/// # Errors
/// There is none, one is empty, or a range does not say in how many steps.
pub fn values(text: &str) -> Result<Vec<String>, String> {
    let mut values = Vec::new();
    for item in items(text) {
        let item = item.trim();
        if item.is_empty() {
            return Err(format!("`{text}` has an empty value: write values with commas, e.g. 0,0.01,0.05"));
        }
        if !item.contains("..") || item.starts_with(['"', '\'', '[', '{']) {
            values.push(item.to_owned());
            continue;
        }
        let (range, steps) = item
            .rsplit_once('/')
            .ok_or_else(|| format!("`{item}` does not say in how many steps: write e.g. {item}/4"))?;
        let range = Range::parse(range)?;
        let steps: u32 =
            steps.trim().parse().ok().filter(|steps| (1..=10_000).contains(steps)).ok_or_else(|| {
                format!("`{steps}` is not a number of steps from 1 to 10000, as in 0..0.2/4")
            })?;
        let width = range.to - range.from;
        let at = |step: u32| range.from + width * f64::from(step) / f64::from(steps);
        values.extend((0..=steps).map(|step| range.value(at(step))));
    }
    Ok(values)
}

/// The items between commas that stand in no brackets or quotes.
fn items(text: &str) -> Vec<&str> {
    let (mut items, mut begin, mut depth, mut quote) = (Vec::new(), 0, 0_i32, None);
    for (place, c) in text.char_indices() {
        match (c, quote) {
            (c, Some(end)) if c == end => quote = None,
            (_, Some(_)) => {}
            ('"' | '\'', None) => quote = Some(c),
            ('[' | '{', None) => depth += 1,
            (']' | '}', None) => depth -= 1,
            (',', None) if depth == 0 => {
                items.push(&text[begin..place]);
                begin = place + 1;
            }
            _ => {}
        }
    }
    items.push(&text[begin..]);
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_have_two_ends_of_one_unit() {
        for (text, from, to, unit) in [
            ("0..0.2", 0.0, 0.2, ""),
            ("10ms..50ms", 10.0, 50.0, "ms"),
            ("10..50 ms", 10.0, 50.0, " ms"),
            ("-1..1", -1.0, 1.0, ""),
            (" 5%..20% ", 5.0, 20.0, "%"),
        ] {
            assert_eq!(Range::parse(text), Ok(Range { from, to, unit: unit.to_owned() }), "{text}");
        }
        for text in ["", "1", "1..", "..2", "2..1", "1..1", "1ms..2s", "1ms..2", "a..b", "1...2"] {
            let why = Range::parse(text).unwrap_err();
            assert!(why.starts_with(&format!("`{text}` is not a range: write FROM..TO")), "{why}");
        }
    }

    #[test]
    fn lists_of_values_and_steps() {
        for (text, found) in [
            ("0,0.01,0.05", vec!["0", "0.01", "0.05"]),
            ("0..0.3/3", vec!["0", "0.1", "0.2", "0.3"]),
            ("10ms..30ms/2, 1s", vec!["10ms", "20ms", "30ms", "1s"]),
            ("[0.5,0.5],[0.3,0.7]", vec!["[0.5,0.5]", "[0.3,0.7]"]),
            ("\"a,b\",'1..2'", vec!["\"a,b\"", "'1..2'"]),
            ("{ a = 1, b = 2 }", vec!["{ a = 1, b = 2 }"]),
        ] {
            assert_eq!(values(text), Ok(found.into_iter().map(str::to_owned).collect()), "{text}");
        }
        for (text, why) in [
            ("", "`` has an empty value"),
            ("1,,2", "`1,,2` has an empty value"),
            ("0..1", "`0..1` does not say in how many steps: write e.g. 0..1/4"),
            ("0..1/0", "`0` is not a number of steps"),
            ("1..0/2", "`1..0` is not a range"),
        ] {
            assert!(values(text).unwrap_err().starts_with(why), "{text}: {:?}", values(text));
        }
    }
}
