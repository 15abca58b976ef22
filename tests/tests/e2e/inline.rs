//! Instructions on a selection: proposed, carried over the user's typing, and applied only by the user.

use crate::support::refused;
use aside::protocol::{
    Cancel, InlineStart, ProposalAccept, ProposalEdit, ProposalEvent, ProposalNear, ProposalReject,
    ProposalRetry, ProposalSpot, ProposalState, Step, TurnEvent, method,
};
use aside_core::problem::ProblemKind;
use aside_tests::{FakeModel, TestEditor};
use insta::assert_snapshot;
use serde_json::json;
use std::fmt::Write;

const CODE: &str = "use std::fs;\n\nfn main() {\n    let a = 1;\n    let b = 2;\n    print(a + b);\n}\n";
const FUNCTION: &str = "fn main() {\n    let a = 1;\n    let b = 2;\n    print(a + b);\n}\n";
const ANSWER: &str =
    "```rust\nfn main() {\n    let first = 1;\n    let b = 2;\n    print(first + b);\n}\n```\n";
const CHANGED: &str =
    "use std::fs;\n\nfn main() {\n    let first = 1;\n    let b = 2;\n    print(first + b);\n}\n";

/// An editor with the code open, and the instruction out to the model.
fn asked() -> (FakeModel, TestEditor, String) {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let uri = editor.open("src/main.rs", CODE);
    let range = editor.range_of(&uri, FUNCTION);
    editor.instruct("p", &uri, range, "call it first");
    (model, editor, uri)
}

/// The same, answered and ready.
fn ready(answer: &str) -> (FakeModel, TestEditor, String, ProposalEvent) {
    let (model, mut editor, uri) = asked();
    model.next().openai_answer(answer);
    let proposal = editor.proposal_in("p", ProposalState::Ready);
    (model, editor, uri, proposal)
}

/// The proposal over the text as the editor has it: what a user sees.
#[track_caller]
fn draw(editor: &TestEditor, uri: &str, proposal: &ProposalEvent) -> String {
    assert_eq!(proposal.version, editor.version(uri), "the ranges are about the present text");
    let text = editor.text(uri);
    let mut lines = text.split_inclusive('\n').enumerate().peekable();
    let mut drawn = format!("{:?}\n", proposal.state);
    for hunk in &proposal.hunks {
        let (start, end) = (hunk.range.start.line as usize, hunk.range.end.line as usize);
        while let Some((_, line)) = lines.next_if(|(n, _)| *n < start) {
            write!(drawn, "  {line}").unwrap();
        }
        let mut removed = String::new();
        while let Some((_, line)) = lines.next_if(|(n, _)| *n < end) {
            removed += line;
        }
        assert_eq!(removed, hunk.removed, "what the hunk removes is what stands there");
        hunk.removed.lines().for_each(|line| writeln!(drawn, "- {line}").unwrap());
        hunk.added.lines().for_each(|line| writeln!(drawn, "+ {line}").unwrap());
        if hunk.conflict {
            drawn += "! conflict\n";
        }
    }
    lines.for_each(|(_, line)| write!(drawn, "  {line}").unwrap());
    drawn
}

#[test]
fn the_prompt_holds_the_instruction_the_text_and_what_is_around_it() {
    let (model, mut editor, _) = asked();
    let exchange = model.next();
    let prompt = exchange.prompt();
    for sent in ["call it first", FUNCTION, "use std::fs;", "main.rs"] {
        assert!(prompt.contains(sent), "{sent:?} is not in {prompt}");
    }
    assert!(!prompt.contains("/project"), "a path in {prompt}");
    exchange.openai_answer(ANSWER);
    editor.proposal_in("p", ProposalState::Ready);
}

