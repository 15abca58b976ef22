//! Random typing, told in random orders and counted in random ways: the text is the editor's once all has arrived, and
//! what is accepted then costs nothing that was typed.

use super::*;
use crate::position::Range;
use crate::proposal::{Proposal, Request};
use proptest::prelude::*;

/// How an editor counts its messages.
#[derive(Debug, Clone, Copy)]
enum Counting {
    /// By one; messages overtake each other (Helix 25.01).
    ByOne,
    /// In steps, so that numbers are left out for good.
    InSteps(i32),
    /// Not at all.
    Never,
    /// This message is number 0, and the next goes on as if it weren't (Neovim 0.10).
    OnceAnew(usize),
    /// From this message on it counts from 0; messages overtake each other, but none the one that begins.
    Anew(usize),
}

/// A message of changes.
#[derive(Debug, Clone)]
struct Told {
    /// At a place, given in thousandths of the text, over so many characters; and what more than one character of its
    /// own each puts in.
    typing: Vec<(usize, usize, &'static str)>,
    /// The whole text is told.
    whole: bool,
    /// So many later messages may overtake it.
    delay: usize,
}

#[derive(Debug, Clone)]
struct Case {
    lines: Vec<(&'static str, &'static str)>,
    told: Vec<Told>,
    counting: Counting,
    first: i32,
    encoding: Encoding,
}

/// The first character that is typed; each is another.
const TYPED: char = '丁';

fn case() -> impl Strategy<Value = Case> {
    let line = prop_oneof![Just("fn a() {"), Just("    é(😀);"), Just("}"), Just(""), Just("let b = 1;")];
    let lines = proptest::collection::vec((line, prop_oneof![Just("\n"), Just("\r\n")]), 0..6);
    let extra = prop_oneof![4 => Just(""), 1 => Just("\n"), 1 => Just("\r\n"), 1 => Just("😀"), 1 => Just("e\u{301}")];
    let typing = proptest::collection::vec((0..1000_usize, 0..4_usize, extra), 1..4);
    let told = (typing, prop::bool::weighted(0.1), 0..MISSING).prop_map(|(typing, whole, delay)| Told {
        typing,
        whole,
        delay,
    });
    let counting = prop_oneof![
        4 => Just(Counting::ByOne),
        1 => (2..20_i32).prop_map(Counting::InSteps),
        1 => Just(Counting::Never),
        1 => (0..30_usize).prop_map(Counting::OnceAnew),
        2 => (0..30_usize).prop_map(Counting::Anew),
    ];
    let first = prop_oneof![Just(0), Just(1), Just(-5), Just(1_000_000)];
    let encoding = prop_oneof![Just(Encoding::Utf8), Just(Encoding::Utf16), Just(Encoding::Utf32)];
    (lines, proptest::collection::vec(told, 0..30), counting, first, encoding).prop_map(
        |(lines, told, counting, first, encoding)| {
            // From below it, 0 isn't counted anew but leaves numbers out, which could all be under way.
            let is_anew = matches!(counting, Counting::OnceAnew(_) | Counting::Anew(_));
            let first = if is_anew { first.max(0) } else { first };
            Case { lines, told, counting, first, encoding }
        },
    )
}

impl Case {
    /// The messages' versions, and the order in which they arrive.
    fn arrivals(&self) -> (Vec<i32>, Vec<usize>) {
        let (mut last, mut versions) = (self.first, Vec::new());
        for index in 0..self.told.len() {
            let version = match self.counting {
                Counting::Anew(at) if at == index => 0,
                Counting::ByOne | Counting::Anew(_) | Counting::OnceAnew(_) => last + 1,
                Counting::InSteps(step) => last + step,
                Counting::Never => self.first,
            };
            last = version;
            let is_anew = matches!(self.counting, Counting::OnceAnew(at) if at == index);
            versions.push(if is_anew { 0 } else { version });
        }
        let place = |index: &usize| match self.counting {
            Counting::ByOne => (0, index + self.told[*index].delay),
            Counting::Anew(at) if *index == at => (1, 0),
            Counting::Anew(at) => (usize::from(*index > at), index + self.told[*index].delay),
            Counting::InSteps(_) | Counting::Never | Counting::OnceAnew(_) => (0, *index),
        };
        let mut order: Vec<usize> = (0..self.told.len()).collect();
        order.sort_by_key(place);
        (versions, order)
    }
}

/// A user's text, and how many characters they have typed.
struct Editor {
    text: Vec<char>,
    typed: u32,
    encoding: Encoding,
}

impl Editor {
    fn text(&self) -> String {
        self.text.iter().collect()
    }

