//! Chats of the session: turns begun, told and ended, each event numbered.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use aside_core::config::Feature;
use aside_core::context::{self, Item, Origin, Source};
use aside_core::conversation::{Changes, Conversation, Found, TurnState};
use aside_core::document::Document;
use aside_core::ledger::{self, Act};
use aside_core::problem::{Problem, ProblemKind};
use aside_core::prompt;
use aside_core::redact;

use super::{Session, transcript};
use crate::chat::unreadable;
use crate::convert;
use crate::model::{self, Cutting, Draft, Prepared};
use crate::protocol::{ChatEvent, ChatMarkdown, ChatSend, ContextItem, Mention, TurnEvent};
use crate::store::Listed;
use crate::words::Account;

/// The chats that were used since the server started.
#[derive(Default)]
pub(crate) struct Chats {
    open: HashMap<String, Chat>,
    /// Chats of this session that another server deleted.
    lost: HashSet<String>,
}

#[derive(Default)]
struct Chat {
    conversation: Conversation,
    /// The number of the running turn's next event.
    next_seq: u64,
    /// What is said about the last turn.
    account: Account,
}

/// A turn, ready to be asked: what goes along, and the call.
pub(crate) struct Question {
    pub(crate) along: Along,
    pub(crate) call: Draft,
    blocks: Vec<context::Block>,
}

/// What goes along with a turn.
pub(crate) struct Along {
    pub(crate) items: Vec<ContextItem>,
    budget: u64,
}

impl Along {
    /// What is told before the answer.
    pub(crate) fn event(self, call: &Prepared) -> TurnEvent {
        TurnEvent::Context {
            model: call.model.to_string(),
            origin: call.origin(),
            items: self.items,
            tokens: call.tokens(),
            budget: self.budget,
            masked: call.masked(),
            fallbacks: call.fallbacks.clone(),
        }
    }
}

/// What a question is about, taken before anything is waited for.
pub(crate) struct Mentioned {
    sources: Vec<Source>,
    cuttings: Vec<Cutting>,
}

impl Session {
    /// The chat's number and revision on disk, as they were last seen here.
    pub(crate) fn chat_on_disk(&self, chat: &str) -> Option<(u64, u64)> {
        self.chats.open.get(chat)?.conversation.on_disk()
    }

    /// Takes in a chat as it was found on disk.
    pub(crate) fn found_chat(&mut self, chat: &str, found: Found) -> Result<(), Problem> {
        if found.turns.iter().any(|(_, turn)| turn.is_none()) {
            return Err(unreadable(found.named.as_deref().unwrap_or(chat)));
        }
        self.chats.lost.remove(chat);
        self.chats.open.entry(chat.to_owned()).or_default().conversation.take_in(found);
        Ok(())
    }

    /// What is to be written of a chat, if anything is.
    pub(crate) fn chat_changes(&self, chat: &str) -> Option<Changes> {
        self.chats.open.get(chat)?.conversation.changes()
    }

    /// Changes of a chat were written, and what others had written was found.
    pub(crate) fn chat_written(
        &mut self,
        chat: &str,
        changes: &Changes,
        (number, revision): (u64, u64),
        turns: &[u64],
        found: Option<Found>,
    ) {
        if let Some(chat) = self.chats.open.get_mut(chat) {
            chat.conversation.written(changes, number, revision, turns);
            if let Some(found) = found {
                chat.conversation.take_in(found);
            }
        }
    }

    /// Chats with these words that are in memory alone: not kept yet, or the disk can't be used.
    pub(crate) fn chats_here(&self, words: &str, disk_works: bool, now: u64) -> Vec<Listed> {
        let chats = self.chats.open.iter().map(|(name, chat)| (name, &chat.conversation));
        let here = chats.filter(|(_, chat)| {
            !chat.turns().is_empty() && (!disk_works || chat.on_disk().is_none()) && chat.matches(words)
        });
        let listed = here.map(|(name, chat)| Listed {
            chat: name.clone(),
            title: chat.title(),
            turns: chat.turns().len(),
            updated: now,
        });
        let mut listed: Vec<Listed> = listed.collect();
        listed.sort_by(|a, b| a.title.cmp(&b.title));
        listed
    }

