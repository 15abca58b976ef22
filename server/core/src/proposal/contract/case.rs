//! The cases of the contract: a text, what the model makes of it, and what the user and the client do meanwhile.

use super::client::Telling;
use crate::diff::{self, lines};
use crate::position::Encoding;
use crate::proposal::Side;
use proptest::prelude::*;
use std::ops::Range;

/// What the user types: no other text has these.
pub(super) const TYPED: Range<char> = '\u{4e00}'..'\u{9000}';

/// A part of the whole, in units of 2^-64.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part(u64);

impl Part {
    /// One of `count` places.
    pub(super) fn index(self, count: usize) -> usize {
        ((u128::from(self.0) * count as u128) >> 64) as usize
    }
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Types new characters, and what goes along with them, in the place of up to that many.
    Type {
        at: Part,
        over: usize,
        extra: &'static str,
    },
    /// Lines of the model's answer are shown.
    Preview(Part),
    Accept(Accept),
    Reject(Part),
    /// Goes back to what was there before the last accept.
    Undo,
    /// Turns to the other proposal.
    Turn,
}

#[derive(Debug, Clone)]
pub(super) struct Accept {
    /// Bit by bit, which hunks; all for 0.
    pub(super) which: u8,
    pub(super) take: Option<Side>,
    pub(super) fault: Fault,
    pub(super) telling: Telling,
    /// What was typed but not sent when the client applied the edits.
    pub(super) unsent: Vec<Typing>,
    /// The client tells of that and of the edits by one change.
    pub(super) is_together: bool,
    pub(super) mends: Mends,
}

/// Where something is typed, over how much, and what goes along.
pub(super) type Typing = (Part, usize, &'static str);

/// What the client does when it is to take back what it misplaced.
#[derive(Debug, Clone)]
pub(super) enum Mends {
    AsAsked,
    /// This is typed and not sent.
    Late(Vec<Typing>),
    /// It refuses, and so much is typed then.
    Refuses(Vec<Typing>),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    None,
    /// It counts characters in another unit.
    Encoding(Encoding),
    /// It turns line endings into these.
    Endings(&'static str),
    /// It applies only those edits whose bit is set.
    Partly(u8),
    /// It applies nothing, whatever it says.
    Refuses,
    /// It applies nothing, and the server hears no more of it.
    Silent,
}

#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) lines: Vec<(&'static str, &'static str)>,
    pub(super) selection: (Part, Part),
    /// What the other proposal, ready from the start, is about.
    pub(super) other: (Part, Part),
    /// What the model does with the lines, one after the other.
    pub(super) model: Vec<(u8, &'static str)>,
    pub(super) encoding: Encoding,
    /// The model ends after that many steps.
    pub(super) finish: usize,
    pub(super) steps: Vec<Step>,
}

const WORDS: [&str; 9] =
    ["", "a", "let a = b;", "\tx(y)", "  e\u{301}", "😀 f(a)", "}", "é\u{2028}ü", "return a + b"];

fn line() -> impl Strategy<Value = (&'static str, &'static str)> {
    (prop::sample::select(&WORDS[..]), prop_oneof![2 => Just("\n"), 1 => Just("\r\n")])
}

fn typing() -> impl Strategy<Value = Typing> {
    let extra = prop::sample::select(vec!["", "", "", "\n", "\r\n", "\n\n", "a", " = ", "let a = b;\n"]);
    (any::<u64>().prop_map(Part), prop_oneof![6 => Just(0usize), 2 => 1..3usize, 1 => 3..40usize], extra)
}

fn encoding() -> impl Strategy<Value = Encoding> {
    prop::sample::select(vec![Encoding::Utf8, Encoding::Utf16, Encoding::Utf32])
}

fn accept() -> impl Strategy<Value = Accept> {
    let fault = prop_oneof![
        5 => Just(Fault::None),
        1 => encoding().prop_map(Fault::Encoding),
        1 => prop::sample::select(vec!["\n", "\r\n"]).prop_map(Fault::Endings),
        1 => any::<u8>().prop_map(Fault::Partly),
        1 => Just(Fault::Refuses),
        1 => Just(Fault::Silent),
    ];
    let tellings = prop::sample::select(vec![
        Telling::BottomUp,
        Telling::TopDown,
        Telling::Split,
        Telling::Letters,
        Telling::Hull,
        Telling::Whole,
    ]);
    let take = prop::sample::select(vec![None, None, Some(Side::Mine), Some(Side::Model)]);
    let unsent = prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(typing(), 1..4)];
    let typed = || prop::collection::vec(typing(), 1..3);
    let mends = prop_oneof![2 => Just(Mends::AsAsked), 1 => typed().prop_map(Mends::Late), 1 => typed().prop_map(Mends::Refuses)];
    let is_together = prop::bool::weighted(0.3);
    (prop_oneof![Just(0), any::<u8>()], take, fault, tellings, unsent, is_together, mends).prop_map(
        |(which, take, fault, telling, mut unsent, mut is_together, mut mends)| {
            // A client that is late and applies a part only is beyond what can be told from typing. So is a fault of one
            // that tells letter by letter: half-way, that can be the user's own typing and the edits in their places.
            let is_by_letters = matches!(telling, Telling::Letters);
            let fault = if is_by_letters { Fault::None } else { fault };
            if is_by_letters || matches!(fault, Fault::Partly(_)) {
                unsent.clear();
            }
            if is_by_letters && matches!(mends, Mends::Late(_)) {
                mends = Mends::AsAsked;
            }
            // What was typed over something is beyond that too where it is not told for itself.
            is_together &= !unsent.is_empty();
            if is_together {
                unsent.iter_mut().for_each(|(_, over, _)| *over = 0);
                mends = Mends::AsAsked;
            }
            Accept { which, take, fault, telling, unsent, is_together, mends }
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => typing().prop_map(|(at, over, extra)| Step::Type { at, over, extra }),
        1 => any::<u64>().prop_map(Part).prop_map(Step::Preview),
        3 => accept().prop_map(Step::Accept),
        1 => any::<u64>().prop_map(Part).prop_map(Step::Reject),
        1 => Just(Step::Undo),
        1 => Just(Step::Turn),
    ]
}

pub(super) fn case() -> impl Strategy<Value = Case> {
    let selection = || (any::<u64>().prop_map(Part), any::<u64>().prop_map(Part));
    let model = (0..10u8, prop::sample::select(vec!["M", "M(a);", "  M", "M😀\nN", "let a = M;"]));
    (
        prop::collection::vec(line(), 0..10),
        selection(),
        selection(),
        prop::collection::vec(model, 10),
        encoding(),
        0..4usize,
        prop::collection::vec(step(), 1..9),
    )
        .prop_map(|(lines, selection, other, model, encoding, finish, steps)| Case {
            lines,
            selection,
            other,
            model,
            encoding,
            finish,
            steps,
        })
}

/// What the model makes of `base`.
pub(super) fn answer(base: &str, model: &[(u8, &str)]) -> String {
    let mut answer = String::new();
    let mut put = |line: &str| answer.push_str(&format!("{line}\n"));
    for (at, (what, text)) in model.iter().enumerate() {
        let Some(line) = lines(base).get(at).map(|line| diff::without_ending(line)) else { break };
        match what {
            0..4 => put(line),
            4 => put(text),
            5 => {}
            6 => put(&format!("{line} {text}")),
            7 => put(&format!("{text} {line}")),
            8 => {
                put(text);
                put(line);
            }
            _ => {
                put(line);
                put("");
            }
        }
    }
    if base.is_empty() { "M\n".to_owned() } else { answer }
}
