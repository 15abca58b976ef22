//! The comma behind the last selected member of a JSON text.

use super::*;

fn json(base: &str, after: &str) -> Surroundings {
    Surroundings { language: "json".into(), before: "{\n".into(), after: after.into(), ..around(base) }
}

#[test]
fn a_member_that_others_follow_keeps_its_comma() {
    let more = "  \"b\": 1\n}\n";
    let check = |base: &str, answer: &str, expected: &str| {
        check_around(&json(base, more), &format!("```json\n{answer}```"), expected);
    };
    check("  \"a\": 1,\n", "  \"a\": 2\n", "  \"a\": 2,\n");
    check("  \"a\": 1,\n", "\"a\": \"https://x\"\n", "  \"a\": \"https://x\",\n");
    check("  \"a\": [\n    1\n  ],\n", "  \"a\": [\n    2\n  ]\n", "  \"a\": [\n    2\n  ],\n");
    check("  \"a\": 1,\r\n\r\n", "  \"a\": 2\n", "  \"a\": 2,\r\n\r\n");
    check("  \"a\": 1,\n", "  \"a\": 2,\n", "  \"a\": 2,\n");
    let commented = Surroundings {
        language: "jsonc".into(),
        ..json("  \"a\": 1,\n", "  // The other.\n  \"b\": 1\n}\n")
    };
    check_around(&commented, "```jsonc\n  \"a\": 2\n```", "  \"a\": 2,\n");
}

#[test]
fn no_comma_is_added_where_there_was_none_or_none_belongs() {
    let last = json("  \"a\": 1\n", "}\n");
    check_around(&last, "```json\n  \"a\": 2\n```", "  \"a\": 2\n");
    let trailing = Surroundings { language: "jsonc".into(), ..json("  \"a\": 1,\n", "}\n") };
    check_around(&trailing, "```jsonc\n  \"a\": 2\n```", "  \"a\": 2\n");
    let more = "  \"b\": 1\n}\n";
    let commented = Surroundings { language: "jsonc".into(), ..json("  \"a\": 1,\n", more) };
    check_around(&commented, "```jsonc\n  \"a\": 2 // two\n```", "  \"a\": 2 // two\n");
    check_around(
        &json("  \"a\": {\n    \"c\": 1,\n", more),
        "```json\n  \"a\": {\n    \"c\": [\n```",
        "  \"a\": {\n    \"c\": [\n",
    );
    let code = Surroundings { language: "rust".into(), ..json("    a,\n", "    b\n}\n") };
    check_around(&code, "```rust\n    c\n```", "    c\n");
}