#[test]
fn a_proposal_is_shown_as_hunks_and_the_buffer_is_untouched() {
    let (_model, editor, uri, proposal) = ready(ANSWER);
    assert_eq!(editor.text(&uri), CODE);
    assert_eq!((proposal.model.as_str(), proposal.instruction.as_str()), ("fake/test", "call it first"));
    assert_snapshot!(draw(&editor, &uri, &proposal), @"
    Ready
      use std::fs;
      
      fn main() {
    -     let a = 1;
    +     let first = 1;
          let b = 2;
    -     print(a + b);
    +     print(first + b);
      }
    ");
}

#[test]
fn hunks_are_seen_while_the_model_writes() {
    let (model, mut editor, _) = asked();
    let mut exchange = model.next();
    exchange.openai_text("```rust\nfn main() {\n    let first = 1;\n    let b");
    let seen = editor.proposal("p", |event| event.hunks.iter().any(|hunk| hunk.added.contains("first")));
    assert_eq!(seen.state, ProposalState::Working);
    exchange.openai_text(" = 2;\n    print(first + b);\n}\n```");
    exchange.openai_done();
    let last = editor.proposal_in("p", ProposalState::Ready);
    assert!(last.seq > seen.seq);
    assert_eq!(last.usage.map(|usage| usage.output), Some(7));
}

#[test]
fn accepting_all_is_one_smallest_edit_and_the_proposal_ends() {
    let (_model, mut editor, uri, _) = ready(ANSWER);
    let answer: ProposalEdit =
        editor.ask(method::PROPOSAL_ACCEPT, ProposalAccept { proposal: "p".into(), hunks: None, take: None });
    let edit = answer.edit.unwrap();
    let edits = edit["documentChanges"][0]["edits"].as_array().unwrap();
    let kept = edits.iter().all(|edit| !edit["newText"].as_str().unwrap().contains("let b"));
    assert!(kept, "only what changes is replaced: {edit:#}");
    assert!(editor.apply(&edit));
    assert_eq!(editor.text(&uri), CHANGED);
    editor.proposal_in("p", ProposalState::Accepted);
}

#[test]
fn accepting_one_hunk_leaves_the_other_one_open() {
    let (_model, mut editor, uri, proposal) = ready(ANSWER);
    editor.accept("p", Some(vec![proposal.hunks[1].id])).unwrap();
    assert_eq!(editor.text(&uri), CODE.replace("print(a", "print(first"));
    let rest = editor.proposal("p", |event| event.state == ProposalState::Ready && event.hunks.len() == 1);
    assert_eq!(rest.hunks[0].id, proposal.hunks[0].id);
    editor.accept("p", None).unwrap();
    assert_eq!(editor.text(&uri), CHANGED);
    editor.proposal_in("p", ProposalState::Accepted);
}

#[test]
fn rejecting_a_hunk_leaves_the_other_one_and_rejecting_all_ends_it() {
    let (_model, mut editor, uri, proposal) = ready(ANSWER);
    let reject = |hunks| ProposalReject { proposal: "p".into(), hunks };
    editor.request(method::PROPOSAL_REJECT, reject(Some(vec![proposal.hunks[0].id])));
    let rest = editor.proposal("p", |event| event.hunks.len() == 1);
    assert_eq!(rest.hunks[0].id, proposal.hunks[1].id);
    editor.request(method::PROPOSAL_REJECT, reject(None));
    editor.proposal_in("p", ProposalState::Rejected);
    assert_eq!(editor.text(&uri), CODE);
}

#[test]
fn typing_above_and_below_carries_the_proposal_in_every_encoding_and_line_ending() {
    for encoding in ["utf-8", "utf-16", "utf-32"] {
        for end in ["\n", "\r\n"] {
            let with_ends = |text: &str| text.replace('\n', end);
            let model = FakeModel::start();
            let mut editor = TestEditor::start(&model.setup().with_encodings(&[encoding]));
            let uri = editor.open("src/main.rs", &with_ends(&format!("// 👩‍💻\n{CODE}// end")));
            let range = editor.range_of(&uri, &with_ends(FUNCTION));
            editor.instruct("p", &uri, range, "call it first");
            let mut exchange = model.next();
            exchange.openai_text("```rust\nfn main() {\n    let first = 1;\n");
            editor.proposal("p", |event| !event.hunks.is_empty());
            editor.type_after(&uri, "// 👩‍💻", &with_ends(" é\n// 👍\n"));
            exchange.openai_text("    let b = 2;\n    print(first + b);\n}\n```\n");
            exchange.openai_done();
            editor.proposal_in("p", ProposalState::Ready);
            editor.type_after(&uri, "// end", &with_ends("\n\n👍"));
            let version = editor.version(&uri);
            let moved = editor.proposal("p", |event| event.version == version);
            draw(&editor, &uri, &moved);
            editor.accept("p", None).unwrap();
            let expected = format!("// 👩‍💻 é\n// 👍\n\n{CHANGED}// end\n\n👍");
            assert_eq!(editor.text(&uri), with_ends(&expected), "{encoding} {end:?}");
            editor.proposal_in("p", ProposalState::Accepted);
        }
    }
}

#[test]
fn typing_beside_what_the_model_changes_is_merged() {
    let (model, mut editor, uri) = asked();
    let exchange = model.next();
    editor.type_after(&uri, "let a = ", "40 + ");
    exchange.openai_answer(ANSWER);
    // The answer may overtake what was typed.
    let version = editor.version(&uri);
    let proposal =
        editor.proposal("p", |event| event.state == ProposalState::Ready && event.version == version);
    draw(&editor, &uri, &proposal);
    editor.accept("p", None).unwrap();
    assert_eq!(editor.text(&uri), CHANGED.replace("= 1", "= 40 + 1"));
    editor.proposal_in("p", ProposalState::Accepted);
}

#[test]
fn typing_where_the_model_writes_is_a_conflict_and_nothing_is_written() {
    let (model, mut editor, uri) = asked();
    let exchange = model.next();
    editor.replace(&uri, "let a =", "let mine =");
    exchange.openai_answer(ANSWER);
    editor.proposal_in("p", ProposalState::Conflict);
    let problem = editor.accept("p", None).unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Conflict);
    assert_eq!(editor.text(&uri), CODE.replace("let a =", "let mine ="));
}

