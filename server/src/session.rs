//! What the server knows about one editor: documents, settings, chats, proposals. Changed only by these synchronous
//! methods; readers take what they need (ropes and `Arc`s) and leave.

mod chats;
mod pages;
mod proposals;
mod transcript;

use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use aside_core::config::{Feature, ProviderSettings, Settings};
use aside_core::document::Document;
use aside_core::document::order::{Arrival, Change};
use aside_core::position;
use aside_core::problem::{Problem, ProblemKind};
use aside_core::rebase::{self, Carried};
use aside_core::usage::Level;

use crate::convert::{self, ClientInfo, DidChange, TextDocument};
use crate::exclude::{Excluder, OwnRules};
use crate::model::Masking;
use crate::protocol::{ProposalEvent, Status};

pub(crate) use chats::{Question, file_name};
pub(crate) use pages::{PageOffer, PageStep, Write, emptied, not_written, problem_note};
pub(crate) use proposals::{Ask, Begun, Mending, Open};

/// Places where code actions were offered are remembered this often; a menu is open only for the last one.
const OFFERS: usize = 16;

/// One editor's state.
#[derive(Default)]
pub(crate) struct Session {
    /// What the editor said of itself.
    client: ClientInfo,
    settings: Arc<Settings>,
    /// The settings' problems as they were last told, so that each is told once.
    told: Vec<Problem>,
    /// Open documents by uri.
    documents: HashMap<String, Document>,
    /// The last text of closed documents that proposals or answers wait for.
    closed: HashMap<String, Document>,
    /// Where code actions were offered, carried over what is typed since.
    offers: VecDeque<Offer>,
    /// The last number given to an offer, a proposal or an answer of ours.
    last_number: u64,
    /// The user's own globs and the built-in list, read at their first use.
    own_rules: OnceLock<OwnRules>,
    /// Files and folders that were renamed in this session, in that order: their old uris and their new ones.
    renamed: Vec<(String, String)>,
    /// Makes the placeholders for secrets.
    masking: Masking,
    chats: chats::Chats,
    proposals: proposals::Proposals,
    pages: pages::Pages,
    /// Model calls under way.
    busy: usize,
    key_source: Option<String>,
    /// The last problem of a model call, until the next success.
    problem: Option<Problem>,
    /// The status as it was last sent.
    sent_status: Option<Status>,
    /// Providers that were met in this session, by id and origin.
    met: HashSet<(String, String)>,
    /// The models that providers listed in this session, by id and base URL.
    models: HashMap<(String, String), Vec<String>>,
    /// Problems that are shown only once in a session.
    reported: Vec<Problem>,
    /// Problems that no event carries, to be shown.
    to_report: Vec<Problem>,
    /// Lines for the editor's log.
    to_log: Vec<String>,
    /// What the code lenses were about when the editor was last told.
    told_lenses: Vec<String>,
}

/// A place where code actions were offered.
struct Offer {
    number: u64,
    uri: String,
    /// `None` once the user typed inside it.
    span: Option<Range<usize>>,
}

/// What the editor is to be told.
#[derive(Default)]
pub(crate) struct Due {
    pub(crate) proposals: Vec<ProposalEvent>,
    pub(crate) status: Option<Status>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) log: Vec<String>,
    pub(crate) mending: Vec<Mending>,
    /// The code lenses are others.
    pub(crate) lenses: bool,
}

impl Session {
    pub(crate) fn initialize(&mut self, client: ClientInfo) {
        self.client = client;
    }

    pub(crate) fn client(&self) -> &ClientInfo {
        &self.client
    }

    /// What the editor's own switch for telemetry allows.
    pub(crate) fn telemetry_level(&self) -> Level {
        self.client.telemetry
    }

    pub(crate) fn set_telemetry_level(&mut self, level: Level) {
        self.client.telemetry = level;
    }

    pub(crate) fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    /// The settings that hold, and what is wrong with those that were told.
    pub(crate) fn settings_and_problems(&self) -> (Arc<Settings>, Vec<Problem>) {
        (Arc::clone(&self.settings), self.told.clone())
    }

    /// Replaces the settings; a problem is told once, until it is gone.
    pub(crate) fn configure(&mut self, (settings, problems): (Settings, Vec<Problem>)) {
        let new: Vec<_> = problems.iter().filter(|problem| !self.told.contains(problem)).cloned().collect();
        self.to_report.extend(new);
        self.told = problems;
        self.settings = Arc::new(settings);
        self.own_rules = OnceLock::new();
    }

