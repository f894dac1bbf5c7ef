//! What fuzzers run: a function that takes any bytes and panics when something is wrong.
//!
//! `tests/readers/fuzz_body.rs` runs the same function on random files and on the corpus, so that it stays sound; the
//! README beside this file says how to run it for long.

use std::collections::BTreeSet;

use floodnet_sim::graph::{read_edges, read_matrix};
use floodnet_sim::plan::read_trace;
use floodnet_sim::read::ReadError;

/// A file in `data`, as an edge list, a matrix and a trace of sessions. Says as which it was read.
///
/// # Panics
/// A reader finds something else than the model, or refuses without a place in the line or a word of what to change.
pub(crate) fn tables(data: &[u8]) -> [bool; 3] {
    let rows = model::rows(data);
    let same = |kind: &str, found: Result<String, ReadError>, expected: Option<String>| {
        if let Err(error) = &found {
            assert!(error.text.get(error.span.clone()).is_some(), "{kind}: {error:?}");
            assert!(!error.problem.is_empty() && !error.help.is_empty(), "{kind}: {error:?}");
        }
        let is_read = found.is_ok();
        let said = found.as_ref().err().map(ToString::to_string);
        assert_eq!(found.ok(), expected, "{kind} of {:?}: {said:?}", String::from_utf8_lossy(data));
        is_read
    };
    let edges = read_edges(data).map(|(graph, labels)| {
        let label = |node: u32| labels[node as usize];
        let edges: BTreeSet<(u64, u64)> = graph.edges().map(|(a, b)| (label(a), label(b))).collect();
        format!("{labels:?} {edges:?}")
    });
    let edges = same("edges", edges, rows.as_deref().and_then(model::edges));
    let matrix = read_matrix(data, 1, false).map(|matrix| {
        let delays: Vec<u64> = matrix.one_way.iter().map(|delay| delay.as_nanos()).collect();
        format!("{} {delays:?}", matrix.n)
    });
    let matrix = same("matrix", matrix, rows.as_deref().and_then(model::matrix));
    let sessions = read_trace(data).map(|sessions| {
        let of = sessions.iter().map(|of| (of.slot, of.up.as_nanos(), of.down.as_nanos()));
        format!("{:?}", of.collect::<Vec<_>>())
    });
    let sessions = same("sessions", sessions, rows.as_deref().and_then(model::sessions));
    [edges, matrix, sessions]
}

/// The readers once more: slow and simple, all of the file in memory, no word of what is wrong.
mod model {
    use std::collections::BTreeSet;

    /// The cells of a row.
    pub(super) type Cells = Vec<String>;

    /// The rows of a file, all of the same length.
    pub(super) fn rows(data: &[u8]) -> Option<Vec<Cells>> {
        let text = std::str::from_utf8(data).ok()?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
        let mut separator = None;
        let mut rows: Vec<Cells> = Vec::new();
        for line in text.split('\n') {
            let is_odd = |c: char| c != '\t' && (c < ' ' || c == '\u{7f}');
            if line.contains(is_odd) || line.starts_with('\u{feff}') || line.starts_with("%%MatrixMarket") {
                return None;
            }
            let line: Vec<char> = without_comment(line);
            if line.iter().all(|c| " \t".contains(*c)) {
                continue;
            }
            let separator = *separator.get_or_insert_with(|| separator_of(&line));
            let row: Option<Cells> = split(&line, separator).iter().map(|cell| unquoted(cell)).collect();
            rows.push(row?);
        }
        let is_even = rows.windows(2).all(|pair| pair[0].len() == pair[1].len());
        is_even.then_some(rows)
    }

    fn without_comment(line: &str) -> Vec<char> {
        let line: Vec<char> = line.chars().collect();
        let first = line.iter().find(|c| !" \t".contains(**c));
        if matches!(first, Some('#' | '%')) {
            return Vec::new();
        }
        for at in 1..line.len() {
            let quotes = line[..at].iter().filter(|c| **c == '"').count();
            if line[at] == '#' && " \t".contains(line[at - 1]) && quotes % 2 == 0 {
                let mut line = line[..at].to_vec();
                while line.last().is_some_and(|c| " \t".contains(*c)) {
                    line.pop();
                }
                return line;
            }
        }
        line
    }

