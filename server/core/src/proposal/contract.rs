//! The edit contract, as one property: whatever is typed, whenever, whatever the model writes and however badly the
//! client behaves, the user keeps every character they typed, and what was accepted stands where it was shown or
//! nowhere.
//!
//! `tests/run --cases 1000000 contract` runs longer, on new cases.

use super::*;
use crate::applied::mending::Due;
use crate::diff::{self, lines};
use crate::document::Document;
use crate::position;
use case::{Accept, Case, Fault, Mends, Part, Step, TYPED, Typing, answer, case};
use client::{Change, Client, Named, Place};
use proptest::prelude::*;

mod case;
mod client;

/// A client and a server, and what is known about them.
struct World {
    client: Client,
    document: Document,
    proposal: Proposal,
    answer: String,
    /// Another proposal for the same document, perhaps for the same lines.
    other: Proposal,
    /// The next character to type.
    next: char,
    /// The client before the last accept, and the hunks then.
    before_accept: Option<(Client, Vec<(u32, String)>)>,
}

impl World {
    fn new(case: &Case) -> Self {
        let mut text = case.lines.iter().flat_map(|(line, ending)| [*line, *ending]).collect::<String>();
        if case.finish % 2 == 1 {
            text.truncate(diff::without_ending(&text).len());
        }
        let client = Client::new(&text, case.encoding);
        let document = Document::new("u", "rust", 0, &text);
        let byte = |at: usize| document.text.char_to_byte(client.snap(at));
        let proposal = |selection: (Part, Part)| {
            let (a, b) = (selection.0.index(client.len() + 1), selection.1.index(client.len() + 1));
            let request =
                Request { id: "p".into(), uri: "u".into(), instruction: "i".into(), model: "m".into() };
            Proposal::new(request, &document.text, byte(a.min(b))..byte(a.max(b)))
        };
        let (proposal, mut other) = (proposal(case.selection), proposal(case.other));
        let answer = answer(proposal.base(), &case.model);
        other.finish(&self::answer(other.base(), &case.model));
        Self { client, document, proposal, answer, other, next: TYPED.start, before_accept: None }
    }

    /// The server hears of a change.
    fn hear(&mut self, change: &Change) {
        let before = self.document.text.clone();
        let edit = self.document.apply(change.range, &change.text, self.client.encoding);

        self.proposal.carry(&edit, &before, &self.document.text);
        self.other.carry(&edit, &before, &self.document.text);
    }

    /// The user types in the client.
    fn type_in(&mut self, at: Part, over: usize, extra: &str) -> Change {
        let start = self.client.snap(at.index(self.client.len() + 1));
        let end = self.client.snap((start + over).min(self.client.len())).max(start);
        let text = format!("{}{extra}", self.next);
        self.next = char::from_u32(u32::from(self.next) + 1).unwrap();
        self.client.replace(start..end, &text)
    }

