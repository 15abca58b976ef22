//! Chats in Markdown pages: a question found in its page, and its answer on the way back into it.
//!
//! What a page means and how an answer is written is the core's; this is the book that is kept of the answers.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use aside_core::config::Feature;
use aside_core::conversation::{Conversation, TurnState};
use aside_core::document::{Document, Edit};
use aside_core::page::writing::{State, Writing};
use aside_core::page::{self, Named, Turn};
use aside_core::position::{Position, Range as LspRange};
use aside_core::problem::{Problem, ProblemKind};
use ropey::Rope;
use serde_json::Value;
use tokio::sync::Notify;

use super::Session;
use super::chats::file_name;
use crate::model::Draft;
use crate::protocol::{ChatSend, ContextItem, Mention, PageSend};

/// The answers on their way into pages, by uri.
#[derive(Default)]
pub(crate) struct Pages {
    all: HashMap<String, Answering>,
}

/// An answer on its way into its page.
struct Answering {
    writing: Writing,
    /// All that the model said.
    answer: String,
    /// The model has nothing more to say.
    has_ended: bool,
    /// The number of what was asked for last, and the version that it was for.
    asked: (u64, i32),
    /// The editor hasn't answered that.
    unanswered: bool,
    /// Something changed that the writer waits for.
    wake: Arc<Notify>,
    /// The progress display that stands for it.
    token: String,
}

/// A question out of a page, ready to be asked.
pub(crate) struct PageQuestion {
    pub(crate) call: Draft,
    pub(crate) title: String,
    pub(crate) token: String,
    pub(crate) wake: Arc<Notify>,
}

/// What the writer does next.
pub(crate) enum Write {
    /// Asks the editor for this edit, which has a number.
    Edit(u64, Value),
    /// Waits until something changes.
    Wait,
    /// Everything was written.
    Done,
    /// The user removed the answer. This progress display stands for it.
    Removed(String),
    /// The user emptied the page while the answer came. Its progress display, and what the model said until then.
    Emptied(String, String),
    /// It can't be written there. This is what the model said.
    Lost(String),
}

/// What can be done with a question of a page.
pub(crate) struct PageOffer {
    pub(crate) step: PageStep,
    /// Where the question begins, in bytes.
    pub(crate) start: usize,
    /// The files that it would take along and a rule keeps back, by uri.
    pub(crate) kept_back: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageStep {
    Send,
    /// The question has an answer.
    AskAgain,
    Cancel,
}

impl Session {
    /// What can be done with the question at a place, or with the last one.
    pub(crate) fn page_offer(&self, uri: &str, place: Option<&Range<usize>>) -> Option<PageOffer> {
        let text = self.document(uri).ok().filter(|_| page::is_page(uri))?.text.to_string();
        let turns = page::turns(&text);
        if self.is_answering(uri) {
            let start = turns.last().map_or(0, |turn| turn.span.start);
            return Some(PageOffer { step: PageStep::Cancel, start, kept_back: Vec::new() });
        }
        let asked = turns.get(..=find(&turns, place)?)?;
        let turn = asked.last()?;
        let step = if turn.answer.is_empty() { PageStep::Send } else { PageStep::AskAgain };
        let kept_back = self.named_in(asked, &[]).kept_back;
        Some(PageOffer { step, start: turn.span.start, kept_back })
    }

    /// The model writes an answer into this page.
    pub(crate) fn is_answering(&self, uri: &str) -> bool {
        self.pages.all.get(uri).is_some_and(|answering| !answering.has_ended)
    }

