use super::*;
use crate::page::turns;

/// A client that does as it is told.
struct Page {
    text: Rope,
    writing: Writing,
}

impl Page {
    fn new(text: &str) -> Self {
        let turn = turns(text).pop().unwrap();
        let rope = Rope::from_str(text);
        let ending = crate::document::line_ending(rope.slice(..));
        let writing = Writing::new(&rope, &turn, "*With nothing, to demo.*", "demo/demo", ending);
        Self { text: rope, writing }
    }

    /// The next insertion, applied and told.
    fn write(&mut self) -> Option<String> {
        let edit = self.writing.next(&self.text, Encoding::Utf16)?;
        assert!(edit.range.is_empty(), "nothing is ever taken away");
        self.writing.answered(true, false);
        self.change(edit.range.clone(), &edit.text);
        Some(edit.text)
    }

    fn change(&mut self, range: Range<usize>, text: &str) {
        let before = self.text.clone();
        let edit = Edit::tight(range, text, &before);
        edit.apply(&mut self.text);
        self.writing.see(&edit, &before, &self.text);
        self.writing.settle();
    }

    fn type_before(&mut self, needle: &str, text: &str) {
        let at = self.text.to_string().find(needle).unwrap();
        self.change(at..at, text);
    }

    fn all(&mut self) -> String {
        while self.write().is_some() {}
        self.text.to_string()
    }
}

#[test]
fn an_answer_stands_below_its_question_and_a_new_question_below_it() {
    let mut page = Page::new("## You\n\nWhy?\n");
    page.write();
    for piece in ["Be", "cause.\n", "\nReally.\n\n"] {
        page.writing.push(piece);
        page.write();
    }
    page.writing.close(None, &page.text.clone());
    let text = page.all();
    assert_eq!(
        text,
        "## You\n\nWhy?\n\n*With nothing, to demo.*\n\n## demo/demo\n\nBecause.\n\nReally.\n\n## You\n\n\n"
    );
    assert!(page.writing.is_done());
}

#[test]
fn a_question_without_a_line_ending_is_no_different() {
    let mut page = Page::new("Why?");
    page.writing.push("So.");
    page.writing.close(None, &page.text.clone());
    let text = page.all();
    assert_eq!(text, "Why?\n\n*With nothing, to demo.*\n\n## demo/demo\n\nSo.\n\n## You\n\n\n");
}

#[test]
fn a_page_with_crlf_stays_one() {
    let mut page = Page::new("## You\r\n\r\nWhy?\r\n");
    page.writing.push("So.\r\nYes.\n");
    page.writing.close(Some("*The answer ended at the output limit.*"), &page.text.clone());
    let text = page.all();
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{text:?}");
    assert!(
        text.contains("So.\r\nYes.\r\n\r\n*The answer ended at the output limit.*\r\n\r\n## You"),
        "{text:?}"
    );
}

#[test]
fn the_next_piece_waits_until_the_last_one_was_seen() {
    let mut page = Page::new("Why?\n");
    let edit = page.writing.next(&page.text, Encoding::Utf16).unwrap();
    page.writing.push("So.");
    page.writing.answered(true, false);
    assert_eq!(page.writing.next(&page.text, Encoding::Utf16), None);
    page.change(edit.range.clone(), &edit.text);
    assert_eq!(page.write().as_deref(), Some("So."));
}

#[test]
fn what_is_typed_above_below_and_in_the_answer_stays() {
    let mut page = Page::new("## You\n\nWhy?\n\n## You\n\nlater\n");
    let turn = turns(&page.text.to_string()).swap_remove(0);
    page.writing = Writing::new(&page.text, &turn, "*With x.*", "a/b", LineEnding::Lf);
    page.write();
    page.writing.push("one ");
    page.write();
    page.type_before("Why", "line\nSay: ");
    page.type_before("later", "much ");
    page.writing.push("two ");
    page.write();
    page.type_before("one", "mine ");
    page.writing.push("three");
    page.writing.close(None, &page.text.clone());
    let text = page.all();
    assert!(text.contains("line\nSay: Why?\n"), "{text}");
    assert!(text.ends_with("mine one two three\n\n## You\n\nmuch later\n"), "{text}");
}

#[test]
fn what_is_typed_where_the_answer_goes_on_stays_behind_it() {
    let mut page = Page::new("Why?\n");
    page.write();
    page.writing.push("one");
    page.write();
    let at = page.text.to_string().find("one").unwrap() + 3;
    page.change(at..at, "x");
    page.writing.push(" two");
    page.write();
    page.writing.close(None, &page.text.clone());
    assert!(page.all().ends_with("one two\n\n## You\n\nx\n"));
}