    /// The index, moved out of a line ending.
    fn snap(&self, at: usize) -> usize {
        let is = |at: usize, c: char| self.text.get(at) == Some(&c);
        at - usize::from(at > 0 && is(at, '\n') && is(at - 1, '\r'))
    }

    fn write(&mut self, message: &Told) -> Vec<Change> {
        let changes = message.typing.iter().map(|typing| self.type_in(*typing)).collect();
        if message.whole { vec![(None, self.text())] } else { changes }
    }

    fn type_in(&mut self, (at, over, extra): (usize, usize, &str)) -> Change {
        let start = self.snap(self.text.len() * at / 1000);
        let end = self.snap((start + over).min(self.text.len())).max(start);
        let before = Rope::from_str(&self.text());
        let place = |at| position::from_byte(&before, before.char_to_byte(at), self.encoding);
        let range = Range { start: place(start), end: place(end) };
        let text = format!("{}{extra}", char::from_u32(u32::from(TYPED) + self.typed).unwrap());
        self.typed += 1;
        self.text.splice(start..end, text.chars());
        (Some(range), text)
    }
}

/// What the user typed of a text.
fn typed(text: &str) -> String {
    text.chars().filter(|c| ('一'..='鿿').contains(c)).collect()
}

/// As the session does it.
fn receive(
    document: &mut Document,
    proposal: &mut Proposal,
    (version, changes): (i32, &[Change]),
    case: &Case,
) {
    let (changes, version) = match document.receive(version, changes, case.encoding) {
        Arrival::Next => (changes.to_vec(), version),
        Arrival::Late(text) => (vec![(None, text)], document.version),
        Arrival::Lost => panic!("it is no later than what is remembered"),
    };
    for (range, text) in changes {
        let before = document.text.clone();
        let edit = document.apply(range, &text, case.encoding);
        proposal.carry(&edit, &before, &document.text);
    }
    document.version = version;
}

fn run(case: &Case) {
    let text: String = case.lines.iter().flat_map(|(line, ending)| [*line, *ending]).collect();
    let mut editor = Editor { text: text.chars().collect(), typed: 0, encoding: case.encoding };
    let mut document = Document::new("file:///a", "rust", case.first, &text);
    let request = Request { id: "p".into(), uri: "u".into(), instruction: "i".into(), model: "m".into() };
    let mut proposal = Proposal::new(request, &document.text, 0..text.len());
    proposal.finish(&text.replace("é", "e").replace("let b", "let c"));

    let mut texts = vec![text];
    let mut told = Vec::new();
    for message in &case.told {
        told.push(editor.write(message));
        texts.push(editor.text());
    }
    let (versions, order) = case.arrivals();
    let mut last = 0;
    for (count, &index) in order.iter().enumerate() {
        receive(&mut document, &mut proposal, (versions[index], &told[index]), case);
        last = last.max(index);
        if last == count {
            assert_eq!(document.text, texts[count + 1].as_str(), "all of the first {} came", count + 1);
        }
    }
    if let Ok(edits) = proposal.accept(&document.text, None, None, case.encoding) {
        let mut accepted = document.text.clone();
        edits.iter().rev().for_each(|edit| edit.apply(&mut accepted));
        assert_eq!(typed(&accepted.to_string()), typed(&editor.text()), "what was typed is lost");
    }
}

proptest! {
    #![proptest_config(crate::cases::config())]

    #[test]
    fn the_text_is_the_editors_in_whatever_order_it_is_told_and_however_it_is_counted(case in case()) {
        run(&case);
    }
}
