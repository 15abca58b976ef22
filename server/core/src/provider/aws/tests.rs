//! Keys as users and tools write them.

use super::*;

#[test]
fn an_access_key_is_told_from_a_key_that_is_sent() {
    for (key, parts) in [("AKID:s3cr/t", 2), ("ASIA:s3cr/t:tok+en==", 3)] {
        let parsed = AccessKey::parse(key).unwrap();
        assert_eq!(one_line(parsed.id, parsed.secret, parsed.token), key);
        assert_eq!(parsed.token.is_some(), parts == 3);
    }
    for key in ["ABSKQmVkcm9ja0FQSUtleS1", "AKID:", ":secret", "a:b:"] {
        assert!(AccessKey::parse(key).is_none(), "{key}");
    }
}

#[test]
fn what_the_vendor_s_tools_print_becomes_one_line() {
    let printed = "{\n  \"Version\": 1,\n  \"AccessKeyId\": \"ASIA\",\n  \"SecretAccessKey\": \"s/+\",\n  \"SessionToken\": \"t==\",\n  \"Expiration\": \"2026-01-01T00:00:00Z\"\n}\n";
    let read = |text| exported(text).map(|exported| (exported.key, exported.until));
    assert_eq!(read(printed), Some(("ASIA:s/+:t==".to_owned(), Some(1_767_225_600))));
    let lasting = r#"{"AccessKeyId":"AKID","SecretAccessKey":"s","SessionToken":null}"#;
    assert_eq!(read(lasting), Some(("AKID:s".to_owned(), None)));
    assert_eq!(read("ABSKkey"), None);
    assert_eq!(read("{}"), None);
}

#[test]
fn the_region_is_in_the_vendor_s_host() {
    for (host, expected) in [
        ("bedrock-runtime.eu-central-1.amazonaws.com", Some("eu-central-1")),
        ("bedrock-runtime-fips.us-east-1.amazonaws.com", Some("us-east-1")),
        ("vpce-1.bedrock-runtime.us-west-2.vpce.amazonaws.com", Some("us-west-2")),
        ("bedrock.gateway.example.com", None),
        ("127.0.0.1", None),
    ] {
        assert_eq!(region(host), expected, "{host}");
    }
}
