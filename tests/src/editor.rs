//! `TestEditor`: an LSP client over the real binary, which holds documents and applies edits as editors do.
//!
//! It fails when it is dropped if the server said something the test did not read, logged a warning or an error, or
//! did not end as it should. Every wait has a limit. Nothing of the user's machine is touched: no home, no keyring.

mod answer;
mod document;
mod process;
mod read;
mod setup;
mod state;
pub mod wire;

pub use document::position;
pub use process::{Process, binary};
pub use read::{Progress, Turn};
pub use setup::Setup;
pub use state::{Answers, ApplyEdit};

use aside::protocol::Status;
use aside_core::position::{Encoding, Range};
use document::Document;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use state::{Shared, State};
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;

/// An error answer.
#[derive(Debug, Clone, PartialEq)]
pub struct RpcError {
    pub code: i64,
    pub message: String,
    pub data: Value,
}

/// A request under way.
#[derive(Debug)]
#[must_use = "its answer has to be read"]
pub struct Pending(u64, &'static str);

#[derive(Debug)]
pub struct TestEditor {
    shared: Arc<Shared>,
    process: Process,
    next_id: u64,
    first_version: i32,
    /// The answer to `initialize`.
    pub initialized: Value,
    /// Log lines that the test expects to hold a warning or an error.
    expected_in_log: Vec<&'static str>,
    /// What the exit code has to be; none where a signal ends it.
    expected_exit: Option<i32>,
}

impl TestEditor {
    /// Starts the server and initializes it.
    #[must_use]
    #[track_caller]
    pub fn start(setup: &Setup) -> Self {
        let mut editor = Self::uninitialized(setup);
        let initialized = editor.request("initialize", setup.initialize_params());
        let encoding = match initialized["capabilities"]["positionEncoding"].as_str() {
            Some("utf-8") => Encoding::Utf8,
            Some("utf-32") => Encoding::Utf32,
            Some("utf-16") | None => Encoding::Utf16,
            Some(other) => panic!("an unknown encoding: {other}"),
        };
        editor.shared.lock().encoding = encoding;
        editor.initialized = initialized;
        editor.notify("initialized", json!({}));
        if setup.configuration {
            editor.shared.wait("a question for the settings", |state| {
                state.asked.iter().any(|method| method == "workspace/configuration").then_some(())
            });
        }
        editor
    }

    /// Starts the server and says nothing.
    #[must_use]
    #[track_caller]
    pub fn uninitialized(setup: &Setup) -> Self {
        let mut process = match (setup.largest_file, &setup.folder) {
            (None, None) => Process::start_under(&setup.under, &["--stdio"], &setup.env),
            (None, Some(folder)) => Process::start_in(folder, &["--stdio"], &setup.env),
            (Some(limit), _) => Process::start_with_small_files(limit, &["--stdio"], &setup.env),
        };
        let shared = Arc::new(Shared::new(State {
            inbox: Default::default(),
            pending: Default::default(),
            replies: Default::default(),
            documents: Default::default(),
            statuses: vec![],
            logged: vec![],
            asked: vec![],
            encoding: Encoding::default(),
            settings: setup.settings.clone(),
            answers: Answers { button: setup.button, ..Answers::default() },
            next_edits: Default::default(),
            hold: false,
            transcript: String::new(),
            faults: vec![],
            closed: false,
            writer: Some(process.writer()),
        }));
        let (output, reader) = (process.output(), Arc::clone(&shared));
        std::thread::spawn(move || answer::read_all(output, &reader));
        Self {
            shared,
            process,
            next_id: 1,
            first_version: setup.first_version,
            initialized: Value::Null,
            expected_in_log: vec![],
            expected_exit: Some(0),
        }
    }

    // --- messages

    /// Sends a request and waits for its answer, which must not be an error.
    #[track_caller]
    pub fn request(&mut self, method: &'static str, params: impl Serialize) -> Value {
        self.try_request(method, params).unwrap_or_else(|error| panic!("{method} was refused: {error:?}"))
    }

    /// Sends a request and waits for its answer.
    #[track_caller]
    pub fn try_request(&mut self, method: &'static str, params: impl Serialize) -> Result<Value, RpcError> {
        let pending = self.send_request(method, params);
        self.reply(&pending)
    }

    /// Sends a request and waits for its answer, read as a type.
    #[track_caller]
    pub fn ask<T: DeserializeOwned>(&mut self, method: &'static str, params: impl Serialize) -> T {
        let answer = self.request(method, params);
        serde_json::from_value(answer.clone()).unwrap_or_else(|e| panic!("{method} answered {answer}: {e}"))
    }

    /// Sends a request; its answer is read with [`Self::reply`].
    pub fn send_request(&mut self, method: &'static str, params: impl Serialize) -> Pending {
        let id = self.next_id;
        self.next_id += 1;
        let mut state = self.shared.lock();
        state.pending.insert(id, method);
        let params = serde_json::to_value(params).expect("params are JSON");
        state.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        Pending(id, method)
    }

    /// The same, with a notification right behind it in one piece: the server finds both at once.
    pub fn send_request_before(
        &mut self,
        method: &'static str,
        params: impl Serialize,
        (notification, its_params): (&str, Value),
    ) -> Pending {
        let id = self.next_id;
        self.next_id += 1;
        let mut state = self.shared.lock();
        state.pending.insert(id, method);
        let params = serde_json::to_value(params).expect("params are JSON");
        let mut bytes = wire::frame(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        bytes.extend(wire::frame(&json!({"jsonrpc": "2.0", "method": notification, "params": its_params})));
        state.send_bytes(bytes);
        Pending(id, method)
    }

    #[track_caller]
    pub fn reply(&mut self, pending: &Pending) -> Result<Value, RpcError> {
        let answer =
            self.shared.wait(&format!("the answer to {}", pending.1), |s| s.replies.remove(&pending.0));
        match answer.get("error") {
            None => Ok(answer["result"].clone()),
            Some(error) => Err(RpcError {
                code: error["code"].as_i64().expect("an error has a code"),
                message: error["message"].as_str().expect("an error has a message").to_owned(),
                data: error["data"].clone(),
            }),
        }
    }

    /// `$/cancelRequest` for a request under way.
    pub fn cancel_request(&mut self, pending: &Pending) {
        self.notify("$/cancelRequest", json!({"id": pending.0}));
    }

    pub fn notify(&mut self, method: &str, params: impl Serialize) {
        let params = serde_json::to_value(params).expect("params are JSON");
        self.shared.lock().send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Sends text as a message that may be no JSON-RPC at all.
    pub fn send_text(&mut self, text: &str) {
        self.shared.lock().send_bytes(wire::frame_text(text));
    }

    /// Sends bytes that may be no message at all.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.shared.lock().send_bytes(bytes.to_vec());
    }

    // --- documents

    /// Opens a document of the project; its language follows from its ending. Answers its URI.
    #[track_caller]
    pub fn open(&mut self, path: &str, text: &str) -> String {
        self.open_uri(format!("file:///project/{path}"), text)
    }

    /// Opens a document that is really there. Answers its URI.
    #[track_caller]
    pub fn open_at(&mut self, path: &std::path::Path, text: &str) -> String {
        self.open_uri(format!("file://{}", path.display()), text)
    }

    #[track_caller]
    fn open_uri(&mut self, uri: String, text: &str) -> String {
        let version = self.first_version;
        let document = Document { text: text.into(), version, unsent: vec![] };
        let mut state = self.shared.lock();
        let old = state.documents.insert(uri.clone(), document);
        assert!(old.is_none(), "{uri} is open already");
        let item = json!({"uri": uri, "languageId": language(&uri), "version": version, "text": text});
        state.send(
            &json!({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": item}}),
        );
        uri
    }

    #[track_caller]
    pub fn close(&mut self, uri: &str) {
        assert!(self.shared.lock().documents.remove(uri).is_some(), "{uri} is not open");
        self.notify("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
    }

    /// The text as the editor holds it.
    #[must_use]
    #[track_caller]
    pub fn text(&self, uri: &str) -> String {
        self.with_document(uri, |document, _| document.text.clone())
    }

    #[must_use]
    #[track_caller]
    pub fn version(&self, uri: &str) -> i32 {
        self.with_document(uri, |document, _| document.version)
    }

    /// The range of the needle's only occurrence; `""` is the document's end.
    #[must_use]
    #[track_caller]
    pub fn range_of(&self, uri: &str, needle: &str) -> Range {
        self.with_document(uri, |document, encoding| {
            let start = match needle {
                "" => document.text.len(),
                _ => only_occurrence(&document.text, needle),
            };
            let place = |at| position(&document.text, at, encoding);
            Range { start: place(start), end: place(start + needle.len()) }
        })
    }

    /// How positions are counted.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.shared.lock().encoding
    }

    /// The whole document's range.
    #[must_use]
    #[track_caller]
    pub fn whole(&self, uri: &str) -> Range {
        Range { start: Default::default(), end: self.range_of(uri, "").end }
    }

    /// Replaces a range, as typing or pasting does.
    #[track_caller]
    pub fn change(&mut self, uri: &str, range: Range, text: &str) {
        let mut state = self.shared.lock();
        let encoding = state.encoding;
        let document = state.documents.get_mut(uri).unwrap_or_else(|| panic!("{uri} is not open"));
        let change = document.change(range, text, encoding).expect("the test changes what is there");
        answer::send_changes(&mut state, uri, vec![change]);
    }

    /// Replaces the needle's only occurrence.
    #[track_caller]
    pub fn replace(&mut self, uri: &str, needle: &str, text: &str) {
        let range = self.range_of(uri, needle);
        self.change(uri, range, text);
    }

    /// Types each character of the text behind the needle's only occurrence, one change each.
    #[track_caller]
    pub fn type_after(&mut self, uri: &str, needle: &str, text: &str) {
        let mut at = only_occurrence(&self.text(uri), needle) + needle.len();
        for c in text.chars() {
            let place = self.with_document(uri, |d, encoding| position(&d.text, at, encoding));
            self.change(uri, Range { start: place, end: place }, c.encode_utf8(&mut [0; 4]));
            at += c.len_utf8();
        }
    }

    /// Sends the whole text anew, as a client without incremental changes does.
    #[track_caller]
    pub fn replace_all(&mut self, uri: &str, text: &str) {
        let mut state = self.shared.lock();
        state.documents.get_mut(uri).unwrap_or_else(|| panic!("{uri} is not open")).text = text.into();
        answer::send_changes(&mut state, uri, vec![json!({"text": text})]);
    }

    /// Whether changes are kept back; those kept back are sent when it is switched off.
    pub fn hold_changes(&mut self, hold: bool) {
        let mut state = self.shared.lock();
        state.hold = hold;
        let uris: Vec<String> = state.documents.keys().cloned().collect();
        for uri in uris {
            answer::send_changes(&mut state, &uri, vec![]);
        }
    }

    /// Applies an edit as an extension does that checks versions. Answers whether it did.
    #[track_caller]
    pub fn apply(&mut self, edit: &Value) -> bool {
        let mut state = self.shared.lock();
        let current = edit["documentChanges"].as_array().expect("documentChanges").iter().all(|change| {
            let uri = change["textDocument"]["uri"].as_str().expect("a uri");
            state.documents.get(uri).is_some_and(|d| change["textDocument"]["version"] == json!(d.version))
        });
        if current {
            answer::apply_workspace_edit(&mut state, edit).expect("an edit that can be applied");
        }
        current
    }

    /// Waits until the document, as the server's edits have left it, is this text.
    #[track_caller]
    pub fn wait_for_text(&self, uri: &str, text: &str) {
        self.wait_for(uri, |now| now == text);
    }

    /// Waits until the document is such a text.
    #[track_caller]
    pub fn wait_for(&self, uri: &str, predicate: impl Fn(&str) -> bool) {
        let name = format!("another text than {:?}", self.text(uri));
        self.shared.wait(&name, |state| state.documents.get(uri).filter(|d| predicate(&d.text)).map(|_| ()));
    }

    // --- behaviour and what is seen

    /// How the editor answers the server's requests from here on.
    pub fn answers(&mut self, change: impl FnOnce(&mut Answers)) {
        change(&mut self.shared.lock().answers);
    }

    /// How the editor answers `workspace/applyEdit`: like this for the next ones, in order, and honestly after that.
    pub fn apply_edits_like(&mut self, behaviours: &[ApplyEdit]) {
        self.shared.lock().next_edits.extend(behaviours);
    }

    /// Changes the user's settings, and says so as a client does that can be asked for them.
    pub fn set_settings(&mut self, settings: &Value) {
        self.shared.lock().settings = settings.clone();
        self.notify("workspace/didChangeConfiguration", json!({"settings": {"aside": settings}}));
    }

    /// Changes the user's settings without a word: they are there when the server asks.
    pub fn change_settings_silently(&mut self, settings: &Value) {
        self.shared.lock().settings = settings.clone();
    }

    /// Whether the server has made such a request.
    #[must_use]
    pub fn was_asked(&self, method: &str) -> bool {
        self.shared.lock().asked.iter().any(|asked| asked == method)
    }

    /// Waits until the server makes such a request.
    #[track_caller]
    pub fn wait_until_asked(&self, method: &str) {
        self.shared.wait(method, |state| state.asked.iter().any(|asked| asked == method).then_some(()));
    }

    /// The newest status that came.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        self.shared.lock().statuses.last().cloned()
    }

    /// Waits until the newest status is such a one.
    #[track_caller]
    pub fn wait_for_status(&self, predicate: impl Fn(&Status) -> bool) -> Status {
        self.shared.wait("a status", |s| s.statuses.last().filter(|status| predicate(status)).cloned())
    }

    /// Everything the server sent, as text.
    #[must_use]
    pub fn transcript(&self) -> String {
        self.shared.lock().transcript.clone()
    }

    /// Everything in the server's log.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// The server's home, with all it keeps on disk.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.process.home()
    }

    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// A warning or an error in the log whose line holds `words` is expected.
    pub fn expect_in_log(&mut self, words: &'static str) {
        self.expected_in_log.push(words);
    }

    // --- the end

    /// Closes the server's input without a word.
    pub fn close_input(&mut self) {
        self.shared.lock().writer = None;
    }

    /// Waits until the process has ended, by whatever the test did.
    #[track_caller]
    pub fn wait_for_exit(&mut self) -> ExitStatus {
        let status = self.process.wait_for_exit();
        self.expected_exit = status.code();
        status
    }

    /// Ends the process as `kill -9` does.
    pub fn kill(&mut self) {
        self.process.kill();
        self.wait_for_exit();
    }

    #[track_caller]
    fn with_document<T>(&self, uri: &str, read: impl FnOnce(&Document, Encoding) -> T) -> T {
        let state = self.shared.lock();
        let document = state.documents.get(uri).unwrap_or_else(|| panic!("{uri} is not open"));
        read(document, state.encoding)
    }
}

impl Drop for TestEditor {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.process.kill();
            eprintln!("--- the server's log\n{}", self.process.log());
            return;
        }
        if !self.process.has_ended() {
            if !self.initialized.is_null() {
                self.request("shutdown", Value::Null);
            }
            self.notify("exit", Value::Null);
            // Without `initialize` there is nothing to shut down, and the code is 1 (LSP 3.17, `exit`).
            self.expected_exit = Some(i32::from(self.initialized.is_null()));
        }
        let status = self.process.wait_for_exit();
        assert_eq!(status.code(), self.expected_exit, "the server's exit code");
        self.process.check_log(&self.expected_in_log);
        let state = self.shared.lock();
        assert!(state.faults.is_empty(), "the server did wrong: {:#?}", state.faults);
        let unread: String = state.inbox.iter().map(|message| format!("\n  {message}")).collect();
        assert!(unread.is_empty(), "the test did not read:{unread}");
        assert!(state.replies.is_empty(), "the test did not read the answers {:#?}", state.replies);
    }
}

fn language(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("rs") => "rust",
        Some("py") => "python",
        Some("lua") => "lua",
        _ => "plaintext",
    }
}

#[track_caller]
fn only_occurrence(text: &str, needle: &str) -> usize {
    let mut all = text.match_indices(needle);
    let (at, _) = all.next().unwrap_or_else(|| panic!("no {needle:?} in {text:?}"));
    assert!(all.next().is_none(), "{needle:?} is more than once in {text:?}");
    at
}
