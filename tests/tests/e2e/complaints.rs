//! What users of such tools complain about most, each as a user would meet it: a test named after each complaint.

use aside::protocol::{ProposalAccept, ProposalEvent, ProposalState, Side, method};
use aside_core::problem::ProblemKind;
use aside_tests::{Exchange, FakeModel, TestEditor};
use serde_json::json;

const HEAD: &str = "use std::fs;\n\n";
const ADD: &str = "fn add(a: i32, b: i32) -> i32 {\n    let sum = a - b;\n    sum\n}\n";
const TAIL: &str = "\nfn last() {}\n";
const ADDED: &str = "fn add(a: i32, b: i32) -> i32 {\n    let sum = a + b;\n    sum\n}\n";

/// An editor with a file open, and an instruction on some of its lines out to the model.
struct Asked {
    /// It fails when it is dropped with a request that nobody expected.
    _model: FakeModel,
    editor: TestEditor,
    uri: String,
    exchange: Option<Exchange>,
}

impl Asked {
    #[track_caller]
    fn about(file: &str, text: &str, selection: &str) -> Self {
        let model = FakeModel::start();
        let mut editor = TestEditor::start(&model.setup());
        let uri = editor.open(file, text);
        let range = editor.range_of(&uri, selection);
        editor.instruct("p", &uri, range, "fix the sum");
        let exchange = Some(model.next());
        Self { _model: model, editor, uri, exchange }
    }

    /// `ADD` between `HEAD` and `TAIL`.
    #[track_caller]
    fn about_add() -> Self {
        Self::about("sum.rs", &format!("{HEAD}{ADD}{TAIL}"), ADD)
    }

    /// The model's whole answer; the proposal once the model is done.
    #[track_caller]
    fn answered(&mut self, answer: &str) -> ProposalEvent {
        let mut exchange = self.exchange.take().expect("the instruction is out");
        if answer.is_empty() {
            exchange.start();
            exchange.openai_done();
        } else {
            exchange.openai_answer(answer);
        }
        self.ended()
    }

    #[track_caller]
    fn ended(&mut self) -> ProposalEvent {
        loop {
            let event: ProposalEvent = self.editor.next(method::PROPOSAL_EVENT);
            if event.state != ProposalState::Working {
                return event;
            }
        }
    }

    /// Accepts all of it; the text as it then is.
    #[track_caller]
    fn accepted(&mut self) -> String {
        self.editor.accept("p", None).unwrap();
        self.editor.proposal_in("p", ProposalState::Accepted);
        self.editor.text(&self.uri)
    }
}

/// The answer to an instruction on the selection, accepted, makes the text this.
#[track_caller]
fn check(file: &str, text: &str, selection: &str, answer: &str, expected: &str) {
    let mut asked = Asked::about(file, text, selection);
    let event = asked.answered(answer);
    assert_eq!(event.state, ProposalState::Ready, "{answer:?}: {:?}", event.problem);
    assert_eq!(event.warning, None, "{answer:?}");
    assert_eq!(asked.editor.text(&asked.uri), text, "nothing is written before it is accepted");
    assert_eq!(asked.accepted(), expected, "from {answer:?}");
}

/// The answer, accepted, fixes the sum in `ADD` and does nothing else.
#[track_caller]
fn check_fixed(answer: &str) {
    check("sum.rs", &format!("{HEAD}{ADD}{TAIL}"), ADD, answer, &format!("{HEAD}{ADDED}{TAIL}"));
}

/// The answer is a problem, and nothing can be accepted.
#[track_caller]
fn check_problem(answer: &str, kind: ProblemKind) {
    let mut asked = Asked::about_add();
    let event = asked.answered(answer);
    assert_eq!(event.state, ProposalState::Failed, "{answer:?}");
    assert_eq!(event.problem.map(|problem| problem.kind), Some(kind), "{answer:?}");
    asked.editor.accept("p", None).unwrap_err();
    assert_eq!(asked.editor.text(&asked.uri), format!("{HEAD}{ADD}{TAIL}"));
}

