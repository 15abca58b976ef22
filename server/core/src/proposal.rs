//! A proposal: what a model would make of some lines of a document, from the request to the text that was written.
//!
//! It is a pure state machine. It never writes: it answers with edits, and learns from the document's changes what
//! became of them. The text that the user typed is one side of a merge, and never given up for the model's.

use crate::applied::mending::Mending;
use crate::applied::{Pending, Seen};
use crate::document::{self, Edit, LineEnding};
use crate::position::Encoding;
use crate::problem::Problem;
use crate::rebase::{self, Carried};
use ropey::Rope;
use std::collections::VecDeque;
use std::ops::Range;

#[cfg(test)]
mod contract;
mod draft;
mod drawing;
mod hunks;
#[cfg(test)]
mod tests;
mod watch;

use draft::Draft;
pub use hunks::Hunk;
use hunks::Hunks;
use watch::Misplaced;

/// Where a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// The model is writing; hunks settle top down.
    Working,
    /// Every hunk is known and can be accepted.
    Ready,
    /// Edits were given to the client, and not all of them were seen in the document.
    Applying,
    /// The document has all of it. An undo opens it again.
    Accepted,
    /// The user rejected it.
    Rejected,
    /// The user's typing and the model's text can't both stand in some hunk. The others can be accepted by name.
    Conflict,
    /// It ended with a problem.
    Failed,
    /// The user stopped it.
    Cancelled,
}

/// A side of a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Keep what stands in the document.
    Mine,
    /// Take the model's text.
    Model,
}

/// What is asked for: names from the client, verbatim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub id: String,
    pub uri: String,
    pub instruction: String,
    /// `provider/model`.
    pub model: String,
}

/// What a change of the document meant for a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum News {
    /// At most its place is another.
    Moved,
    /// A hunk or the state is another.
    Changed,
    /// All that was accepted is in the document.
    Applied,
}

/// Why nothing can be accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AcceptError {
    #[error("the proposal is not ready")]
    NotReady(State),
    #[error("the text was changed where the proposal wants to change it")]
    Conflict(Vec<u32>),
    #[error("the proposal has no such change any more")]
    Unknown(u32),
    /// A bug: the document isn't the one that the proposal was carried to.
    #[error("the proposal does not fit the document")]
    Diverged,
}

/// A proposal for one document. It has to be told of every change of that document, by [`Proposal::carry`].
#[derive(Debug, Clone)]
pub struct Proposal {
    request: Request,
    state: State,
    /// The lines it is about, in the document as it is.
    span: Range<usize>,
    /// The text that the model sees.
    base: String,
    /// How lines end there.
    ending: LineEnding,
    hunks: Hunks,
    /// What is known while the model writes.
    draft: Option<Draft>,
    /// Watches the client since the last accept.
    pending: Option<Pending>,
    /// The hunks as they were at each text that `pending` counts.
    snapshots: Vec<Vec<Hunk>>,
    /// The hunk that each pending edit belongs to.
    owners: Vec<u32>,
    /// What the client seems to have misplaced, until all changes that it told at once are known.
    misplaced: Option<Misplaced>,
    /// Takes it back.
    mending: Option<Mending>,
    /// Texts from before and after an accept, and the hunks that belong to them: an undo or a redo leads there.
    checkpoints: VecDeque<(Rope, Vec<Hunk>)>,
    problem: Option<Problem>,
}

impl Proposal {
    /// A proposal for the lines that `selection` (bytes of `text`) touches; the model is about to write.
    pub fn new(request: Request, text: &Rope, selection: Range<usize>) -> Self {
        let span = document::whole_lines(text, selection);
        let base = text.byte_slice(span.clone()).to_string();
        let near = if base.contains(['\n', '\r']) { text.byte_slice(span.clone()) } else { text.slice(..) };
        Self {
            request,
            state: State::Working,
            draft: Some(Draft::new(&base)),
            ending: document::line_ending(near),
            span,
            base,
            hunks: Hunks::default(),
            pending: None,
            snapshots: Vec::new(),
            owners: Vec::new(),
            misplaced: None,
            mending: None,
            checkpoints: VecDeque::new(),
            problem: None,
        }
    }

    /// A new try, under the same name, on the lines as they are in `text`.
    #[must_use]
    pub fn again(&self, instruction: String, model: String, text: &Rope) -> Self {
        Self::new(Request { instruction, model, ..self.request.clone() }, text, self.span.clone())
    }

    pub fn id(&self) -> &str {
        &self.request.id
    }

    pub fn uri(&self) -> &str {
        &self.request.uri
    }

