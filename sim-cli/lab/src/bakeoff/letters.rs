//! Who differs from whom, in letters: two that share one do not differ (Piepho 2004, "An Algorithm for a Letter-Based
//! Representation of All-Pairwise Comparisons", Journal of Computational and Graphical Statistics 13(2)).

/// A letter for each group, from `a` on. Nobody has so many contestants that they end.
fn letter(group: usize) -> char {
    u32::try_from(group).ok().and_then(|group| char::from_u32(u32::from('a') + group)).unwrap_or('?')
}

/// The letters of each of `count`, which come in order, the best first; `differ` says whether two do.
pub(super) fn letters(count: usize, differ: impl Fn(usize, usize) -> bool) -> Vec<String> {
    let mut groups: Vec<Vec<bool>> = vec![vec![true; count]];
    for one in 0..count {
        for other in (one + 1..count).filter(|&other| differ(one, other)) {
            // A group that holds both becomes two, each without one of them.
            let (both, rest): (Vec<_>, Vec<_>) =
                groups.into_iter().partition(|group| group[one] && group[other]);
            groups = rest;
            for group in both {
                for out in [one, other] {
                    let mut without = group.clone();
                    without[out] = false;
                    groups.push(without);
                }
            }
            groups = absorbed(groups);
        }
    }
    // By who is in them: the group of the best is the first.
    groups.sort_by(|one, other| other.cmp(one));
    let of = |member: usize| {
        let own = groups.iter().enumerate().filter(|(_, group)| group[member]);
        own.map(|(group, _)| letter(group)).collect()
    };
    (0..count).map(of).collect()
}

/// The groups that are not part of another; of equal ones the first.
fn absorbed(groups: Vec<Vec<bool>>) -> Vec<Vec<bool>> {
    let is_within = |one: &[bool], other: &[bool]| one.iter().zip(other).all(|(one, other)| !one || *other);
    let is_left = |place: usize| {
        let covers = |(of, other): (usize, &Vec<bool>)| {
            of != place
                && is_within(&groups[place], other)
                && (of < place || !is_within(other, &groups[place]))
        };
        !groups.iter().enumerate().any(covers)
    };
    let left: Vec<bool> = (0..groups.len()).map(is_left).collect();
    groups.into_iter().zip(left).filter_map(|(group, is_left)| is_left.then_some(group)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_share_a_letter_exactly_if_they_do_not_differ() {
        for (count, differing, expected) in [
            (0, &[][..], &[][..]),
            (3, &[], &["a", "a", "a"]),
            (3, &[(0, 1), (0, 2), (1, 2)], &["a", "b", "c"]),
            (3, &[(0, 2)], &["a", "ab", "b"]),
            (4, &[(0, 2), (0, 3), (1, 3)], &["a", "ab", "bc", "c"]),
            (3, &[(0, 1)], &["a", "b", "ab"]),
        ] {
            let found = letters(count, |one, other| differing.contains(&(one, other)));
            assert_eq!(found, expected, "{differing:?}");
        }
    }

    #[test]
    fn letters_say_what_differs_whatever_does() {
        const COUNT: usize = 5;
        let pairs: Vec<(usize, usize)> =
            (0..COUNT).flat_map(|one| (one + 1..COUNT).map(move |other| (one, other))).collect();
        for case in 0..1_u32 << pairs.len() {
            let differ = |one, other| {
                let place = pairs.iter().position(|pair| *pair == (one, other)).unwrap();
                case >> place & 1 == 1
            };
            let found = letters(COUNT, differ);
            for &(one, other) in &pairs {
                let shared = found[one].chars().any(|letter| found[other].contains(letter));
                assert_eq!(shared, !differ(one, other), "{case:b}: {found:?}");
            }
        }
    }
}