fn fenced(code: &str) -> String {
    format!("```rust\n{code}```\n")
}

// --- where it goes

#[test]
fn an_edit_in_the_wrong_place() {
    // The same lines stand three times; those in the middle are meant, and move while the model writes.
    let text = format!("// one\n{ADD}// two\n{ADD}// three\n{ADD}");
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let uri = editor.open("sum.rs", &text);
    let mut range = editor.range_of(&uri, "// two\n");
    (range.start.line, range.end.line) = (range.end.line, range.end.line + 4);
    editor.instruct("p", &uri, range, "fix the sum");
    let exchange = model.next();
    editor.type_after(&uri, "// one", &format!("\n{ADD}"));
    editor.type_after(&uri, "// three", &format!("\n{ADD}"));
    exchange.openai_answer(&fenced(ADDED));
    editor.proposal_in("p", ProposalState::Ready);
    editor.accept("p", None).unwrap();
    let expected = format!("// one\n{ADD}\n{ADD}// two\n{ADDED}// three\n{ADD}\n{ADD}");
    assert_eq!(editor.text(&uri), expected);
    editor.proposal_in("p", ProposalState::Accepted);
}

#[test]
fn an_edit_glued_to_the_line_before_when_the_last_newline_goes() {
    let mut asked = Asked::about("list.py", "one()\n", "");
    asked.editor.replace(&asked.uri, "one()\n", "one()");
    asked.answered("```python\ntwo()\n```");
    assert_eq!(asked.accepted(), "one()\ntwo()");
}

#[test]
fn a_whole_file_written_into_the_selection() {
    let file = |head: &str, sum: &str| {
        format!("use std::fs;\n{head}\nconst MOST: u8 = 9;\n\n{sum}\nfn last() {{\n    add(1, 2);\n}}\n")
    };
    let text = file("use std::io;\n", ADD);
    let mut asked = Asked::about("sum.rs", &text, ADD);
    let event = asked.answered(&fenced(&file("use std::env;\nuse std::io;\n", ADDED)));
    assert!(event.warning.expect("it is said").contains("changes text around the selection"));
    assert_eq!(asked.accepted(), file("use std::io;\n", ADDED));
}

#[test]
fn an_edit_that_is_written_as_a_patch_with_its_marks() {
    check_fixed("<<<<<<< SEARCH\n    let sum = a - b;\n=======\n    let sum = a + b;\n>>>>>>> REPLACE\n");
    check_fixed("```diff\n@@ -3,2 +3,2 @@\n-    let sum = a - b;\n+    let sum = a + b;\n```\n");
    check_problem("<<<<<<< SEARCH\nlet x = 1;\n=======\nlet x = 2;\n>>>>>>> REPLACE\n", ProblemKind::Elided);
}

#[test]
fn a_line_lost_around_the_selected_part_of_it() {
    let text = format!("{HEAD}{ADD}{TAIL}");
    let mut asked = Asked::about("sum.rs", &text, "a - b");
    asked.answered("```rust\na + b\n```");
    assert_eq!(asked.accepted(), text.replace("a - b", "a + b"));
    // A line of its own may be meant for the whole one: the user decides.
    let mut asked = Asked::about("sum.rs", &text, "a - b");
    let event = asked.answered("```rust\nlet total = a + b;\n```");
    assert!(event.warning.expect("it is flagged").contains("`let sum =`"));
    let mut asked = Asked::about("sum.rs", "let sum = a;\n", "a");
    asked.answered("```rust\ntotal\n```");
    assert_eq!(asked.accepted(), "let sum = total;\n");
}