    pub fn instruction(&self) -> &str {
        &self.request.instruction
    }

    pub fn model(&self) -> &str {
        &self.request.model
    }

    pub fn state(&self) -> State {
        self.state
    }

    /// The lines it is about, in bytes of the document as it is.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The text that the model sees: whole lines, verbatim.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// How lines end in what it is about.
    pub fn line_ending(&self) -> LineEnding {
        self.ending
    }

    /// What is left to decide on, from the top down; while the model writes, what it has written.
    pub fn hunks(&self) -> impl Iterator<Item = &Hunk> {
        self.hunks.list().iter().filter(|hunk| !hunk.is_done())
    }

    /// It comes in the place of `earlier`, whose hunks may be named still: they are none of its own.
    pub fn replaces(&mut self, earlier: &Self) {
        self.hunks.number_on_from(&earlier.hunks);
    }

    /// Why it failed.
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// Shows what the model has written: all complete lines so far. Tells if there is something new to show.
    pub fn preview(&mut self, so_far: &str) -> bool {
        match &mut self.draft {
            Some(draft) => draft.preview(so_far, &self.base, self.ending, self.span.start, &mut self.hunks),
            None => false,
        }
    }

    /// The model has written `theirs` in the place of the base. Tells if that proposes anything.
    pub fn finish(&mut self, theirs: &str) -> bool {
        let Some(draft) = self.draft.take() else { return false };
        let theirs = draft::fit(&self.base, theirs, self.ending);
        let previewed = self.hunks.list().to_vec();
        draft.finish(&self.base, &theirs, self.span.start, &mut self.hunks);
        self.hunks.keep_ids(&previewed);
        self.state = self.standing();
        !self.hunks.list().is_empty()
    }

    /// It ended with a problem. What is shown goes.
    pub fn fail(&mut self, problem: Problem) {
        self.end(State::Failed);
        self.problem = Some(problem);
    }

    /// The user stopped it. What is shown goes.
    pub fn cancel(&mut self) {
        self.end(State::Cancelled);
    }

    /// Drops the named hunks, or all of it.
    pub fn reject(&mut self, hunks: Option<&[u32]>) {
        let Some(ids) = hunks.filter(|_| self.draft.is_none()) else { return self.end(State::Rejected) };
        self.drop_hunks(|hunk| ids.contains(&hunk.id));
        if self.hunks.list().is_empty() {
            return self.end(State::Rejected);
        }
        if self.is_live() {
            self.state = self.standing();
        }
    }

    /// The edits of `text`, the document as it is, that write the named hunks, or all of them: as small as can be, from
    /// the top down, without overlap. `take` decides about hunks in conflict; without it they are refused. The client
    /// has to be asked to apply them to this very text. No edits mean that there is nothing to write.
    pub fn accept(
        &mut self,
        text: &Rope,
        hunks: Option<&[u32]>,
        take: Option<Side>,
        encoding: Encoding,
    ) -> Result<Vec<Edit>, AcceptError> {
        if self.draft.is_some() || !self.is_live() {
            return Err(AcceptError::NotReady(self.state));
        }
        let ids = self.chosen(hunks, take)?;
        let is_chosen = |hunk: &Hunk| !hunk.is_done() && ids.contains(&hunk.id);
        if take == Some(Side::Mine) {
            self.drop_hunks(|hunk| is_chosen(hunk) && hunk.is_conflict());
        }
        self.forget_client();
        self.mending = None;
        let mut edits = Vec::new();
        for hunk in self.hunks.list_mut().iter_mut() {
            if !is_chosen(hunk) {
                continue;
            }
            let mine = text.get_byte_slice(hunk.span.clone()).ok_or(AcceptError::Diverged)?.to_string();
            let at = |range: Range<usize>| range.start + hunk.span.start..range.end + hunk.span.start;
            for part in hunk.edits(&mine) {
                edits.push(Edit::new(at(part.range), part.text));
                self.owners.push(hunk.id);
            }
            hunk.ask(&mine);
        }
        self.ask(&edits, text, encoding);
        // What changes nothing needn't be written, and no client could tell of it.
        if let Some(landing) = self.pending.as_ref().and_then(|pending| pending.makes_no_difference(text)) {
            self.land(&landing, text);
            return Ok(Vec::new());
        }
        Ok(edits)
    }

