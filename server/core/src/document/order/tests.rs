//! Every order in which messages may arrive.

use super::*;
use crate::position::Position;

/// The text after the messages arrived in this order, by version; each types a letter behind the one before.
fn typed(order: &[i32]) -> Option<String> {
    let mut document = Document::new("file:///a", "text", 1, "😀\nend\n");
    for &version in order {
        let place = Position { line: 0, character: u32::try_from(version).unwrap() };
        let letter = char::from(b'a' + u8::try_from(version - 2).unwrap());
        receive(&mut document, version, (Some(Range { start: place, end: place }), letter.to_string()))?;
    }
    Some(document.text.to_string())
}

/// As the session does it.
fn receive(document: &mut Document, version: i32, change: Change) -> Option<()> {
    match document.receive(version, std::slice::from_ref(&change), Encoding::Utf16) {
        Arrival::Next => drop(document.apply(change.0, &change.1, Encoding::Utf16)),
        Arrival::Late(text) => drop(document.apply(None, &text, Encoding::Utf16)),
        Arrival::Lost => return None,
    }
    document.version = document.version.max(version);
    Some(())
}

fn orders(of: &[i32]) -> Vec<Vec<i32>> {
    if of.is_empty() {
        return vec![vec![]];
    }
    let with_first = |&first: &i32| {
        let rest: Vec<_> = of.iter().copied().filter(|&other| other != first).collect();
        orders(&rest).into_iter().map(move |order| [&[first], order.as_slice()].concat())
    };
    of.iter().flat_map(with_first).collect()
}

#[test]
fn letters_that_overtake_each_other_are_put_in_order() {
    let all = orders(&[2, 3, 4, 5, 6]);
    assert_eq!(all.len(), 120);
    for order in all {
        assert_eq!(typed(&order).as_deref(), Some("😀abcde\nend\n"), "{order:?}");
    }
}

#[test]
fn a_whole_text_takes_its_place_too() {
    let mut document = Document::new("file:///a", "text", 1, "one");
    let place = Position { line: 0, character: 3 };
    receive(&mut document, 3, (Some(Range { start: place, end: place }), "!".into())).unwrap();
    receive(&mut document, 2, (None, "two".into())).unwrap();
    assert_eq!((document.text.to_string().as_str(), document.version), ("two!", 3));
}

#[test]
fn what_is_older_than_the_text_that_was_opened_has_no_place() {
    let mut document = Document::new("file:///a", "text", 5, "one");
    assert_eq!(document.receive(4, &[(None, "two".into())], Encoding::Utf16), Arrival::Lost);
    assert_eq!(document.receive(5, &[(None, "two".into())], Encoding::Utf16), Arrival::Next);
}

#[test]
fn what_came_already_has_no_place() {
    let mut document = Document::new("file:///a", "text", 1, "one");
    for version in 2..5 {
        receive(&mut document, version, (None, version.to_string())).unwrap();
    }
    assert_eq!(document.receive(3, &[(None, "two".into())], Encoding::Utf16), Arrival::Lost);
}

#[test]
fn a_large_text_is_not_kept_for_what_may_come_late() {
    let mut document = Document::new("file:///a", "text", 1, "one");
    receive(&mut document, 3, (None, "x".repeat(LARGE + 1))).unwrap();
    assert!(document.recent.0.is_empty());
    receive(&mut document, 4, (None, "two".into())).unwrap();
    assert_eq!(document.receive(2, &[(None, "three".into())], Encoding::Utf16), Arrival::Lost);
}
