//! Proposals, drawn, through all that happens to their document.

#![expect(clippy::string_slice, reason = "a panic is a failed test")]

use super::*;
use crate::applied::mending::Due;

mod clients;

/// A document and a proposal for it, as a server holds them.
struct Desk {
    text: Rope,
    proposal: Proposal,
}

impl Desk {
    /// The model works on the `<…>` of `marked`.
    fn new(marked: &str) -> Self {
        let start = marked.find('<').unwrap();
        let end = marked.find('>').unwrap() - 1;
        let text = Rope::from_str(&marked.replacen(['<', '>'], "", 2));
        let request = Request { id: "p".into(), uri: "u".into(), instruction: "i".into(), model: "m".into() };
        let proposal = Proposal::new(request, &text, start..end);
        Self { text, proposal }
    }

    /// And has written `theirs`.
    fn ready(marked: &str, theirs: &str) -> Self {
        let mut desk = Self::new(marked);
        desk.proposal.finish(theirs);
        desk
    }

    /// Replaces the only `old` in the document by `new`.
    #[track_caller]
    fn change(&mut self, old: &str, new: &str) -> News {
        let text = self.text.to_string();
        let at = text.find(old).unwrap();
        assert_eq!(text.matches(old).count(), 1, "{old:?} is not the only one in {text:?}");
        self.edit(at..at + old.len(), new)
    }

    fn edit(&mut self, range: Range<usize>, added: &str) -> News {
        let before = self.text.clone();
        let edit = Edit::tight(range, added, &before);
        edit.apply(&mut self.text);
        self.proposal.carry(&edit, &before, &self.text)
    }

    /// Accepts, and applies the edits as a good client does. Gives the text.
    #[track_caller]
    fn accept(&mut self, hunks: Option<&[u32]>, take: Option<Side>) -> String {
        let edits = self.proposal.accept(&self.text, hunks, take, Encoding::Utf16).unwrap();
        let mut news = Vec::new();
        for edit in edits.into_iter().rev() {
            assert_eq!(self.proposal.state(), State::Applying);
            news.push(self.edit(edit.range, &edit.text));
        }
        assert!(news.is_empty() || news.last() == Some(&News::Applied), "{news:?}");
        self.text.to_string()
    }

    fn mend(&mut self) -> Option<Due> {
        self.proposal.mend(&self.text, Encoding::Utf16)
    }

    fn draw(&self) -> String {
        format!("{:?}\n{}", self.proposal.state(), self.proposal.draw(&self.text))
    }
}

const SELECTION: &str = "top\n<one\ntwo\nthree\nfour\n>end\n";
const ANSWER: &str = "one\n2\nthree\n4\nfive\n";

