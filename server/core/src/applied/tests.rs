//! What clients do with the edits that they were asked to apply.

use super::mending::{Due, Mending};
use super::*;

/// A text, its client's changes to it, and what is seen of two edits: `b` becomes `B` and a line is put in above `d`.
struct Watch {
    text: Rope,
    pending: Pending,
    seen: Option<Seen>,
}

const TEXT: &str = "a\nb\nc\nd\n";

impl Watch {
    fn new() -> Self {
        let text = Rope::from_str(TEXT);
        let edits = [Edit::new(2..3, "B"), Edit::new(6..6, "new\n")];
        Self { pending: Pending::new(&edits, &text, Encoding::Utf16), text, seen: None }
    }

    /// The client changed the text from `before` to `after` in some way.
    #[track_caller]
    fn change(&mut self, after: &str) -> &mut Self {
        let edit = Edit::tight(0..self.text.len_bytes(), after, &self.text);
        edit.apply(&mut self.text);
        assert_eq!(self.text, after);
        self.seen = self.pending.see(&edit, &self.text);
        self
    }

    #[track_caller]
    fn is_in_place(&mut self) {
        assert!(matches!(self.seen, Some(Seen::InPlace(_))), "{:?}", self.seen);
    }

    #[track_caller]
    fn is_nothing(&mut self) -> &mut Self {
        assert_eq!(self.seen, None);
        self
    }

    #[track_caller]
    fn is_idle(&self) {
        assert_eq!(self.seen, Some(Seen::Idle));
    }

    /// And what takes it back gives `was`.
    #[track_caller]
    fn is_misplaced(&mut self, was: &str) {
        let Some(Seen::Misplaced(landing, undo)) = &self.seen else { panic!("{:?}", self.seen) };
        assert_eq!(landing.was, was);
        undo.iter().rev().for_each(|edit| edit.apply(&mut self.text));
        assert_eq!(self.text, was);
    }
}

#[test]
fn a_client_that_applies_them_one_by_one_is_seen() {
    Watch::new().change("a\nb\nc\nnew\nd\n").is_nothing().change("a\nB\nc\nnew\nd\n").is_in_place();
}

#[test]
fn a_client_that_tells_of_all_at_once_is_seen() {
    Watch::new().change("a\nB\nc\nnew\nd\n").is_in_place();
}

#[test]
fn a_client_that_tells_of_parts_is_seen() {
    let mut watch = Watch::new();
    watch.change("a\n\nc\nd\n").is_nothing().change("a\nB\nc\nd\n").is_nothing();
    watch.change("a\nB\nc\nnew\nd\n").is_in_place();
}

#[test]
fn a_client_that_turns_line_endings_is_seen() {
    Watch::new().change("a\nB\nc\nnew\r\nd\n").is_in_place();
}

#[test]
fn typing_in_other_lines_below_leaves_them_in_place() {
    Watch::new().change("a\nb\nc\nd!\n").is_nothing().change("a\nB\nc\nnew\nd!\n").is_in_place();
}

#[test]
fn a_late_client_with_an_unsent_line_above_misplaces_them() {
    Watch::new()
        .change("x\na\nb\nc\nd\n")
        .is_nothing()
        .change("x\nB\nb\nnew\nc\nd\n")
        .is_misplaced("x\na\nb\nc\nd\n");
}

#[test]
fn a_late_client_with_unsent_typing_in_the_replaced_text_misplaces_them() {
    Watch::new()
        .change("a\nxb\nc\nd\n")
        .is_nothing()
        .change("a\nBb\nc\nnew\nd\n")
        .is_misplaced("a\nxb\nc\nd\n");
}

#[test]
fn what_was_typed_last_is_not_taken_for_a_part_of_what_was_misplaced() {
    let text = Rope::from_str("return a + b\nlet a = b;\nlet a = b;\nend\n");
    let pending = Pending::new(&[Edit::new(23..35, " M(a);\n")], &text, Encoding::Utf8);
    Watch { text, pending, seen: None }
        .change("new\nreturn a + b\nlet a = b;\nlet a = b;\nend\n")
        .is_nothing()
        .change("new\nreturn a + 丁b\nlet a = b;\nlet a = b;\nend\n")
        .is_nothing()
        .change("new\nreturn a + M(a);\nlet a = b;\nend\n")
        .is_misplaced("new\nreturn a + 丁b\nlet a = b;\nlet a = b;\nend\n");
}

