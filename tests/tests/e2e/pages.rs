//! Chat in a Markdown page, in an editor that knows nothing of Aside's own messages.

use aside_tests::editor::{ApplyEdit, Progress};
use aside_tests::{Exchange, FakeModel, Setup, TestEditor};
use serde_json::{Value, json};

const CODE: &str = "fn sum(a: i32, b: i32) -> i32 {\n    a - b\n}\n";

struct Page {
    editor: TestEditor,
    uri: String,
}

impl Page {
    fn open(model: &FakeModel, text: &str) -> Self {
        let mut editor = TestEditor::start(&model.setup().without_extension());
        editor.open("src/sum.rs", CODE);
        let uri = editor.open("chat.aside.md", text);
        Self { editor, uri }
    }

    /// Runs a code action at the needle, or at the page's end.
    #[track_caller]
    fn run(&mut self, action: &str, needle: &str) {
        let range = self.editor.range_of(&self.uri, needle);
        let action = self.editor.code_action(&self.uri, range, action);
        assert_eq!(self.editor.run(&action), Value::Null);
    }

    #[track_caller]
    fn send(&mut self) -> Progress {
        self.run("Aside: Send", "");
        self.editor.progress_begins()
    }

    /// A page whose question the model answers, with its first word in it. The first edits are applied so.
    fn answered(model: &FakeModel, text: &str, edits: &[ApplyEdit]) -> (Self, Progress, Exchange) {
        let mut page = Self::open(model, text);
        page.editor.apply_edits_like(edits);
        let progress = page.send();
        let mut exchange = model.next();
        exchange.openai_text("One ");
        page.wait_for("One");
        (page, progress, exchange)
    }

    #[track_caller]
    fn wait_for(&self, words: &str) {
        self.editor.wait_for(&self.uri, |text| text.contains(words));
    }

    fn text(&self) -> String {
        self.editor.text(&self.uri)
    }

    /// What the server asked the editor to write is seen in the text.
    fn end(&mut self) {
        self.editor.forget_unread("workspace/applyEdit");
    }
}

