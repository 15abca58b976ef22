//! A chat: its turns, as they were sent and answered, and what a model is shown of them.
//!
//! It knows no clock, no model and no disk; names are the client's. A turn is kept on disk in its serialized form, which
//! older ones must stay readable in.

mod barred;
mod facts;
mod kept;

pub use barred::Barred;
pub use facts::{Facts, Instead, Sent, Skipped};
pub use kept::{Change, Changes, Found};

use crate::context::{self, Block, Item};
use crate::counted::counted;
use crate::page;
use crate::provider::Message;
use barred::Shown;
use serde::{Deserialize, Serialize};

/// How a turn stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "camelCase")]
pub enum TurnState {
    /// The answer is being written.
    Running,
    /// The answer is complete; `cut` tells that it ended at the output limit.
    Done { cut: bool },
    /// It ended with a problem; what came so far is kept.
    Failed,
    /// It was stopped; what came so far is kept.
    Cancelled,
}

/// A question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// The client's name for it, unique in the chat.
    pub id: String,
    /// The user's words.
    pub question: String,
    /// The context as it was sent.
    pub blocks: Vec<Block>,
    /// `provider/model` that was asked.
    pub model: String,
    /// The answer so far.
    pub answer: String,
    pub state: TurnState,
    #[serde(default, deserialize_with = "facts::readable")]
    pub facts: Facts,
    #[serde(skip)]
    mark: kept::Mark,
}

/// A chat. At most one turn is running.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conversation {
    /// The user's title; the first question gives one otherwise.
    title: Option<String>,
    turns: Vec<Turn>,
    disk: kept::OnDisk,
}

/// A turn is running, and a chat has one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the chat is still answering")]
pub struct Busy;

/// No turn has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the chat has no such turn")]
pub struct UnknownTurn;

/// The earlier turns that a model is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// Oldest first; questions and answers alternate, and an answer is last.
    pub messages: Vec<Message>,
    /// What was left out, what of the context of earlier questions goes along again, and what another editor added.
    pub items: Vec<Item>,
    /// Estimated tokens of the messages.
    pub tokens: u64,
}

impl Conversation {
    /// Starts a turn. An earlier turn's name replaces that turn and drops what the user saw after it.
    pub fn begin(&mut self, id: &str, question: &str, blocks: Vec<Block>, model: &str) -> Result<(), Busy> {
        if self.running().is_some() {
            return Err(Busy);
        }
        if let Some(at) = self.position(id) {
            self.replace_from(at);
        }
        self.turns.push(Turn {
            id: id.to_owned(),
            question: question.to_owned(),
            blocks,
            model: model.to_owned(),
            answer: String::new(),
            state: TurnState::Running,
            facts: Facts::default(),
            mark: kept::Mark::default(),
        });
        Ok(())
    }

    /// Adds to the answer of the running turn. A turn that isn't running takes nothing, and `false` says so.
    pub fn append(&mut self, id: &str, text: &str) -> bool {
        let turn = self.running_mut(id);
        turn.map(|turn| {
            turn.answer.push_str(text);
            turn.mark.change();
        })
        .is_some()
    }

    /// Another model goes on with the running turn. A turn that isn't running stays as it is, and `false` says so.
    pub fn asks_instead(&mut self, id: &str, model: &str) -> bool {
        let turn = self.running_mut(id);
        turn.map(|turn| {
            model.clone_into(&mut turn.model);
            turn.mark.change();
        })
        .is_some()
    }

    /// Learns something about the running turn. A turn that isn't running stays as it is, and `false` says so.
    pub fn learn(&mut self, id: &str, learn: impl FnOnce(&mut Facts)) -> bool {
        let turn = self.running_mut(id);
        turn.map(|turn| {
            learn(&mut turn.facts);
            turn.mark.change();
        })
        .is_some()
    }

    /// The running turn is over, and goes on as a running one until it is ended: what is written of it from here on is
    /// how it ended. A turn that isn't running stays as it is, and `false` says so.
    pub fn is_to_end(&mut self, id: &str, state: TurnState) -> bool {
        let turn = self.running_mut(id);
        turn.map(|turn| turn.mark.end_as(state)).is_some()
    }

    /// Ends the running turn. A turn that isn't running stays as it is, and `false` says so.
    pub fn end(&mut self, id: &str, state: TurnState) -> bool {
        let turn = self.running_mut(id);
        turn.map(|turn| {
            turn.mark.end_as(state);
            turn.state = state;
        })
        .is_some()
    }

    /// Ends the running turn, if there is one: as it was to end, or as stopped.
    pub fn stop(&mut self) {
        if let Some(turn) = self.turns.iter_mut().rfind(|turn| turn.state == TurnState::Running) {
            turn.state = turn.mark.end_as_planned();
        }
    }

    /// The running turn's name.
    pub fn running(&self) -> Option<&str> {
        self.turns.iter().rfind(|turn| turn.state == TurnState::Running).map(|turn| turn.id.as_str())
    }

    /// The turn of that name.
    pub fn turn(&self, id: &str) -> Option<&Turn> {
        self.turns.iter().find(|turn| turn.id == id)
    }

    /// All turns, oldest first.
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// The user's title, else the first line of the first question, shortened; empty for an empty chat.
    pub fn title(&self) -> String {
        let first = || self.turns.first().map(|turn| shorten(&turn.question, TITLE_CHARS));
        self.title.clone().or_else(first).unwrap_or_default()
    }

    /// Gives the chat a title; a blank one brings back the first question's.
    pub fn rename(&mut self, title: &str) {
        let title = title.trim();
        self.title = (!title.is_empty()).then(|| title.to_owned());
        self.was_renamed();
    }