#[test]
fn an_edit_in_the_wrong_file() {
    let mut asked = Asked::about_add();
    // The user turns to another file with the same text, types in it, and it is the newest when the model ends.
    let other = asked.editor.open("other.rs", &format!("{HEAD}{ADD}{TAIL}"));
    asked.editor.type_after(&other, "use std::fs;", " // typed");
    asked.answered(&fenced(ADDED));
    assert_eq!(asked.accepted(), format!("{HEAD}{ADDED}{TAIL}"));
    let untouched = format!("{HEAD}{ADD}{TAIL}").replace("fs;", "fs; // typed");
    assert_eq!(asked.editor.text(&other), untouched);
}

#[test]
fn an_edit_over_what_the_user_typed_meanwhile() {
    let mut asked = Asked::about_add();
    asked.editor.replace(&asked.uri, "a - b", "a.wrapping_sub(b)");
    asked.editor.type_after(&asked.uri, "    sum", " // typed");
    asked.exchange.take().expect("the instruction is out").openai_answer(&fenced(ADDED));
    // The answer may overtake what was typed; the proposal is in conflict once the server has read it.
    let event = asked.editor.proposal_in("p", ProposalState::Conflict);
    let typed = asked.editor.text(&asked.uri);
    let problem = asked.editor.accept("p", None).unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Conflict);
    assert_eq!(asked.editor.text(&asked.uri), typed, "nothing is written");
    // Both sides are shown, and the user may keep their own.
    let hunk = event.hunks.iter().find(|hunk| hunk.conflict).expect("a conflict is shown");
    assert!(hunk.removed.contains("wrapping_sub") && hunk.added.contains("a + b"), "{hunk:?}");
    let mine = ProposalAccept { proposal: "p".into(), hunks: Some(vec![hunk.id]), take: Some(Side::Mine) };
    asked.editor.request(method::PROPOSAL_ACCEPT, &mine);
    asked.editor.proposal("p", |event| event.hunks.iter().all(|hunk| !hunk.conflict));
    assert_eq!(asked.editor.text(&asked.uri), typed);
}

// --- what it looks like

#[test]
fn wrong_indentation() {
    let method = ADD.replace("    ", "\t").lines().map(|line| format!("\t{line}\n")).collect::<String>();
    let fixed = method.replace("a - b", "a + b");
    let text = format!("impl Sum {{\n{method}}}\n");
    let expected = format!("impl Sum {{\n{fixed}}}\n");
    for answer in [
        ADDED.to_owned(),
        ADDED.replace("    ", "  "),
        ADDED.replace("    ", "\t"),
        ADDED.lines().map(|line| format!("    {line}\n")).collect(),
        fixed,
    ] {
        check("sum.rs", &text, &method, &fenced(&answer), &expected);
    }
}

#[test]
fn broken_line_endings() {
    let text = format!("{HEAD}{ADD}{TAIL}");
    let more = ADDED.replace("    sum\n", "    log(sum);\n    sum\n");
    let expected = format!("{HEAD}{more}{TAIL}").replace('\n', "\r\n");
    for answer in [fenced(&more), fenced(&more).replace('\n', "\r\n"), fenced(&more).replace('\n', "\r\r\n")]
    {
        check("sum.rs", &text.replace('\n', "\r\n"), &ADD.replace('\n', "\r\n"), &answer, &expected);
        check("sum.rs", &text, ADD, &answer, &expected.replace("\r\n", "\n"));
    }
}

#[test]
fn prose_and_fences_in_the_code() {
    check_fixed(&format!("Sure! Here's the fix:\n\n{}\nLet me know if you need more.", fenced(ADDED)));
    check_fixed(&format!("Here is the fixed code:\n\n{ADDED}\nThis adds the two numbers."));
    check_fixed(&format!("```rust\n{ADDED}"));
}

#[test]
fn a_fenced_answer() {
    check_fixed(&fenced(ADDED));
    check_fixed(&fenced(ADDED).replace("```", "~~~"));
    check_fixed(&fenced(ADDED).replace("```", "````"));
    check_fixed(&fenced(ADDED).replace("```rust", "```rs title=\"sum.rs\""));
}

