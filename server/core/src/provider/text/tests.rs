use super::*;

/// Reads JSON strings as deltas of one text and joins them.
#[track_caller]
fn check(deltas: &[&str], expected: &str) {
    let mut joiner = Joiner::default();
    let mut joined = String::new();
    for delta in deltas {
        joined += &joiner.join(&serde_json::from_str(delta).unwrap());
    }
    joined += joiner.finish().unwrap_or_default();
    assert_eq!(joined, expected);
}

#[test]
fn reads_plain_and_escaped_text() {
    check(&[r#""héllo""#, r#"" \"quoted\"\n\u00e9""#], "héllo \"quoted\"\né");
    check(&[r#""\ud83d\udc69""#], "👩");
}

#[test]
fn joins_a_character_cut_into_two_surrogates() {
    check(&[r#""a\ud83d""#, r#""\udc69b""#], "a👩b");
    check(&[r#""\ud83d""#, r#""""#, r#""\udc69\u200d\ud83d""#, r#""\udcbb""#], "👩\u{200d}💻");
}

#[test]
fn replaces_a_surrogate_without_its_other_half() {
    check(&[r#""a\ud83d""#, r#""b""#], "a\u{fffd}b");
    check(&[r#""a\ud83d""#], "a\u{fffd}");
    check(&[r#""\udc69b""#], "\u{fffd}b");
    check(&[r#""\ud83d""#, r#""\ud83d""#, r#""\udc69""#], "\u{fffd}👩");
    check(&[r#""\ud83dx\ud83d\n\udc69""#], "\u{fffd}x\u{fffd}\n\u{fffd}");
}

#[test]
fn borrows_what_needs_no_change() {
    let text: Text<'_> = serde_json::from_str(r#""plain""#).unwrap();
    assert!(matches!(text.0, Cow::Borrowed(_)));
    assert!(matches!(Joiner::default().join(&text), Cow::Borrowed("plain")));
}

#[test]
fn reads_content_as_a_string_or_as_parts() {
    let text = |bytes: &'static str| Text(Cow::Borrowed(bytes.as_bytes()));
    let parts: Content<'_> =
        serde_json::from_str(r#"[{"type":"text","text":"a"},{"type":"thinking","thinking":[{"text":"b"}]}]"#)
            .unwrap();
    let thought = Content::Parts(vec![Part { text: Some(text("b")), thinking: None, refusal: None }]);
    assert_eq!(
        parts,
        Content::Parts(vec![
            Part { text: Some(text("a")), thinking: None, refusal: None },
            Part { text: None, thinking: Some(thought), refusal: None },
        ])
    );
    assert_eq!(serde_json::from_str::<Content<'_>>(r#""a""#).unwrap(), Content::Text(text("a")));
    assert_eq!(serde_json::from_str::<Option<Content<'_>>>("null").unwrap(), None);
    assert!(serde_json::from_str::<Content<'_>>("{}").is_err());
}

#[test]
fn halves_that_stand_alone_are_replaced_and_nothing_else() {
    let check = |json: &str, expected: Option<&str>| {
        assert_eq!(without_halves(json).as_deref(), expected, "{json}");
    };
    check(r#""plain \n \\ud83d \u00e9 😀""#, None);
    check(r#""\ud83d\ude00""#, None);
    check(r#""a\ud83d""#, Some(r#""a\ufffd""#));
    check(r#""\ude00b\uD83D\uDE00\ud83d\ud83d\ude00""#, Some(r#""\ufffdb\uD83D\uDE00\ufffd\ud83d\ude00""#));
    check(r#""\ud83d\n\ud8"#, Some(r#""\ufffd\n\ud8"#));
}

proptest::proptest! {
    #[test]
    fn what_is_replaced_can_be_read(json in r#""(\\u[dD][89a-fA-F][0-9a-f]{2}|\\\\|\\n|[a-z😀])*""#) {
        let mended = without_halves(&json);
        let read: Result<String, _> = serde_json::from_str(mended.as_deref().unwrap_or(&json));
        proptest::prop_assert!(read.is_ok(), "{json} -> {mended:?}");
    }
}
