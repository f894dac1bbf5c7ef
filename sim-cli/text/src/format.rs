//! Numbers as people read them.

/// A number with groups of three digits: `1234567` as `1,234,567`.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with its noun: `1 node`, `2 nodes`.
pub fn plural(value: usize, noun: &str) -> String {
    format!("{} {noun}{}", count(value as u64), if value == 1 { "" } else { "s" })
}

/// A number with at most `decimals` digits after the point, grouped, without trailing zeros.
pub fn number(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), count);
    let sign = if value < 0.0 && (whole != "0" || !fraction.is_empty()) { "−" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// A share (0 to 1) in percent. A share below 1 is never shown as 100 %, one above 0 never as 0 %.
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    let decimals = [1, 2, 3].into_iter().find(|&decimals| {
        let shown: f64 = format!("{value:.decimals$}").parse().unwrap_or(value);
        (shown < 100.0 || share >= 1.0) && (shown > 0.0 || share <= 0.0)
    });
    match decimals {
        Some(decimals) => format!("{} %", number(value, decimals)),
        None if share > 0.5 => "> 99.999 %".to_owned(),
        None => "< 0.001 %".to_owned(),
    }
}

/// A latency given in milliseconds, with three digits: `0.82 ms`, `82.4 ms`, `1.25 s`.
pub fn milliseconds(value: f64) -> String {
    if value >= 1000.0 {
        format!("{} s", three_digits(value / 1000.0))
    } else {
        format!("{} ms", three_digits(value))
    }
}

fn three_digits(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        _ => 2,
    };
    number(value, decimals)
}

/// A time given in seconds: `45 s`, `5 min`, `5 min 30 s`, `2 h 5 min`.
pub fn clock(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 60.0 {
        return format!("{} s", number(seconds, 1));
    }
    let whole = seconds.round() as u64;
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60);
    let parts = [(hours, "h"), (minutes, "min"), (rest, "s")];
    let shown = parts.iter().filter(|(value, _)| *value > 0).take(2);
    shown.map(|(value, unit)| format!("{} {unit}", count(*value))).collect::<Vec<_>>().join(" ")
}

/// A size in bytes, with three digits: `512 B`, `1.25 MB`.
pub fn bytes(size: u64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match units.into_iter().find(|(unit, _)| size >= *unit) {
        Some((unit, name)) => format!("{} {name}", three_digits(size as f64 / unit as f64)),
        None => format!("{size} B"),
    }
}

/// A word, such as a path, as a shell takes it: quoted where it must be, so that a printed command can be pasted.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// [`quoted`] for a path.
pub fn path(path: &std::path::Path) -> String {
    quoted(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_can_be_pasted() {
        for (word, shown) in [
            ("runs/a-1", "runs/a-1"),
            ("my runs/a", "'my runs/a'"),
            ("it's", "'it'\\''s'"),
            ("", "''"),
            ("a;b", "'a;b'"),
            ("$HOME", "'$HOME'"),
            ("größe", "größe"),
        ] {
            assert_eq!(quoted(word), shown);
        }
        assert_eq!([512, 1_250_000, 20_000].map(bytes), ["512 B", "1.25 MB", "20 kB"]);
    }

    #[test]
    fn counts_are_grouped() {
        let texts: Vec<String> = [0, 999, 1000, 1_234_567].into_iter().map(count).collect();
        assert_eq!(texts, ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn one_has_no_plural() {
        assert_eq!([0, 1, 2].map(|n| plural(n, "link")), ["0 links", "1 link", "2 links"]);
    }

    #[test]
    fn numbers_lose_trailing_zeros() {
        let texts = [number(1234.5, 2), number(-0.001, 2), number(-2.5, 1), number(f64::NAN, 1)];
        assert_eq!(texts, ["1,234.5", "0", "−2.5", "–"]);
    }

    #[test]
    fn percent_never_rounds_to_a_lie() {
        let shares = [1.0, 0.0, 0.97, 0.9996, 0.99999, 0.999_999_9, 0.000_000_1, 0.5];
        let texts = shares.map(percent);
        let expected = ["100 %", "0 %", "97 %", "99.96 %", "99.999 %", "> 99.999 %", "< 0.001 %", "50 %"];
        assert_eq!(texts, expected);
    }

    #[test]
    fn times_have_units() {
        let texts = [clock(45.0), clock(300.0), clock(330.0), clock(7500.0), clock(0.26)];
        assert_eq!(texts, ["45 s", "5 min", "5 min 30 s", "2 h 5 min", "0.3 s"]);
        let texts = [milliseconds(0.82), milliseconds(82.44), milliseconds(1250.0)];
        assert_eq!(texts, ["0.82 ms", "82.4 ms", "1.25 s"]);
    }
}
