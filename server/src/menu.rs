//! What can be done with a proposal or a question, as code actions and as code lenses.

use aside_core::counted::counted;
use aside_core::document::Document;
use serde_json::{Value, json};

use crate::convert;
use crate::protocol::{
    Cancel, PageSend, ProposalAccept, ProposalName, ProposalReject, ProposalRetry, ProposalState, Side,
    command,
};
use crate::session::{Open, PageOffer, PageStep, Session, file_name};

/// One thing to do.
pub(crate) struct Item {
    pub(crate) title: String,
    /// The LSP code action kind.
    pub(crate) kind: String,
    pub(crate) command: &'static str,
    pub(crate) argument: Value,
    /// The hunk that it is about, by index; the whole proposal without one.
    hunk: Option<usize>,
}

impl Item {
    pub(crate) fn new(title: impl Into<String>, kind: &str, command: &'static str, argument: Value) -> Self {
        Self { title: title.into(), kind: kind.to_owned(), command, argument, hunk: None }
    }

    fn command(&self, title: &str) -> Value {
        json!({"title": title, "command": self.command, "arguments": [self.argument]})
    }

    /// As a code action; as a bare command for an editor that takes no literals (LSP 3.17).
    pub(crate) fn to_action(&self, literals: bool) -> Value {
        let command = self.command(&self.title);
        match literals {
            true => json!({"title": self.title, "kind": self.kind, "command": command}),
            false => command,
        }
    }
}

pub(crate) fn changes(count: usize) -> String {
    counted(count as u64, "change")
}

/// What can be done with a proposal, by its state.
pub(crate) fn proposal(open: &Open) -> Vec<Item> {
    let name = || open.proposal.clone();
    let item = |title: String, command, argument| Item::new(title, "quickfix", command, argument);
    let reject = |title: &str| {
        item(title.to_owned(), command::REJECT, json!(ProposalReject { proposal: name(), hunks: None }))
    };
    let retry = || {
        let argument = json!(ProposalRetry { proposal: name(), instruction: None });
        item("Aside: Retry".to_owned(), command::RETRY, argument)
    };
    let show = || {
        let argument = json!(ProposalName { proposal: name() });
        item("Aside: Show the proposal".to_owned(), command::SHOW, argument)
    };
    match open.state {
        ProposalState::Working => {
            let argument = json!(Cancel::Proposal { proposal: name() });
            vec![item("Aside: Cancel".to_owned(), command::CANCEL, argument)]
        }
        ProposalState::Ready | ProposalState::Applying => {
            let accept = |hunks| json!(ProposalAccept { proposal: name(), hunks, take: None });
            let count = open.hunks.len();
            // By their ids: after a retry, what was offered for another answer accepts nothing of the new one.
            let all = accept(Some(open.hunks.clone()));
            let mut items = vec![item(format!("Aside: Accept ({})", changes(count)), command::ACCEPT, all)];
            if count > 1 {
                items.extend(open.here.iter().map(|at| {
                    let hunk = open.hunks.get(*at).copied().into_iter().collect();
                    let title = format!("Aside: Accept hunk {} of {count}", at + 1);
                    Item { hunk: Some(*at), ..item(title, command::ACCEPT, accept(Some(hunk))) }
                }));
            }
            items.extend([show(), retry(), reject("Aside: Reject")]);
            items
        }
        ProposalState::Conflict => {
            let take = |side| json!(ProposalAccept { proposal: name(), hunks: None, take: Some(side) });
            vec![
                item("Aside: Take the model's text".to_owned(), command::ACCEPT, take(Side::Model)),
                item("Aside: Keep my text".to_owned(), command::ACCEPT, take(Side::Mine)),
                show(),
                retry(),
                reject("Aside: Reject"),
            ]
        }
        ProposalState::Failed | ProposalState::Cancelled => {
            let answer = open.is_unusable.then(show);
            answer.into_iter().chain([retry(), reject("Aside: Dismiss")]).collect()
        }
        ProposalState::Accepted | ProposalState::Rejected => Vec::new(),
    }
}

/// What can be done with a question of a page. A file that a rule keeps back goes along only by an item that names it.
pub(crate) fn page(offered: &PageOffer, uri: &str, offer: Option<u64>) -> Vec<Item> {
    let item = |title: String, allow| {
        let argument = json!(PageSend { uri: uri.to_owned(), offer, allow });
        Item::new(title, CHAT, command::SEND, argument)
    };
    let title = match offered.step {
        PageStep::Send => "Aside: Send",
        PageStep::AskAgain => "Aside: Ask again",
        PageStep::Cancel => {
            let argument = json!(Cancel::Page { uri: uri.to_owned() });
            return vec![Item::new("Aside: Cancel", CHAT, command::CANCEL, argument)];
        }
    };
    let mut items = vec![item(title.to_owned(), Vec::new())];
    if !offered.kept_back.is_empty() {
        let names: Vec<_> = offered.kept_back.iter().map(|uri| file_name(uri)).collect();
        let title = format!("{title}, with {} this once", names.join(", "));
        items.push(item(title, offered.kept_back.clone()));
    }
    items
}

/// The kind of what has to do with chats.
pub(crate) const CHAT: &str = "aside.chat";

/// The code lenses of a document. An extension that draws proposals has its own for them.
pub(crate) fn lenses(session: &Session, uri: &str) -> Value {
    let Ok(document) = session.document(uri) else { return Value::Null };
    let mut lenses = Vec::new();
    let mut add = |item: &Item, at: usize, title: &str| {
        let range = convert::range(&document.text, &(at..at), session.client().encoding);
        lenses.push(json!({"range": range, "command": item.command(title)}));
    };
    if let Some(offered) = session.page_offer(uri, None).filter(|offered| offered.step != PageStep::AskAgain)
    {
        for item in page(&offered, uri, None) {
            add(&item, offered.start, &item.title);
        }
    }
    if !session.client().features.proposals {
        for open in session.open_proposals(uri, &whole(document)) {
            for (index, item) in proposal(&open).iter().enumerate() {
                let at = item.hunk.and_then(|hunk| open.places.get(hunk)).copied().unwrap_or(open.start);
                // They stand in one line, of which the first says whose they are.
                let is_named = index == 0 || item.hunk.is_some();
                let title = if is_named { &item.title } else { item.title.trim_start_matches("Aside: ") };
                add(item, at, title);
            }
        }
    }
    Value::Array(lenses)
}

fn whole(document: &Document) -> std::ops::Range<usize> {
    0..document.text.len_bytes()
}