fn titles(editor: &mut TestEditor, uri: &str, needle: &str) -> Vec<String> {
    let range = editor.range_of(uri, needle);
    let all = editor.code_actions(uri, range, &json!([]));
    all.iter().map(|action| action["title"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn questions_are_answered_below_them_turn_by_turn() {
    let model = FakeModel::start();
    let mut page = Page::open(&model, "## You\n\nWhat does #sum.rs do?\n");
    assert_eq!(model.connections(), 0);
    let progress = page.send();
    let exchange = model.next();
    assert!(exchange.prompt().contains("a - b"), "{}", exchange.prompt());
    exchange.openai_answer("It **subtracts**.");
    page.editor.progress_ends(progress);
    page.wait_for("subtracts**.\n\n## You\n");
    let note = format!("*With sum.rs; to {}.*", model.origin());
    assert_eq!(
        page.text(),
        format!(
            "## You\n\nWhat does #sum.rs do?\n\n{note}\n\n## fake/test\n\nIt **subtracts**.\n\n## You\n\n\n"
        )
    );

    let end = page.editor.range_of(&page.uri, "");
    page.editor.change(&page.uri, end, "Is that right?");
    let progress = page.send();
    let exchange = model.next();
    let prompt = exchange.prompt();
    for words in ["What does #sum.rs do?", "It **subtracts**.", "Is that right?", "a - b"] {
        assert_eq!(prompt.matches(words).count(), 1, "{words}: {prompt}");
    }
    assert!(!prompt.contains("*With"), "{prompt}");
    exchange.openai_answer("No.");
    page.editor.progress_ends(progress);
    page.wait_for("No.\n\n## You\n");
    page.end();
}

#[test]
fn what_is_typed_while_the_answer_streams_stays() {
    let model = FakeModel::start();
    let (mut page, progress, mut exchange) = Page::answered(&model, "Why?\n\nnotes\n", &[]);
    let uri = page.uri.clone();
    page.editor.type_after(&uri, "Wh", "👩 and wh");
    exchange.openai_text("two ");
    page.wait_for("One two");
    let end = page.editor.range_of(&uri, "");
    page.editor.change(&uri, end, "my next thought");
    exchange.openai_text("three.");
    exchange.openai_done();
    page.editor.progress_ends(progress);
    page.wait_for("three.");
    page.wait_for("## You");
    let text = page.text();
    assert!(text.starts_with("Wh👩 and why?\n\nnotes\n"), "{text}");
    assert!(text.contains("One two three.\n\n## You\n\n") && text.ends_with("my next thought"), "{text}");
    page.end();
}

#[test]
fn an_answer_can_be_cancelled_from_the_page_and_from_its_progress() {
    let model = FakeModel::start();
    for from_page in [true, false] {
        let (mut page, progress, exchange) = Page::answered(&model, "Why?\n", &[]);
        match from_page {
            true => page.run("Aside: Cancel", "One"),
            false => page.editor.cancel_progress(&progress),
        }
        exchange.client_closed();
        page.editor.progress_ends(progress);
        page.wait_for("One \n\n*You stopped the answer.*\n\n## You\n");
        page.end();
    }
}

#[test]
fn a_failure_is_told_in_the_page_and_the_question_can_be_sent_again() {
    let model = FakeModel::start();
    let mut page = Page::open(&model, "Why?\n");
    let progress = page.send();
    model.next().openai_error(401, "invalid_api_key", "Incorrect API key", &[]);
    page.editor.progress_ends(progress);
    page.wait_for("## You");
    assert!(page.text().contains("*The answer ended with a problem: "), "{}", page.text());
    assert!(page.text().contains("aside key set fake"), "{}", page.text());
    page.run("Aside: Send", "Why?");
    let progress = page.editor.progress_begins();
    let exchange = model.next();
    assert!(!exchange.prompt().contains("problem"), "{}", exchange.prompt());
    exchange.openai_answer("So.");
    page.editor.progress_ends(progress);
    page.wait_for("So.");
    assert_eq!(page.text().matches("## You").count(), 1, "{}", page.text());
    page.end();
}

#[test]
fn an_answer_finds_its_way_into_the_page_of_an_editor_that_lies_refuses_or_is_late() {
    let model = FakeModel::start();
    for faults in [
        [ApplyEdit::Lie, ApplyEdit::Lie],
        [ApplyEdit::Refuse, ApplyEdit::Lie],
        [ApplyEdit::ChangeAfterAnswer, ApplyEdit::ChangeAfterAnswer],
        [ApplyEdit::OverUnsent, ApplyEdit::UnixLines],
    ] {
        let mut page = Page::open(&model, "Why?\r\n");
        page.editor.apply_edits_like(&faults);
        let progress = page.send();
        let mut exchange = model.next();
        exchange.openai_text("One ");
        let uri = page.uri.clone();
        for word in ["a ", "b ", "c ", "d "] {
            page.editor.next::<Value>("workspace/applyEdit");
            // The server has read the answer to it before what is typed next.
            page.editor.request("aside/models", json!({}));
            let start = aside_core::position::Range::default();
            page.editor.change(&uri, start, word);
            exchange.openai_text("more ");
        }
        exchange.openai_done();
        page.editor.progress_ends(progress);
        page.wait_for("## You");
        let text = page.text();
        assert!(text.starts_with("d c b a Why?\r\n\r\n*Without a file; to "), "{faults:?}: {text:?}");
        assert!(text.contains("\nOne more more more more"), "{faults:?}: {text:?}");
        page.end();
    }
}

#[test]
fn an_answer_that_the_editor_never_takes_opens_in_a_document_of_its_own() {
    let model = FakeModel::start();
    let mut page = Page::open(&model, "Why?\n");
    page.editor.apply_edits_like(&[ApplyEdit::Refuse; 30]);
    let progress = page.send();
    model.next().openai_answer("Because of **that**.");
    page.editor.progress_ends(progress);
    let told = page.editor.next::<Value>("window/showMessage");
    assert!(told["message"].as_str().unwrap().contains("chat.aside.md"), "{told}");
    let shown = page.editor.next::<Value>("window/showDocument")["uri"].as_str().unwrap().to_owned();
    let answer = std::fs::read_to_string(shown.strip_prefix("file://").unwrap()).unwrap();
    assert_eq!((answer.as_str(), page.text().as_str()), ("Because of **that**.", "Why?\n"));
    page.end();
}

#[test]
fn an_editor_that_applies_and_never_answers_gets_all_of_it() {
    let model = FakeModel::start();
    let (mut page, progress, mut exchange) = Page::answered(&model, "Why?\n", &[ApplyEdit::Mute; 10]);
    exchange.openai_text("two.");
    exchange.openai_done();
    page.editor.progress_ends(progress);
    page.wait_for("One two.\n\n## You\n");
    page.end();
}

#[test]
fn an_editor_that_lies_and_says_nothing_more_is_asked_again() {
    let model = FakeModel::start();
    let mut page = Page::open(&model, "Why?\n");
    page.editor.apply_edits_like(&[ApplyEdit::Lie]);
    let progress = page.send();
    model.next().openai_answer("So.");
    page.editor.progress_ends(progress);
    page.wait_for("So.\n\n## You\n");
    assert_eq!(page.text().matches("## fake/test").count(), 1, "{}", page.text());
    page.end();
}

#[test]
fn a_page_that_was_closed_gets_the_rest_when_it_is_open_again() {
    let model = FakeModel::start();
    let (mut page, progress, mut exchange) = Page::answered(&model, "Why?\n", &[]);
    let text = page.text();
    page.editor.close(&page.uri.clone());
    exchange.openai_text("two.");
    exchange.openai_done();
    page.editor.progress_ends(progress);
    page.editor.open("chat.aside.md", &text);
    page.wait_for("One two.\n\n## You\n");
    page.end();
}

#[test]
fn an_answer_whose_page_becomes_another_text_is_not_written_into_that() {
    let other = "# Minutes\n\n- one\n- two\n\n## You\n\nother question of mine\n";
    for (is_reopened, text) in
        [(false, "notes of mine\n"), (true, "notes of mine"), (false, other), (true, other), (true, "Why?\n")]
    {
        let model = FakeModel::start();
        let (mut page, progress, mut exchange) = Page::answered(&model, "Why?\n", &[]);
        exchange.openai_text("and so on, line after line,\n");
        page.wait_for("line after line,");
        let uri = page.uri.clone();
        if is_reopened {
            page.editor.close(&uri);
            page.editor.open("chat.aside.md", text);
        } else {
            let all = page.editor.whole(&uri);
            page.editor.change(&uri, all, text);
        }
        page.editor.forget_unread("workspace/applyEdit");
        exchange.openai_text("to the end.");
        exchange.openai_done();
        page.editor.progress_ends(progress);
        let told = page.editor.next::<Value>("window/showMessage");
        assert!(told["message"].as_str().unwrap().contains("could not be written"), "{told}");
        let shown = page.editor.next::<Value>("window/showDocument")["uri"].as_str().unwrap().to_owned();
        let answer = std::fs::read_to_string(shown.strip_prefix("file://").unwrap()).unwrap();
        assert_eq!(answer, "One and so on, line after line,\nto the end.");
        assert_eq!(page.text(), text);
        page.end();
    }
}

#[test]
fn removing_the_answer_stops_it() {
    let model = FakeModel::start();
    let (mut page, progress, exchange) = Page::answered(&model, "Why?\n", &[]);
    let uri = page.uri.clone();
    let mut answer = page.editor.whole(&uri);
    answer.start.line = 1;
    page.editor.change(&uri, answer, "");
    exchange.client_closed();
    page.editor.progress_ends(progress);
    assert_eq!(page.text(), "Why?\n");
    page.end();
}

#[test]
fn emptying_the_page_stops_the_answer_and_what_came_of_it_opens_in_a_document_of_its_own() {
    let model = FakeModel::start();
    let (mut page, progress, exchange) = Page::answered(&model, "Why?\n", &[]);
    let uri = page.uri.clone();
    let all = page.editor.whole(&uri);
    page.editor.change(&uri, all, "");
    exchange.client_closed();
    page.editor.progress_ends(progress);
    let told = page.editor.next::<Value>("window/showMessage");
    assert!(told["message"].as_str().unwrap().contains("was emptied"), "{told}");
    let shown = page.editor.next::<Value>("window/showDocument")["uri"].as_str().unwrap().to_owned();
    let answer = std::fs::read_to_string(shown.strip_prefix("file://").unwrap()).unwrap();
    assert_eq!((answer.as_str(), page.text().as_str()), ("One ", ""));
    page.end();
}

#[test]
fn what_a_question_names_and_is_not_there_is_said_under_it() {
    let model = FakeModel::start();
    let mut page = Page::open(&model, "Why #sum.rs:2, #other.rs, #open and #42?\n");
    page.editor.open("other/sum.rs", "other");
    let progress = page.send();
    let exchange = model.next();
    assert!(!exchange.prompt().contains("notes"), "{}", exchange.prompt());
    exchange.openai_answer("So.");
    page.editor.progress_ends(progress);
    page.wait_for("## You");
    let text = page.text();
    let missing = "; without sum.rs, which several open files are; without other.rs, which isn't open; to ";
    assert!(text.contains("*With sum.rs, sum.rs") && text.contains(missing), "{text}");
    page.end();
}

#[test]
fn a_question_is_offered_to_be_sent_where_there_is_one() {
    let model = FakeModel::start();
    let text = "## You\n\nfirst\n\n## a/b\n\nanswer\n\n## You\n\nsecond\n\n## You\n\n\n";
    let mut page = Page::open(&model, text);
    let uri = page.uri.clone();
    let first = |page: &mut Page, at: &str| titles(&mut page.editor, &uri, at).swap_remove(0);
    assert_eq!(first(&mut page, "first"), "Aside: Ask again");
    assert_eq!(first(&mut page, "answer"), "Aside: Ask again");
    assert_eq!(first(&mut page, "second"), "Aside: Send");
    assert_eq!(first(&mut page, ""), "Aside: Explain this");
    page.run("Aside: Ask again", "first");
    let progress = page.editor.progress_begins();
    let again = page.editor.range_of(&uri, "second");
    assert_eq!(page.editor.code_actions(&uri, again, &json!([]))[0]["title"], "Aside: Cancel");
    let exchange = model.next();
    assert!(!exchange.prompt().contains("answer"), "{}", exchange.prompt());
    exchange.openai_answer("another");
    page.editor.progress_ends(progress);
    page.wait_for("answer\n\n*Without a file");
    page.wait_for("## fake/test\n\nanother\n\n## You\n\nsecond\n");
    page.end();
}

#[test]
fn a_new_chat_is_a_file_of_its_own_that_only_its_user_can_read() {
    let mut editor = TestEditor::start(&Setup::default().without_extension());
    let mut new = || {
        editor.request("workspace/executeCommand", json!({"command": "aside.newChat"}));
        let shown = editor.next::<Value>("window/showDocument");
        assert!(shown["takeFocus"] == true && shown["selection"]["start"]["line"] == 4, "{shown}");
        shown["uri"].as_str().unwrap().strip_prefix("file://").unwrap().to_owned()
    };
    let (first, second) = (new(), new());
    assert!(first.ends_with("/chats/chat-1.aside.md") && second.ends_with("/chats/chat-2.aside.md"));
    assert_eq!(std::fs::read_to_string(&first).unwrap(), "# Chat\n\n## You\n\n\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&first).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_page_has_code_lenses_to_send_and_to_cancel() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&Setup { lenses: true, ..model.setup().without_extension() });
    let uri = editor.open("chat.aside.md", "## You\n\nWhy?\n");
    let lens = |editor: &mut TestEditor| -> Vec<Value> {
        editor.ask("textDocument/codeLens", json!({"textDocument": {"uri": uri}}))
    };
    let send = lens(&mut editor);
    assert_eq!(send[0]["command"]["title"], "Aside: Send");
    editor.run(&send[0]);
    let progress = editor.progress_begins();
    let mut exchange = model.next();
    exchange.openai_text("So");
    editor.wait_for(&uri, |text| text.contains("So"));
    let cancel = lens(&mut editor);
    assert_eq!(cancel[0]["command"]["title"], "Aside: Cancel");
    editor.wait_until_asked("workspace/codeLens/refresh");
    editor.run(&cancel[0]);
    exchange.client_closed();
    editor.progress_ends(progress);
    editor.wait_for(&uri, |text| text.contains("You stopped the answer.*\n\n## You\n"));
    assert!(lens(&mut editor).is_empty() || lens(&mut editor)[0]["command"]["title"] == "Aside: Send");
    editor.forget_unread("workspace/applyEdit");
}
