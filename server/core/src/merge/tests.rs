//! Merges by line and by word, and what must hold for all of them.

use super::*;
use proptest::prelude::*;

const CONFLICT: &str = "conflict";

/// Merges both ways round.
#[track_caller]
fn check(base: &str, mine: &str, theirs: &str, expected: &str) {
    for (mine, theirs) in [(mine, theirs), (theirs, mine)] {
        let merged = match merge(base, mine, theirs) {
            Merged::Clean(merged) => merged,
            Merged::Conflict => CONFLICT.to_owned(),
        };
        assert_eq!(merged, expected);
    }
}

#[test]
fn one_side_alone_wins() {
    check("a\n", "b\n", "a\n", "b\n");
    check("a\n", "", "a\n", "");
    check("a\n", "a\n", "a\n", "a\n");
}

#[test]
fn the_same_change_on_both_sides_is_one() {
    check("a\nb\n", "a\nB\n", "a\nB\n", "a\nB\n");
    check("a\nb\nc\n", "A\nB\nc\n", "a\nB\nC\n", "A\nB\nC\n");
}

#[test]
fn changes_of_different_lines_both_stand() {
    check("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n", "A\nb\nC\n");
    check("a\nb\n", "A\nb\n", "a\nB\n", "A\nB\n");
    check("a\nb\nc\n", "a\nc\n", "A\nb\nc\n", "A\nc\n");
}

#[test]
fn lines_put_in_beside_a_changed_line_stand_beside_it() {
    check("a\nb\n", "a\nx\nb\n", "a\nB\n", "a\nx\nB\n");
    check("a\nb\n", "a\nb\nx\n", "a\nB\n", "a\nB\nx\n");
    check("b", "b\nx", "B", "B\nx");
    check("b", "b\n", "B", "B\n");
}

#[test]
fn lines_put_in_at_the_same_place_are_a_conflict() {
    check("a\nb\n", "a\nx\nb\n", "a\ny\nb\n", CONFLICT);
    check("", "x\n", "y\n", CONFLICT);
}

#[test]
fn changes_of_different_words_of_a_line_both_stand() {
    check("let a = 1;\n", "let a = 1; // why\n", "let b = 1;\n", "let b = 1; // why\n");
    check("f(a, b)\n", "f(x, b)\n", "f(a, y)\n", "f(x, y)\n");
    check("\tf(a);\r\n", "\tf(ä);\r\n", "\treturn f(a);\r\n", "\treturn f(ä);\r\n");
}

#[test]
fn changes_of_one_word_or_of_neighbours_are_a_conflict() {
    check("let a = 1;\n", "let ax = 1;\n", "let b = 1;\n", CONFLICT);
    check("a b\n", "x b\n", "ay b\n", CONFLICT);
    check("a+b\n", "a-b\n", "a+c\n", CONFLICT);
    check("e\n", "e\u{301}\n", "f\n", CONFLICT);
}

#[test]
fn a_change_in_what_the_other_took_away_is_a_conflict() {
    check("a\nb\nc\n", "a\nbx\nc\n", "a\nc\n", CONFLICT);
    check("a\nb\nc\n", "", "a\nB\nc\n", CONFLICT);
    check("a\nb\nc\n", "a\nb\nx\nc\n", "", CONFLICT);
}

#[test]
fn a_line_changed_among_equal_ones_is_changed_and_not_moved() {
    check("a\na\na\n", "a\nax\na\n", "a\nay\na\n", CONFLICT);
    check("a\na\na\n", "a\nax\na\n", "b\na\na\n", "b\nax\na\n");
}

const TEXT: &str = "([a-d ]|\n|\r\n|é|ab\n|c d\n){0,16}";

/// `base` with some letters put in that stand in no other text, in a row from `first` on.
fn typed(base: &str, places: &[prop::sample::Index], first: char) -> (String, String) {
    let mut at = places
        .iter()
        .map(|place| {
            let bounds = (0..=base.len()).filter(|&at| base.is_char_boundary(at)).collect::<Vec<_>>();
            *place.get(&bounds)
        })
        .collect::<Vec<_>>();
    at.sort_unstable();
    let letters = (first..).take(at.len()).collect::<Vec<_>>();
    let mut text = base.to_owned();
    for (at, &letter) in at.into_iter().zip(&letters).rev() {
        text.insert(at, letter);
    }
    (text, letters.into_iter().collect())
}

proptest! {
    #[test]
    fn merging_with_an_unchanged_side_gives_the_other(base in TEXT, other in TEXT) {
        prop_assert_eq!(merge(&base, &base, &other), Merged::Clean(other.clone()));
        prop_assert_eq!(merge(&base, &other, &base), Merged::Clean(other));
    }

    #[test]
    fn it_does_not_matter_which_side_is_which(base in TEXT, mine in TEXT, theirs in TEXT) {
        prop_assert_eq!(merge(&base, &mine, &theirs), merge(&base, &theirs, &mine));
    }

    #[test]
    fn a_clean_merge_keeps_every_letter_that_was_typed(
        base in TEXT,
        mine in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        theirs in TEXT,
    ) {
        let (mine, letters) = typed(&base, &mine, '\u{4e00}');
        if let Merged::Clean(merged) = merge(&base, &mine, &theirs) {
            prop_assert_eq!(merged.chars().filter(|c| ('\u{4e00}'..'\u{5000}').contains(c)).collect::<String>(), letters);
        }
    }

    #[test]
    fn a_clean_merge_keeps_what_both_sides_put_in(
        base in TEXT,
        mine in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        theirs in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        // Which of two equal lines was changed can't be told, so here no two are.
        let lines = diff::lines(&base).into_iter().enumerate();
        let base = lines.map(|(at, line)| format!("{at}{line}")).collect::<String>();
        let (mine, my_letters) = typed(&base, &mine, '\u{4e00}');
        let (theirs, their_letters) = typed(&base, &theirs, '\u{6000}');
        // What is put in behind a last line without a line ending may be put on a line of its own.
        let [base, mine, theirs] = [base, mine, theirs].map(|text| text + "\nend\n");
        if let Merged::Clean(merged) = merge(&base, &mine, &theirs) {
            let of = |from: char, to: char| merged.chars().filter(|c| (from..to).contains(c)).collect::<String>();
            prop_assert_eq!(of('\u{4e00}', '\u{5000}'), my_letters);
            prop_assert_eq!(of('\u{6000}', '\u{6100}'), their_letters);
            let rest = merged.chars().filter(|&c| c < '\u{4e00}').collect::<String>();
            prop_assert_eq!(rest, base);
        }
    }
}
