use super::*;
use proptest::prelude::*;

fn read(pieces: &[&str]) -> (String, String) {
    let (mut reasoning, mut text) = (String::new(), String::new());
    let mut think = Think::default();
    let mut emit = |channel, piece: &str| {
        assert!(!piece.is_empty());
        match channel {
            Channel::Reasoning => reasoning += piece,
            Channel::Text => text += piece,
        }
    };
    for piece in pieces {
        think.push(piece, &mut emit);
    }
    think.finish(&mut emit);
    (reasoning, text)
}

/// Whole, and at every way to cut it in three.
#[track_caller]
fn check(answer: &str, reasoning: &str, text: &str) {
    let expected = (reasoning.to_owned(), text.to_owned());
    let cuts: Vec<usize> = answer.char_indices().map(|(at, _)| at).chain([answer.len()]).collect();
    for first in &cuts {
        for second in cuts.iter().filter(|second| *second >= first) {
            let (start, end) = answer.split_at(*second);
            let (start, middle) = start.split_at(*first);
            assert_eq!(read(&[start, middle, end]), expected, "cut at {first} and {second}");
        }
    }
}

#[test]
fn tells_leading_reasoning_from_the_answer() {
    check("<think>\nHm, é.\n</think>\n\nYes.", "Hm, é.\n", "Yes.");
    check("\n <think>a</think>b", "a", "b");
    check("<think>\n\n</think>\n\nb", "", "b");
}

#[test]
fn leaves_an_answer_without_reasoning_as_it_is() {
    check("plain", "", "plain");
    check("  \n indented", "", "  \n indented");
    check("<thing>a</thing>", "", "<thing>a</thing>");
    check("<", "", "<");
    check("", "", "");
}

#[test]
fn leaves_a_tag_inside_the_answer_alone() {
    check("Use <think>x</think>.", "", "Use <think>x</think>.");
    check("<think>a</think>b <think>c</think>", "a", "b <think>c</think>");
}

#[test]
fn keeps_reasoning_that_never_ends() {
    check("<think>a < b </thin", "a < b </thin", "");
}

#[test]
fn never_holds_back_the_first_word() {
    let mut pieces = 0;
    Think::default().push("H", &mut |_, _| pieces += 1);
    assert_eq!(pieces, 1);
}

#[test]
fn gives_up_on_endless_white_space() {
    let mut pieces = 0;
    Think::default().push(&" ".repeat(MAX_LEAD + 1), &mut |_, _| pieces += 1);
    assert_eq!(pieces, 1);
}

proptest! {
    #[test]
    fn loses_nothing_of_an_answer_without_a_leading_tag(pieces in prop::collection::vec("[a-c<>/ \n]{0,5}|think>", 0..8)) {
        let answer = format!("x{}", pieces.concat());
        let mut cut = vec!["x"];
        cut.extend(pieces.iter().map(String::as_str));
        prop_assert_eq!(read(&cut), (String::new(), answer));
    }
}
