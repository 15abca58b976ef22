//! Every way in which an edit can meet a span.

use super::*;

/// `marked` has the span in `<…>` and the replaced range in `[…]`, with `added` put there; `expected` has the span
/// after it, or nothing where it is touched.
#[track_caller]
fn check(marked: &str, added: &str, expected: Option<&str>) {
    let (mut text, mut span, mut range) = (String::new(), [0; 2], [0; 2]);
    for c in marked.chars() {
        match c {
            '<' => span[0] = text.len(),
            '>' => span[1] = text.len(),
            '[' => range[0] = text.len(),
            ']' => range[1] = text.len(),
            c => text.push(c),
        }
    }
    let mut after = Rope::from_str(&text);
    let edit = Edit::new(range[0]..range[1], added);
    edit.apply(&mut after);
    let shown = match carry(&(span[0]..span[1]), &edit, &after) {
        Carried::Touched => None,
        Carried::Moved(span) => {
            let mut shown = after.to_string();
            shown.insert(span.end, '>');
            shown.insert(span.start, '<');
            Some(shown)
        }
    };
    assert_eq!(shown.as_deref(), expected);
}

#[test]
fn an_edit_elsewhere_moves_it_or_leaves_it() {
    check("a[]\n<b\n>c\n", "x", Some("ax\n<b\n>c\n"));
    check("[a]aa\n<b\n>c\n", "", Some("aa\n<b\n>c\n"));
    check("a\n<b\n>c[]\n", "x", Some("a\n<b\n>cx\n"));
    check("😀[]\r\n<b\r\n>", "\r\ny", Some("😀\r\ny\r\n<b\r\n>"));
}

#[test]
fn an_edit_inside_touches_it() {
    check("a\n<b[]\n>c\n", "x", None);
    check("a\n<[b]\n>c\n", "x", None);
    check("a\n[<b\n>]c\n", "", None);
    check("[a\n<b\n>c]\n", "", None);
    check("[a\n<b]b\n>c\n", "", None);
    check("a\n<b[b\n>c]\n", "", None);
}

#[test]
fn lines_put_in_at_its_start_move_it() {
    check("a\n<[]b\n>", "x\n", Some("a\nx\n<b\n>"));
    check("<[]b\n>", "x\r\ny\n", Some("x\r\ny\n<b\n>"));
}

#[test]
fn anything_else_put_in_at_its_start_touches_it() {
    check("a\n<[]b\n>", "x", None);
    check("a\n<[]b\n>", "x\ny", None);
    check("a\n<[]\n>", "x\r", None);
}

#[test]
fn what_is_put_in_at_its_end_lies_outside() {
    check("<b\n>[]c\n", "x", Some("<b\n>xc\n"));
    check("<b\n>[]", "x\n", Some("<b\n>x\n"));
    check("<b\n>[c]\n", "", Some("<b\n>\n"));
}

#[test]
fn what_is_put_in_at_the_end_of_an_open_last_line_touches_it() {
    check("a\n<b>[]", "x", None);
    check("a\n<b>[]", "\nx", None);
    check("<b\r>[]c", "\n", None);
}

#[test]
fn taking_out_what_stands_right_above_moves_it_while_its_line_begins_there() {
    check("a\n[x\n]<b\n>", "", Some("a\n<b\n>"));
    check("[a\n]<b\n>", "y\n", Some("y\n<b\n>"));
    check("a[\n]<b\n>", "", None);
    check("[a\n]<b\n>", "y", None);
    check("a[\n]<\n>", "\r", None);
}

#[test]
fn an_empty_span_stays_left_of_what_is_put_in_there() {
    check("a\n<>[]b\n", "x", Some("a\n<>xb\n"));
    check("a\n<>[]b\n", "x\n", Some("a\n<>x\nb\n"));
    check("a\n<>[b\n]", "", Some("a\n<>"));
    check("[a\n]<>b\n", "", Some("<>b\n"));
    check("[]a\n<>b\n", "x\n", Some("x\na\n<>b\n"));
}

#[test]
fn an_empty_span_is_touched_when_its_surroundings_go() {
    check("[a\n<>b]\n", "", None);
    check("a[\n]<>b\n", "", None);
    check("a[\n<>b]\n", "", None);
    check("a[\n]<>", "", None);
    check("[a\n]<>", "", Some("<>"));
}
