//! What else a day may hold: files that a rule keeps back, secrets, another model, a connection that is warmed, a chat in a
//! page, a file of keys, the command line.

use super::{Provider, Words, answer, question};
use aside::keys::sealed::Opener;
use aside::keys::{Secret, file};
use aside::protocol::{ChatSend, Mention, ProposalRetry, ProposalState, method};
use aside_core::config::Origin;
use aside_tests::editor::Process;
use aside_tests::{FakeModel, Setup, TestEditor};
use serde_json::{Value, json};
use std::path::Path;

/// A command that prints a text, and writes down what it was told.
pub(crate) fn command(home: &Path, name: &str, prints: &str) -> Value {
    let home = home.display();
    json!([
        "sh",
        "-c",
        format!(
            "cat /proc/$$/cmdline > '{home}/{name}arguments'; cat /proc/$$/environ > '{home}/{name}environment'; echo {prints}"
        )
    ])
}

/// The file of keys, as `aside key set filed --file FILE` makes it for a passphrase.
pub(super) fn save_key(model: &FakeModel, words: &Words, home: &Path) -> Value {
    let origin = Origin::parse(&model.origin()).expect("an origin");
    let key = Secret::new(words.file_key.clone(), origin).expect("a key");
    let path = home.join("key-file");
    let opener = Opener::Passphrase(words.passphrase.clone().into());
    file::save(&path, &[("filed".to_owned(), key)].into(), &opener).expect("it can be written");
    json!({"file": path, "passphraseCommand": command(home, "passphrase-", &words.passphrase)})
}

/// A file that a rule keeps back is mentioned, and allowed once.
pub(super) fn blocked(model: &Provider<'_>, editor: &mut TestEditor, words: &Words) {
    let path = format!("{}/{}.env", words.folder, words.file_name);
    let uri = editor.open(&path, &format!("MODE={}\n", words.blocked));
    let mentions = vec![Mention::File { uri: uri.clone() }];
    for (chat, allow) in [("blocked", vec![]), ("allowed", vec![uri.clone()])] {
        let asked = question(chat, "1", &words.prompt, "fake/test");
        editor.send_chat(&ChatSend { mentions: mentions.clone(), allow, ..asked });
        answer(model.next(), &words.answer);
        editor.turn(chat, "1");
    }
    let (version, range) = (editor.version(&uri), editor.whole(&uri));
    let mentions = vec![Mention::Selection { uri: uri.clone(), version, range }];
    let selected = ChatSend { mentions, ..question("selected", "1", &words.prompt, "fake/test") };
    assert!(editor.try_request(method::CHAT_SEND, selected).is_err());
    editor.close(&uri);
}

/// A secret in the words and in a file, which comes back in the answer.
pub(super) fn masked(model: &Provider<'_>, editor: &mut TestEditor, words: &Words) {
    let path = format!("{}/{}.toml", words.folder, words.file_name);
    let uri = editor.open(&path, &format!("token = \"{}\"\n", words.secret));
    let mentions = vec![Mention::File { uri: uri.clone() }];
    let text = format!("{} is {}", words.secret, words.prompt);
    editor.send_chat(&ChatSend { mentions, ..question("masked", "1", &text, "fake/test") });
    answer(model.next(), &words.answer);
    assert_eq!(editor.turn("masked", "1").masked, 1);
    editor.close(&uri);
}

/// The user turns to Aside; a provider that isn't on this machine is warmed, and the system leads it here.
pub(super) fn warmed(model: &Provider<'_>, editor: &mut TestEditor, words: &Words) {
    editor.notify(method::WARM, json!({"feature": "chat", "model": "warmed/test"}));
    let exchange = model.next();
    assert_eq!(exchange.method, "HEAD");
    exchange.answer(404, &[], "");
    editor.send_chat(&question("warmed", "1", &words.prompt, "warmed/test"));
    answer(model.next(), &words.answer);
    editor.turn("warmed", "1");
    // Where the text goes is told at the first use.
    editor.next::<Value>("window/showMessage");
}

/// Another model is asked, for a chat and for an instruction.
pub(super) fn fallback(model: &Provider<'_>, editor: &mut TestEditor, words: &Words, uri: &str) {
    editor.send_chat(&question("second", "1", &words.prompt, "fake/test"));
    model.next().openai_error(404, "model_not_found", &words.error, &[]);
    answer(model.next(), &words.answer);
    assert_eq!(editor.turn("second", "1").fallbacks.len(), 1);
    let whole = editor.whole(uri);
    editor.instruct("second", uri, whole, &words.instruction);
    model.next().openai_error(404, "model_not_found", &words.error, &[]);
    answer(model.next(), &format!("fn main() {{\n    {}();\n}}\n", "worked"));
    editor.proposal_in("second", ProposalState::Ready);
    retried(model, editor, words);
    editor.forget_unread("window/showMessage");
}