    /// What a model is shown before `turn`'s question: the answered turns before it, within `budget` tokens; the
    /// oldest are dropped first, and the item says how many. A name the chat doesn't have stands for a new turn. What
    /// is barred by now is left out, and told.
    pub fn history(&self, turn: &str, budget: u64, barred: Barred<'_>) -> History {
        let earlier = self.turns.iter().take(self.position(turn).unwrap_or(self.turns.len()));
        let answered = earlier.filter(|turn| !turn.answer.trim().is_empty());
        let answered: Vec<Shown> = answered.map(|turn| Shown::new(turn, barred)).collect();
        let mut history = History::default();
        let mut kept = 0;
        for turn in answered.iter().rev() {
            let size = turn.tokens();
            if history.tokens + size > budget {
                break;
            }
            history.tokens += size;
            kept += 1;
        }
        let (left_out, shown) = answered.split_at(answered.len() - kept);
        history.messages = shown.iter().flat_map(Shown::messages).collect();
        let too_long = Some("the chat is longer than the token budget".to_owned());
        history.items.extend(item(left_out.iter(), "earlier ", "", too_long));
        let unseen = shown.iter().filter(|shown| shown.turn.mark.is_unseen());
        history.items.extend(item(unseen, "", " from another editor", None));
        history.items.extend(again(shown));
        history
    }

    /// The chat as a Markdown document, with the context by name only.
    pub fn export(&self) -> String {
        let mut text = format!("# {}\n", self.title());
        for turn in &self.turns {
            text.push_str(&format!("\n## You\n\n{}\n", turn.question.trim()));
            for block in &turn.blocks {
                text.push_str(&format!("\n*With {}.*\n", block.label));
            }
            text.push_str(&format!("\n## {}\n", turn.model));
            if !turn.answer.trim().is_empty() {
                // A page reads it again: no line of an answer may be a heading of a turn.
                let lines = turn.answer.trim().split_inclusive('\n');
                text.push_str(&format!("\n{}\n", lines.map(page::guarded).collect::<String>()));
            }
            text.push_str(match turn.state {
                TurnState::Done { cut: false } => "",
                TurnState::Done { cut: true } => "\n*The answer ended at the output limit.*\n",
                TurnState::Running => "\n*The answer is being written.*\n",
                TurnState::Failed => "\n*The answer ended with a problem.*\n",
                TurnState::Cancelled => "\n*The answer was stopped.*\n",
            });
        }
        text
    }

    /// A new chat with the turns up to and with `turn`, or all of them. A running turn is kept as one that was
    /// stopped: its answer goes on in the other chat only.
    pub fn fork(&self, turn: Option<&str>) -> Result<Self, UnknownTurn> {
        let end = match turn {
            Some(id) => self.position(id).ok_or(UnknownTurn)? + 1,
            None => self.turns.len(),
        };
        let copy = |turn: &Turn| Turn { mark: kept::Mark::default(), ..turn.clone() };
        let turns = self.turns.iter().take(end).map(copy).collect();
        let mut fork = Self { title: self.title.clone(), turns, ..Self::default() };
        fork.was_renamed();
        if let Some(last) = fork.turns.iter_mut().rfind(|turn| turn.state == TurnState::Running) {
            last.state = TurnState::Cancelled;
        }
        Ok(fork)
    }

    /// Whether the title, questions and answers hold every word of `text`, in any case. No words match every chat.
    pub fn matches(&self, text: &str) -> bool {
        let mut all = self.title().to_lowercase();
        for turn in &self.turns {
            all.extend(["\n", &turn.question.to_lowercase(), "\n", &turn.answer.to_lowercase()]);
        }
        text.to_lowercase().split_whitespace().all(|word| all.contains(word))
    }

    fn position(&self, id: &str) -> Option<usize> {
        self.turns.iter().position(|turn| turn.id == id)
    }

    fn running_mut(&mut self, id: &str) -> Option<&mut Turn> {
        self.turns.iter_mut().rfind(|turn| turn.id == id && turn.state == TurnState::Running)
    }
}

const TITLE_CHARS: usize = 60;

/// The first line with words in it, cut at a word if it is longer than `chars`.
fn shorten(text: &str, chars: usize) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if line.chars().count() <= chars {
        return line.to_owned();
    }
    let cut: String = line.chars().take(chars).collect();
    let cut = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words).trim_end();
    format!("{cut}…")
}

/// What is said of some turns, if there are any.
fn item<'t>(
    turns: impl Iterator<Item = &'t Shown<'t>>,
    before: &str,
    after: &str,
    left_out: Option<String>,
) -> Option<Item> {
    let tokens: Vec<u64> = turns.map(Shown::tokens).collect();
    let count = tokens.len();
    let label = counted(count as u64, &format!("{before}turn")) + after;
    let goes_along = left_out.is_none();
    (count > 0).then(|| Item { goes_along, left_out, ..Item::along(label, tokens.iter().sum()) })
}

/// The context of earlier questions, which goes along with each later one, and what of it doesn't any more: what has the
/// same name, together.
fn again(turns: &[Shown<'_>]) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for block in turns.iter().flat_map(|turn| turn.blocks.iter()) {
        let label = earlier(&block.label);
        let tokens = context::tokens(block.text.len());
        match items.iter_mut().find(|item| item.label == label) {
            Some(item) => item.tokens += tokens,
            None => items.push(Item::along(label, tokens)),
        }
    }
    for item in turns.iter().flat_map(|turn| &turn.barred) {
        let item = Item { label: earlier(&item.label), ..item.clone() };
        if !items.contains(&item) {
            items.push(item);
        }
    }
    items
}

fn earlier(label: &str) -> String {
    format!("{label} from an earlier question")
}

#[cfg(test)]
mod tests;