    /// The document changed by `edit` from `before` to `after`: by typing and then by what the client was asked for, if one
    /// change tells of both.
    pub fn carry(&mut self, edit: &Edit, before: &Rope, after: &Rope) -> News {
        if edit.is_empty() {
            return News::Moved;
        }
        let Some(landing) = self.told_together(before, after) else {
            return self.carry_one(edit, before, after);
        };
        let between = landing.was.clone();
        let typed = self.carry_one(&Edit::between(before, &between), before, &between);
        self.expect(&landing);
        typed.max(self.carry_one(&Edit::between(&between, after), &between, after))
    }

    fn carry_one(&mut self, edit: &Edit, before: &Rope, after: &Rope) -> News {
        let misplaced = self.misplaced.as_mut().map(|misplaced| &mut misplaced.mending);
        for mending in misplaced.into_iter().chain(&mut self.mending) {
            mending.see(edit, after);
        }
        let was = self.state;
        let mut is_changed = self.hunks.carry(edit, before, after);
        self.carry_span(edit, before, after);
        is_changed |= self.go_back(after);
        match self.watch(edit, after) {
            Some(Seen::InPlace(landing)) => {
                self.land(&landing, after);
                return News::Applied;
            }
            Some(Seen::Misplaced(landing, undo)) => {
                self.misplaced = Some(Misplaced { landing, mending: Mending::new(undo) });
            }
            Some(Seen::Idle) => self.misplaced = None,
            None => {}
        }
        if self.draft.is_none() && self.is_live() {
            let is_applying = was == State::Applying && (self.is_asked() || self.misplaced.is_some());
            self.state = if is_applying { State::Applying } else { self.standing() };
            if was == State::Applying && !is_applying {
                return News::Applied;
            }
        }
        if is_changed || self.state != was { News::Changed } else { News::Moved }
    }

    fn end(&mut self, state: State) {
        self.state = state;
        self.draft = None;
        self.hunks.clear();
        self.forget_client();
    }

    /// Drops what is open and meant, for good.
    fn drop_hunks(&mut self, is_meant: impl Fn(&Hunk) -> bool) {
        let mut dropped = Vec::new();
        self.hunks.retain(|hunk| {
            let is_dropped = !hunk.is_done() && is_meant(hunk);
            dropped.extend(is_dropped.then_some(hunk.id));
            !is_dropped
        });
        for (_, hunks) in &mut self.checkpoints {
            hunks.retain(|hunk| !dropped.contains(&hunk.id));
        }
    }

    /// It has hunks that can still be decided on.
    fn is_live(&self) -> bool {
        match self.state {
            State::Working | State::Ready | State::Applying | State::Accepted | State::Conflict => true,
            State::Rejected | State::Failed | State::Cancelled => false,
        }
    }

    /// The state that the hunks make.
    fn standing(&self) -> State {
        match () {
            () if self.hunks().any(Hunk::is_conflict) => State::Conflict,
            () if self.hunks().next().is_some() => State::Ready,
            () => State::Accepted,
        }
    }

    fn is_asked(&self) -> bool {
        self.hunks.list().iter().any(Hunk::is_asked)
    }

    /// The hunks that an accept is about.
    fn chosen(&self, hunks: Option<&[u32]>, take: Option<Side>) -> Result<Vec<u32>, AcceptError> {
        let open = self.hunks().map(|hunk| hunk.id).collect::<Vec<_>>();
        let ids = hunks.map_or_else(|| open.clone(), <[u32]>::to_vec);
        if let Some(&id) = ids.iter().find(|id| !open.contains(id)) {
            return Err(AcceptError::Unknown(id));
        }
        let conflicts = self.hunks().filter(|hunk| hunk.is_conflict() && ids.contains(&hunk.id));
        let conflicts = conflicts.map(|hunk| hunk.id).collect::<Vec<_>>();
        if take.is_none() && !conflicts.is_empty() { Err(AcceptError::Conflict(conflicts)) } else { Ok(ids) }
    }

    fn ask(&mut self, edits: &[Edit], text: &Rope, encoding: Encoding) {
        self.state = if edits.is_empty() { self.standing() } else { State::Applying };
        if !edits.is_empty() {
            self.pending = Some(Pending::new(edits, text, encoding));
            self.snapshots.push(self.hunks.list().to_vec());
        }
    }

    fn carry_span(&mut self, edit: &Edit, before: &Rope, after: &Rope) {
        match rebase::carry(&self.span, edit, after) {
            Carried::Moved(span) => self.span = span,
            Carried::Touched => {
                let start = self.span.start.min(edit.range.start);
                let end = self.span.end.max(edit.range.end);
                let region = hunks::grow(start..end, edit, before, after);
                if let Some(draft) = &mut self.draft {
                    draft.typed(edit, &self.span, &region, before);
                }
                self.span = region.start..edit.shift(region.end);
            }
        }
    }
}