#[test]
fn a_retry_asks_again_with_the_further_word_on_the_text_as_it_is() {
    let (model, mut editor, uri, _) = ready(ANSWER);
    editor.replace(&uri, "use std::fs;", "use std::io;");
    let retry = ProposalRetry { proposal: "p".into(), instruction: Some("call it one instead".into()) };
    editor.request(method::PROPOSAL_RETRY, retry);
    let exchange = model.next();
    let prompt = exchange.prompt();
    for sent in ["call it first", "call it one instead", "let first = 1;", "use std::io;"] {
        assert!(prompt.contains(sent), "{sent:?} is not in {prompt}");
    }
    exchange.openai_answer(&ANSWER.replace("first", "one"));
    let hunk = |event: &ProposalEvent| event.hunks.first().is_some_and(|hunk| hunk.added.contains("one"));
    editor.proposal("p", |event| event.state == ProposalState::Ready && hunk(event));
    editor.accept("p", None).unwrap();
    assert_eq!(editor.text(&uri), CHANGED.replace("first", "one").replace("fs", "io"));
    editor.proposal_in("p", ProposalState::Accepted);
}

#[test]
fn a_retry_after_a_failure_works() {
    let (model, mut editor, uri) = asked();
    model.next().openai_error(401, "invalid_api_key", "no", &[]);
    let failed = editor.proposal_in("p", ProposalState::Failed);
    assert_eq!(failed.problem.map(|problem| problem.kind), Some(ProblemKind::KeyRefused));
    editor.request(method::PROPOSAL_RETRY, ProposalRetry { proposal: "p".into(), instruction: None });
    model.next().openai_answer(ANSWER);
    let ready = editor.proposal_in("p", ProposalState::Ready);
    assert_eq!(ready.problem, None);
    editor.accept("p", None).unwrap();
    assert_eq!(editor.text(&uri), CHANGED);
    editor.proposal_in("p", ProposalState::Accepted);
}

#[test]
fn stopping_closes_the_connection_and_writes_nothing() {
    let (model, mut editor, uri) = asked();
    let mut exchange = model.next();
    exchange.openai_text("```rust\nfn main() {\n    let first = 1;\n    l");
    editor.proposal("p", |event| !event.hunks.is_empty());
    editor.request(method::CANCEL, Cancel::Proposal { proposal: "p".into() });
    editor.proposal("p", |event| event.state == ProposalState::Cancelled);
    exchange.client_closed();
    assert_eq!(editor.text(&uri), CODE);
}

#[test]
fn rejecting_while_the_model_writes_stops_it() {
    let (model, mut editor, _) = asked();
    let mut exchange = model.next();
    exchange.start();
    editor.request(method::PROPOSAL_REJECT, ProposalReject { proposal: "p".into(), hunks: None });
    exchange.client_closed();
    editor.proposal("p", |event| event.state == ProposalState::Rejected);
}