#[test]
fn a_client_that_lies_is_asked_again_once_it_said_something_new() {
    let mut page = Page::new("Why?\n");
    let lost = page.writing.next(&page.text, Encoding::Utf16).unwrap();
    page.writing.answered(true, false);
    page.writing.push("So.");
    page.change(0..0, "typed ");
    let again = page.writing.next(&page.text, Encoding::Utf16).unwrap();
    assert!(again.range.start == lost.range.start + 6 && again.text.contains("\n\nSo.\n"), "{again:?}");
}

#[test]
fn a_client_that_refuses_is_asked_again_for_the_text_it_has_moved_on_to() {
    let mut page = Page::new("Why?\n");
    page.writing.next(&page.text, Encoding::Utf16).unwrap();
    page.change(0..0, "typed ");
    page.writing.answered(false, true);
    assert!(page.write().is_some());
    assert!(page.text.to_string().starts_with("typed Why?\n\n*With"));
}

#[test]
fn a_client_that_always_refuses_ends_the_writing() {
    let mut page = Page::new("Why?\n");
    page.writing.next(&page.text, Encoding::Utf16).unwrap();
    page.writing.answered(false, false);
    assert_eq!(page.writing.next(&page.text, Encoding::Utf16), None);
    page.writing.close(None, &page.text.clone());
    page.writing.next(&page.text, Encoding::Utf16).unwrap();
    page.writing.answered(false, false);
    assert_eq!((page.writing.state(), page.writing.is_done()), (State::Lost, true));
}

#[test]
fn an_insertion_told_together_with_typing_is_seen() {
    let mut page = Page::new("Why?\n");
    page.write();
    page.writing.push("one two three");
    let edit = page.writing.next(&page.text, Encoding::Utf16).unwrap();
    let whole = page.text.to_string();
    let (above, below) = whole.split_at(edit.range.start);
    let told = format!("typed {above}{}{below}", edit.text);
    page.change(0..whole.len(), &told);
    page.writing.push(" four");
    page.write();
    assert!(page.text.to_string().contains("\none two three four\n"), "{}", page.text);
}

#[test]
fn an_insertion_over_unsent_lines_in_a_wrong_place_ends_the_writing() {
    let mut page = Page::new("Why?\n\nend\n");
    page.write();
    page.writing.push("one");
    let edit = page.writing.next(&page.text, Encoding::Utf16).unwrap();
    let at = position::from_byte(&page.text, edit.range.start, Encoding::Utf16);
    page.change(0..0, "typed\n");
    let late = position::to_byte(&page.text, at, Encoding::Utf16);
    page.change(late..late, &edit.text);
    assert_eq!(page.writing.state(), State::Lost);
}

/// A long piece is on its way, its user typed a line above, and then its very text stands where a late client puts it.
fn with_a_piece_where_a_late_client_puts_it(told: impl Fn(&mut Page, usize, &str)) -> (Page, Edit) {
    let mut page = Page::new("Why?\n\nend\n");
    page.write();
    page.writing.push("one two three four five six");
    let edit = page.writing.next(&page.text, Encoding::Utf16).unwrap();
    let at = position::from_byte(&page.text, edit.range.start, Encoding::Utf16);
    page.change(0..0, "typed\n");
    let late = position::to_byte(&page.text, at, Encoding::Utf16);
    told(&mut page, late, &edit.text);
    (page, edit)
}

fn told_at_once(page: &mut Page, at: usize, text: &str) {
    page.change(at..at, text);
}

#[test]
fn a_piece_that_a_late_client_says_it_wrote_is_taken_back_and_written_again() {
    let (mut page, edit) = with_a_piece_where_a_late_client_puts_it(told_at_once);
    assert_eq!(page.writing.take_back(&page.text, Encoding::Utf16), None, "it may be the user's");
    page.writing.answered(true, true);
    let undo = page.writing.take_back(&page.text, Encoding::Utf16).unwrap();
    assert_eq!(undo.iter().map(|edit| edit.range.len()).collect::<Vec<_>>(), [edit.text.len()]);
    page.change(undo[0].range.clone(), "");
    assert_eq!(page.write(), Some(edit.text));
    assert!(page.text.to_string().starts_with("typed\nWhy?\n\nend\n"), "{}", page.text);
}

