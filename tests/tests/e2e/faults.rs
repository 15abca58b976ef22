//! Networks as they are: for each fault one clear problem, what came is kept, memory stays bounded, the next question
//! works, and the doctor explains it. `server/FAULTS.md` is what was said here.

mod rows;

use crate::support::question;
use aside::protocol::{ChatSend, ChatTranscript, TurnEvent, method};
use aside_core::problem::{Problem, ProblemKind};
use aside_tests::broken::{Break, Broken, TEXT, after_first_word, whole_answer};
use aside_tests::editor::{Process, Turn};
use aside_tests::{Setup, TestEditor};
use rows::{ROWS, Row, Session, sessions};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What became of a row.
struct Outcome {
    first: Turn,
    kept: String,
    next: Turn,
    doctor: String,
}

/// Every row, tried once: those of a session at the same time.
static OUTCOMES: LazyLock<BTreeMap<&str, Outcome>> = LazyLock::new(|| {
    let running: Vec<_> = sessions().into_iter().map(|s| std::thread::spawn(move || try_out(&s))).collect();
    running.into_iter().flat_map(|thread| thread.join().expect("a session runs to its end")).collect()
});

fn try_out(session: &Session) -> Vec<(&'static str, Outcome)> {
    let setup = Setup { settings: session.settings(false), ..Setup::default() };
    let mut editor = TestEditor::start(&setup);
    let firsts: Vec<Turn> = ask_all(session, &mut editor, "1");
    let memory = resident(editor.process_id());
    assert!(memory < 200 << 20, "the server takes {} MiB", memory >> 20);
    let doctors: Vec<String> = session.rows.iter().map(|row| doctor(session, row)).collect();
    let kept = session.rows.iter().map(|row| {
        let transcript: ChatTranscript = editor.ask(method::CHAT_OPEN, json!({"chat": row.id}));
        let answer = transcript.messages.last().filter(|message| message.text != "hello");
        answer.map(|message| message.text.clone()).unwrap_or_default()
    });
    let kept: Vec<String> = kept.collect();
    session.rows.iter().filter_map(|row| row.server.as_ref()).for_each(Broken::mend);
    editor.set_settings(&session.settings(true));
    let nexts = ask_all(session, &mut editor, "2");
    // Where a text goes is told at its provider's first use.
    editor.forget_unread("window/showMessage");
    let outcomes = firsts.into_iter().zip(kept).zip(nexts).zip(doctors);
    let outcomes = outcomes.map(|(((first, kept), next), doctor)| Outcome { first, kept, next, doctor });
    session.rows.iter().map(|row| row.id).zip(outcomes).collect()
}

/// Asks every row's provider at once, and reads each turn to its end.
fn ask_all(session: &Session, editor: &mut TestEditor, turn: &str) -> Vec<Turn> {
    for row in &session.rows {
        let model = Some(format!("{}/test", row.id));
        let (chat, turn) = (row.id.to_owned(), turn.to_owned());
        editor.send_chat(&ChatSend { chat, turn, model, ..question("hello", vec![]) });
    }
    session.rows.iter().map(|row| editor.turn(row.id, turn)).collect()
}

/// What `aside doctor` says about the row's provider.
fn doctor(session: &Session, row: &Row) -> String {
    let mut settings = session.settings(false);
    settings["model"] = json!(format!("{}/test", row.id));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), settings.to_string()).unwrap();
    let mut process = Process::start(&["doctor", "--yes", "--settings", file.path().to_str().unwrap()], &[]);
    assert!(process.wait_for_exit().success());
    process.stdout()
}

/// Bytes of memory that a process has, where the system says it.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) << 10
}

/// One row of the table: what the user saw.
#[track_caller]
fn check(id: &str) {
    let row = ROWS.iter().find(|row| row.id == id).expect("a row of the table");
    let outcome = &OUTCOMES[id];
    let problem = outcome.first.problem();
    assert_eq!(problem.kind, row.kind, "{problem:?}");
    assert!(!problem.title.is_empty() && problem.next.ends_with('.'), "{problem:?}");
    let said = problem.to_string();
    assert!(said.contains(row.says), "{:?} in {said}", row.says);
    assert!(!said.contains("canary"), "{said}");
    // What came is shown and kept.
    assert_eq!(outcome.kept, outcome.first.text);
    let came = if row.keeps_a_word { "Hello, " } else { "" };
    assert_eq!(outcome.first.text, came);
    // The next question works.
    assert_eq!(outcome.next.end, Some(TurnEvent::Done { cut: false }), "{:?}", outcome.next);
    assert_eq!(outcome.next.text, TEXT);
    // The doctor says the same, and what it means.
    let means = means(outcome);
    assert!(means.ends_with('.') && means.len() > 60, "{}", outcome.doctor);
}

/// What the doctor says that it means, below the same words.
#[track_caller]
fn means(outcome: &Outcome) -> &str {
    let said = outcome.first.problem().to_string();
    let title = said.split('(').next().unwrap_or_default().trim();
    let mut lines = outcome.doctor.lines();
    let found = lines.any(|line| line.contains("  ! ") && line.contains(title));
    assert!(found, "the doctor does not say {title:?}:\n{}", outcome.doctor);
    lines.next().filter(|line| line.starts_with("    ")).unwrap_or_default().trim()
}