#[test]
fn what_was_deleted_just_before_is_not_taken_for_a_part_of_what_was_misplaced() {
    let text = Rope::from_str("a\nxyz\nb\nc\n");
    let pending = Pending::new(&[Edit::new(2..6, "")], &text, Encoding::Utf8);
    Watch { text, pending, seen: None }
        .change("a\nxyéüz\nb\nc\n")
        .is_nothing()
        .change("a\nxyéz\nb\nc\n")
        .is_nothing()
        .change("a\nb\nc\n")
        .is_misplaced("a\nxyéz\nb\nc\n");
}

#[test]
fn what_is_there_as_a_piece_of_what_was_misplaced_is_not_taken_for_typing() {
    let text = Rope::from_str("M\nf\nx M\nN\nend\n");
    let edits = [Edit::new(0..0, "M\r\n"), Edit::new(7..10, "\r\nN\r\n")];
    let pending = Pending::new(&edits, &text, Encoding::Utf8);
    // The client turns line endings, and is late.
    Watch { text, pending, seen: None }
        .change("t\nM\nf\nx M\nN\nend\n")
        .is_nothing()
        .change("t\nM\nf\nN\nN\nend\n")
        .is_nothing()
        .change("M\nt\nM\nf\nN\nN\nend\n")
        .is_misplaced("t\nM\nf\nx M\nN\nend\n");
}

#[test]
fn what_was_misplaced_over_the_same_text_is_no_change() {
    let text = Rope::from_str("new\nold\n");
    let pending = Pending::new(&[Edit::new(4..7, "new")], &text, Encoding::Utf8);
    Watch { text, pending, seen: None }
        .change("\nnew\nold\n")
        .is_nothing()
        .change("\n\nold\n")
        .is_nothing()
        .change("\nnew\nold\n")
        .is_idle();
}

#[test]
fn a_piece_of_what_changes_nothing_is_not_taken_back() {
    let text = Rope::from_str("p\nq\n");
    let edits = [Edit::new(0..2, "\n"), Edit::new(2..3, "a")];
    let pending = Pending::new(&edits, &text, Encoding::Utf8);
    // The client has typed the very lines on top, and takes each out and puts it in again.
    let mut watch = Watch { text, pending, seen: None };
    watch.change("\na\np\nq\n").is_nothing().change("\n\np\nq\n").is_nothing();
    watch.change("\na\np\nq\n").change("a\np\nq\n").is_nothing().change("\na\np\nq\n").is_idle();
}

#[test]
fn a_client_that_counts_in_other_units_misplaces_them() {
    let mut text = Rope::from_str("😀b\n");
    let mut pending = Pending::new(&[Edit::new(4..5, "B")], &text, Encoding::Utf32);
    let edit = Edit::new(0..4, "B");
    edit.apply(&mut text);
    let seen = pending.see(&edit, &text);
    assert!(matches!(&seen, Some(Seen::Misplaced(landing, _)) if landing.was == "😀b\n"), "{seen:?}");
}

#[test]
fn a_client_that_refuses_is_not_seen() {
    Watch::new().change("a\nb!\nc\nd\n").is_nothing().change("a\nb!\nc!\nd\n").is_nothing();
}

#[test]
fn a_client_that_types_on_and_applies_nothing_is_not_watched_for_ever() {
    let (mut watch, mut text) = (Watch::new(), TEXT.to_owned());
    for _ in 0..2 * MAX_STATES {
        text.push('x');
        watch.change(&text).is_nothing();
    }
    assert_eq!((watch.pending.outcomes.len(), watch.pending.told.len()), (0, 0));
}

#[test]
fn a_taking_back_is_judged_by_all_that_is_told_at_once() {
    let mut text = Rope::from_str("x M(a);M\n");
    let mut mending = Mending::new(vec![Edit::new(1..7, ""), Edit::new(7..9, "")]);
    assert!(matches!(mending.next(&text, Encoding::Utf8), Some(Due::Edits(_))));
    let see = |mending: &mut Mending, text: &mut Rope, edit: &Edit| {
        edit.apply(text);
        mending.see(edit, text);
    };
    // The client had text before it: the first deletion takes out what both should, and the second the user's own.
    for edit in [Edit::new(0..0, "yy  = "), Edit::new(7..15, ""), Edit::new(1..7, "")] {
        see(&mut mending, &mut text, &edit);
    }
    assert_eq!(text, "y");
    let Some(Due::Again(edits)) = mending.next(&text, Encoding::Utf8) else { panic!("{mending:?}") };
    edits.iter().rev().for_each(|edit| see(&mut mending, &mut text, edit));
    assert_eq!(text, "yy  = x M(a);M\n");
}