    fn separator_of(line: &[char]) -> char {
        let outside = |wanted: char| {
            (0..line.len())
                .any(|at| line[at] == wanted && line[..at].iter().filter(|c| **c == '"').count() % 2 == 0)
        };
        [';', ',', '\t'].into_iter().find(|wanted| outside(*wanted)).unwrap_or(' ')
    }

    fn split(line: &[char], separator: char) -> Vec<String> {
        if separator == ' ' {
            let line: String = line.iter().collect();
            return line.split(' ').filter(|cell| !cell.is_empty()).map(str::to_owned).collect();
        }
        let mut cells = Vec::new();
        let mut at = 0;
        loop {
            let start = at;
            if line.get(at) == Some(&'"') {
                at += 1;
                // To the quote that ends the cell: one that no other follows.
                while at < line.len() {
                    if line[at] == '"' && line.get(at + 1) == Some(&'"') {
                        at += 2;
                    } else if line[at] == '"' {
                        break;
                    } else {
                        at += 1;
                    }
                }
            }
            while at < line.len() && line[at] != separator {
                at += 1;
            }
            cells.push(line[start..at.min(line.len())].iter().collect());
            if at >= line.len() {
                return cells;
            }
            at += 1;
        }
    }

    fn unquoted(cell: &str) -> Option<String> {
        let blanks = [' ', '\t'];
        let cell = cell.trim_matches(blanks);
        if !cell.contains('"') {
            return Some(cell.to_owned());
        }
        let inner = cell.strip_prefix('"')?.strip_suffix('"')?;
        let runs = inner.split(|c| c != '"').map(str::len);
        runs.into_iter().all(|run| run % 2 == 0).then(|| inner.trim_matches(blanks).to_owned())
    }

    fn is_number(cell: &str) -> bool {
        let missing = ["na", "n/a", "null", "none", "missing"].contains(&cell.to_ascii_lowercase().as_str());
        cell.parse::<f64>().is_ok()
            || missing
            || !cell.is_empty() && cell.chars().all(|c| !c.is_alphanumeric())
    }

    fn is_word(cell: &str) -> bool {
        !cell.is_empty() && !is_number(cell)
    }

    fn whole(cell: &str) -> Option<u64> {
        cell.chars().all(|c| c.is_ascii_digit()).then(|| cell.parse().ok())?
    }

    fn number(cell: &str) -> Option<f64> {
        let value: f64 = cell.parse().ok()?;
        (value.is_finite() && !cell.contains(|c: char| c.is_alphabetic() && c != 'e' && c != 'E'))
            .then_some(value)
    }

    /// A length of time in nanoseconds.
    fn nanos(cell: &str, unit: f64) -> Option<u64> {
        let value = number(cell).filter(|value| *value >= 0.0)? * unit;
        (value < 18_446_744_073_709_551_615.0).then(|| value.round() as u64)
    }

    /// The columns of these names in each row, and the others where no heading names them.
    fn columns(rows: &[Cells], names: &[&[&str]], further: usize) -> Option<(bool, Vec<(Cells, Cells)>)> {
        let Some(first) = rows.first() else { return Some((false, Vec::new())) };
        let is_heading = first.iter().any(|cell| is_word(cell)) && !first.iter().any(|cell| is_number(cell));
        if !is_heading {
            let wanted = names.len();
            let fits = (wanted..=wanted + further).contains(&first.len());
            let parts = rows.iter().map(|row| {
                let (row, others) = (row[..wanted].to_vec(), row[wanted..].to_vec());
                others.iter().all(|cell| cell.is_empty() || number(cell).is_some()).then_some((row, others))
            });
            return fits.then(|| parts.collect::<Option<Vec<_>>>())?.map(|parts| (false, parts));
        }
        let plain =
            |name: &str| name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        let mut places = Vec::new();
        for names in names {
            let found: Vec<usize> = (0..first.len())
                .filter(|&at| names.iter().any(|name| plain(name) == plain(&first[at])))
                .collect();
            places.push(*found.first().filter(|_| found.len() == 1)?);
        }
        let named = |row: &Cells| places.iter().map(|&at| row[at].clone()).collect();
        Some((true, rows[1..].iter().map(|row| (named(row), Cells::new())).collect()))
    }