macro_rules! rows {
    ($($id:ident),* $(,)?) => {
        $(#[test] fn $id() { check(stringify!($id)); })*

        #[test]
        fn every_row_of_the_table_has_a_test() {
            let tests = [$(stringify!($id)),*];
            assert_eq!(ROWS.iter().map(|row| row.id).collect::<Vec<_>>(), tests);
        }
    };
}

rows!(
    name_without_address,
    nobody_listens,
    connection_not_completed,
    closed_without_answer,
    silent_from_the_start,
    slow_head,
    silent_in_the_middle,
    cut_in_the_middle,
    reset_in_the_middle,
    stream_reset_over_http2,
    noise_instead_of_answer,
    noise_in_the_middle,
    not_compressed,
    never_ending_line,
    never_ending_events,
    sign_in_page,
    sent_elsewhere,
    no_tls_there,
    https_alone,
    certificate_expired,
    certificate_of_another_name,
    certificate_signed_by_itself,
    certificate_of_unknown_authority,
    client_certificate_wanted,
    proxy_wants_password,
    proxy_refuses,
    proxy_not_there,
    proxy_without_address,
    proxy_to_http_not_there,
    proxy_silent,
    proxy_to_http_silent,
    proxy_without_tls,
    proxy_of_unknown_authority,
    socks_proxy_wants_password,
    socks_proxy_refuses,
    socks_proxy_not_there,
);

/// The words of the system's own errors are those of Linux.
#[cfg(target_os = "linux")]
#[test]
fn the_table_in_the_docs_is_what_was_said() {
    let mut page = PAGE.to_owned();
    for row in ROWS {
        let outcome = &OUTCOMES[row.id];
        let Problem { title, detail, next, .. } = outcome.first.problem();
        let detail = detail.as_deref().map(|detail| format!(" ({detail})")).unwrap_or_default();
        let cells = [row.what, &format!("{title}{detail}"), next, means(outcome)];
        let cells = cells.map(|cell| general(cell, row.id));
        page.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("server/FAULTS.md");
    if std::fs::read_to_string(&file).unwrap_or_default() != page {
        std::fs::write(&file, page).unwrap();
        panic!("server/FAULTS.md was out of date and has been rewritten: look at it, and commit it");
    }
}

const PAGE: &str = "# What goes wrong between Aside and a provider, and what Aside says

Each row is a test: a real server, proxy or certificate is broken in that way, the built program is asked, and this is what it
said. In every one of them there is one problem, what had come of the answer is kept, memory stays bounded, and once the fault is
mended the next question works in the same session. `aside doctor` says the same, with the last column.

What may pass (a connection that isn't there, silence, an early end) is tried twice more, as long as nothing of an answer was shown.

| What happens | What Aside says | What it tells you to do | What it means |
|---|---|---|---|
";

/// The words without what is of one run alone: its ports, and the names that the tests gave.
fn general(text: &str, id: &str) -> String {
    let text = text.replace(id, "acme").replace(&"a".repeat(64), "llm");
    let without_ports = |text: String, host: &str| {
        let (mut kept, mut rest) = (String::new(), text.as_str());
        while let Some((before, after)) = rest.split_once(&format!("{host}:")) {
            kept.push_str(before);
            kept.push_str(host);
            rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
        }
        kept + rest
    };
    ["localhost", "127.0.0.1"].into_iter().fold(text, without_ports)
}

/// The turn is told as one, whatever of the answer came: a beginning of it, and either its end or one problem.
#[test]
fn an_answer_cut_at_any_byte_keeps_what_came() {
    let server = Broken::start(Break::Cut(0));
    let whole = whole_answer().len();
    let providers: BTreeMap<String, Value> = (0..=whole)
        .map(|at| (format!("at{at}"), json!({"baseUrl": format!("{}/cut/{at}", server.base_url())})))
        .collect();
    let settings = json!({"model": "at0/test", "providers": providers});
    let mut editor = TestEditor::start(&Setup { settings, ..Setup::default() });
    for at in 0..=whole {
        let model = Some(format!("at{at}/test"));
        let (chat, turn) = (at.to_string(), "1".to_owned());
        editor.send_chat(&ChatSend { chat, turn, model, ..question("hello", vec![]) });
    }
    let mut shown = 0;
    for at in 0..=whole {
        let turn = editor.turn(&at.to_string(), "1");
        assert!(TEXT.starts_with(&turn.text), "cut at {at}: {:?}", turn.text);
        assert!(turn.text.len() >= shown, "cut at {at}: less than before");
        shown = turn.text.len();
        match &turn.end {
            Some(TurnEvent::Done { cut: false }) => assert_eq!(turn.text, TEXT, "cut at {at}"),
            Some(TurnEvent::Failed { problem }) => {
                let kinds = [ProblemKind::StreamEndedEarly, ProblemKind::Network];
                assert!(kinds.contains(&problem.kind), "cut at {at}: {problem:?}");
            }
            end => panic!("cut at {at}: {end:?}"),
        }
    }
    assert_eq!(shown, TEXT.len());
    server.mend();
    editor.send("after", "1", "hello");
    assert_eq!(editor.turn("after", "1").text, TEXT);
}