    /// Makes a question of a page ready, with the turns above it and what they name. Its answer is begun.
    pub(crate) fn begin_page(&mut self, send: &PageSend) -> Result<PageQuestion, Problem> {
        let uri = &send.uri;
        if self.pages.all.get(uri).is_some_and(|answering| !answering.writing.is_done()) {
            return Err(still_answering());
        }
        let place = send.offer.and_then(|offer| self.offered(offer)).transpose()?;
        let document = self.document(uri)?;
        let text = document.text.to_string();
        let mut turns = page::turns(&text);
        let index = find(&turns, place.as_ref()).ok_or_else(no_question)?;
        turns.truncate(index + 1);
        let found = self.named_in(&turns, &send.allow);
        let (Some(turn), earlier) = (turns.pop(), turns) else { return Err(no_question()) };

        let ask = ChatSend {
            chat: String::new(),
            turn: String::new(),
            text: turn.question.clone(),
            mentions: found.mentions,
            about: None,
            missing: Vec::new(),
            again: false,
            allow: send.allow.clone(),
            model: None,
        };
        let question = self.question_after(&ask, Feature::Chat, &conversation(&earlier))?;
        let note = sent_note(&question.along.items, &found.missing, &question.call.origin());
        let model = question.call.model.to_string();
        let writing = Writing::new(&document.text, &turn, &note, &model, document.line_ending());
        let token = format!("aside/{}", self.next_number());
        let wake = Arc::new(Notify::new());
        let answering = Answering {
            writing,
            answer: String::new(),
            has_ended: false,
            asked: (0, 0),
            unanswered: false,
            wake: Arc::clone(&wake),
            token: token.clone(),
        };
        self.pages.all.insert(uri.clone(), answering);
        Ok(PageQuestion { call: question.call, title: first_line(&turn.question), token, wake })
    }

    /// The model said more.
    pub(crate) fn page_text(&mut self, uri: &str, text: &str) {
        if let Some(answering) = self.pages.all.get_mut(uri) {
            answering.answer.push_str(text);
            answering.writing.push(text);
            answering.wake.notify_one();
        }
    }

    /// The answer has ended, with a note on how. Gives the progress display to end.
    pub(crate) fn page_ended(&mut self, uri: &str, note: Option<&str>) -> Option<String> {
        let answering = self.pages.all.get_mut(uri)?;
        if std::mem::replace(&mut answering.has_ended, true) {
            return None;
        }
        let empty = Rope::new();
        let document = self.documents.get(uri).or_else(|| self.closed.get(uri));
        answering.writing.close(note, document.map_or(&empty, |document| &document.text));
        answering.wake.notify_one();
        Some(answering.token.clone())
    }

    /// What there is to write. An answer that is done with is forgotten.
    pub(crate) fn page_write(&mut self, uri: &str) -> Write {
        let number = self.next_number();
        let encoding = self.client.encoding;
        let Some(answering) = self.pages.all.get_mut(uri) else { return Write::Done };
        let document = self.documents.get(uri);
        if let Some(document) = document
            && let Some(edits) = answering.writing.take_back(&document.text, encoding)
        {
            (answering.asked, answering.unanswered) = ((number, document.version), true);
            return Write::Edit(number, self.workspace_edit(document, &edits));
        }
        let is_done = answering.writing.is_done();
        match answering.writing.state() {
            State::Removed if is_done => {
                let token = answering.token.clone();
                let answer = std::mem::take(&mut answering.answer);
                self.pages.all.remove(uri);
                let is_empty = document.is_some_and(|document| is_blank(&document.text));
                return if is_empty { Write::Emptied(token, answer) } else { Write::Removed(token) };
            }
            State::Lost if is_done && answering.has_ended => {
                let answer = std::mem::take(&mut answering.answer);
                self.pages.all.remove(uri);
                return Write::Lost(answer);
            }
            State::Lost | State::Removed => return Write::Wait,
            State::Closed if is_done => {
                self.pages.all.remove(uri);
                return Write::Done;
            }
            State::Open | State::Closed => {}
        }
        let Some(document) = document else { return Write::Wait };
        match answering.writing.next(&document.text, encoding) {
            Some(edit) => {
                (answering.asked, answering.unanswered) = ((number, document.version), true);
                Write::Edit(number, self.workspace_edit(document, &[edit]))
            }
            None => Write::Wait,
        }
    }

