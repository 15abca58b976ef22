//! Merges by line and by word, and what must hold for all of them.

use super::*;
use proptest::prelude::*;

/// Merges, where the model wrote all of `theirs` in the place of all of `base`.
fn merge(base: &str, mine: &str, theirs: &str) -> Merged {
    super::merge(&Rewrite::new(base, theirs), mine)
}

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

/// Rewrites and, as plain text, what the model left alone between them.
fn rewrite(parts: &[(&str, &str, &str)]) -> Rewrite {
    let mut rewrite = Rewrite::default();
    for (base, theirs, below) in parts {
        rewrite.append(&Rewrite::new(base, theirs));
        rewrite.keep(below);
    }
    rewrite
}

#[test]
fn what_stands_between_two_changes_was_not_moved_by_the_model() {
    // By comparing, the model has moved either line of the two.
    let up = rewrite(&[("", "x\n", "mine\n"), ("x\n", "", "")]);
    let down = rewrite(&[("x\n", "", "mine\n"), ("", "x\n", "")]);
    for (rewrite, theirs) in [(&up, "x\nmine\n"), (&down, "mine\nx\n")] {
        assert_eq!(rewrite.theirs(), theirs);
        // The user takes their line out again, or goes on in it.
        let mine = rewrite.base().replace("mine\n", "");
        assert_eq!(super::merge(rewrite, &mine), Merged::Clean("x\n".into()));
        let mine = rewrite.base().replace("mine", "mine too");
        assert_eq!(super::merge(rewrite, &mine), Merged::Clean(theirs.replace("mine", "mine too")));
    }
}

#[test]
fn changed_lines_are_those_that_the_model_changed() {
    let rewrite = rewrite(&[("", "x\n", "mine\n"), ("x\n", "", "a\rb"), ("c\n", "d\n", "")]);
    assert_eq!(rewrite.changed_lines(), [(0..0, 0..2), (5..7, 7..7), (9..12, 9..12)]);
}

#[test]
fn a_final_line_ending_is_merged_for_itself_wherever_the_model_changed_it() {
    let check = |parts: &[(&str, &str, &str)], mine: &str, expected: &str| {
        assert_eq!(super::merge(&rewrite(parts), mine), Merged::Clean(expected.into()), "{parts:?}");
    };
    check(&[("a\n", "b\n", "c"), ("", "\n", "")], "a\nc d", "b\nc d\n");
    check(&[("a\n", "b\n", "c"), ("\r\n", "", "")], "a\nc d\r\n", "b\nc d");
    check(&[("", "b\n", "c\r"), ("\n", "", "")], "c d", "b\nc d\r");
    check(&[("", "b\n", "c\r"), ("", "", "\n")], "c d\r\n", "b\nc d\r\n");
    check(&[("a", "", ""), ("", "", "\n")], "a\nb", "\nb");
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

    /// The model's changes are known and the user's are found, so one way round may be a conflict where the other isn't.
    #[test]
    fn two_clean_merges_agree_whichever_side_is_which(base in TEXT, mine in TEXT, theirs in TEXT) {
        if let (Merged::Clean(one), Merged::Clean(other)) =
            (merge(&base, &mine, &theirs), merge(&base, &theirs, &mine))
        {
            prop_assert_eq!(one, other);
        }
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

    #[test]
    fn whatever_is_done_to_the_text_between_changes_is_done_once(
        parts in prop::collection::vec((TEXT, TEXT, TEXT), 1..4),
        places in prop::collection::vec(any::<prop::sample::Index>(), 4),
        taken in (any::<prop::sample::Index>(), 0..8usize),
        put in "[a-d\n]{0,3}",
    ) {
        let is_typed = |c: &char| *c >= '\u{4e00}';
        let mut rewrite = Rewrite::default();
        for (at, ((base, theirs, between), place)) in parts.iter().zip(&places).enumerate() {
            rewrite.append(&Rewrite::new(base, theirs));
            let first = char::from_u32(0x4e00 + at as u32 * 16).unwrap();
            rewrite.keep(&typed(between, &[*place, places[3]], first).0);
        }
        let letters = rewrite.base().chars().collect::<Vec<_>>();
        let from = taken.0.index(letters.len() + 1);
        let to = (from + taken.1).min(letters.len());
        let mine = letters[..from].iter().chain(['\u{6000}'].iter()).copied().chain(put.chars());
        let mine = mine.chain(letters[to..].iter().copied()).collect::<String>();
        if let Merged::Clean(merged) = super::merge(&rewrite, &mine) {
            let of = |text: &str| text.chars().filter(is_typed).collect::<String>();
            prop_assert_eq!(of(&merged), of(&mine));
        }
    }
}

#[test]
fn line_endings_that_the_user_turned_are_no_change_of_the_lines() {
    let merge = |mine| merge("a\nb\nc\n", mine, "a\nB\nc\nd\n");
    assert_eq!(merge("a\r\nb\r\nc\r\n"), Merged::Clean("a\r\nB\r\nc\r\nd\r\n".into()));
    assert_eq!(merge("a!\r\nb\r\nc\r\n"), Merged::Clean("a!\r\nB\r\nc\r\nd\r\n".into()));
    assert_eq!(merge("a\r\nb!\r\nc\r\n"), Merged::Conflict);
}