    pub(crate) fn is_lost(&self, chat: &str) -> bool {
        self.chats.lost.contains(chat)
    }

    /// Another server deleted the chat: nothing may bring it back.
    pub(crate) fn lose_chat(&mut self, chat: &str) {
        self.chats.open.remove(chat);
        self.chats.lost.insert(chat.to_owned());
    }

    pub(crate) fn conversation(&self, chat: &str) -> Result<&Conversation, Problem> {
        self.chats.open.get(chat).map(|chat| &chat.conversation).ok_or_else(unknown_chat)
    }

    /// Chats that are answering, or of which something is to be written.
    pub(crate) fn unfinished_chats(&self) -> Vec<String> {
        let unfinished = self.chats.open.iter().filter(|(_, chat)| {
            chat.conversation.running().is_some() || chat.conversation.changes().is_some()
        });
        unfinished.map(|(name, _)| name.clone()).collect()
    }

    /// Chats that are answering.
    pub(crate) fn answering_chats(&self) -> Vec<String> {
        let answering = self.chats.open.iter().filter(|(_, chat)| chat.conversation.running().is_some());
        answering.map(|(name, _)| name.clone()).collect()
    }

    /// Ends a chat's running turn without an event: nobody reads any more.
    pub(crate) fn stop_chat(&mut self, chat: &str) {
        if let Some(chat) = self.chats.open.get_mut(chat) {
            chat.conversation.stop();
        }
    }

    pub(crate) fn rename_chat(&mut self, chat: &str, title: &str) -> Result<(), Problem> {
        self.chats.open.get_mut(chat).ok_or_else(unknown_chat)?.conversation.rename(title);
        Ok(())
    }

    pub(crate) fn forget_chat(&mut self, chat: &str) {
        self.chats.open.remove(chat);
    }

    pub(crate) fn fork_chat(&mut self, chat: &str, fork: &str, turn: Option<&str>) -> Result<(), Problem> {
        let conversation = self.conversation(chat)?.fork(turn).map_err(|error| {
            Problem::new(ProblemKind::NotFound, error.to_string(), "Reload the chat and try again.")
        })?;
        if self.chats.open.contains_key(fork) {
            return Err(Problem::new(
                ProblemKind::NotFound,
                "a chat of that name exists",
                "Give the new chat another name.",
            ));
        }
        self.chats.open.insert(fork.to_owned(), Chat { conversation, ..Chat::default() });
        Ok(())
    }

    pub(crate) fn chat_markdown(&self, chat: &str) -> Result<ChatMarkdown, Problem> {
        Ok(ChatMarkdown { markdown: self.conversation(chat)?.export() })
    }

    /// The chat, to be shown: from here on the user has seen it.
    pub(super) fn shown_chat(&mut self, chat: &str) -> Result<&Conversation, Problem> {
        let conversation = &mut self.chats.open.get_mut(chat).ok_or_else(unknown_chat)?.conversation;
        conversation.seen();
        Ok(conversation)
    }

    /// What a turn would send, without beginning it.
    pub(crate) fn question(&self, send: &ChatSend, feature: Feature) -> Result<Question, Problem> {
        self.question_in_chat(send, feature, &self.mentioned(&send.mentions, &send.allow)?)
    }

    /// The same about what was mentioned before.
    pub(crate) fn question_in_chat(
        &self,
        send: &ChatSend,
        feature: Feature,
        mentioned: &Mentioned,
    ) -> Result<Question, Problem> {
        match self.chats.open.get(&send.chat) {
            Some(chat) => self.question_about(send, feature, mentioned, &chat.conversation),
            None => self.question_about(send, feature, mentioned, &Conversation::default()),
        }
    }

