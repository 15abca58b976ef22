use super::super::HttpFormat::AzureOpenai;
use super::super::cassette::{self, cassette};
use super::*;
use insta::assert_snapshot;

#[test]
fn asks_the_current_api_where_no_version_is_set() {
    assert_snapshot!(cassette::draw_request(&request(&cassette::conversation("gpt-5"))), @r#"
    POST /openai/v1/chat/completions
    auth: Header("api-key")
    accept: text/event-stream
    accept-encoding: identity

    {"model":"gpt-5","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"What is \"日本\"?"},{"role":"assistant","content":"Japan."},{"role":"user","content":"And this?\n\nWell?"}],"stream":true,"stream_options":{"include_usage":true}}
    "#);
}

#[test]
fn asks_a_dated_api_at_the_deployments_own_address() {
    let dated =
        ModelRequest { api_version: Some("2024-10-21".to_owned()), ..cassette::conversation("my model/2") };
    assert_snapshot!(request(&dated).path, @"/openai/deployments/my%20model%2F2/chat/completions?api-version=2024-10-21");
}

#[test]
fn reads_what_azures_filter_adds_to_the_stream() {
    assert_snapshot!(cassette::draw(AzureOpenai, cassette!("openai-chat", "azure-filtered.sse")), @r#"
    text: "Once"
    stop: Refused
    "#);
}
