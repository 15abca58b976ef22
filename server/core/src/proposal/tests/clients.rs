//! What clients make of an accept: some refuse, some apply a part, some are late.

use super::*;

/// The proposal's lines after an accept that the client carries out by `changes`, told at once.
#[track_caller]
fn accepted(changes: &[(&str, &str)]) -> (Desk, Option<Due>) {
    let mut desk = Desk::ready(SELECTION, ANSWER);
    desk.proposal.accept(&desk.text, None, None, Encoding::Utf16).unwrap();
    changes.iter().for_each(|(old, new)| _ = desk.change(old, new));
    let due = desk.mend();
    (desk, due)
}

#[test]
fn a_client_that_says_applied_and_refuses_opens_it_again() {
    let (mut desk, due) = accepted(&[]);
    assert_eq!(due, None);
    assert!(desk.proposal.settle());
    assert_eq!(desk.proposal.state(), State::Ready);
    assert_eq!(desk.accept(None, None), "top\none\n2\nthree\n4\nfive\nend\n");
}

#[test]
fn a_client_that_never_answers_can_be_asked_again() {
    let (mut desk, _) = accepted(&[("top", "tip\ntop")]);
    assert_eq!(desk.accept(None, None), "tip\ntop\none\n2\nthree\n4\nfive\nend\n");
}

#[test]
fn what_makes_no_difference_is_accepted_without_a_client() {
    let mut desk = Desk::ready("<a\n\nb\n>", "\na\nb\n");
    desk.change("a\n", "");
    // A blank line goes where one comes.
    assert_eq!(desk.proposal.accept(&desk.text, None, None, Encoding::Utf16), Ok(Vec::new()));
    assert_eq!(desk.proposal.state(), State::Accepted);
}

#[test]
fn a_client_that_turns_line_endings_has_applied_it() {
    let (desk, due) = accepted(&[("four\n", "4\r\nfive\r\n"), ("two", "2")]);
    assert_eq!(due, None);
    assert_eq!(desk.proposal.state(), State::Accepted);
}

#[test]
fn what_a_late_client_misplaced_is_taken_back_and_can_be_accepted_again() {
    let (mut desk, due) = accepted(&[("top", "tip\ntop"), ("thre", "4\nfive"), ("one", "2")]);
    let Some(Due::Edits(edits)) = due else { panic!("{due:?}") };
    for edit in edits.iter().rev() {
        desk.edit(edit.range.clone(), &edit.text);
    }
    assert_eq!(desk.mend(), None);
    insta::assert_snapshot!(desk.draw(), @"
    Ready
      one
    - two
    + 2
      three
    - four
    + 4
    + five
    ");
    assert_eq!(desk.accept(None, None), "tip\ntop\none\n2\nthree\n4\nfive\nend\n");
}

#[test]
fn what_was_misplaced_and_then_typed_in_is_only_told() {
    let (_, due) = accepted(&[("top", "tip\ntop"), ("thre", "4\nfive"), ("one", "2"), ("fiv", "fi!v")]);
    assert_eq!(due, Some(Due::Left));
}

#[test]
fn a_client_that_applies_a_part_leaves_the_rest_open() {
    let (mut desk, _) = accepted(&[("two", "2")]);
    assert!(desk.proposal.settle());
    assert_eq!(desk.accept(None, None), "top\none\n2\nthree\n4\nfive\nend\n");
}

#[test]
fn what_a_late_client_tells_together_with_what_it_misplaced_is_taken_back() {
    let mut desk = Desk::ready(SELECTION, ANSWER);
    desk.proposal.accept(&desk.text, None, None, Encoding::Utf16).unwrap();
    let told = desk.text.to_string();
    assert_eq!(told, "top\none\ntwo\nthree\nfour\nend\n");
    // A line was typed at the top, and two lines stand one too high.
    desk.edit(0..told.len(), "tip\ntop\n2\ntwo\n4\nfivee\nfour\nend\n");
    let Some(Due::Edits(edits)) = desk.mend() else { panic!("{:?}", desk.proposal.state()) };
    edits.iter().rev().for_each(|edit| _ = desk.edit(edit.range.clone(), &edit.text));
    assert_eq!(desk.text, "tip\ntop\none\ntwo\nthree\nfour\nend\n");
    assert_eq!(desk.mend(), None);
    assert_eq!(desk.accept(None, None), "tip\ntop\none\n2\nthree\n4\nfive\nend\n");
}

#[test]
fn a_document_whose_line_endings_are_turned_keeps_its_proposal() {
    let mut desk = Desk::ready(SELECTION, ANSWER);
    let turned = desk.text.to_string().replace('\n', "\r\n");
    desk.edit(0..desk.text.len_bytes(), &turned);
    assert_eq!(desk.proposal.state(), State::Ready);
    assert_eq!(desk.accept(None, None), "top\r\none\r\n2\r\nthree\r\n4\r\nfive\r\nend\r\n");
}