#[test]
fn an_answer_that_is_no_code_is_a_problem_and_no_edit() {
    for (answer, kind) in [
        ("I'm sorry, but I can't help with that request.", ProblemKind::Declined),
        ("", ProblemKind::EmptyAnswer),
    ] {
        let (model, mut editor, uri) = asked();
        let mut exchange = model.next();
        exchange.start();
        if !answer.is_empty() {
            exchange.openai_text(answer);
        }
        exchange.openai_done();
        let failed = editor.proposal_in("p", ProposalState::Failed);
        let problem = failed.problem.unwrap();
        assert_eq!(problem.kind, kind, "{answer:?}: {problem:?}");
        assert_eq!(editor.text(&uri), CODE);
    }
}

#[test]
fn an_elision_is_never_written() {
    let answer = "```rust\nfn main() {\n    let first = 1;\n    // ... rest of the code unchanged\n}\n```";
    let (model, mut editor, uri) = asked();
    model.next().openai_answer(answer);
    let ended = editor.proposal("p", |event| event.state != ProposalState::Working);
    if ended.state == ProposalState::Ready {
        editor.accept("p", None).unwrap();
        editor.proposal_in("p", ProposalState::Accepted);
    }
    let text = editor.text(&uri);
    assert!(!text.contains("unchanged") && text.contains("print(a + b)"), "{text}");
}

#[test]
fn fences_prose_and_thinking_never_reach_the_buffer() {
    let code = ANSWER.trim();
    let bare = ANSWER.replace("```rust\n", "").replace("```\n", "");
    for answer in [
        format!("Sure! Here is the updated code:\n\n{code}\n\nI renamed `a` to `first`."),
        format!("<think>\nLet me see:\n```rust\nfn wrong() {{}}\n```\n</think>\n{code}"),
        bare.clone(),
        ANSWER.replace("```", "~~~"),
        ANSWER.replace("    ", "        ").replace("fn main", "    fn main").replace("\n}\n", "\n    }\n"),
        format!("use std::fs;\n\n{bare}"),
    ] {
        let (_model, mut editor, uri, _) = ready(&answer);
        editor.accept("p", None).unwrap();
        assert_eq!(editor.text(&uri), CHANGED, "from {answer:?}");
        editor.proposal_in("p", ProposalState::Accepted);
    }
}

#[test]
fn an_answer_cut_at_its_limit_or_by_the_network_is_never_applied() {
    for cut in [false, true] {
        let (model, mut editor, uri) = asked();
        let mut exchange = model.next();
        exchange.openai_text("```rust\nfn main() {\n    let first = 1;\n");
        editor.proposal("p", |event| !event.hunks.is_empty());
        if cut {
            exchange.cut();
        } else {
            exchange.openai_stop("length");
        }
        let failed = editor.proposal_in("p", ProposalState::Failed);
        assert_eq!(failed.problem.unwrap().kind, ProblemKind::StreamEndedEarly);
        editor.accept("p", None).unwrap_err();
        assert_eq!(editor.text(&uri), CODE);
    }
}

#[test]
fn an_instruction_about_an_old_version_or_an_unknown_document_is_refused() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let uri = editor.open("a.rs", CODE);
    let range = editor.whole(&uri);
    let start = |uri: &str, version| {
        json!(InlineStart {
            proposal: "p".into(),
            uri: uri.into(),
            version,
            range,
            instruction: "do".into(),
            mentions: vec![],
            model: None,
            allow: vec![],
        })
    };
    editor.type_after(&uri, "use ", "x");
    refused(&mut editor, method::INLINE_START, start(&uri, 1), ProblemKind::Conflict);
    refused(&mut editor, method::INLINE_START, start("file:///b.rs", 1), ProblemKind::NotFound);
}

#[test]
fn an_edit_asked_for_a_version_that_has_passed_is_asked_for_again() {
    let (_model, mut editor, uri, _) = ready(ANSWER);
    let accept = ProposalAccept { proposal: "p".into(), hunks: None, take: None };
    let pending = editor.send_request(method::PROPOSAL_ACCEPT, &accept);
    editor.type_after(&uri, "use std::fs;", " // typed");
    let answer: ProposalEdit = serde_json::from_value(editor.reply(&pending).unwrap()).unwrap();
    // The server may have read the typing first: then the edit is about the text as it is.
    if !editor.apply(&answer.edit.unwrap()) {
        editor.accept("p", None).unwrap();
    }
    assert_eq!(editor.text(&uri), CHANGED.replace("fs;", "fs; // typed"));
    editor.proposal_in("p", ProposalState::Accepted);
}

