use super::super::cassette::{self, cassette};
use super::super::{Auth, Effort};
use super::super::{HttpFormat, ModelRequest};
use super::Service;
use super::request;
use insta::assert_snapshot;

macro_rules! draw {
    ($name:literal) => {
        cassette::draw(HttpFormat::Gemini, cassette!("gemini", $name))
    };
}

#[test]
fn decodes_text_and_counts_thoughts_as_output() {
    assert_snapshot!(draw!("plain.sse"), @r#"
    text: "Hello, 日本語."
    usage: 12 in (8 cached), 115 out (100 reasoning)
    stop: End
    "#);
}

#[test]
fn keeps_thoughts_apart() {
    assert_snapshot!(draw!("thinking.sse"), @r#"
    reasoning: "Let me think."
    usage: 5 in (0 cached), 20 out (20 reasoning)
    text: "42."
    usage: 5 in (0 cached), 22 out (20 reasoning)
    stop: End
    "#);
}

#[test]
fn goes_on_after_a_reason_that_stands_in_every_event() {
    assert_snapshot!(draw!("reason-in-every-event.sse"), @r#"
    text: "One two"
    stop: End
    "#);
}

#[test]
fn joins_a_character_cut_between_events() {
    assert_snapshot!(draw!("half-emoji.sse"), @r#"
    text: "a 👩 b"
    stop: End
    "#);
}

#[test]
fn tells_why_the_answer_stopped() {
    assert_snapshot!(draw!("max-tokens.sse"), @r#"
    text: "Some"
    stop: Length
    "#);
    assert_snapshot!(draw!("safety.sse"), @r#"
    text: "Some"
    stop: Refused
    "#);
    assert_snapshot!(draw!("blocked.sse"), @"
    usage: 9 in (0 cached), 0 out (0 reasoning)
    stop: Refused
    ");
    assert_snapshot!(draw!("tool-call.sse"), @r#"
    call : read_file {"path":"a"}
    stop: ToolCalls
    "#);
    assert_snapshot!(draw!("other-reason.sse"), @r#"
    text: "x"
    stop: Other("image_safety")
    "#);
}

#[test]
fn takes_the_first_candidate() {
    assert_snapshot!(draw!("two-candidates.sse"), @r#"
    text: "first"
    stop: End
    "#);
}

#[test]
fn ends_at_the_terminal_event_that_gateways_add() {
    assert_snapshot!(draw!("gateway.sse"), @r#"
    text: "Hi"
    stop: End
    "#);
}

#[test]
fn takes_a_whole_answer_or_a_list_for_a_stream() {
    assert_snapshot!(draw!("whole.json"), @r#"
    text: "Hello {[."
    usage: 3 in (0 cached), 4 out (0 reasoning)
    stop: End
    "#);
    assert_snapshot!(draw!("list.json"), @r#"
    text: "Hello"
    usage: 3 in (0 cached), 2 out (0 reasoning)
    stop: End
    "#);
}

#[test]
fn keeps_what_came_before_a_cut() {
    assert_snapshot!(draw!("cut.sse"), @r#"
    text: "This stream br"
    failure EndedEarly: the stream broke off before its end
    "#);
}

#[test]
fn reads_errors_in_a_list_and_in_mid_stream() {
    assert_snapshot!(draw!("error-list.json"), @"failure RateLimited: You exceeded your current quota.");
    assert_snapshot!(draw!("error-mid-stream.sse"), @r#"
    text: "Half"
    failure Overloaded: The model is overloaded. Please try again later.
    "#);
}

#[test]
fn skips_events_and_parts_it_does_not_know() {
    assert_snapshot!(draw!("unknown-events.sse"), @r#"
    text: "Hi"
    stop: End
    "#);
}

#[test]
fn fails_rather_than_leave_out_a_piece_it_cannot_read() {
    assert_snapshot!(draw!("unknown-shape.sse"), @r#"
    text: "Half"
    failure Unreadable: a piece of the answer has an unknown shape
    "#);
}

#[test]
fn finds_the_wait_among_an_errors_details() {
    let body = cassette!("gemini", "error-list.json");
    let failure = super::super::failure::read(429, None, body);
    assert_eq!(failure.retry_after, Some(std::time::Duration::from_secs_f64(34.07)));
}

#[test]
fn asks_the_gemini_api() {
    let asked = cassette::conversation("gemini-2.5-flash");
    assert_snapshot!(cassette::draw_request(&request(&asked, Service::Gemini)), @r#"
    POST /models/gemini-2.5-flash:streamGenerateContent?alt=sse
    auth: Header("x-goog-api-key")
    accept: text/event-stream
    accept-encoding: identity

    {"systemInstruction":{"parts":[{"text":"Be brief."}]},"contents":[{"role":"user","parts":[{"text":"What is \"日本\"?"}]},{"role":"model","parts":[{"text":"Japan."}]},{"role":"user","parts":[{"text":"And this?\n\nWell?"}]}]}
    "#);
}

#[test]
fn asks_vertex_at_the_publishers_model_with_an_access_token() {
    let asked = request(&cassette::conversation("gemini-3-pro"), Service::Vertex);
    assert_snapshot!(asked.path, @"/publishers/google/models/gemini-3-pro:streamGenerateContent?alt=sse");
    assert_eq!(asked.auth, Auth::Bearer);
}

#[test]
fn a_name_cannot_leave_its_place_in_the_address() {
    let path = |model, service| request(&cassette::conversation(model), service).path;
    assert_snapshot!(path("tunedModels/mine", Service::Gemini), @"/tunedModels/mine:streamGenerateContent?alt=sse");
    assert_snapshot!(path("endpoints/42", Service::Vertex), @"/endpoints/42:streamGenerateContent?alt=sse");
    assert_snapshot!(path("a b?c#d/../e", Service::Gemini), @"/models/a%20b%3Fc%23d%2F..%2Fe:streamGenerateContent?alt=sse");
}

#[test]
fn says_how_much_to_reason_in_the_models_own_way() {
    let body = |model, effort| {
        let asked = ModelRequest {
            system: String::new(),
            messages: cassette::conversation(model).messages.into_iter().take(1).collect(),
            max_output_tokens: Some(100),
            temperature: Some(0.5),
            effort,
            ..cassette::conversation(model)
        };
        String::from_utf8(request(&asked, Service::Gemini).body).unwrap()
    };
    assert_snapshot!(body("gemini-2.5-flash", Some(Effort::Low)), @r#"{"contents":[{"role":"user","parts":[{"text":"What is \"日本\"?"}]}],"generationConfig":{"maxOutputTokens":100,"temperature":0.5,"thinkingConfig":{"includeThoughts":true,"thinkingBudget":2048}}}"#);
    assert_snapshot!(body("gemini-3-pro", Some(Effort::High)), @r#"{"contents":[{"role":"user","parts":[{"text":"What is \"日本\"?"}]}],"generationConfig":{"maxOutputTokens":100,"temperature":0.5,"thinkingConfig":{"includeThoughts":true,"thinkingLevel":"high"}}}"#);
    assert_snapshot!(body("gemini-3-pro", None), @r#"{"contents":[{"role":"user","parts":[{"text":"What is \"日本\"?"}]}],"generationConfig":{"maxOutputTokens":100,"temperature":0.5}}"#);
}

#[test]
fn pictures_go_before_the_words_about_them() {
    let asked = cassette::with_images("gemini-2.5-flash");
    assert_snapshot!(String::from_utf8(request(&asked, Service::Gemini).body).unwrap(), @r#"{"contents":[{"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}},{"text":"What is this?"}]},{"role":"model","parts":[{"text":"A crab."}]},{"role":"user","parts":[{"inlineData":{"mimeType":"image/jpeg","data":"/9j/4AAQ"}}]}]}"#);
}