#[test]
fn a_piece_that_the_user_put_in_themselves_stays_when_it_comes_again_where_it_belongs() {
    let (mut page, edit) = with_a_piece_where_a_late_client_puts_it(told_at_once);
    let place = edit.range.start + "typed\n".len() + edit.text.len();
    page.change(place..place, &edit.text);
    page.writing.answered(true, true);
    assert_eq!(page.writing.take_back(&page.text, Encoding::Utf16), None);
    page.writing.push(" seven");
    page.write();
    let text = page.text.to_string();
    assert!(text.contains(&format!("## demo/demo\n{0}\n{0} seven\n", edit.text)), "{text}");
}

#[test]
fn a_piece_that_the_client_says_it_refused_is_the_users_own_and_stays() {
    let (mut page, _) = with_a_piece_where_a_late_client_puts_it(told_at_once);
    page.writing.answered(false, true);
    assert_eq!(page.writing.take_back(&page.text, Encoding::Utf16), None);
    assert_eq!((page.writing.state(), page.writing.is_done()), (State::Lost, true));
}

#[test]
fn a_piece_that_the_user_typed_by_and_by_stays() {
    let letter_by_letter = |page: &mut Page, at: usize, text: &str| {
        for (index, letter) in text.char_indices() {
            page.change(at + index..at + index, &letter.to_string());
        }
    };
    let (mut page, _) = with_a_piece_where_a_late_client_puts_it(letter_by_letter);
    page.writing.answered(true, true);
    assert_eq!(page.writing.take_back(&page.text, Encoding::Utf16), None);
    assert_eq!(page.writing.state(), State::Lost);
}

#[test]
fn a_client_that_does_nothing_and_says_nothing_is_given_up() {
    let mut page = Page::new("Why?\n");
    page.writing.next(&page.text, Encoding::Utf16).unwrap();
    page.writing.settle();
    assert!(page.writing.is_waiting() && page.writing.state() == State::Open);
    page.writing.give_up();
    assert_eq!((page.writing.state(), page.writing.is_done()), (State::Lost, true));
}

#[test]
fn an_answer_that_its_user_removes_is_no_longer_written() {
    let mut page = Page::new("Why?\n");
    page.write();
    page.writing.push("one");
    page.write();
    let end = page.text.len_bytes();
    page.change(5..end, "");
    assert_eq!(page.writing.state(), State::Removed);
    page.writing.push("two");
    assert_eq!(page.write(), None);
}

#[test]
fn a_heading_of_a_turn_in_the_answer_is_written_as_a_common_one_at_every_chunk_size() {
    let answer = "\n\n# Yes\n## You\ntext ## You\n## a/b\n\n##\n\nend\n\n";
    for size in 1..answer.len() {
        let mut page = Page::new("Why?\n");
        for piece in answer.as_bytes().chunks(size) {
            page.writing.push(std::str::from_utf8(piece).unwrap());
            page.write();
        }
        page.writing.close(None, &page.text.clone());
        let text = page.all();
        let expected =
            "\n\n## demo/demo\n\n# Yes\n ## You\ntext ## You\n ## a/b\n\n##\n\nend\n\n## You\n\n\n";
        assert!(text.ends_with(expected), "{size}: {text}");
    }
}

#[test]
fn typing_above_and_below_told_by_one_change_removes_nothing() {
    let mut page = Page::new("Why?\n");
    page.write();
    page.writing.push("One");
    page.write();
    let text = page.text.to_string();
    page.change(0..text.len(), &format!("above\n{text}below\n"));
    assert_eq!(page.writing.state(), State::Open);
    page.writing.push(" two.");
    page.writing.close(None, &page.text.clone());
    let text = page.all();
    assert!(
        text.starts_with("above\nWhy?\n") && text.contains("\nOne two.\n\n## You\n\n\nbelow\n"),
        "{text}"
    );
}

#[test]
fn a_block_that_an_answer_leaves_open_is_closed_at_its_end() {
    let check = |answer: &str, closed: &str| {
        for size in 1..=answer.len() {
            let mut page = Page::new("## You\n\nWhy?\n");
            for piece in answer.as_bytes().chunks(size) {
                page.writing.push(std::str::from_utf8(piece).unwrap());
                page.write();
            }
            page.writing.close(Some("*You stopped the answer.*"), &page.text.clone());
            let text = page.all();
            let end = format!("{closed}\n\n*You stopped the answer.*\n\n## You\n\n\n");
            assert!(text.ends_with(&end), "{size}: {text}");
        }
    };
    check("So:\n\n```rust\nlet x", "```rust\nlet x\n```");
    check("So:\n\n  ~~~~\n```\na\n", "```\na\n  ~~~~");
    check("So:\n\n```\na\n```\n", "a\n```");
    check("So:\n\n```\na\n```", "a\n```");
}
