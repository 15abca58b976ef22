//! A turn as it goes along with a later question: without what a rule keeps back by now, though it was sent before.

use std::borrow::Cow;

use crate::context::{self, Block, Item};
use crate::prompt;
use crate::provider::Message;

use super::Turn;

/// The rule that keeps a piece of context back, for a person; `None` where none does.
pub type Barred<'b> = &'b dyn Fn(&Block) -> Option<String>;

/// What a model is shown of a turn.
pub(super) struct Shown<'t> {
    pub(super) turn: &'t Turn,
    pub(super) blocks: Cow<'t, [Block]>,
    /// What is said of the blocks that are left out.
    pub(super) barred: Vec<Item>,
}

impl<'t> Shown<'t> {
    pub(super) fn new(turn: &'t Turn, barred: Barred<'_>) -> Self {
        let rules: Vec<Option<String>> = turn.blocks.iter().map(barred).collect();
        if rules.iter().all(Option::is_none) {
            return Self { turn, blocks: Cow::Borrowed(&turn.blocks), barred: Vec::new() };
        }
        let (mut blocks, mut barred) = (Vec::new(), Vec::new());
        for (block, rule) in turn.blocks.iter().zip(rules) {
            match rule {
                None => blocks.push(block.clone()),
                Some(rule) => {
                    barred.push(context::kept_back(block.label.clone(), block.uri.clone(), &rule));
                }
            }
        }
        Self { turn, blocks: Cow::Owned(blocks), barred }
    }

    pub(super) fn messages(&self) -> [Message; 2] {
        [
            Message::user(prompt::chat_message(&self.blocks, &self.turn.question)),
            Message::assistant(self.turn.answer.trim_end()),
        ]
    }

    pub(super) fn tokens(&self) -> u64 {
        context::tokens(self.messages().iter().map(|message| message.text.len()).sum())
    }
}