#[test]
fn a_finished_answer_is_shown_as_hunks() {
    insta::assert_snapshot!(Desk::ready(SELECTION, ANSWER).draw(), @"
    Ready
      one
    - two
    + 2
      three
    - four
    + 4
    + five
    ");
}

#[test]
fn accepting_all_writes_all() {
    let mut desk = Desk::ready(SELECTION, ANSWER);
    assert_eq!(desk.accept(None, None), "top\none\n2\nthree\n4\nfive\nend\n");
    assert_eq!(desk.proposal.state(), State::Accepted);
}

#[test]
fn accepting_one_hunk_leaves_the_other_open() {
    let mut desk = Desk::ready(SELECTION, ANSWER);
    desk.accept(Some(&[0]), None);
    insta::assert_snapshot!(desk.draw(), @"
    Ready
      one
      2
      three
    - four
    + 4
    + five
    ");
    assert_eq!(desk.accept(Some(&[1]), None), "top\none\n2\nthree\n4\nfive\nend\n");
}

#[test]
fn typing_elsewhere_moves_it() {
    let mut desk = Desk::ready(SELECTION, ANSWER);
    assert_eq!(desk.change("top", "the 😀\ntop"), News::Moved);
    assert_eq!(desk.change("end", "the end"), News::Moved);
    assert_eq!(desk.change("three", "THREE"), News::Moved);
    assert_eq!(desk.accept(None, None), "the 😀\ntop\none\n2\nTHREE\n4\nfive\nthe end\n");
}

#[test]
fn typing_in_a_hunk_is_merged_where_it_can_be() {
    let mut desk = Desk::ready("<let a = 1;\n>", "let b = 1;\n");
    assert_eq!(desk.change(";", "; // why"), News::Changed);
    insta::assert_snapshot!(desk.draw(), @"
    Ready
    - let a = 1; // why
    + let b = 1; // why
    ");
    assert_eq!(desk.accept(None, None), "let b = 1; // why\n");
}

#[test]
fn typing_in_the_changed_words_is_a_conflict_until_it_is_taken_back() {
    let mut desk = Desk::ready(SELECTION, ANSWER);
    assert_eq!(desk.change("two", "twox"), News::Changed);
    insta::assert_snapshot!(desk.draw(), @"
    Conflict
      one
    ! - twox
    ! + 2
      three
    - four
    + 4
    + five
    ");
    let refused = desk.proposal.accept(&desk.text, None, None, Encoding::Utf16);
    assert_eq!(refused, Err(AcceptError::Conflict(vec![0])));
    assert_eq!(desk.change("twox", "two"), News::Changed);
    assert_eq!(desk.proposal.state(), State::Ready);
}

#[test]
fn either_side_of_a_conflict_can_be_taken() {
    let mut desk = Desk::ready(SELECTION, ANSWER);
    desk.change("two", "twox");
    assert_eq!(desk.accept(Some(&[0]), Some(Side::Mine)), "top\none\ntwox\nthree\nfour\nend\n");
    assert_eq!(desk.proposal.state(), State::Ready);
    let mut desk = Desk::ready(SELECTION, ANSWER);
    desk.change("two", "twox");
    assert_eq!(desk.accept(Some(&[0]), Some(Side::Model)), "top\none\n2\nthree\nfour\nend\n");
}

#[test]
fn the_hunks_beside_a_conflict_can_be_accepted() {
    let mut desk = Desk::ready(SELECTION, ANSWER);
    desk.change("two", "twox");
    assert_eq!(desk.accept(Some(&[1]), None), "top\none\ntwox\nthree\n4\nfive\nend\n");
    assert_eq!(desk.proposal.state(), State::Conflict);
}

#[test]
fn taking_the_whole_span_out_is_a_conflict() {
    let mut desk = Desk::ready(SELECTION, ANSWER);
    desk.change("one\ntwo\nthree\nfour\n", "");
    insta::assert_snapshot!(desk.draw(), @"
    Conflict
    ! + one
    ! + 2
    ! + three
    ! + 4
    ! + five
    ");
}

#[test]
fn typing_while_the_model_writes_is_merged_at_the_end() {
    let mut desk = Desk::new(SELECTION);
    desk.change("top\none", "tip\ntop\none // 1");
    desk.change("three\n", "three\nand\n");
    desk.change("end", "End");
    desk.proposal.finish(ANSWER);
    insta::assert_snapshot!(desk.draw(), @"
    Ready
      tip
      top
      one // 1
    - two
    + 2
      three
      and
    - four
    + 4
    + five
    ");
    assert_eq!(desk.accept(None, None), "tip\ntop\none // 1\n2\nthree\nand\n4\nfive\nEnd\n");
}

#[test]
fn an_edit_across_the_edge_of_the_span_draws_its_lines_in() {
    let mut desk = Desk::new(SELECTION);
    desk.change("top\none", "to");
    desk.change("our\nen", "");
    desk.proposal.finish(ANSWER);
    insta::assert_snapshot!(desk.draw(), @"
    Conflict
      to
    - two
    + 2
      three
    ! - fd
    ! + 4
    ! + five
    ! + end
    ");
}

#[test]
fn a_preview_shows_what_is_written_and_the_end_replaces_it() {
    let mut desk = Desk::new(SELECTION);
    assert!(desk.proposal.preview("one\n2\n"));
    insta::assert_snapshot!(desk.draw(), @"
    Working
      one
    + 2
      two
      three
      four
    ");
    assert!(desk.proposal.preview("one\n2\nthree\n4\n"));
    insta::assert_snapshot!(desk.draw(), @"
    Working
      one
    - two
    + 2
      three
    + 4
      four
    ");
    desk.change("one", "zero\none");
    assert!(desk.proposal.preview("one\n2\nthree\n4\nfive\n"));
    insta::assert_snapshot!(desk.draw(), @"
    Working
      one
    - two
    + 2
      three
    + 4
    + five
      four
    ");
    desk.proposal.finish(ANSWER);
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
}

#[test]
fn the_documents_line_endings_stay() {
    let mut desk = Desk::ready("a\r\n<b\r\nc\r\n>d\r\n", "B\nc\nx");
    assert_eq!(desk.accept(None, None), "a\r\nB\r\nc\r\nx\r\nd\r\n");
    let mut desk = Desk::ready("<a\nb\r\nc\r\n>", "a\nB\nc\nd\n");
    assert_eq!(desk.accept(None, None), "a\nB\r\nc\r\nd\r\n");
    let mut desk = Desk::ready("a\r\n<b>", "c\nd\n");
    assert_eq!(desk.accept(None, None), "a\r\nc\r\nd");
    let mut desk = Desk::ready("a\r\n<>", "b");
    assert_eq!(desk.accept(None, None), "a\r\nb\r\n");
}

#[test]
fn an_undo_opens_it_again_and_a_redo_closes_it() {
    let mut desk = Desk::ready(SELECTION, ANSWER);
    let before = desk.text.to_string();
    let after = desk.accept(None, None);
    // As one change, the way some clients tell it.
    desk.edit(0..after.len(), &before);
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
    desk.edit(0..before.len(), &after);
    assert_eq!(desk.proposal.state(), State::Accepted);
    desk.change("five", "5");
    assert_eq!(desk.proposal.state(), State::Accepted);
}

#[test]
fn an_undo_that_draws_the_next_line_up_draws_it_into_the_hunk() {
    let mut desk = Desk::ready("top\none\n<}\r\n}\n>", "}\r\n");
    desk.change("}\r\n}\n", "x");
    desk.proposal.accept(&desk.text, None, Some(Side::Model), Encoding::Utf16).unwrap();
    // The client had a line less by then, and puts it in behind what it was to replace.
    desk.change("top\n", "t");
    desk.edit(6..6, "}\r\n");
    desk.edit(9..9, "y");
    desk.change("}\r\n", "");
    assert_eq!(desk.text, "tone\nxy");
    let hunk = desk.proposal.hunks().next().unwrap();
    assert_eq!(hunk.removed(&desk.text), "xy");
}

#[test]
fn lines_put_in_at_the_end_of_the_document_never_stand_on_its_last_line() {
    let mut desk = Desk::ready("a\n<>", "two()\n");
    desk.change("a\n", "b");
    assert_eq!(desk.accept(None, None), "b\ntwo()", "{}", desk.draw());
}

#[test]
fn a_last_line_without_an_ending_takes_in_the_change_behind_it() {
    let mut desk = Desk::new("\n<let a = b;\n\n\na\n>");
    desk.change("\nlet a = b;\n\n\na\n", "mine");
    desk.proposal.finish("let a = b;\nM\n\na\n\n");
    let open = desk.proposal.hunks().map(|hunk| (hunk.span.clone(), hunk.is_conflict())).collect::<Vec<_>>();
    assert_eq!(open, [(0..4, true)], "{}", desk.draw());
}

#[test]
fn an_accepted_hunk_is_let_alone() {
    let mut desk = Desk::ready(SELECTION, ANSWER);
    desk.accept(None, None);
    desk.change("4\n", "");
    desk.change("2", "two words");
    assert_eq!(desk.proposal.state(), State::Accepted);
}

#[test]
fn typing_what_the_model_wrote_closes_the_hunk() {
    let mut desk = Desk::ready(SELECTION, ANSWER);
    desk.change("two", "2");
    insta::assert_snapshot!(desk.draw(), @"
    Ready
      one
      2
      three
    - four
    + 4
    + five
    ");
}

#[test]
fn a_last_line_ending_that_the_user_typed_is_not_turned_into_the_models() {
    let mut desk = Desk::ready("\r\n<a>", "a\n\n");
    assert_eq!(desk.proposal.state(), State::Ready);
    desk.change("a", "b\n");
    assert_eq!(desk.proposal.state(), State::Accepted);
}

#[test]
fn rejected_hunks_go_and_rejecting_the_last_ends_it() {
    let mut desk = Desk::ready(SELECTION, ANSWER);
    desk.proposal.reject(Some(&[0]));
    assert_eq!(desk.accept(None, None), "top\none\ntwo\nthree\n4\nfive\nend\n");
    let mut desk = Desk::ready(SELECTION, ANSWER);
    desk.proposal.reject(Some(&[0]));
    desk.proposal.reject(Some(&[1]));
    assert_eq!(desk.proposal.state(), State::Rejected);
}

#[test]
fn what_is_over_or_not_there_cannot_be_accepted() {
    let mut desk = Desk::new(SELECTION);
    let accept = |desk: &mut Desk, ids| desk.proposal.accept(&desk.text, ids, None, Encoding::Utf16);
    assert_eq!(accept(&mut desk, None), Err(AcceptError::NotReady(State::Working)));
    desk.proposal.finish(ANSWER);
    assert_eq!(accept(&mut desk, Some(&[7])), Err(AcceptError::Unknown(7)));
    desk.proposal.cancel();
    assert_eq!(accept(&mut desk, None), Err(AcceptError::NotReady(State::Cancelled)));
}

#[test]
fn a_new_try_is_about_the_lines_as_they_are() {
    let mut desk = Desk::ready(SELECTION, ANSWER);
    desk.change("top", "tip\ntop");
    desk.change("three", "3\nthree");
    let again = desk.proposal.again("more".into(), "m".into(), &desk.text);
    assert_eq!(again.base(), "one\ntwo\n3\nthree\nfour\n");
}

#[test]
fn an_answer_that_proposes_nothing_says_so() {
    let mut desk = Desk::new(SELECTION);
    assert!(!desk.proposal.finish("one\ntwo\nthree\nfour"));
}

#[test]
fn a_thousand_hunks_follow_a_thousand_keystrokes() {
    let line = |n: usize| format!("line {n} of a long text\n");
    let text = (0..10_000).map(line).collect::<String>();
    let theirs = (0..10_000).map(|n| if n % 10 == 0 { format!("new {n}\n") } else { line(n) });
    let mut desk = Desk::ready(&format!("<{text}>"), &theirs.collect::<String>());
    assert_eq!(desk.proposal.hunks().count(), 1_000);
    for n in 0..1_000 {
        let at = desk.text.line_to_byte((n * 17) % 9_000 + 5);
        desk.edit(at..at, "x\n");
    }
    assert_eq!(desk.proposal.hunks().count(), 1_000);
    let text = desk.text.to_string();
    assert_eq!(
        desk.proposal.hunks().filter(|hunk| text[hunk.span.clone()].contains("0 of a long text")).count(),
        1_000
    );
}
