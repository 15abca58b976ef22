//! From an instruction on a selection to a prompt, and what the answer's clean-up has to know.

use std::ops::Range;

use aside_core::config::Feature;
use aside_core::context::{self, Note};
use aside_core::document::{self, Document};
use aside_core::ledger::{self, Act};
use aside_core::problem::Problem;
use aside_core::prompt::{self, Attempt, Inline};
use aside_core::redact;
use aside_core::reply::{Indent, Surroundings};

use crate::convert;
use crate::model::{self, Cutting, Draft};
use crate::protocol::{ContextItem, Mention, RunAction};
use crate::session::Session;
use crate::session::chats::{context_item, file_name, ledger_item};

/// What is asked about which text.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) uri: String,
    /// What a progress display is named.
    pub(crate) title: String,
    /// What the user selected, in bytes of the document.
    pub(crate) selection: Range<usize>,
    pub(crate) instruction: String,
    pub(crate) notes: Vec<Note>,
    pub(crate) mentions: Vec<Mention>,
    pub(crate) feature: Feature,
    pub(crate) model: Option<String>,
    /// Files that a rule keeps back and that may go along this once.
    pub(crate) allow: Vec<String>,
}

/// A proposal's model call, ready to start.
pub(crate) struct Begun {
    pub(crate) title: String,
    pub(crate) call: Draft,
    pub(crate) surroundings: Surroundings,
}

/// An instruction made into a prompt.
pub(crate) struct Asked {
    pub(crate) call: Draft,
    pub(crate) items: Vec<ContextItem>,
    pub(super) surroundings: Surroundings,
    pub(super) span: Range<usize>,
}

impl Session {
    /// Where an action was offered, as the document now stands.
    pub(crate) fn place(&self, run: &RunAction) -> Result<Range<usize>, Problem> {
        match run.offer.and_then(|offer| self.offered(offer)) {
            Some(place) => place,
            None => self.span(&run.uri, run.version, run.range),
        }
    }

    /// An instruction made into a prompt, without beginning anything.
    pub(crate) fn prepare(&self, ask: &Ask, attempts: &[Attempt]) -> Result<Asked, Problem> {
        let settings = self.settings();
        let chosen = model::choose(settings, ask.feature, ask.model.as_deref())?;
        let document = self.document(&ask.uri)?;
        self.may_send(&ask.uri, &ask.allow)?;
        let text = &document.text;
        let span = document::whole_lines(text, ask.selection.clone());
        let base = text.byte_slice(span.clone()).to_string();
        let (before, after) = prompt::around(text, &span);
        let asked_tokens = context::tokens(ask.instruction.len() + base.len() + before.len() + after.len());
        let context = context::gather(
            &self.sources(&ask.mentions, &ask.allow)?,
            asked_tokens,
            settings.context_max_tokens,
        );
        let selected = selected(&redact::whole(text, &ask.selection), &span);
        let mut cuttings = vec![Cutting { text: text.clone(), part: span.clone() }];
        cuttings.extend(self.cuttings(&ask.mentions));
        let prompt = prompt::inline(&Inline {
            file_name: &file_name(&ask.uri),
            language: &document.language,
            before: &before,
            span: &base,
            after: &after,
            first_line: u32::try_from(text.byte_to_line(span.start)).unwrap_or(u32::MAX),
            selected: selected.as_ref(),
            instruction: &ask.instruction,
            notes: &ask.notes,
            blocks: &context.blocks,
            standing: &settings.instructions,
            attempts,
        });
        let sent = span.start - before.len()..span.end + after.len();
        let mut items = vec![self.sent_item(document, &sent, prompt.tokens().saturating_sub(context.tokens))];
        let around = items.iter().map(|item| ledger::Item { label: item.label.clone(), range: item.range });
        let act = Act {
            feature: ask.feature.into(),
            model: chosen.0.model.clone(),
            items: around.chain(context.items.iter().filter_map(ledger_item)).collect(),
            masked: 0,
        };
        let edited_by_rule = (!ask.allow.contains(&ask.uri)).then(|| ask.uri.clone());
        let documents = edited_by_rule.into_iter().chain(context.by_rule()).collect();
        items.extend(context.items.into_iter().map(context_item));
        let further = attempts.iter().map(|attempt| attempt.further.as_str());
        let instruction =
            std::iter::once(ask.instruction.as_str()).chain(further).collect::<Vec<_>>().join("\n");
        let surroundings = Surroundings {
            indent: Indent::of(&base, &before, &after),
            base,
            selected,
            before,
            after,
            line_ending: document.line_ending().as_str(),
            language: document.language.clone(),
            instruction,
        };
        let edited = Cutting { text: text.clone(), part: sent };
        let call =
            Draft::new(chosen, prompt, act, settings, documents, cuttings, &self.masking).editing(edited);
        Ok(Asked { call, items, surroundings, span })
    }

    /// The lines of the document that go along with an instruction.
    fn sent_item(&self, document: &Document, sent: &Range<usize>, tokens: u64) -> ContextItem {
        let range = convert::range(&document.text, sent, self.client.encoding);
        let last = range.end.line.max(range.start.line + 1);
        ContextItem {
            label: format!("{}:{}-{last}", file_name(&document.uri), range.start.line + 1),
            uri: Some(document.uri.clone()),
            range: Some(range),
            tokens,
            left_out: None,
            blocked: None,
        }
    }
}

/// The selection as bytes of the span, where it is less than the span's text.
fn selected(selection: &Range<usize>, span: &Range<usize>) -> Option<Range<usize>> {
    let whole = selection.is_empty() || (selection.start <= span.start && selection.end >= span.end);
    (!whole).then(|| selection.start.max(span.start) - span.start..selection.end.min(span.end) - span.start)
}
