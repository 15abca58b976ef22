//! One answer under way: what every wire format's decoder hands its pieces to.

use super::calls::{Calls, Piece};
use super::text::{Content, Joiner, Text};
use super::think::{Channel, Think};
use super::{ModelEvent, StopReason, ToolCall, Usage};

/// Joins characters, tells reasoning apart, and sees to it that an answer stops once.
#[derive(Debug, Default)]
pub(super) struct Answer {
    text: Joiner,
    reasoning: Joiner,
    think: Think,
    calls: Calls,
    has_text: bool,
    refused: bool,
    stopped: bool,
    usage: Usage,
}

impl Answer {
    pub(super) fn has_text(&self) -> bool {
        self.has_text
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// A piece of the answer, which may begin with reasoning between tags.
    pub(super) fn text(&mut self, text: &Text<'_>, out: &mut Vec<ModelEvent>) {
        self.has_text |= !text.is_empty();
        if !self.stopped {
            self.think.push(&self.text.join(text), &mut |channel, piece| emit(channel, piece, out));
        }
    }

    pub(super) fn reasoning(&mut self, text: &Text<'_>, out: &mut Vec<ModelEvent>) {
        if !self.stopped {
            emit(Channel::Reasoning, &self.reasoning.join(text), out);
        }
    }

    /// A piece of a refusal: text, after which the answer counts as refused.
    pub(super) fn refusal(&mut self, text: &Text<'_>, out: &mut Vec<ModelEvent>) {
        self.refused |= !text.is_empty();
        self.text(text, out);
    }

    /// A piece of content in whatever shape.
    pub(super) fn content(&mut self, content: &Content<'_>, out: &mut Vec<ModelEvent>) {
        match content {
            Content::Text(text) => self.text(text, out),
            Content::Parts(parts) => {
                for part in parts {
                    if let Some(thinking) = &part.thinking {
                        self.thought(thinking, out);
                    }
                    if let Some(text) = &part.text {
                        self.text(text, out);
                    }
                    if let Some(refusal) = &part.refusal {
                        self.refusal(refusal, out);
                    }
                }
            }
        }
    }

    /// A piece of reasoning in whatever shape.
    pub(super) fn thought(&mut self, content: &Content<'_>, out: &mut Vec<ModelEvent>) {
        match content {
            Content::Text(text) => self.reasoning(text, out),
            Content::Parts(parts) => {
                for part in parts {
                    if let Some(text) = &part.text {
                        self.reasoning(text, out);
                    }
                    if let Some(thinking) = &part.thinking {
                        self.thought(thinking, out);
                    }
                }
            }
        }
    }

    /// A piece of a tool call, which is handed on at the answer's end.
    pub(super) fn call_piece(&mut self, piece: Piece<'_>) {
        self.calls.piece(piece);
    }

    /// A tool call that came whole.
    pub(super) fn call(&mut self, call: ToolCall, out: &mut Vec<ModelEvent>) {
        if !self.stopped && !call.name.is_empty() {
            out.push(ModelEvent::ToolCall(call));
        }
    }

    /// Tokens so far. Providers report parts of the count at different times: no part goes down.
    pub(super) fn usage(&mut self, usage: Usage, out: &mut Vec<ModelEvent>) {
        let known = self.usage;
        self.usage = Usage {
            input: known.input.max(usage.input),
            output: known.output.max(usage.output),
            cached: known.cached.max(usage.cached),
            written: known.written.max(usage.written),
            reasoning: known.reasoning.max(usage.reasoning),
        };
        if self.usage != known {
            out.push(ModelEvent::Usage(self.usage));
        }
    }

    /// The answer's end; later ones are of no interest.
    pub(super) fn stop(&mut self, reason: StopReason, out: &mut Vec<ModelEvent>) {
        if self.stopped {
            return;
        }
        self.flush(out);
        out.extend(self.calls.take().map(ModelEvent::ToolCall));
        self.stopped = true;
        out.push(ModelEvent::Stop(if self.refused { StopReason::Refused } else { reason }));
    }

    /// Hands on what was held back for a piece that will not come.
    pub(super) fn flush(&mut self, out: &mut Vec<ModelEvent>) {
        if let Some(half) = self.reasoning.finish() {
            emit(Channel::Reasoning, half, out);
        }
        if let Some(half) = self.text.finish() {
            self.think.push(half, &mut |channel, piece| emit(channel, piece, out));
        }
        self.think.finish(&mut |channel, piece| emit(channel, piece, out));
    }
}

/// Adds a piece, to the last event where that is of the same kind.
fn emit(channel: Channel, piece: &str, out: &mut Vec<ModelEvent>) {
    match (channel, out.last_mut()) {
        _ if piece.is_empty() => {}
        (Channel::Text, Some(ModelEvent::Text(text))) => text.push_str(piece),
        (Channel::Reasoning, Some(ModelEvent::Reasoning(text))) => text.push_str(piece),
        (Channel::Text, _) => out.push(ModelEvent::Text(piece.to_owned())),
        (Channel::Reasoning, _) => out.push(ModelEvent::Reasoning(piece.to_owned())),
    }
}