#[test]
fn an_explanation_around_the_code() {
    check_fixed(&format!(
        "I changed `-` to `+`:\n{}\n- `sum` was a difference\n- it is a sum",
        fenced(ADDED)
    ));
    check_fixed(&format!("The old code was:\n\n{}\nThe new code is:\n\n{}", fenced(ADD), fenced(ADDED)));
}

#[test]
fn think_text_in_the_code() {
    check_fixed(&format!("<think>\nIs it:\n```rust\nfn wrong() {{}}\n```\n</think>\n\n{}", fenced(ADDED)));
    check_fixed(&format!("Hm, a minus.\n</think>\n{}", fenced(ADDED)));
}

#[test]
fn a_surrounding_line_that_is_there_twice() {
    check_fixed(&fenced(&format!("{HEAD}{ADDED}")));
    check_fixed(&fenced(&format!("{ADDED}{TAIL}")));
    check_fixed(&fenced(&format!("{HEAD}{ADDED}{TAIL}")));
}

#[test]
fn trailing_junk() {
    check_fixed(&fenced(&ADDED.replace('\n', "  \n")));
    check_fixed(&fenced(&format!("\n\n{ADDED}\n\n")));
    // The closer of a block that the selection doesn't open.
    let method = ADD.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let fixed = method.replace("a - b", "a + b");
    let text = format!("impl Sum {{\n{method}}}\n");
    check("sum.rs", &text, &method, &fenced(&format!("{fixed}}}\n")), &format!("impl Sum {{\n{fixed}}}\n"));
}

#[test]
fn a_models_end_mark_in_the_code() {
    for mark in
        ["<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<end_of_turn>", "</s>", "<｜end▁of▁sentence｜>"]
    {
        check_fixed(&format!("{}{mark}", fenced(ADDED)));
        check_fixed(&format!("{ADDED}{mark}"));
        check_fixed(&format!("```rust\n{ADDED}{mark}"));
        check_fixed(&format!("{}{mark}\n", ADDED.trim_end()));
    }
}

#[test]
fn the_final_newline() {
    let text = format!("{HEAD}{}", ADD.trim_end());
    let expected = format!("{HEAD}{}", ADDED.trim_end());
    for answer in
        [fenced(ADDED), ADDED.to_owned(), ADDED.trim_end().to_owned(), fenced(&format!("{ADDED}\n"))]
    {
        check("sum.rs", &text, ADD.trim_end(), &answer, &expected);
        check("sum.rs", &format!("{HEAD}{ADD}"), ADD, &answer, &format!("{HEAD}{ADDED}"));
    }
}

// --- what is missing

#[test]
fn an_elided_middle() {
    let text: String = (0..40).map(|n| format!("    step_{n}();\n")).collect();
    let all = format!("fn run() {{\n{text}}}\n");
    for remark in ["// ... rest of the code unchanged ...", "// ...", "// (existing code)"] {
        let answer =
            fenced(&format!("fn run(now: bool) {{\n    step_0();\n    {remark}\n    step_39();\n}}\n"));
        check("run.rs", &all, &all, &answer, &all.replace("run()", "run(now: bool)"));
    }
}

#[test]
fn an_elision_that_may_stand_for_several_things() {
    for remark in [
        "// ... existing code ...",
        "# ...",
        "-- ... rest of the function",
        "// snip",
        "// etc.",
        "// [rest of the steps]",
        "{ } // ... existing code ...",
        "/* ... */",
    ] {
        check_problem(&fenced(&format!("{remark}\n")), ProblemKind::Elided);
        check_problem(&fenced(&format!("struct Sums {{\n    {remark}\n}}\n")), ProblemKind::Elided);
    }
}

#[test]
fn an_empty_answer() {
    for answer in ["", "\n\n", "```rust\n```", "<think>\nhm\n</think>\n"] {
        check_problem(answer, ProblemKind::EmptyAnswer);
    }
}

