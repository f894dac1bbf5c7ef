//! "Did you mean": the known word nearest to an unknown one.

/// The known word that is a slip of the fingers away from `word`, if any.
pub fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    // A third of the letters may be wrong, as in rustc; below three letters one.
    let tolerance = word.chars().count().max(3) / 3;
    known
        .map(|known| (strsim::damerau_levenshtein(word, known), known))
        .filter(|(distance, _)| *distance <= tolerance)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// "did you mean" if a known word is near, else the known words.
pub fn did_you_mean(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", known.join(", ")),
    }
}

/// "did you mean" if a known word is near, and the known words where there are others.
pub fn choices(word: &str, known: &[&str]) -> String {
    match (nearest(word, known.iter().copied()), known) {
        (Some(near), [_, _, ..]) => format!("did you mean `{near}`? Known here: {}", known.join(", ")),
        _ => did_you_mean(word, known),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let known = ["duration", "name", "seed"];
        assert_eq!(nearest("duraton", known.into_iter()), Some("duration"));
        assert_eq!(nearest("sede", known.into_iter()), Some("seed"));
        assert_eq!(nearest("latency", known.into_iter()), None);
    }
}