    /// The editor answered the edit of that number. Nothing is said of the next one by an answer that comes late.
    pub(crate) fn page_answered(&mut self, uri: &str, number: u64, applied: bool) {
        let Some(answering) = self.pages.all.get_mut(uri).filter(|answering| answering.asked.0 == number)
        else {
            return;
        };
        let moved = self.documents.get(uri).is_some_and(|document| document.version != answering.asked.1);
        answering.unanswered = false;
        answering.writing.answered(applied, moved);
        answering.wake.notify_one();
    }

    /// Nothing was heard of the last insertion for a while: where the editor had nothing else to tell of the page either,
    /// it isn't there. One that it didn't answer for `long` is given up, and so is a page that is closed for `long` and whose
    /// answer has ended.
    pub(crate) fn page_is_silent(&mut self, uri: &str, long: bool) {
        let Some(answering) = self.pages.all.get_mut(uri) else { return };
        let Some(document) = self.documents.get(uri) else {
            if long && answering.has_ended {
                answering.writing.give_up();
            }
            return;
        };
        answering.writing.overdue();
        if document.version == answering.asked.1 {
            answering.writing.settle();
        }
        if long && answering.unanswered && answering.writing.is_waiting() {
            answering.writing.give_up();
        }
    }

    /// The page that a progress display stands for.
    pub(crate) fn page_of(&self, token: &str) -> Option<String> {
        let mut all = self.pages.all.iter();
        all.find(|(_, answering)| answering.token == token).map(|(uri, _)| uri.clone())
    }

    /// The open documents that the questions name, but for those that a rule keeps back.
    fn named_in(&self, turns: &[Turn], allow: &[String]) -> Found {
        let excluder = self.excluder();
        let mut found = Found::default();
        let take = |found: &mut Found, document: &Document, named: &Named| match excluder
            .verdict(&document.uri, allow)
        {
            None => found.mentions.push(mention(document, named)),
            Some(_) if found.kept_back.contains(&document.uri) => {}
            Some(rule) => {
                found.missing.push(format!("{}, kept back by {rule}", file_name(&document.uri)));
                found.kept_back.push(document.uri.clone());
            }
        };
        let questions: Vec<_> = turns.iter().map(|turn| turn.question.as_str()).collect();
        for named in page::named(&questions.join("\n")) {
            if named.path == page::OPEN {
                let mut open: Vec<_> =
                    self.documents().filter(|document| !page::is_page(&document.uri)).collect();
                open.sort_by_key(|document| document.uri.clone());
                open.iter().for_each(|document| take(&mut found, document, &named));
                continue;
            }
            let meant: Vec<_> =
                self.documents().filter(|document| page::means(&named, &document.uri)).collect();
            match meant.as_slice() {
                [document] => take(&mut found, document, &named),
                [] if page::looks_like_a_path(&named) => {
                    found.missing.push(format!("{}, which isn't open", named.path));
                }
                [] => {}
                _ => found.missing.push(format!("{}, which several open files are", named.path)),
            }
        }
        found
    }
}

#[derive(Default)]
struct Found {
    mentions: Vec<Mention>,
    /// What goes without, and why.
    missing: Vec<String>,
    /// Which of it goes without by a rule, by uri.
    kept_back: Vec<String>,
}

impl Pages {
    /// A document changed by `edit`.
    pub(super) fn changed(&mut self, edit: &Edit, before: &Rope, document: &Document) {
        if let Some(answering) = self.all.get_mut(&document.uri) {
            answering.writing.see(edit, before, &document.text);
        }
    }

    /// The editor has told of all that it changed in a document before.
    pub(super) fn settle(&mut self, uri: &str) {
        if let Some(answering) = self.all.get_mut(uri) {
            answering.writing.settle();
            answering.wake.notify_one();
        }
    }

    /// A closed document is open again, perhaps with another text.
    pub(super) fn reopened(&mut self, before: &Document, now: &Document) {
        let edit = Edit::tight(0..before.text.len_bytes(), &now.text.to_string(), &before.text);
        if let Some(answering) = self.all.get_mut(&now.uri) {
            answering.writing.reopen(&edit, &before.text, &now.text);
        }
        self.settle(&now.uri);
    }