    /// What tells which files are kept back, as things are on disk at this moment.
    pub(crate) fn excluder(&self) -> Excluder<'_> {
        Excluder::new(self.own_rules.get_or_init(|| OwnRules::new(self.settings.privacy.exclude.as_deref())))
    }

    /// The editor has renamed files or folders.
    pub(crate) fn rename(&mut self, renamed: impl IntoIterator<Item = (String, String)>) {
        self.renamed.extend(renamed);
    }

    /// What a file is called after the renames of this session.
    fn now_called(&self, uri: &str) -> String {
        self.renamed.iter().fold(uri.to_owned(), |uri, (old, new)| match uri.strip_prefix(old.as_str()) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{new}{rest}"),
            Some(_) | None => uri,
        })
    }

    /// The first of the documents that a rule keeps back by now, and the rule.
    pub(crate) fn kept_back_by_now(&self, documents: &[String]) -> Option<(String, String)> {
        let excluder = self.excluder();
        let names = documents.iter().flat_map(|uri| [uri.clone(), self.now_called(uri)]);
        names.into_iter().find_map(|uri| Some((file_name(&uri), excluder.verdict(&uri, &[])?.to_string())))
    }

    /// Refuses what was selected in a file that a rule keeps back, unless the user allowed it: it is asked first.
    pub(crate) fn may_send(&self, uri: &str, allow: &[String]) -> Result<(), Problem> {
        match self.excluder().verdict(uri, allow) {
            None => Ok(()),
            Some(rule) => Err(Problem::new(
                ProblemKind::Blocked,
                format!("`{}` is kept back by {rule}", file_name(uri)),
                "Nothing was sent. Allow it once, or change the rule.",
            )),
        }
    }

    pub(crate) fn open(&mut self, opened: TextDocument) {
        let uri = opened.uri.clone();
        let document = Document::new(opened.uri, opened.language_id, opened.version, &opened.text);
        if let Some(before) = self.documents.remove(&uri).or_else(|| self.closed.remove(&uri)) {
            self.proposals.reopened(&before, &document);
            self.pages.reopened(&before, &document);
        }
        self.documents.insert(uri, document);
    }

    /// Applies the changes in order. Each carries the offers and the proposals of the document.
    pub(crate) fn change(&mut self, change: DidChange) {
        let encoding = self.client.encoding;
        let uri = change.text_document.uri;
        let Some(document) = self.documents.get_mut(&uri) else { return };
        let mut changes: Vec<Change> =
            change.content_changes.into_iter().map(|content| (content.range, content.text)).collect();
        let version = change.text_document.version.unwrap_or(document.version);
        let version = match document.receive(version, &changes, encoding) {
            Arrival::Next => version,
            Arrival::Late(text) => {
                changes = vec![(None, text)];
                document.version
            }
            Arrival::Lost => return self.lose(&uri),
        };
        for (range, text) in changes {
            let before = document.text.clone();
            let edit = document.apply(range, &text, encoding);
            for offer in self.offers.iter_mut().filter(|offer| offer.uri == document.uri) {
                offer.span =
                    offer.span.take().and_then(|span| match rebase::carry(&span, &edit, &document.text) {
                        Carried::Moved(span) => Some(span),
                        Carried::Touched => None,
                    });
            }
            self.proposals.changed(&edit, &before, document);
            self.pages.changed(&edit, &before, document);
        }
        self.pages.settle(&document.uri);
        document.version = version;
    }

    pub(crate) fn close(&mut self, uri: &str) {
        if let Some(document) = self.documents.remove(uri)
            && (self.proposals.waits_for(uri) || self.pages.waits_for(uri))
        {
            self.closed.insert(uri.to_owned(), document);
        }
        self.offers.retain(|offer| offer.uri != uri);
    }

    /// A change of a document could not be read: what we have is not what the editor has, and nothing is written into
    /// it until it is opened again.
    pub(crate) fn lose(&mut self, uri: &str) {
        if self.documents.contains_key(uri) {
            self.close(uri);
            self.report(Problem::new(
                ProblemKind::Conflict,
                format!("a change of {} could not be read", file_name(uri)),
                "Close the file in the editor and open it again.",
            ));
        }
    }

    pub(crate) fn document(&self, uri: &str) -> Result<&Document, Problem> {
        self.documents.get(uri).ok_or_else(not_open)
    }

    pub(crate) fn documents(&self) -> impl Iterator<Item = &Document> {
        self.documents.values()
    }

    /// A range of the document as it now stands, if the editor's version is the one we have.
    pub(crate) fn span(
        &self,
        uri: &str,
        version: i32,
        range: position::Range,
    ) -> Result<Range<usize>, Problem> {
        let document = self.document(uri)?;
        if document.version != version {
            return Err(stale());
        }
        Ok(convert::bytes(&document.text, range, self.client.encoding))
    }

    /// Remembers where code actions are offered.
    pub(crate) fn offer(&mut self, uri: &str, span: Range<usize>) -> u64 {
        let number = self.next_number();
        if self.offers.len() == OFFERS {
            self.offers.pop_front();
        }
        self.offers.push_back(Offer { number, uri: uri.to_owned(), span: Some(span) });
        number
    }

    /// Where an offer now is; stale once it was typed into.
    pub(crate) fn offered(&self, number: u64) -> Option<Result<Range<usize>, Problem>> {
        let offer = self.offers.iter().find(|offer| offer.number == number)?;
        Some(offer.span.clone().ok_or_else(stale))
    }

    pub(crate) fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    pub(crate) fn call_started(&mut self) {
        self.busy += 1;
    }

    pub(crate) fn call_ended(&mut self) {
        self.busy = self.busy.saturating_sub(1);
    }

    /// Where the last call's key came from; `None` if it needed none.
    pub(crate) fn key_found(&mut self, source: Option<String>) {
        self.key_source = source;
    }

    /// Notes that a provider is used; tells whether that is for the first time in this session.
    pub(crate) fn meet(&mut self, id: &str, origin: &str) -> bool {
        self.met.insert((id.to_owned(), origin.to_owned()))
    }

    /// What a provider listed, kept for the session.
    pub(crate) fn models_listed(&mut self, provider: &ProviderSettings, models: &[String]) {
        self.models.insert((provider.id.clone(), provider.base_url.clone()), models.to_vec());
    }

    /// What a provider listed earlier in this session.
    pub(crate) fn listed_models(&self, provider: &ProviderSettings) -> Option<&Vec<String>> {
        self.models.get(&(provider.id.clone(), provider.base_url.clone()))
    }

    /// How the last call went; a success clears the last problem.
    pub(crate) fn call_went(&mut self, problem: Option<Problem>) {
        self.problem = problem;
    }

    /// Shows a problem that no event carries, unless the same was shown before, for whatever reason.
    pub(crate) fn report_once(&mut self, problem: Problem) {
        if !self.reported.iter().any(|reported| reported.title == problem.title) {
            self.reported.push(problem.clone());
            self.to_report.push(problem);
        }
    }

    /// Shows a problem that no event carries.
    pub(crate) fn report(&mut self, problem: Problem) {
        self.to_report.push(problem);
    }

    /// Writes a line into the editor's own log, where a user looks for what happened. It may be kept on disk: no text
    /// of the user's, of a model or of a provider is in it.
    pub(crate) fn log(&mut self, line: String) {
        self.to_log.push(line);
    }

    /// Takes what the editor is to be told. What it doesn't draw is not in it.
    pub(crate) fn take_due(&mut self) -> Due {
        let status = self.status();
        let status =
            (self.client.features.status && self.sent_status.as_ref() != Some(&status)).then_some(status);
        if status.is_some() {
            self.sent_status.clone_from(&status);
        }
        // Before the events, which show what has become of a misplaced proposal.
        let mending = self.due_mending();
        let proposals = self.due_proposals();
        Due {
            lenses: self.are_lenses_due(),
            proposals: if self.client.features.proposals { proposals } else { Vec::new() },
            status,
            mending,
            problems: std::mem::take(&mut self.to_report),
            log: std::mem::take(&mut self.to_log),
        }
    }

    /// Whether the code lenses are about something else than before. What only moved, the editor moves.
    fn are_lenses_due(&mut self) -> bool {
        if !self.client.refreshes_lenses {
            return false;
        }
        let mut about = self.pages.answering();
        if !self.client.features.proposals {
            about.extend(self.proposals.about());
        }
        let due = about != self.told_lenses;
        self.told_lenses = about;
        due
    }

    fn status(&self) -> Status {
        let model = |feature| self.settings.model_for(feature).to_string();
        Status {
            chat: model(Feature::Chat),
            inline: model(Feature::Inline),
            actions: model(Feature::Actions),
            key_source: self.key_source.clone(),
            busy: self.busy,
            problem: self.problem.clone(),
        }
    }
}

fn not_open() -> Problem {
    Problem::new(
        ProblemKind::NotFound,
        "the document isn't open",
        "Open the file in the editor and try again.",
    )
}

/// The text is not the one that the editor asked about.
pub(crate) fn stale() -> Problem {
    Problem::new(
        ProblemKind::Conflict,
        "the text changed meanwhile",
        "Select the text again and repeat the command.",
    )
}