    /// What a turn after these would send.
    pub(super) fn question_after(
        &self,
        send: &ChatSend,
        feature: Feature,
        earlier: &Conversation,
    ) -> Result<Question, Problem> {
        self.question_about(send, feature, &self.mentioned(&send.mentions, &send.allow)?, earlier)
    }

    fn question_about(
        &self,
        send: &ChatSend,
        feature: Feature,
        mentioned: &Mentioned,
        earlier: &Conversation,
    ) -> Result<Question, Problem> {
        let settings = self.settings();
        let chosen = model::choose(settings, feature, send.model.as_deref())?;
        let budget = settings.context_max_tokens;
        let asked = context::tokens(send.text.len());
        let excluder = self.excluder();
        // Of the turns before, what is left out for the budget counts as well.
        let passed = RefCell::new(Vec::new());
        let barred = |block: &context::Block| {
            let uri = block.uri.as_deref().filter(|_| !block.allowed)?;
            let names = [uri.to_owned(), self.now_called(uri)];
            let rule = names.iter().find_map(|uri| Some(excluder.verdict(uri, &send.allow)?.to_string()));
            if rule.is_none() {
                passed.borrow_mut().push(uri.to_owned());
            }
            rule
        };
        let again = earlier.turn(&send.turn).filter(|_| send.again);
        let mut context = again.map(|turn| turn.context(&barred)).unwrap_or_default();
        let new = context::gather(&mentioned.sources, asked + context.tokens, budget);
        let new_by_rule: Vec<_> = new.by_rule().collect();
        context.tokens += new.tokens;
        context.blocks.extend(new.blocks);
        context.items.extend(new.items);
        let left = budget.saturating_sub(asked).saturating_sub(context.tokens);
        let history = earlier.history(&send.turn, left, &barred);
        let prompt = prompt::chat(&history.messages, &context.blocks, &send.text, &settings.instructions);
        let gathered: Vec<Item> = context.items.into_iter().chain(history.items).collect();
        let act = Act {
            feature: feature.into(),
            model: chosen.0.model.clone(),
            items: gathered.iter().filter_map(ledger_item).collect(),
            masked: 0,
        };
        let mut documents = passed.into_inner();
        documents.retain(|uri| !send.allow.contains(uri));
        documents.extend(new_by_rule);
        let cuttings = mentioned.cuttings.clone();
        let call = Draft::new(chosen, prompt, act, settings, documents, cuttings, &self.masking);
        let items = gathered.into_iter().map(context_item).chain(send.missing.iter().cloned()).collect();
        Ok(Question { along: Along { items, budget }, call, blocks: context.blocks })
    }

    /// Begins a turn about what was mentioned; its events follow by [`Session::turn_event`].
    pub(crate) fn begin_turn(&mut self, send: &ChatSend, mentioned: &Mentioned) -> Result<Question, Problem> {
        let mut question = self.question_in_chat(send, Feature::Chat, mentioned)?;
        let chat = self.chats.open.entry(send.chat.clone()).or_default();
        let blocks = std::mem::take(&mut question.blocks);
        let model = question.call.model.to_string();
        chat.conversation.begin(&send.turn, &send.text, blocks, &model).map_err(|error| {
            Problem::new(ProblemKind::Conflict, error.to_string(), "Wait for the answer, or stop it.")
        })?;
        (chat.next_seq, chat.account) = (0, Account::default());
        Ok(question)
    }

    /// A final event of a running turn is about to be told: the turn is kept as it says from here on. `false` if the turn
    /// isn't running.
    pub(crate) fn turn_is_to_end(&mut self, chat: &str, turn: &str, event: &TurnEvent) -> bool {
        let Some(open) = self.chats.open.get_mut(chat) else { return false };
        let Some(state) = end_state(event) else { return false };
        transcript::note(&mut open.conversation, turn, event);
        open.conversation.is_to_end(turn, state)
    }