#[test]
fn proposals_for_several_documents_stay_with_their_own() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let mut exchanges = vec![];
    let mut uris = vec![];
    for name in ["a", "b", "c"] {
        let uri = editor.open(&format!("{name}.rs"), &format!("fn {name}() {{}}\n"));
        let range = editor.whole(&uri);
        editor.instruct(name, &uri, range, "make it public");
        exchanges.push((name, model.next()));
        uris.push((name, uri));
    }
    for (name, exchange) in exchanges.into_iter().rev() {
        exchange.openai_answer(&format!("```rust\npub fn {name}() {{}}\n```"));
    }
    for (name, uri) in uris {
        editor.proposal_in(name, ProposalState::Ready);
        editor.accept(name, None).unwrap();
        assert_eq!(editor.text(&uri), format!("pub fn {name}() {{}}\n"));
        editor.proposal_in(name, ProposalState::Accepted);
    }
}

#[test]
fn the_built_in_model_carries_out_an_instruction_on_the_real_text() {
    let mut editor = TestEditor::start(&aside_tests::Setup::default());
    let uri = editor.open("a.rs", CODE);
    let range = editor.range_of(&uri, FUNCTION);
    editor.instruct("p", &uri, range, "rename a to total");
    editor.proposal_in("p", ProposalState::Ready);
    editor.accept("p", None).unwrap();
    let expected = CODE.replace("let a ", "let total ").replace("(a +", "(total +");
    assert_eq!(editor.text(&uri), expected);
    editor.proposal_in("p", ProposalState::Accepted);
}

#[test]
fn the_nearest_hunk_is_found_and_the_next_one_around_the_end() {
    let (_model, mut editor, uri, proposal) = ready(ANSWER);
    let ids: Vec<u32> = proposal.hunks.iter().map(|hunk| hunk.id).collect();
    // The hunks are on lines 3 and 5 of 7.
    for (line, step, expected) in [
        (0, None, (0, 3)),
        (3, None, (0, 3)),
        (6, None, (1, 5)),
        (0, Some(Step::Next), (0, 3)),
        (3, Some(Step::Next), (1, 5)),
        (5, Some(Step::Next), (0, 3)),
        (3, Some(Step::Previous), (1, 5)),
        (6, Some(Step::Previous), (1, 5)),
    ] {
        let near = ProposalNear { uri: uri.clone(), version: proposal.version, line, step };
        let spot: Option<ProposalSpot> = editor.ask(method::PROPOSAL_NEAR, &near);
        let spot = spot.unwrap_or_else(|| panic!("nothing near {line}"));
        assert_eq!((spot.hunk, spot.line), (Some(ids[expected.0]), expected.1), "{line} {step:?}");
    }
    let stale = ProposalNear { uri: uri.clone(), version: proposal.version + 1, line: 0, step: None };
    refused(&mut editor, method::PROPOSAL_NEAR, &stale, ProblemKind::Conflict);
    editor.ask::<()>(method::PROPOSAL_REJECT, ProposalReject { proposal: "p".into(), hunks: None });
    editor.proposal_in("p", ProposalState::Rejected);
    let near = ProposalNear { uri, version: proposal.version, line: 0, step: None };
    assert_eq!(editor.ask::<Option<ProposalSpot>>(method::PROPOSAL_NEAR, &near), None);
}

#[test]
fn everything_under_way_is_stopped_at_once() {
    let (model, mut editor, uri) = asked();
    let instructed = model.next();
    editor.send("c", "1", "hello");
    let chatting = model.next();
    let range = editor.range_of(&uri, FUNCTION);
    let action = editor.code_action(&uri, range, "Explain this");
    editor.run(&action);
    let progress = editor.progress_begins();
    let explaining = model.next();
    editor.ask::<()>(method::CANCEL, Cancel::All);
    editor.progress_ends(progress);
    editor.proposal_in("p", ProposalState::Cancelled);
    assert_eq!(editor.turn("c", "1").end, Some(TurnEvent::Cancelled));
    for exchange in [instructed, chatting, explaining] {
        exchange.client_closed();
    }
}
