use super::classify::without_key;
use super::*;
use insta::assert_snapshot;
use std::time::UNIX_EPOCH;

#[track_caller]
fn check(status: u16, body: &str, cause: Cause, message: &str) {
    let failure = read(status, None, body.as_bytes());
    assert_eq!((failure.cause, failure.message.as_str()), (cause, message), "{status} {body}");
    assert_eq!(failure.status, Some(status));
}

#[test]
fn reads_the_words_of_every_shape() {
    let shapes = [
        r#"{"error":{"message":"no","type":"t","param":null,"code":null}}"#,
        r#"{"type":"error","error":{"type":"t","message":"no"},"request_id":"req_1"}"#,
        r#"{"error":"no"}"#,
        r#"{"message":"no"}"#,
        r#"{"detail":"no"}"#,
        r#"{"detail":[{"type":"missing","loc":["body"],"msg":"no"}]}"#,
        r#"{"object":"error","message":"no","type":"t","code":400}"#,
        r#"[{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT"}}]"#,
        r#"{"error":{"message":{"message":"no"}}}"#,
        "event: error\ndata: {\"error\":{\"message\":\"no\"}}\n\n",
        "data: {\"error\":{\"message\":\"no\"}}",
        "  no\n",
        "\u{feff}{\"error\":\"no\"}",
    ];
    for body in shapes {
        check(400, body, Cause::Provider, "no");
    }
}