    /// The pages that the model writes into.
    pub(super) fn answering(&self) -> Vec<String> {
        let all = self.all.iter().filter(|(_, answering)| !answering.has_ended);
        let mut uris: Vec<_> = all.map(|(uri, _)| uri.clone()).collect();
        uris.sort_unstable();
        uris
    }

    /// Whether a closed document's text is still needed.
    pub(super) fn waits_for(&self, uri: &str) -> bool {
        self.all.get(uri).is_some_and(|answering| !answering.writing.is_done())
    }
}

fn is_blank(text: &Rope) -> bool {
    text.chars().all(char::is_whitespace)
}

/// The turn at a place, or the last one with a question in it.
fn find(turns: &[Turn], place: Option<&Range<usize>>) -> Option<usize> {
    let asks = |turn: &Turn| !turn.question.is_empty();
    match place {
        Some(place) => page::turn_at(turns, place.end).filter(|index| turns.get(*index).is_some_and(asks)),
        None => turns.iter().rposition(asks),
    }
}

/// The answered turns, as the conversation that they were.
fn conversation(turns: &[Turn]) -> Conversation {
    let mut conversation = Conversation::default();
    for (index, turn) in turns.iter().enumerate().filter(|(_, turn)| !turn.answer.is_empty()) {
        let id = index.to_string();
        if conversation.begin(&id, &turn.question, Vec::new(), &turn.model).is_ok() {
            conversation.append(&id, &turn.answer);
            conversation.end(&id, TurnState::Done { cut: false });
        }
    }
    conversation
}

fn mention(document: &Document, named: &Named) -> Mention {
    let uri = document.uri.clone();
    match &named.lines {
        None => Mention::File { uri },
        Some(lines) => {
            let at = |line: u32| Position { line, character: 0 };
            let range = LspRange { start: at(lines.start), end: at(lines.end) };
            Mention::Selection { uri, version: document.version, range }
        }
    }
}

/// What goes along with a question and where to, as a line under it.
fn sent_note(items: &[ContextItem], missing: &[String], origin: &str) -> String {
    let said = |item: &ContextItem| match &item.left_out {
        Some(reason) => format!("{} ({reason})", item.label),
        None => item.label.clone(),
    };
    let with: Vec<_> = items.iter().map(said).collect();
    let with =
        if with.is_empty() { "Without a file".to_owned() } else { format!("With {}", with.join(", ")) };
    let but: String = missing.iter().map(|missing| format!("; without {missing}")).collect();
    format!("*{with}{but}; to {}.*", origin.trim_end_matches('.'))
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// How an answer failed, as a line of its page.
pub(crate) fn problem_note(problem: &Problem) -> String {
    let said = problem.to_string().lines().map(str::trim).collect::<Vec<_>>().join(" ");
    format!("*The answer ended with a problem: {}.*", said.trim_end_matches('.').replace('*', ""))
}

fn still_answering() -> Problem {
    Problem::new(ProblemKind::Conflict, "the chat is still answering", "Wait for the answer, or cancel it.")
}

fn no_question() -> Problem {
    Problem::new(
        ProblemKind::NotFound,
        "there is no question there",
        "Write one under `## You`, and send it from there.",
    )
}

/// What is told of an answer whose page was emptied.
pub(crate) fn emptied(uri: &str) -> Problem {
    Problem::new(
        ProblemKind::Misapplied,
        format!("{} was emptied while the model answered, and the answer was stopped", file_name(uri)),
        "What came of it opens in a document of its own.",
    )
}

/// What is told of an answer that could not be written into its page.
pub(crate) fn not_written(uri: &str) -> Problem {
    Problem::new(
        ProblemKind::Misapplied,
        format!("the answer could not be written into {}", file_name(uri)),
        "All of it opens in a document of its own; what stands in the chat can be undone.",
    )
}
