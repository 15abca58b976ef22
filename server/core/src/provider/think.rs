//! Tells reasoning that a model writes into its answer, as `<think>…</think>` before it, from the answer.
//!
//! Only at the very start: later in an answer the tag may be what the answer is about.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";
/// White space before the tag is held back up to this many bytes.
const MAX_LEAD: usize = 64;

/// Where a piece of an answer belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    Text,
    Reasoning,
}

/// The state between two pieces of an answer.
#[derive(Debug)]
pub(super) enum Think {
    /// Nothing but white space or a part of the opening tag has come; it is held.
    Start(String),
    /// Inside the tag. What may be a part of the closing tag is held.
    Inside { held: String, begun: bool },
    /// Behind the closing tag, where white space is dropped.
    After,
    /// In the answer.
    Over,
}

impl Default for Think {
    fn default() -> Self {
        Think::Start(String::new())
    }
}

impl Think {
    /// Hands on what is decided of the pieces so far. Never hands on an empty piece.
    pub(super) fn push(&mut self, piece: &str, emit: &mut dyn FnMut(Channel, &str)) {
        match self {
            Think::Over => give(Channel::Text, piece, emit),
            Think::After => {
                let text = piece.trim_start();
                if !text.is_empty() {
                    *self = Think::Over;
                    give(Channel::Text, text, emit);
                }
            }
            Think::Start(held) => {
                held.push_str(piece);
                let lead = held.trim_start();
                if let Some(thought) = lead.strip_prefix(OPEN) {
                    let thought = thought.to_owned();
                    *self = Think::Inside { held: String::new(), begun: false };
                    self.push(&thought, emit);
                } else if held.len() > MAX_LEAD || !OPEN.starts_with(lead) {
                    let text = std::mem::take(held);
                    *self = Think::Over;
                    give(Channel::Text, &text, emit);
                }
            }
            Think::Inside { held, begun } => {
                held.push_str(piece);
                let all = std::mem::take(held);
                let thought = if *begun { all.as_str() } else { all.trim_start() };
                if let Some((thought, text)) = thought.split_once(CLOSE) {
                    *self = Think::After;
                    give(Channel::Reasoning, thought, emit);
                    self.push(text, emit);
                } else {
                    let (thought, maybe_tag) = split_tag_start(thought);
                    maybe_tag.clone_into(held);
                    *begun |= !thought.is_empty();
                    give(Channel::Reasoning, thought, emit);
                }
            }
        }
    }

    /// Hands on what was held back for a tag that never came.
    pub(super) fn finish(&mut self, emit: &mut dyn FnMut(Channel, &str)) {
        match std::mem::replace(self, Think::Over) {
            Think::Start(held) => give(Channel::Text, &held, emit),
            Think::Inside { held, .. } => give(Channel::Reasoning, &held, emit),
            Think::After | Think::Over => {}
        }
    }
}

fn give(channel: Channel, piece: &str, emit: &mut dyn FnMut(Channel, &str)) {
    if !piece.is_empty() {
        emit(channel, piece);
    }
}

/// Splits off the longest end that may become the closing tag.
fn split_tag_start(thought: &str) -> (&str, &str) {
    (1..CLOSE.len())
        .rev()
        .filter_map(|length| CLOSE.get(..length))
        .find_map(|start| Some((thought.strip_suffix(start)?, start)))
        .unwrap_or((thought, ""))
}

#[cfg(test)]
mod tests;