/// The proposal is asked for again, with a further word, and again after that failed.
fn retried(model: &Provider<'_>, editor: &mut TestEditor, words: &Words) {
    let retry = |instruction: Option<&str>| ProposalRetry {
        proposal: "second".into(),
        instruction: instruction.map(str::to_owned),
    };
    editor.request(method::PROPOSAL_RETRY, retry(Some(&words.instruction)));
    model.next().openai_error(400, "bad_request", &words.error, &[]);
    editor.proposal_in("second", ProposalState::Failed);
    editor.request(method::PROPOSAL_RETRY, retry(None));
    answer(model.next(), &format!("fn main() {{\n    {}();\n}}\n", "laboured"));
    editor.proposal_in("second", ProposalState::Ready);
    editor.request(method::PROPOSAL_REJECT, json!({"proposal": "second"}));
    editor.proposal_in("second", ProposalState::Rejected);
}

/// A chat in a page, in an editor that knows nothing of Aside's own messages.
pub(super) fn page(model: &Provider<'_>, setup: &Setup, words: &Words) {
    let mut editor = TestEditor::start(&setup.clone().without_extension());
    editor.request("workspace/executeCommand", json!({"command": "aside.newChat"}));
    editor.next::<Value>("window/showDocument");
    let text = format!("## You\n\n{}\n", words.prompt);
    let uri = editor.open(&format!("{}/{}.aside.md", words.folder, words.file_name), &text);
    for fails in [false, true] {
        let end = editor.range_of(&uri, "");
        let send = editor.code_action(&uri, end, "Aside: Send");
        editor.run(&send);
        let progress = editor.progress_begins();
        match fails {
            true => model.next().openai_error(400, "bad_request", &words.error, &[]),
            false => answer(model.next(), &words.answer),
        }
        editor.progress_ends(progress);
        if fails {
            editor.wait_for(&uri, |text| text.contains("*The answer ended with a problem: "));
        } else {
            editor.wait_for(&uri, |text| text.ends_with("\n## You\n\n\n"));
            let end = editor.range_of(&uri, "");
            editor.change(&uri, end, &words.prompt);
        }
    }
    editor.forget_unread("workspace/applyEdit");
    editor.forget_unread("window/showMessage");
}

/// A key out of a file, which the words of a command open.
pub(super) fn key_file(model: &Provider<'_>, setup: &Setup, words: &Words, keys: &Value) {
    let mut editor = TestEditor::start(&setup.clone().with_settings(&json!({"keys": keys})));
    editor.send_chat(&question("filed", "1", &words.prompt, "filed/test"));
    let exchange = model.next();
    assert_eq!(exchange.header("authorization"), Some(&*format!("Bearer {}", words.file_key)));
    answer(exchange, &words.answer);
    editor.turn("filed", "1");
}

/// A command's words, and what the provider answers to its requests.
type Asked<'t> = (&'t [&'t str], &'t [(u16, &'t str)]);

/// The commands that ask a provider, and those that show what is kept. What the user reads there holds no key.
pub(super) fn command_line(model: &Provider<'_>, setup: &Setup, words: &Words) {
    let mut settings = setup.settings.clone();
    settings["providers"] = json!({"fake": settings["providers"]["fake"]});
    settings["fallbacks"] = json!({});
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), settings.to_string()).expect("it can be written");
    let path = file.path().to_str().expect("a text");
    let list = json!({"data": [{"id": "test"}]}).to_string();
    let said = format!("{}: {} may not ask {}", words.error, words.key, words.prompt);
    let refused = json!({"error": {"message": said, "code": "invalid_api_key"}}).to_string();
    let answers: [Asked<'_>; 7] = [
        (&["key", "check", "fake", "--settings", path], &[(200, &list), (401, &refused)]),
        (&["key", "check", "fake", "--model", "test", "--settings", path], &[(401, &refused)]),
        (&["models", "fake", "--settings", path], &[(401, &refused)]),
        (&["doctor", "--yes", "--settings", path], &[(401, &refused)]),
        (&["ledger"], &[]),
        (&["data"], &[]),
        (&["telemetry"], &[]),
    ];
    for (arguments, answers) in answers {
        let mut process = Process::start_under(&setup.under, arguments, &setup.env);
        for (status, body) in answers {
            model.next().answer(*status, &[], body);
        }
        let printed = process.stdout() + &process.stderr();
        process.wait_for_exit();
        assert!(printed.len() > 10, "{arguments:?} says something");
        for unsaid in [&words.key, &words.header] {
            assert!(!printed.contains(unsaid.as_str()), "{arguments:?} printed {unsaid}: {printed}");
        }
    }
}