    fn open(&self) -> Vec<(u32, String)> {
        self.proposal.hunks().map(|hunk| (hunk.id, hunk.added().to_owned())).collect()
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Type { at, over, extra } => {
                let change = self.type_in(*at, *over, extra);
                self.hear(&change);
                assert_eq!(self.mend(), None, "typing was taken for a misplaced edit");
                self.before_accept = None;
            }
            Step::Preview(at) => {
                let lines = lines(&self.answer);
                let so_far = lines[..at.index(lines.len() + 1)].concat();
                self.proposal.preview(&so_far);
            }
            Step::Accept(accept) => self.accept(accept),
            Step::Reject(at) => {
                let ids = self.open();
                if !ids.is_empty() && self.proposal.state() != State::Working {
                    self.proposal.reject(Some(&[ids[at.index(ids.len())].0]));
                    self.before_accept = None;
                }
            }
            Step::Undo => self.undo(),
            Step::Turn => {
                if self.proposal.state() != State::Working {
                    std::mem::swap(&mut self.proposal, &mut self.other);
                    self.before_accept = None;
                }
            }
        }
        let due = self.other.mend(&self.document.text, self.client.encoding);
        assert_eq!(due, None, "what was done with one proposal is taken for the other's");
        self.check();
    }

    fn accept(&mut self, accept: &Accept) {
        let mut open = self.open();
        let chosen =
            open.iter().enumerate().filter(|(at, _)| accept.which == 0 || accept.which >> (at % 8) & 1 == 1);
        let ids = chosen.map(|(_, (id, _))| *id).collect::<Vec<_>>();
        let hunks = self.proposal.hunks().filter(|hunk| ids.contains(&hunk.id)).cloned().collect::<Vec<_>>();
        // The user's own text was taken: that hunk is gone for good, and no undo of an earlier accept brings it back.
        let is_given_up = |id: u32| hunks.iter().any(|hunk| hunk.id == id && hunk.is_conflict());
        if accept.take == Some(Side::Mine) {
            open.retain(|(id, _)| !is_given_up(*id));
            if let Some((_, before)) = &mut self.before_accept {
                before.retain(|(id, _)| !is_given_up(*id));
            }
        }
        let text = self.document.text.clone();

        let Ok(edits) = self.proposal.accept(&text, Some(&ids), accept.take, self.client.encoding) else {
            return;
        };
        if !edits.is_empty() {
            self.other.stop_watching();
        }
        assert_eq!(applied(&text.to_string(), &edits), wanted(&text, &hunks, accept.take));
        if accept.take != Some(Side::Model) {
            assert!(keeps(&text.to_string(), &applied(&text.to_string(), &edits)));
        }
        let edits = self.named(&edits);
        if !edits.is_empty() {
            self.before_accept = None;
            let was = self.client.clone();
            let is_plain = self.carry_out(&edits, accept);
            self.before_accept = is_plain.then_some((was, open));
        }
    }

    /// The client does what it does with the edits. Tells if they were simply applied.
    fn carry_out(&mut self, edits: &[Named], accept: &Accept) -> bool {
        let known = typed(&self.document.text.to_string());
        let places = self.client.places(edits);
        let unsent = self.type_all(&accept.unsent);
        let (edits, places, encoding) = self.distort(edits, places, accept.fault);
        let right = self.client.with_edits_at(&places, &edits);
        let was = self.client.clone();
        let told = self.client.apply(&edits, encoding, accept.telling);
        let got = self.client.text();
        if accept.is_together {
            // Where the edits write nothing that wasn't there, what they took out may as well have been deleted by the
            // user; and where they took out all that was typed, nothing tells of it.
            let was = Rope::from_str(&was.text());
            let writes = edits.iter().any(|(range, text)| {
                let range = position::to_byte_range(&was, *range, encoding);
                Edit::tight(range, text, &was).text.contains(|c: char| !c.is_whitespace())
            });
            let is_visible = writes && typed(&got).chars().any(|c| !known.contains(c));
            self.tell_together(accept, edits.is_empty(), is_visible);
            return false;
        }
        unsent.iter().chain(&told).for_each(|change| self.hear(change));
        assert_eq!(self.document.text, got.as_str());
        if let Some(due) = self.mend() {
            self.take_back(due, &was, accept);
            return false;
        }
        let is_partial = matches!(accept.fault, Fault::Partly(_));
        assert!(
            right.as_ref().is_none_or(|right| *right == got || got == was.text()),
            "a misplaced edit was not seen"
        );
        if accept.take != Some(Side::Model) {
            assert!(keeps(&was.text(), &got), "what was typed is lost");
        }
        let is_applied = right == Some(got) && !edits.is_empty() && !is_partial;
        if is_applied {
            assert_ne!(self.proposal.state(), State::Applying, "an applied edit was not seen");
        }
        if edits.is_empty() && !matches!(accept.fault, Fault::Silent) {
            self.proposal.settle();
            assert_ne!(self.proposal.state(), State::Applying);
        }
        is_applied && unsent.is_empty() && !matches!(accept.fault, Fault::Endings(_))
    }

    /// The client tells by one change of what was typed and what it made of the edits. Nobody but itself can know what it
    /// took out of what was typed, but all that was known before is there in the end.
    fn tell_together(&mut self, accept: &Accept, is_refused: bool, is_visible: bool) {
        let known = typed(&self.document.text.to_string());
        let got = self.client.text();
        self.hear(&Change { range: None, text: got.clone() });
        let put_in = match self.mend() {
            Some(Due::Edits(_)) if is_refused => panic!("typing was taken for a misplaced edit"),
            Some(Due::Edits(undo)) => {
                let put_in =
                    undo.iter().map(|edit| self.document.text.byte_slice(edit.range.clone()).to_string());
                let put_in = put_in.collect::<String>();
                self.carry_back(&undo, accept);
                assert!(!self.proposal.is_mending(), "what was taken back was not seen");
                put_in
            }
            Some(due @ (Due::Again(_) | Due::Left)) => panic!("{due:?} is no news"),
            None => String::new(),
        };
        let now = typed(&self.client.text());
        let is_exempt = !is_visible || accept.take == Some(Side::Model);
        assert!(is_exempt || is_part(&known, &now), "what was known is lost");
        let typed_in = typed(&got).chars().filter(|c| !put_in.contains(*c)).collect::<String>();
        assert!(is_part(&typed_in, &now), "what was typed is lost");
        self.proposal.settle();
        assert_ne!(self.proposal.state(), State::Applying);
    }

    /// The edits, and where they belong, as the faulty client takes them.
    fn distort(
        &self,
        edits: &[Named],
        places: Vec<Place>,
        fault: Fault,
    ) -> (Vec<Named>, Vec<Place>, Encoding) {
        let own = self.client.encoding;
        match fault {
            Fault::None => (edits.to_vec(), places, own),
            Fault::Encoding(encoding) => (edits.to_vec(), places, encoding),
            Fault::Endings(ending) => {
                let turned =
                    |text: &str| text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', ending);
                (edits.iter().map(|(range, text)| (*range, turned(text))).collect(), places, own)
            }
            Fault::Partly(which) => {
                let kept = |at: &usize| which >> (at % 8) & 1 == 1;
                let edits = edits.iter().enumerate().filter(|(at, _)| kept(at)).map(|(_, edit)| edit.clone());
                let places =
                    places.into_iter().enumerate().filter(|(at, _)| kept(at)).map(|(_, place)| place);
                (edits.collect(), places.collect(), own)
            }
            Fault::Refuses | Fault::Silent => (Vec::new(), Vec::new(), own),
        }
    }

    fn mend(&mut self) -> Option<Due> {
        self.proposal.mend(&self.document.text, self.client.encoding)
    }

    /// The server takes back what was misplaced, and what a client that is late again makes of that.
    fn take_back(&mut self, due: Due, was: &Client, accept: &Accept) {
        let Due::Edits(undo) = due else { panic!("what nobody has typed in can be taken back: {due:?}") };
        let got = typed(&self.client.text());
        let put_in = undo.iter().map(|edit| self.document.text.byte_slice(edit.range.clone()).to_string());
        let put_in = put_in.collect::<String>();
        match &accept.mends {
            Mends::AsAsked => {
                self.carry_back(&undo, accept);
                assert_eq!(self.client.text(), was.text(), "what was misplaced was not taken back");
                assert!(!self.proposal.is_mending(), "what was taken back was not seen");
            }
            Mends::Late(unsent) => {
                let named = self.named(&undo);
                let unsent = self.type_all(unsent);
                let since = typed(&self.client.text());
                let told = self.client.apply(&named, self.client.encoding, accept.telling);
                unsent.iter().chain(&told).for_each(|change| self.hear(change));
                self.take_back_again(accept, (&put_in, &got, &since), was);
            }
            Mends::Refuses(typing) => {
                self.proposal.mending_answered(false);
                assert_eq!(self.mend(), None, "a client that refused is asked again for the same text");
                let unsent = self.type_all(typing);
                let since = typed(&self.client.text());
                unsent.iter().for_each(|change| self.hear(change));
                self.take_back_again(accept, (&put_in, &got, &since), was);
            }
        }
        assert_eq!(self.mend(), None);
    }

    /// The client does as it is asked, until nothing more is due. What was typed since the misplaced edit is all there
    /// then, in its order; and what that edit took out as well, but for what its user has typed over `since`, and where
    /// that had to be left to them.
    fn take_back_again(&mut self, accept: &Accept, (put_in, got, since): (&str, &str, &str), was: &Client) {
        let mut is_left = false;
        while let Some(due) = self.mend() {
            match due {
                Due::Again(edits) => self.carry_back(&edits, accept),
                Due::Left => is_left = true,
                Due::Edits(edits) => panic!("{edits:?} is no news"),
            }
        }
        let now = typed(&self.client.text());
        let count = |text: &str, c: char| text.chars().filter(|own| *own == c).count();
        let mut rest = now.chars();
        // What the misplaced edit put there goes with it.
        let is_kept = since.chars().all(|c| put_in.contains(c) || rest.any(|own| own == c));
        assert!(is_kept, "what was typed meanwhile is lost");
        let is_over = |c: char| count(got, c) > count(since, c);
        let was = typed(&was.text());
        let is_there = was.chars().all(|c| is_over(c) || now.contains(c));
        assert!(is_left || is_there, "what was taken out is not back");
    }

    /// The client does as it is asked.
    fn carry_back(&mut self, undo: &[Edit], accept: &Accept) {
        let named = self.named(undo);
        let told = self.client.apply(&named, self.client.encoding, accept.telling);
        told.iter().for_each(|change| self.hear(change));
    }

    fn type_all(&mut self, typing: &[Typing]) -> Vec<Change> {
        typing.iter().map(|(at, over, extra)| self.type_in(*at, *over, extra)).collect()
    }

    /// Edits as the client is asked for them.
    fn named(&self, edits: &[Edit]) -> Vec<Named> {
        let range =
            |edit: &Edit| position::from_byte_range(&self.document.text, &edit.range, self.client.encoding);
        edits.iter().map(|edit| (range(edit), edit.text.clone())).collect()
    }

    fn undo(&mut self) {
        let Some((client, open)) = self.before_accept.take() else { return };
        let now = std::mem::replace(&mut self.client, client);
        self.hear(&Change { range: None, text: self.client.text() });
        assert_eq!(self.open(), open, "an undo opens what was accepted");
        let before = std::mem::replace(&mut self.client, now);
        self.hear(&Change { range: None, text: self.client.text() });
        self.before_accept = Some((before, open));
    }

    /// What holds at all times.
    fn check(&self) {
        let text = &self.document.text;
        assert_eq!(*text, self.client.text().as_str());
        for proposal in [&self.proposal, &self.other] {
            Self::check_proposal(proposal, text);
        }
    }

    fn check_proposal(proposal: &Proposal, text: &Rope) {
        assert!(proposal.span().end <= text.len_bytes());
        let hunks = proposal.hunks().collect::<Vec<_>>();
        for pair in hunks.windows(2) {
            assert!(pair[0].span.end <= pair[1].span.start, "hunks overlap");
        }
        for hunk in hunks {
            assert!(document::is_line_bound(text, hunk.span.start), "a hunk begins in a line");
            assert!(document::is_line_bound(text, hunk.span.end), "a hunk ends in a line");
            if !hunk.is_conflict() {
                assert!(keeps(&hunk.removed(text), hunk.added()), "a hunk takes what was typed");
            }
        }
    }
}

