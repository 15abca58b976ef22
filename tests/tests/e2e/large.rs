//! A document of 10 MB stays the editor's through 10,000 changes, in every encoding.

use crate::support::server_text;
use aside_core::position::Encoding;
use aside_tests::{FakeModel, TestEditor};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Value, json};

const CHANGES: usize = 10_000;
/// So many lines of about 50 bytes.
const LINES: usize = 200_000;
const LINE: &str = "let é👍 = \"a\u{301}\tvalue\"; // 👩‍💻 number";

/// The plain model: lines without their ends, which are all `\n`.
struct Plain(Vec<String>);

/// A change within a line or over the end of one, in fractions of the text.
#[derive(Debug, Clone)]
struct Edit {
    line: usize,
    from: f64,
    to: f64,
    joins: bool,
    new: &'static str,
}

fn edits() -> Vec<Edit> {
    let new =
        proptest::sample::select(vec!["", "x", "é", "👍", "\t", "a\u{301}b", "one\ntwo", "\n", "end\n\n"]);
    let one = (0..LINES, 0.0..1.0, 0.0..1.0, 0..8, new);
    let all = proptest::collection::vec(one, CHANGES).prop_map(|edits| {
        let edit = |(line, from, to, joins, new)| Edit { line, from, to, joins: joins == 0, new };
        edits.into_iter().map(edit).collect::<Vec<_>>()
    });
    // Always the same ones, so that a failure can be looked at.
    let mut runner = TestRunner::new(Config { rng_seed: RngSeed::Fixed(10_000), ..Config::default() });
    all.new_tree(&mut runner).expect("edits").current()
}

fn units(text: &str, encoding: Encoding) -> usize {
    match encoding {
        Encoding::Utf8 => text.len(),
        Encoding::Utf16 => text.chars().map(char::len_utf16).sum(),
        Encoding::Utf32 => text.chars().count(),
    }
}

/// A place between two characters, as a fraction of the line.
fn place(line: &str, fraction: f64) -> usize {
    let count = line.chars().count();
    let at = (fraction * (count + 1) as f64) as usize;
    line.char_indices().map(|(byte, _)| byte).nth(at).unwrap_or(line.len())
}

impl Plain {
    /// Makes the change here, and gives it as an editor sends it.
    fn apply(&mut self, edit: &Edit, encoding: Encoding) -> Value {
        let first = edit.line.min(self.0.len() - 1);
        let last = if edit.joins { (first + 1).min(self.0.len() - 1) } else { first };
        let (mut from, mut to) = (place(&self.0[first], edit.from), place(&self.0[last], edit.to));
        if first == last && from > to {
            (from, to) = (to, from);
        }
        let position = |line: usize, byte: usize, text: &str| json!({"line": line, "character": units(&text[..byte], encoding)});
        let range = json!({
            "start": position(first, from, &self.0[first]), "end": position(last, to, &self.0[last]),
        });
        let merged = format!("{}{}{}", &self.0[first][..from], edit.new, &self.0[last][to..]);
        let lines = merged.split('\n').map(str::to_owned);
        if last == first && !edit.new.contains('\n') {
            self.0[first] = merged;
        } else {
            self.0.splice(first..=last, lines);
        }
        json!({"range": range, "text": edit.new})
    }
}

#[test]
fn ten_thousand_changes_leave_ten_megabytes_as_the_editor_has_them() {
    let edits = edits();
    for (name, encoding) in
        [("utf-8", Encoding::Utf8), ("utf-16", Encoding::Utf16), ("utf-32", Encoding::Utf32)]
    {
        let model = FakeModel::start();
        let budget = json!({"context": {"maxTokens": 100_000_000}, "privacy": {"maskSecrets": false}});
        let mut editor = TestEditor::start(&model.setup().with_settings(&budget).with_encodings(&[name]));
        let mut plain = Plain((0..LINES).map(|n| format!("{LINE} {n}")).collect());
        let text = plain.0.join("\n");
        assert!(text.len() > 10_000_000);
        let uri = "file:///project/large.rs";
        let document = json!({"uri": uri, "languageId": "rust", "version": 0, "text": text});
        editor.notify("textDocument/didOpen", json!({"textDocument": document}));
        for (version, edit) in (1..).zip(&edits) {
            let change = plain.apply(edit, encoding);
            let document = json!({"uri": uri, "version": version});
            editor.notify(
                "textDocument/didChange",
                json!({"textDocument": document, "contentChanges": [change]}),
            );
        }
        let here: String = plain.0.iter().map(|line| format!("{line}\n")).collect();
        let there = server_text(&mut editor, uri);
        let differs = here.lines().zip(there.lines()).position(|(here, there)| here != there);
        assert!(here.trim_end() == there.trim_end(), "{name}: line {differs:?} differs");
    }
}
