//! The name that was probably meant.

/// The candidate nearest to `name`, if one is near enough to be a slip of the hand or of the shift key.
pub(super) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = plain(name);
    let (distance, found) =
        candidates.into_iter().map(|candidate| (distance(&name, &plain(candidate)), candidate)).min()?;
    (distance <= 1 + name.len() / 4).then_some(found)
}

/// Without case, underscores and hyphens: `base_url` and `baseURL` are `baseUrl`.
fn plain(name: &str) -> Vec<char> {
    name.to_lowercase().chars().filter(|c| !matches!(c, '_' | '-')).collect()
}

/// Levenshtein's distance.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut diagonal = i;
        let mut before = i + 1;
        for (b, cell) in right.iter().zip(row.iter_mut().skip(1)) {
            let replaced = diagonal + usize::from(a != b);
            diagonal = *cell;
            before = replaced.min(before + 1).min(*cell + 1);
            *cell = before;
        }
    }
    if right.is_empty() { left.len() } else { row.last().copied().unwrap_or(left.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: Option<&str>) {
        assert_eq!(nearest(name, ["baseUrl", "models", "model", "offline"]), expected);
    }

    #[test]
    fn finds_slips_and_leaves_strangers_alone() {
        check("baseURL", Some("baseUrl"));
        check("base_url", Some("baseUrl"));
        check("modle", Some("model"));
        check("ofline", Some("offline"));
        check("temperature", None);
        check("x", None);
        check("", None);
    }

    #[test]
    fn counts_insertions_removals_and_replacements() {
        let d = |a, b| distance(&plain(a), &plain(b));
        assert_eq!((d("kitten", "sitting"), d("", "abc"), d("abc", ""), d("abc", "abc")), (3, 3, 3, 0));
    }
}