    /// The next event of a running turn, which it changes as it says. `None` once the turn has ended: nothing comes
    /// after a final event.
    pub(crate) fn turn_event(&mut self, chat: &str, turn: &str, event: TurnEvent) -> Option<ChatEvent> {
        let open = self.chats.open.get_mut(chat)?;
        let conversation = &mut open.conversation;
        let running = match &event {
            TurnEvent::Text { text } => conversation.append(turn, text),
            TurnEvent::Done { .. } | TurnEvent::Failed { .. } | TurnEvent::Cancelled => {
                end_state(&event).is_some_and(|state| conversation.end(turn, state))
            }
            TurnEvent::Fallback { to, .. } => {
                transcript::note(conversation, turn, &event) && conversation.asks_instead(turn, to)
            }
            TurnEvent::Context { .. } | TurnEvent::Reasoning { .. } | TurnEvent::Usage { .. } => {
                transcript::note(conversation, turn, &event)
            }
            TurnEvent::Queued { .. } | TurnEvent::Waiting { .. } => conversation.running() == Some(turn),
        };
        if !running {
            return None;
        }
        let seq = open.next_seq;
        open.next_seq += 1;
        let said = open.account.hear(&event).filter(|_| self.client.features.words);
        Some(ChatEvent { chat: chat.to_owned(), turn: turn.to_owned(), seq, event, said })
    }

    /// What was mentioned, and where it was cut out, as the text now stands.
    pub(crate) fn mentioned(&self, mentions: &[Mention], allow: &[String]) -> Result<Mentioned, Problem> {
        Ok(Mentioned { sources: self.sources(mentions, allow)?, cuttings: self.cuttings(mentions) })
    }

    /// What was mentioned, resolved to the text as it now stands. Every payload's documents go through here, where those
    /// that a rule keeps back are told apart; the selection of an instruction goes through [`Session::may_send`].
    pub(crate) fn sources(&self, mentions: &[Mention], allow: &[String]) -> Result<Vec<Source>, Problem> {
        let excluder = self.excluder();
        let blocked = |document: &Document| {
            let rule = excluder.verdict(&document.uri, allow)?;
            Some(Source::Blocked { origin: origin(document, allow), rule: rule.to_string() })
        };
        let mut sources = Vec::new();
        for mention in mentions {
            match mention {
                Mention::Selection { uri, version, range } => {
                    let span = self.span(uri, *version, *range)?;
                    let document = self.document(uri)?;
                    self.may_send(uri, allow)?;
                    let span = redact::whole(&document.text, &span);
                    let range = convert::range(&document.text, &span, self.client.encoding);
                    let text = document.text.byte_slice(span).to_string();
                    sources.push(Source::Selection { origin: origin(document, allow), range, text });
                }
                Mention::File { uri } => {
                    let document = self.document(uri)?;
                    sources.push(blocked(document).unwrap_or_else(|| Source::File {
                        origin: origin(document, allow),
                        text: document.text.clone(),
                        keep: kept_lines(uri, mentions),
                    }));
                }
                Mention::OpenFiles => {
                    let mut documents: Vec<_> = self.documents().collect();
                    documents.sort_by_key(|document| document.uri.to_owned());
                    sources.extend(documents.into_iter().map(|document| {
                        let whole = || Source::OpenFile {
                            origin: origin(document, allow),
                            text: document.text.clone(),
                        };
                        blocked(document).unwrap_or_else(whole)
                    }));
                }
                Mention::Problems { uri, items } => {
                    let document = self.document(uri)?;
                    let notes = items.iter().map(convert::note).collect();
                    let problems = Source::Problems { origin: origin(document, allow), notes };
                    sources.push(blocked(document).unwrap_or(problems));
                }
            }
        }
        Ok(sources)
    }

