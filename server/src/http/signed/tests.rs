//! The vendor's published test suite for Signature Version 4, as far as a request of ours can look like its requests.

use super::*;
use std::time::{Duration, UNIX_EPOCH};

const KEY: &str = "AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

/// 2015-08-30T12:36:00Z, the suite's.
fn moment() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_440_938_160)
}

/// Signs at the suite's moment.
#[track_caller]
fn check(key: &str, request: Request<'_>, names: &str, signature: &str) {
    let url = format!("https://example.amazonaws.com{}", request.url);
    let request = Request { url: &url, region: "us-east-1", service: "service", ..request };
    let headers = headers(AccessKey::parse(key).unwrap(), &request, moment()).unwrap();
    let header = |name| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
    assert_eq!(header("x-amz-date"), Some("20150830T123600Z"));
    let scope = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request";
    let expected = format!("{scope}, SignedHeaders={names}, Signature={signature}");
    assert_eq!(header("authorization"), Some(expected.as_str()));
}

const GET: Request<'_> =
    Request { method: "GET", url: "/", headers: &[], body: b"", region: "", service: "" };
const POST: Request<'_> = Request { method: "POST", ..GET };
const ALWAYS: &str = "host;x-amz-date";

#[test]
fn get_vanilla() {
    check(KEY, GET, ALWAYS, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

#[test]
fn post_vanilla() {
    check(KEY, POST, ALWAYS, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
}

#[test]
fn get_vanilla_query_order_key_case() {
    let request = Request { url: "/?Param2=value2&Param1=value1", ..GET };
    check(KEY, request, ALWAYS, "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
}

#[test]
fn get_header_value_trim() {
    let request = Request { headers: &[("my-header1", " value1"), ("my-header2", " \"a   b   c\"")], ..GET };
    let names = "host;my-header1;my-header2;x-amz-date";
    check(KEY, request, names, "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
}

#[test]
fn post_x_www_form_urlencoded() {
    let headers = &[("content-type", "application/x-www-form-urlencoded")];
    let request = Request { headers, body: b"Param1=value1", ..POST };
    let names = "content-type;host;x-amz-date";
    check(KEY, request, names, "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

#[test]
fn post_sts_header_before() {
    let (key, names) = (format!("{KEY}:{TOKEN}"), "host;x-amz-date;x-amz-security-token");
    check(&key, POST, names, "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead");
}

/// Not of the suite: a model's name as it is in a request of ours, signed by the vendor's own tool (botocore 1.44).
#[test]
fn a_path_is_counted_as_encoded_once_more() {
    let request = Request { url: "/model/anthropic.claude-v2%3A1/converse-stream", ..POST };
    check(KEY, request, ALWAYS, "52199f6a12317be22dd978be3d81f9bbdcdead9392bb99bf22e44a3377afeaee");
}
