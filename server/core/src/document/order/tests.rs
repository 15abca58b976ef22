//! Every order in which messages may arrive.

use super::*;
use crate::position::{Position, Range};

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
        Arrival::Next => {
            document.apply(change.0, &change.1, Encoding::Utf16);
            document.version = version;
        }
        Arrival::Late(text) => drop(document.apply(None, &text, Encoding::Utf16)),
        Arrival::Lost => return None,
    }
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

/// The letters typed at the end of the text, by messages of these versions, in the order in which they came.
fn at_the_end(versions: &[i32]) -> (String, i32) {
    let mut document = Document::new("file:///a", "text", 10, "");
    for (count, &version) in versions.iter().enumerate() {
        let end = Position { line: 0, character: u32::try_from(count).unwrap() };
        let letter = char::from(b'a' + u8::try_from(count).unwrap());
        receive(&mut document, version, (Some(Range { start: end, end }), letter.to_string())).unwrap();
    }
    (document.text.to_string(), document.version)
}

#[test]
fn an_editor_that_counts_anew_is_followed() {
    assert_eq!(at_the_end(&[11, 12, 0, 13, 14]), ("abcde".to_owned(), 14), "Neovim 0.10");
    assert_eq!(at_the_end(&[11, 12, 0]), ("abc".to_owned(), 0));
    assert_eq!(at_the_end(&[11, 12, 0, 1, 2, 3]), ("abcdef".to_owned(), 3));
    assert_eq!(at_the_end(&[9, 10, 11]), ("abc".to_owned(), 11));
    assert_eq!(at_the_end(&[11, 12, 13, 12, 14]), ("abcde".to_owned(), 14));
}

#[test]
fn numbers_that_an_editor_leaves_out_for_good_are_not_waited_for() {
    assert_eq!(at_the_end(&[20, 30, 15, 16]), ("abcd".to_owned(), 16));
    assert_eq!(at_the_end(&[12, 14, 16, 18, 20, 22, 24, 26, 28, 13]), ("abcdefghij".to_owned(), 13));
}

#[test]
fn what_comes_after_its_place_is_forgotten_is_lost() {
    let mut document = Document::new("file:///a", "text", 1, "one");
    for version in (3..).take(REMEMBERED + 1) {
        receive(&mut document, version, (None, version.to_string())).unwrap();
    }
    assert_eq!(document.receive(2, &[(None, "two".into())], Encoding::Utf16), Arrival::Lost);
    assert_eq!(document.receive(1, &[(None, "two".into())], Encoding::Utf16), Arrival::Next);
}

#[test]
fn a_large_text_is_not_kept_for_what_may_come_late() {
    let mut document = Document::new("file:///a", "text", 1, "one");
    receive(&mut document, 3, (None, "x".repeat(LARGE + 1))).unwrap();
    assert!(document.recent.messages.is_empty());
    receive(&mut document, 4, (None, "two".into())).unwrap();
    assert_eq!(document.receive(2, &[(None, "three".into())], Encoding::Utf16), Arrival::Lost);
}
