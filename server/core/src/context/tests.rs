//! What goes along, and what is said about the rest.

use super::*;

fn origin(name: &str) -> Origin {
    Origin { name: name.into(), uri: format!("file:///{name}"), language: "rust".into() }
}

fn file(name: &str, lines: usize) -> Source {
    let text: String = (1..=lines).map(|n| format!("let line{n:03} = {n:03};\n")).collect();
    Source::File { origin: origin(name), text: Rope::from_str(&text), keep: None }
}

#[test]
fn everything_goes_along_where_there_is_room() {
    let context = gather(&[file("a.rs", 3)], 0, 1_000);
    assert_eq!(context.blocks.len(), 1);
    assert_eq!(context.items.iter().map(|item| &item.left_out).collect::<Vec<_>>(), [&None]);
}
