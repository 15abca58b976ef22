//! Takes back what a client wrote in a wrong place. The edits that do so are edits like any other: they are carried over
//! what is typed, asked for again where they were refused, and watched; written in a wrong place, they are taken back
//! themselves.

use super::{Pending, Seen};
use crate::document::Edit;
use crate::position::Encoding;
use ropey::Rope;

/// So many times edits are asked for, one after the other, until the rest is left to the user.
const MAX_ROUNDS: usize = 6;

/// What takes something back.
#[derive(Debug, Clone)]
pub struct Mending {
    /// What is still to be made, the next last: of the text as it is, from the top down. Nothing where the user has
    /// typed in what is to be taken back.
    edits: Vec<Option<Vec<Edit>>>,
    step: Step,
    rounds: usize,
}

#[derive(Debug, Clone)]
enum Step {
    /// The edits are to be asked for. Others were seen in a wrong place, as far as the client has told: it may be that
    /// only some of them were, and the rest follows in the same notification.
    Due { seen: Option<Pending> },
    /// They were, and may be in the document soon. The client may have answered already.
    Asked { pending: Pending, is_answered: bool },
    /// They are in the document, as far as the client has told: it may be that what follows in the same notification
    /// tells of a wrong place.
    Seen { pending: Pending },
    /// The client refused them; its text is another by now, and will be told of.
    Refused,
    /// Everything is as it was.
    Mended,
    /// The user has been told that it is theirs to take back.
    Left,
}

/// What there is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// The client is to be asked for these edits of the text as it is.
    Edits(Vec<Edit>),
    /// The same, after others that were refused or misplaced.
    Again(Vec<Edit>),
    /// It can't be taken back by edits of ours; the user has to know.
    Left,
}

impl Mending {
    /// `edits` of the text as it is take it back.
    pub fn new(edits: Vec<Edit>) -> Self {
        Self { edits: vec![Some(edits)], step: Step::Due { seen: None }, rounds: 0 }
    }

    /// All that was misplaced was seen to be taken back.
    pub fn is_mended(&self) -> bool {
        matches!(self.step, Step::Mended) || self.edits.len() == 1 && matches!(self.step, Step::Seen { .. })
    }

    /// Nothing more is done about it.
    pub fn is_over(&self) -> bool {
        self.is_mended() || matches!(self.step, Step::Left)
    }

    /// The document changed by `edit` to `after`.
    pub fn see(&mut self, edit: &Edit, after: &Rope) {
        let seen = match &mut self.step {
            Step::Asked { pending, .. } | Step::Seen { pending } => pending.see(edit, after),
            Step::Due { seen: Some(pending) } => {
                let seen = pending.see(edit, after);
                if seen.is_some() {
                    self.edits.pop();
                }
                seen
            }
            Step::Refused => {
                self.step = Step::Due { seen: None };
                None
            }
            Step::Due { seen: None } | Step::Mended | Step::Left => None,
        };
        for edits in &mut self.edits {
            *edits = edits.take().and_then(|edits| carry(edits, edit));
        }
        let Some(seen) = seen else { return };
        self.step = match (std::mem::replace(&mut self.step, Step::Left), &seen) {
            (
                Step::Asked { pending, .. } | Step::Seen { pending } | Step::Due { seen: Some(pending) },
                Seen::InPlace(_),
            ) => Step::Seen { pending },
            (Step::Asked { pending, .. } | Step::Seen { pending }, Seen::Misplaced(..)) => {
                Step::Due { seen: Some(pending) }
            }
            (Step::Due { seen: Some(_) }, Seen::Idle) => Step::Due { seen: None },
            (step @ (Step::Asked { .. } | Step::Seen { .. }), Seen::Idle) => step,
            (step @ (Step::Due { .. } | Step::Refused | Step::Mended | Step::Left), _) => step,
        };
        if let Seen::Misplaced(_, undo) = seen {
            self.edits.push(Some(undo));
        }
    }

    /// What is due for `text`, the document as it is, once all changes of a notification were seen.
    pub fn next(&mut self, text: &Rope, encoding: Encoding) -> Option<Due> {
        if let Step::Seen { .. } = self.step {
            self.edits.pop();
            self.step = if self.edits.is_empty() { Step::Mended } else { Step::Due { seen: None } };
        }
        match self.step {
            Step::Due { .. } => {}
            Step::Asked { .. } | Step::Seen { .. } | Step::Refused | Step::Mended | Step::Left => {
                return None;
            }
        }
        self.rounds += 1;
        let edits = self.edits.last().cloned().flatten().filter(|_| self.rounds <= MAX_ROUNDS);
        let Some(edits) = edits else {
            self.step = Step::Left;
            return Some(Due::Left);
        };
        self.step = Step::Asked { pending: Pending::new(&edits, text, encoding), is_answered: false };
        Some(if self.rounds == 1 { Due::Edits(edits) } else { Due::Again(edits) })
    }

    /// The edits that may be in the document soon.
    pub(crate) fn pending_mut(&mut self) -> Option<&mut Pending> {
        match &mut self.step {
            Step::Asked { pending, .. } | Step::Seen { pending } | Step::Due { seen: Some(pending) } => {
                Some(pending)
            }
            Step::Due { seen: None } | Step::Refused | Step::Mended | Step::Left => None,
        }
    }

    /// The client answered that it applied the edits, or refused them.
    pub fn answered(&mut self, applied: bool) {
        if let Step::Asked { is_answered, .. } = &mut self.step {
            *is_answered = true;
            if !applied {
                self.step = Step::Refused;
            }
        }
    }

    /// Nothing came of the edits that were asked for in `round`: what is left is for the user. Tells if something is.
    pub fn give_up(&mut self, round: usize) -> bool {
        let is_waiting = self.rounds == round && matches!(self.step, Step::Asked { .. } | Step::Refused);
        if is_waiting {
            self.step = Step::Left;
        }
        is_waiting
    }

    /// How often edits were asked for.
    pub fn round(&self) -> usize {
        self.rounds
    }

    /// The client has told of all that it changed until now: edits that it had answered before and that were not seen
    /// are not there.
    pub fn settle(&mut self) {
        match self.step {
            Step::Asked { is_answered: true, .. } | Step::Refused => self.step = Step::Due { seen: None },
            Step::Asked { is_answered: false, .. }
            | Step::Seen { .. }
            | Step::Due { .. }
            | Step::Mended
            | Step::Left => {}
        }
    }
}

/// Carries edits that are still to be made over one that was made; nothing if that changed what they change.
fn carry(edits: Vec<Edit>, edit: &Edit) -> Option<Vec<Edit>> {
    let carry = |own: Edit| match () {
        () if edit.range.start >= own.range.end => Some(own),
        () if edit.range.end <= own.range.start => {
            Some(Edit::new(edit.shift(own.range.start)..edit.shift(own.range.end), own.text))
        }
        () => None,
    };
    edits.into_iter().map(carry).collect()
}