    /// Where what was mentioned is cut out, perhaps in the middle of a secret.
    pub(crate) fn cuttings(&self, mentions: &[Mention]) -> Vec<Cutting> {
        let cutting = |mention: &Mention| match mention {
            Mention::Selection { uri, version, range } => {
                let part = self.span(uri, *version, *range).ok()?;
                Some(Cutting { text: self.document(uri).ok()?.text.clone(), part })
            }
            // It may be cut to the budget, at any line.
            Mention::File { uri } => {
                let text = self.document(uri).ok()?.text.clone();
                let budget = usize::try_from(self.settings.context_max_tokens).unwrap_or(usize::MAX);
                let reach = budget.saturating_mul(4);
                let kept = kept_lines(uri, mentions).unwrap_or_default();
                let byte = |line: usize| text.line_to_byte(line.min(text.len_lines()));
                let part = byte(kept.start).saturating_sub(reach)..byte(kept.end).saturating_add(reach);
                Some(Cutting { text, part })
            }
            // They go along whole or not at all.
            Mention::OpenFiles | Mention::Problems { .. } => None,
        };
        mentions.iter().filter_map(cutting).collect()
    }
}

/// How a turn stands after its final event; `None` for any other event.
fn end_state(event: &TurnEvent) -> Option<TurnState> {
    match event {
        TurnEvent::Done { cut } => Some(TurnState::Done { cut: *cut }),
        TurnEvent::Failed { .. } => Some(TurnState::Failed),
        TurnEvent::Cancelled => Some(TurnState::Cancelled),
        TurnEvent::Context { .. }
        | TurnEvent::Text { .. }
        | TurnEvent::Reasoning { .. }
        | TurnEvent::Queued { .. }
        | TurnEvent::Waiting { .. }
        | TurnEvent::Fallback { .. }
        | TurnEvent::Usage { .. } => None,
    }
}

/// The lines of a document that a selection in the same question is about.
fn kept_lines(file: &str, mentions: &[Mention]) -> Option<std::ops::Range<usize>> {
    mentions.iter().find_map(|mention| match mention {
        Mention::Selection { uri, range, .. } if uri == file => {
            let line = |line: u32| usize::try_from(line).unwrap_or(usize::MAX);
            Some(line(range.start.line)..line(range.end.line).saturating_add(1))
        }
        Mention::Selection { .. } | Mention::File { .. } | Mention::OpenFiles | Mention::Problems { .. } => {
            None
        }
    })
}

fn origin(document: &Document, allow: &[String]) -> Origin {
    Origin {
        name: file_name(&document.uri),
        uri: document.uri.clone(),
        language: document.language.clone(),
        allowed: allow.contains(&document.uri),
    }
}

/// The last part of a uri, decoded for a person: never the path, however it is written. A query may name other paths.
pub(crate) fn file_name(uri: &str) -> String {
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    decoded.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
}

pub(crate) fn context_item(item: Item) -> ContextItem {
    ContextItem {
        label: item.label,
        uri: item.uri,
        range: item.range,
        tokens: item.tokens,
        left_out: item.left_out,
        blocked: item.blocked,
    }
}

/// What the ledger says of something that goes along: its name, never its path.
pub(super) fn ledger_item(item: &Item) -> Option<ledger::Item> {
    item.goes_along.then(|| ledger::Item { label: item.label.clone(), range: item.range })
}

fn unknown_chat() -> Problem {
    Problem::new(ProblemKind::NotFound, "there is no such chat", "Choose another from the list of chats.")
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn a_file_name_never_holds_a_path() {
        for (uri, name) in [
            ("file:///home/me/a%20b.rs", "a b.rs"),
            ("file:///C:%5CUsers%5Cme%5Cx.rs", "x.rs"),
            ("file:///home/me%2Fy.rs", "y.rs"),
            ("untitled:C:\\Users\\me\\n.txt", "n.txt"),
            ("jdt://contents/rt.jar/java.lang/String.class?=p/%5C/home%5C/me", "String.class"),
            ("vscode-notebook-cell:/home/me/n.ipynb#W0", "n.ipynb"),
            ("untitled:Untitled-1", "untitled:Untitled-1"),
        ] {
            assert_eq!(file_name(uri), name);
        }
    }
}