#[test]
fn has_words_where_the_provider_has_none() {
    check(500, "", Cause::ServerError, "status 500 without a word");
    check(400, r#"{"error":{}}"#, Cause::Provider, "an error without a word");
    check(400, r#"{"error":{"code":"bad_thing","message":""}}"#, Cause::Provider, "bad_thing");
    check(502, "<html><head><title>502 Bad\nGateway</title>", Cause::ServerError, "502 Bad Gateway");
    check(418, "<?xml version=\"1.0\"?><Error/>", Cause::Page, "status 418 and a web page");
    check(400, "\"text\"", Cause::Provider, "\"text\"");
}

#[test]
fn a_server_that_takes_https_alone_is_told_from_a_page_of_the_network() {
    for (body, words) in [
        (
            "Client sent an HTTP request to an HTTPS server.\n",
            "Client sent an HTTP request to an HTTPS server.",
        ),
        (
            "<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>\r\n",
            "400 The plain HTTP request was sent to HTTPS port",
        ),
    ] {
        check(400, body, Cause::OnlySecure, words);
    }
    let apache = "<html><head>\n<title>400 Bad Request</title>\n</head><body>\n<h1>Bad Request</h1>\n\
        Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />\n";
    check(400, apache, Cause::OnlySecure, "400 Bad Request");
}

#[test]
fn shortens_long_words() {
    let failure = read(400, None, "日本 ".repeat(1000).as_bytes());
    assert_eq!(failure.message.chars().count(), MAX_WORDS + 1);
    assert!(failure.message.ends_with('…'));
}

/// What real services answer, as they document it or were seen to.
#[test]
fn knows_the_cause() {
    let table: &[(Cause, &[(u16, &str)])] = &[
        (
            Cause::KeyRefused,
            &[
                (
                    401,
                    r#"{"error":{"message":"Incorrect key","type":"invalid_request_error","code":"invalid_api_key"}}"#,
                ),
                (
                    401,
                    r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#,
                ),
                (
                    400,
                    r#"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key."}}]"#,
                ),
                (401, "Unauthorized"),
            ],
        ),
        (
            Cause::NotPermitted,
            &[
                (403, r#"{"type":"error","error":{"type":"permission_error","message":"not allowed"}}"#),
                (
                    403,
                    r#"{"error":{"message":"You have insufficient permissions for this operation. Missing scopes: api.model.read.","type":"invalid_request_error","param":null,"code":null}}"#,
                ),
                (
                    401,
                    r#"{"error":{"message":"Missing scopes: model.request","type":"invalid_request_error","code":"missing_scope"}}"#,
                ),
            ],
        ),
        (
            Cause::NoCredit,
            &[
                (
                    429,
                    r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#,
                ),
                (
                    402,
                    r#"{"error":{"message":"Insufficient Balance","type":"unknown_error","code":"invalid_request_error"}}"#,
                ),
                (
                    400,
                    r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API."}}"#,
                ),
                (
                    402,
                    r#"{"error":{"message":"This request requires more credits, or fewer max_tokens.","code":402}}"#,
                ),
            ],
        ),
        (
            Cause::UnknownModel,
            &[
                (
                    404,
                    r#"{"error":{"message":"The model `x` does not exist or you do not have access to it.","code":"model_not_found"}}"#,
                ),
                (
                    403,
                    r#"{"error":{"message":"Project `p` does not have access to model `x`","code":"model_not_found"}}"#,
                ),
                (404, r#"{"type":"error","error":{"type":"not_found_error","message":"model: claude-x"}}"#),
                (
                    404,
                    r#"{"error":{"message":"model \"x\" not found, try pulling it first","type":"api_error"}}"#,
                ),
                (
                    400,
                    r#"{"object":"error","message":"Invalid model: x","type":"invalid_model","code":"1500"}"#,
                ),
                (400, r#"{"error":{"message":"x is not a valid model ID","code":400}}"#),
                (400, r#"{"error":{"message":"Model Not Exist","type":"invalid_request_error"}}"#),
            ],
        ),
        (
            Cause::WrongAddress,
            &[
                (404, "404 page not found"),
                (404, r#"{"detail":"Not Found"}"#),
                (404, "<html><title>Not here</title></html>"),
                (
                    405,
                    r#"{"error":{"message":"Invalid URL (POST /chat/completions)","type":"invalid_request_error"}}"#,
                ),
            ],
        ),
        (
            Cause::RateLimited,
            &[
                (
                    429,
                    r#"{"error":{"message":"Rate limit reached for gpt-5","type":"tokens","code":"rate_limit_exceeded"}}"#,
                ),
                (429, r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}"#),
                (
                    429,
                    r#"[{"error":{"code":429,"message":"You exceeded your current quota","status":"RESOURCE_EXHAUSTED"}}]"#,
                ),
                (429, ""),
            ],
        ),
        (
            Cause::Overloaded,
            &[
                (529, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#),
                (503, r#"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#),
                (500, r#"{"error":{"message":"The engine is currently overloaded"}}"#),
                (503, "<html><title>503</title></html>"),
            ],
        ),
        (
            Cause::PromptTooLong,
            &[
                (
                    400,
                    r#"{"error":{"message":"This model's maximum context length is 8192 tokens.","code":"context_length_exceeded"}}"#,
                ),
                (
                    400,
                    r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 208310 tokens > 200000 maximum"}}"#,
                ),
                (
                    413,
                    r#"{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}"#,
                ),
                (413, "<html><title>413</title></html>"),
                (
                    400,
                    r#"{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}"#,
                ),
                (
                    429,
                    r#"{"error":{"message":"Request too large for gpt-5 on tokens per min: Limit 30000, Requested 44000.","type":"tokens","code":"rate_limit_exceeded"}}"#,
                ),
            ],
        ),
        (
            Cause::ServerError,
            &[
                (500, "oh no"),
                (502, ""),
                (408, ""),
                (504, "upstream request timeout"),
                (500, r#"{"error":{"message":"failed to read the context window","type":"server_error"}}"#),
            ],
        ),
        (
            Cause::Provider,
            &[
                (
                    400,
                    r#"{"error":{"message":"Unsupported parameter: 'max_tokens'","code":"unsupported_parameter"}}"#,
                ),
                (422, r#"{"detail":[{"msg":"field required"}]}"#),
                (501, ""),
            ],
        ),
        (Cause::Page, &[(403, "<html><title>Attention Required!</title></html>"), (451, "<!doctype html>")]),
    ];
    for (cause, answers) in table {
        for (status, body) in *answers {
            assert_eq!(read(*status, None, body.as_bytes()).cause, *cause, "{status} {body}");
        }
    }
}

#[test]
fn an_error_in_a_stream_may_name_its_own_status() {
    let value = serde_json::json!({"error": {"code": 429, "message": "no"}});
    let failure = in_stream(&value).unwrap();
    assert_eq!((failure.cause, failure.status), (Cause::RateLimited, Some(429)));
    let value = serde_json::json!({"error": {"type": "overloaded_error", "message": "no"}});
    assert_eq!(in_stream(&value).map(|failure| failure.cause), Some(Cause::Overloaded));
    assert_eq!(in_stream(&serde_json::json!({"error": null, "choices": []})), None);
}

#[test]
fn never_repeats_a_key() {
    let said = "Incorrect API key provided: sk-proj-abc1234567. You can find your API key at https://example.com/keys.";
    let kept = "Incorrect API key provided: …. You can find your API key at https://example.com/keys.";
    assert_eq!(without_key(said), kept);
    check(401, &format!(r#"{{"error":{{"message":"{said}"}}}}"#), Cause::KeyRefused, kept);
    assert_eq!(without_key("key 'sk-ant…9f2' or \"sk-12**********89\""), "key '…' or \"…\"");
    assert_eq!(without_key("key=sk-proj-abc1234567 refused"), "key=… refused");
}

#[track_caller]
fn check_wait(retry_after: Option<&str>, retry_after_ms: Option<&str>, milliseconds: Option<u64>) {
    // Sun, 06 Nov 1994 08:49:37 GMT, the RFC's own example.
    let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
    assert_eq!(wait(retry_after, retry_after_ms, now), milliseconds.map(Duration::from_millis));
}

#[test]
fn reads_how_long_to_wait() {
    check_wait(Some("20"), None, Some(20_000));
    check_wait(Some(" 1.5 "), None, Some(1_500));
    check_wait(Some("2"), Some("1250"), Some(1_250));
    check_wait(Some("2"), Some("soon"), Some(2_000));
    check_wait(Some("Sun, 06 Nov 1994 08:50:07 GMT"), None, Some(30_000));
    check_wait(Some("Sun, 06 Nov 1994 08:49:00 GMT"), None, Some(0));
    check_wait(None, None, None);
    // Longer than anybody waits, which must not be taken for nothing.
    for long in ["99999999999999999999", "1e300"] {
        check_wait(Some(long), None, Some(u64::from(u32::MAX) * 1000));
    }
    for nonsense in ["", "-1", "soon", "NaN", "Sun, 06 Foo 1994 08:50:07 GMT", "Sun, 06 Nov 1994"] {
        check_wait(Some(nonsense), None, None);
    }
}

#[test]
fn counts_days_over_leap_years() {
    for (date, seconds) in [
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
        ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
        ("Fri, 31 Dec 2027 23:59:59 GMT", 1_830_297_599),
    ] {
        assert_eq!(wait(Some(date), None, UNIX_EPOCH), Some(Duration::from_secs(seconds)), "{date}");
    }
    assert_eq!(
        wait(Some("Thu, 01 Jan 1970 00:00:00 GMT"), None, UNIX_EPOCH + Duration::from_secs(9)),
        Some(Duration::ZERO)
    );
}

#[test]
fn says_every_cause_for_the_person_who_can_act_on_it() {
    let failures = [
        read(401, None, br#"{"error":{"message":"Incorrect API key provided"}}"#),
        read(402, None, b"Payment Required"),
        read(404, None, br#"{"error":{"message":"model not found"}}"#),
        read(404, None, b"404 page not found"),
        read(429, Some(Duration::from_millis(19_200)), b"Too many requests"),
        read(429, Some(Duration::from_secs(3_601)), b"Too many requests"),
        read(529, None, b"Overloaded"),
        read(413, None, b"Too large"),
        read(500, None, b""),
        read(400, None, br#"{"error":{"message":"Unsupported parameter: 'top_k'."}}"#),
        Failure::ended_early("the stream broke off before its end"),
        Failure::unreadable("404 page not found"),
        page(b"<title>Sign in to CafeNet</title>"),
        Failure::unreachable("connection refused"),
        Failure::connection(Cause::Certificate, "unknown issuer"),
    ];
    let said: Vec<String> =
        failures.iter().map(|failure| problem(failure, "openai", "gpt-5").to_string()).collect();
    assert_snapshot!(said.join("\n"), @r#"
    The key was refused by openai (Incorrect API key provided). Save a valid key with `aside key set openai`.
    The account at openai has no credit or quota left (Payment Required). Check the billing page of openai, or choose another provider with the setting `model`; waiting does not help.
    Openai doesn't know the model `gpt-5` (model not found). Choose another model with the setting `model`, written `provider/model`.
    Openai has no such service at its address (404 page not found). Check the setting `providers.openai.baseUrl`, and the model `gpt-5` in the setting `model`.
    Openai limits how much may be asked (Too many requests). Wait 20 seconds and try again, or choose another model with the setting `model`.
    Openai limits how much may be asked (Too many requests). Wait 61 minutes and try again, or choose another model with the setting `model`.
    Openai is overloaded (Overloaded). Wait a moment and try again, or choose another model with the setting `model`.
    The prompt is longer than `gpt-5` at openai takes (Too large). Select less, mention fewer files or start a new chat; the setting `context.maxTokens` limits what goes along.
    Openai had an error of its own (status 500 without a word). Try again; if it stays, look at the provider's status page.
    Openai answered with an error (Unsupported parameter: 'top_k'). Its own words say what to change; the model was `gpt-5`.
    The answer of openai ended before its end (the stream broke off before its end). Try again.
    What openai answered can't be read (404 page not found). Check the settings `providers.openai.format` and `providers.openai.baseUrl`.
    A web page came instead of an answer of openai (Sign in to CafeNet). Sign in to the network if it wants that (open any page in a browser), and check `network.proxy` and `providers.openai.baseUrl`.
    Openai could not be reached (connection refused). Check the connection and the settings `providers.openai.baseUrl` and `network.proxy`, then try again.
    The certificate of openai isn't trusted (unknown issuer). If your network has a certificate authority of its own, name its PEM file in the setting `network.caFile`.
    "#);
}

#[test]
fn a_problem_says_how_many_seconds_to_wait() {
    let limited = read(429, Some(Duration::from_millis(19_200)), b"");
    assert_eq!(problem(&limited, "openai", "gpt-5").retry_after, Some(20));
    assert_eq!(problem(&read(429, None, b""), "openai", "gpt-5").retry_after, None);
}