#[test]
fn a_refusal() {
    for words in
        ["I'm sorry, but I can't help with that.", "I cannot assist with this request, as it is unsafe."]
    {
        check_problem(words, ProblemKind::Declined);
        check_problem(&fenced(&format!("{words}\n")), ProblemKind::Declined);
    }
    let mut asked = Asked::about_add();
    let mut exchange = asked.exchange.take().expect("the instruction is out");
    exchange.openai_text(&fenced(ADDED));
    exchange.openai_stop("content_filter");
    assert_eq!(asked.ended().problem.map(|problem| problem.kind), Some(ProblemKind::Declined));
}

#[test]
fn an_answer_that_deletes_most_of_the_selection() {
    let text: String = (0..40).map(|n| format!("step_{n}();\n")).collect();
    let mut asked = Asked::about("run.rs", &text, &text);
    let event = asked.answered(&fenced("step_0();\nstep_1();\n"));
    assert_eq!(event.state, ProposalState::Ready);
    assert!(event.warning.expect("it is flagged").contains("2 lines stay of 40"));
    assert_eq!(asked.editor.text(&asked.uri), text);
}

#[test]
fn a_big_file_silently_truncated() {
    let text: String = (0..5_000).map(|n| format!("step_{n}(\"some words to fill the line\");\n")).collect();
    // All of it is sent, or none: the selection is never cut to fit.
    let mut asked = Asked::about("run.rs", &text, &text);
    let prompt = asked.exchange.as_ref().map(Exchange::prompt).unwrap_or_default();
    assert!(prompt.contains(&text), "the whole selection is sent");
    // The model ends at its output limit.
    let mut exchange = asked.exchange.take().expect("the instruction is out");
    let half: String = text.split_inclusive('\n').take(2_500).collect();
    exchange.openai_text(&format!("```rust\n{half}"));
    exchange.openai_stop("length");
    let event = asked.ended();
    assert_eq!(event.problem.map(|problem| problem.kind), Some(ProblemKind::StreamEndedEarly));
    asked.editor.accept("p", None).unwrap_err();
    assert_eq!(asked.editor.text(&asked.uri), text);
    // Or it just stops, and says that all is well.
    let mut asked = Asked::about("run.rs", &text, &text);
    let few: String = text.split_inclusive('\n').take(1_000).collect();
    let event = asked.answered_at_once(&fenced(&few));
    let flagged = event.state == ProposalState::Failed || event.warning.is_some();
    assert!(flagged, "{:?} without a word", event.state);
    assert_eq!(asked.editor.text(&asked.uri), text);
}

impl Asked {
    /// The same as [`Self::answered`], for long answers.
    #[track_caller]
    fn answered_at_once(&mut self, answer: &str) -> ProposalEvent {
        let mut exchange = self.exchange.take().expect("the instruction is out");
        exchange.openai_text(answer);
        exchange.openai_done();
        self.ended()
    }
}

#[test]
fn a_selection_too_large_for_the_model_is_refused_and_not_cut() {
    let model = FakeModel::start();
    let settings = json!({"context": {"maxTokens": 1000}});
    let mut editor = TestEditor::start(&model.setup().with_settings(&settings));
    let text: String = (0..5_000).map(|n| format!("step_{n}();\n")).collect();
    let uri = editor.open("run.rs", &text);
    let range = editor.whole(&uri);
    editor.instruct("p", &uri, range, "fix it");
    let exchange = model.next();
    assert!(
        exchange.prompt().contains(&text),
        "the selection is sent whole, whatever the budget for the rest"
    );
    exchange.openai_error(400, "context_length_exceeded", "too long", &[]);
    let failed = editor.proposal_in("p", ProposalState::Failed);
    assert_eq!(failed.problem.map(|problem| problem.kind), Some(ProblemKind::PromptTooLong));
    assert_eq!(editor.text(&uri), text);
}
