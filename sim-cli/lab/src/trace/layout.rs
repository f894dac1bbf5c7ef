//! A value in pretty `Debug` form, laid out for people: what fits in a line stands in one.

/// Lines are no longer than this where they can be broken.
const WIDTH: usize = 100;

/// Puts brackets that fit in a line into one, and fills lines with the items of those that do not.
#[must_use]
pub fn compact(pretty: &str) -> String {
    let lines: Vec<&str> = pretty.lines().collect();
    let mut out = Vec::new();
    block(&lines, &mut out);
    out.join("\n")
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Where the bracket that opens at the end of the first line closes; none if none opens there.
fn closes(lines: &[&str]) -> Option<usize> {
    let first = lines.first()?;
    if !first.ends_with(['{', '[', '(']) {
        return None;
    }
    let level = indent(first);
    let ends = |line: &&str| indent(line) == level && line.trim_start().starts_with(['}', ']', ')']);
    lines.iter().skip(1).position(ends).map(|place| place + 1)
}

/// The lines of a bracket as one: `Few { bits: [3, 0] }`.
fn joined(lines: &[&str]) -> String {
    let mut text = lines[0].to_owned();
    for (place, line) in lines.iter().enumerate().skip(1) {
        let part = line.trim_start();
        let closing = part.starts_with(['}', ']', ')']);
        if closing {
            text.truncate(text.trim_end_matches(',').len());
        }
        let spaced = match (closing, lines[place - 1].ends_with(['[', '('])) {
            (true, _) => part.starts_with('}') && !text.ends_with('{'),
            (false, opened) => !opened,
        };
        if spaced {
            text.push(' ');
        }
        text.push_str(part);
    }
    text
}

fn block(lines: &[&str], out: &mut Vec<String>) {
    let mut place = 0;
    while place < lines.len() {
        let rest = &lines[place..];
        let Some(end) = closes(rest) else {
            out.push(rest[0].to_owned());
            place += 1;
            continue;
        };
        let whole = joined(&rest[..=end]);
        if whole.len() <= WIDTH {
            out.push(whole);
        } else {
            out.push(rest[0].to_owned());
            let mut inner = Vec::new();
            block(&rest[1..end], &mut inner);
            let is_list = rest[0].ends_with('[');
            out.extend(if is_list { filled(inner) } else { inner });
            out.push(rest[end].to_owned());
        }
        place += end + 1;
    }
}

/// Puts as many items into a line as fit, if each is a line.
fn filled(items: Vec<String>) -> Vec<String> {
    let level = items.first().map_or(0, |item| indent(item));
    if items.iter().any(|item| indent(item) != level || item.ends_with(['{', '[', '('])) {
        return items;
    }
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + item.len() - level <= WIDTH => {
                line.push(' ');
                line.push_str(item.trim_start());
            }
            _ => lines.push(item),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Node {
        #[expect(dead_code, reason = "shown")]
        name: &'static str,
        #[expect(dead_code, reason = "shown")]
        peers: Vec<u32>,
        #[expect(dead_code, reason = "shown")]
        pair: Option<(u32, [u32; 2])>,
    }

    #[test]
    fn what_fits_stands_in_a_line() {
        let small = Node { name: "a", peers: vec![1, 2], pair: Some((3, [4, 5])) };
        assert_eq!(compact(&format!("{small:#?}")), format!("{small:?}"));
        let none = Node { name: "", peers: Vec::new(), pair: None };
        assert_eq!(compact(&format!("{none:#?}")), format!("{none:?}"));
    }

    #[test]
    fn long_lists_fill_lines() {
        let large = Node { name: "b", peers: (100..160).collect(), pair: None };
        let text = compact(&format!("{large:#?}"));
        assert!(text.lines().all(|line| line.len() <= WIDTH), "{text}");
        let rest: String = text.split_whitespace().collect();
        let plain: String = format!("{large:#?}").split_whitespace().collect();
        assert_eq!(rest, plain, "nothing is lost");
        assert_eq!(text.lines().count(), 10, "{text}");
    }
}