    pub(super) fn edges(rows: &[Cells]) -> Option<String> {
        let source: &[&str] = &["source", "from", "fromnode", "fromnodeid", "src", "node1", "u"];
        let target: &[&str] =
            &["target", "to", "tonode", "tonodeid", "dst", "dest", "destination", "node2", "v"];
        let (has_heading, rows) = columns(rows, &[source, target], 2)?;
        let (mut labels, mut edges, mut begin) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let mut neighbors = BTreeSet::new();
        let mut is_adjacency = !has_heading;
        for (row, others) in &rows {
            let (a, b) = (whole(&row[0])?, whole(&row[1])?);
            labels.extend([a, b]);
            if a != b {
                edges.insert((a.min(b), a.max(b)));
            }
            let all: Option<Vec<u64>> = others.iter().map(|cell| cell.parse().ok()).collect();
            let all: Vec<u64> = [a, b].into_iter().chain(all.unwrap_or_default()).collect();
            let distinct: BTreeSet<u64> = all.iter().copied().collect();
            is_adjacency &= begin.insert(a) && all.len() == 2 + others.len() && all.len() > 2;
            is_adjacency &= distinct.len() == all.len();
            neighbors.extend(&all[1..]);
        }
        if rows.is_empty() || is_adjacency && neighbors.is_subset(&begin) {
            return None;
        }
        Some(format!("{:?} {edges:?}", labels.into_iter().collect::<Vec<_>>()))
    }

    pub(super) fn matrix(rows: &[Cells]) -> Option<String> {
        let first = rows.first()?;
        let is_corner = first[0].is_empty() || is_word(&first[0]);
        let has_heading = first.len() > 1 && is_corner && first[1..].iter().all(|cell| is_word(cell));
        let body = &rows[usize::from(has_heading)..];
        let second = body.first()?;
        let is_named = has_heading && first[0].is_empty() || second.len() > 1 && is_word(&second[0]);
        let skipped = usize::from(is_named);
        if body.len() != second.len() - skipped {
            return None;
        }
        let mut delays = Vec::new();
        for (at, row) in body.iter().enumerate() {
            if is_named && (!is_word(&row[0]) || has_heading && first[at + 1] != row[0]) {
                return None;
            }
            for cell in &row[skipped..] {
                delays.push(nanos(cell, 1.0)?);
            }
        }
        Some(format!("{} {delays:?}", body.len()))
    }

    pub(super) fn sessions(rows: &[Cells]) -> Option<String> {
        let (_, rows) = columns(rows, &[&["slot"], &["up_s"], &["down_s"]], 0)?;
        let mut sessions = Vec::new();
        for (row, _) in &rows {
            let slot = u32::try_from(whole(&row[0])?).ok()?;
            sessions.push((slot, nanos(&row[1], 1e9)?, nanos(&row[2], 1e9)?));
        }
        sessions.sort_unstable();
        let is_backwards = sessions.iter().any(|of| of.1 >= of.2);
        let meets = |a: &(u32, u64, u64), b: &(u32, u64, u64)| a.0 == b.0 && a.1 <= b.2 && b.1 <= a.2;
        let meet = (0..sessions.len()).any(|b| (0..b).any(|a| meets(&sessions[a], &sessions[b])));
        (!sessions.is_empty() && !is_backwards && !meet).then(|| format!("{sessions:?}"))
    }
}