/// What the user typed is all there, in its order, and what they took out is not.
fn keeps(before: &str, after: &str) -> bool {
    typed(before) == typed(after)
}

/// All of `part` is in `text`, in its order.
fn is_part(part: &str, text: &str) -> bool {
    let mut rest = text.chars();
    part.chars().all(|c| rest.any(|own| own == c))
}

/// The characters that the user typed and that are still there.
fn typed(text: &str) -> String {
    text.chars().filter(|c| TYPED.contains(c)).collect()
}

fn applied(text: &str, edits: &[Edit]) -> String {
    let mut text = text.to_owned();
    for edit in edits.iter().rev() {
        text.replace_range(edit.range.clone(), &edit.text);
    }
    text
}

/// The text in which each of `hunks` stands as it was shown.
fn wanted(text: &Rope, hunks: &[Hunk], take: Option<Side>) -> String {
    let mut wanted = text.to_string();
    for hunk in hunks.iter().rev() {
        if !(hunk.is_conflict() && take == Some(Side::Mine)) {
            wanted.replace_range(hunk.span.clone(), hunk.added());
        }
    }
    wanted
}

fn run(case: &Case) {
    let mut world = World::new(case);
    for (at, step) in case.steps.iter().enumerate() {
        if at == case.finish {
            world.proposal.finish(&world.answer.clone());
            world.check();
        }
        world.step(step);
    }
}

proptest! {
    #![proptest_config(crate::cases::config())]

    #[test]
    fn an_edit_lands_where_it_was_shown_and_costs_no_typed_character(case in case()) {
        run(&case);
    }
}
