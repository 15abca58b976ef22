use super::*;
use insta::assert_snapshot;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeSet;

const NOON: u64 = 1_795_694_400;
const NEXT_DAY: u64 = NOON + 24 * 60 * 60;

fn one(event: Event) -> Report {
    let mut queue = Queue::default();
    queue.add(NOON, version("0.1.0"), Editor::Neovim, event);
    queue.reports(System::Linux).remove(0)
}

fn both(event: Event) -> String {
    let report = one(event);
    format!("{}\n{}", serde_json::to_string(&report).unwrap(), otlp(&report))
}

#[test]
fn a_use_holds_the_feature_its_end_and_buckets() {
    let used = Event::Used { feature: Feature::Chat, outcome: Outcome::Done, took: Took::Seconds };
    assert_snapshot!(both(used), @r#"
    {"schema":1,"day":"2026-11-26","version":"0.1.0","system":"linux","editor":"neovim","events":[{"event":"used","feature":"chat","outcome":"done","took":"1 to 5 s","times":"1"}]}
    {"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"aside"}},{"key":"service.version","value":{"stringValue":"0.1.0"}},{"key":"os.type","value":{"stringValue":"linux"}},{"key":"aside.editor","value":{"stringValue":"neovim"}},{"key":"aside.schema","value":{"stringValue":"1"}}]},"scopeMetrics":[{"metrics":[{"name":"aside.used","sum":{"aggregationTemporality":1,"dataPoints":[{"asInt":"1","attributes":[{"key":"feature","value":{"stringValue":"chat"}},{"key":"outcome","value":{"stringValue":"done"}},{"key":"took","value":{"stringValue":"1 to 5 s"}},{"key":"times","value":{"stringValue":"1"}}],"startTimeUnixNano":"1795651200000000000","timeUnixNano":"1795737600000000000"}],"isMonotonic":true},"unit":"{day}"}],"scope":{"name":"aside"}}]}]}
    "#);
}

#[test]
fn a_failure_holds_the_feature_and_the_kind_of_problem() {
    assert_snapshot!(both(Event::Failed { feature: Feature::Action, problem: ProblemKind::RateLimited }), @r#"
    {"schema":1,"day":"2026-11-26","version":"0.1.0","system":"linux","editor":"neovim","events":[{"event":"failed","feature":"action","problem":"rateLimited","times":"1"}]}
    {"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"aside"}},{"key":"service.version","value":{"stringValue":"0.1.0"}},{"key":"os.type","value":{"stringValue":"linux"}},{"key":"aside.editor","value":{"stringValue":"neovim"}},{"key":"aside.schema","value":{"stringValue":"1"}}]},"scopeMetrics":[{"metrics":[{"name":"aside.failed","sum":{"aggregationTemporality":1,"dataPoints":[{"asInt":"1","attributes":[{"key":"feature","value":{"stringValue":"action"}},{"key":"problem","value":{"stringValue":"rateLimited"}},{"key":"times","value":{"stringValue":"1"}}],"startTimeUnixNano":"1795651200000000000","timeUnixNano":"1795737600000000000"}],"isMonotonic":true},"unit":"{day}"}],"scope":{"name":"aside"}}]}]}
    "#);
}

#[test]
fn a_bug_holds_its_place_in_our_own_code() {
    let place = Place::parse("server/src/chat.rs:12").unwrap();
    assert_snapshot!(both(Event::Panicked { place }), @r#"
    {"schema":1,"day":"2026-11-26","version":"0.1.0","system":"linux","editor":"neovim","events":[{"event":"panicked","place":"server/src/chat.rs:12","times":"1"}]}
    {"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"aside"}},{"key":"service.version","value":{"stringValue":"0.1.0"}},{"key":"os.type","value":{"stringValue":"linux"}},{"key":"aside.editor","value":{"stringValue":"neovim"}},{"key":"aside.schema","value":{"stringValue":"1"}}]},"scopeMetrics":[{"metrics":[{"name":"aside.panicked","sum":{"aggregationTemporality":1,"dataPoints":[{"asInt":"1","attributes":[{"key":"place","value":{"stringValue":"server/src/chat.rs:12"}},{"key":"times","value":{"stringValue":"1"}}],"startTimeUnixNano":"1795651200000000000","timeUnixNano":"1795737600000000000"}],"isMonotonic":true},"unit":"{day}"}],"scope":{"name":"aside"}}]}]}
    "#);
}

#[test]
fn only_a_line_of_our_own_code_is_a_place() {
    for ours in ["server/src/chat.rs:12", "server/core/src/provider/demo/code.rs:1", "server/src/own.rs:9999"]
    {
        assert_eq!(Place::parse(ours).unwrap().as_str(), ours);
    }
    for other in [
        "/home/me/server/src/chat.rs:12",
        "server/src/../../secret.rs:1",
        "server/src/chat.rs",
        "server/src/chat.rs:",
        "server/src/chat.rs:12:5",
        "server/src/chat.rs:123456",
        "server/src/My Secret.rs:1",
        "server/src/a/b/c/d/e.rs:1",
        "server/src//chat.rs:1",
        "url-2.5.8/src/lib.rs:3",
        "an unknown place",
        "",
    ] {
        assert_eq!(Place::parse(other), None, "{other}");
        assert!(serde_json::from_value::<Place>(other.into()).is_err());
    }
}

#[test]
fn consent_takes_the_setting_and_the_editor_and_no_objection() {
    let on = Telemetry { usage: true, errors: true, endpoint: None };
    let whole = Consent { usage: true, errors: true };
    let errors = Consent { usage: false, errors: true };
    let none = Consent::default();
    for (told, allowed) in [
        (None, whole),
        (Some("all"), whole),
        (Some("error"), errors),
        (Some("crash"), none),
        (Some("off"), none),
        (Some("ALL"), none),
        (Some(""), none),
    ] {
        let level = Level::read(told.map(Value::from).as_ref());
        assert_eq!(switched(&on, level, false), allowed, "{told:?}");
        assert_eq!(switched(&on, level, true), none, "{told:?} with DO_NOT_TRACK");
        assert_eq!(switched(&Telemetry::default(), level, false), none, "{told:?} with the settings off");
        let usage = Telemetry { usage: true, ..Telemetry::default() };
        assert_eq!(
            switched(&usage, level, false),
            Consent { usage: allowed.usage, errors: false },
            "{told:?}: one setting is no consent to the other"
        );
    }
    for broken in [Value::Null, Value::Bool(true), serde_json::json!({"level": "all"})] {
        assert_eq!(Level::read(Some(&broken)), Level::Off, "{broken}");
    }
}

#[test]
fn consent_to_less_is_no_consent_to_more() {
    assert!(is_agreed(None) && is_agreed(Some(&format!("{SCHEMA}\n"))) && is_agreed(Some("99")));
    for other in [(SCHEMA - 1).to_string().as_str(), "", "yes", "-1", "1.5"] {
        assert!(!is_agreed(Some(other)), "{other}");
    }
}

#[test]
fn a_day_is_told_once_it_is_over_and_then_it_is_gone() {
    let mut queue = Queue::default();
    let used = |outcome| Event::Used { feature: Feature::Chat, outcome, took: Took::Moment };
    for outcome in [Outcome::Stopped, Outcome::Done, Outcome::Done] {
        queue.add(NOON, (0, 1, 0), Editor::VsCode, used(outcome));
    }
    assert_eq!(queue.take_finished(NOON + 60), []);
    queue.add(NEXT_DAY, (0, 1, 0), Editor::VsCode, used(Outcome::Done));
    let finished = queue.take_finished(NEXT_DAY);
    assert_eq!(finished.len(), 1);
    let told = serde_json::to_value(finished[0].report(System::Mac)).unwrap();
    assert_eq!((&told["day"], &told["events"][0]["times"]), (&"2026-11-26".into(), &"2 to 5".into()));
    assert_eq!(queue.take_finished(NEXT_DAY), []);
    assert_eq!(queue.reports(System::Mac).len(), 1);
    // The clock was a year ahead, and is right again.
    queue.add(NOON + 365 * 86_400, (0, 1, 0), Editor::VsCode, used(Outcome::Done));
    assert_eq!(queue.take_finished(NEXT_DAY).len(), 1);
    for day in 0..40 {
        let mut other = Queue::default();
        other.add(day * 86_400, (0, 1, 0), Editor::VsCode, used(Outcome::Done));
        queue.put_back(other.take_finished(NOON).remove(0));
    }
    assert_eq!(queue.reports(System::Mac).len(), 30);
}

#[test]
fn the_order_of_a_days_events_is_not_kept() {
    let events = [
        Event::Used { feature: Feature::Page, outcome: Outcome::Done, took: Took::Moment },
        Event::Used { feature: Feature::Chat, outcome: Outcome::Done, took: Took::Moment },
        Event::Failed { feature: Feature::Chat, problem: ProblemKind::NoKey },
    ];
    let told = |events: Vec<Event>| {
        let mut queue = Queue::default();
        events.into_iter().for_each(|event| queue.add(NOON, (0, 1, 0), Editor::Helix, event));
        serde_json::to_string(&queue).unwrap()
    };
    let backwards: Vec<Event> = events.iter().rev().cloned().collect();
    assert_eq!(told(events.to_vec()), told(backwards));
}

#[test]
fn a_withdrawn_category_is_forgotten_and_the_other_stays() {
    let mut queue = Queue::default();
    queue.add(
        NOON,
        (0, 1, 0),
        Editor::Other,
        Event::Failed { feature: Feature::Chat, problem: ProblemKind::NoKey },
    );
    queue.retain(Consent { usage: false, errors: true });
    assert!(!queue.is_empty());
    queue.retain(Consent { usage: true, errors: false });
    assert!(queue.is_empty());
}

#[test]
fn what_was_kept_is_read_again_and_what_is_broken_is_nothing() {
    let mut queue = Queue::default();
    let place = Place::parse("server/src/chat.rs:12").unwrap();
    queue.add(NOON, version("1.2.3-beta"), Editor::Kate, Event::Panicked { place });
    let text = serde_json::to_string(&queue).unwrap();
    assert_eq!(Queue::read(&text), queue);
    assert_eq!(Queue::read(&text.replace("server/src", "/home/me")), Queue::default());
    assert_eq!(Queue::read("{"), Queue::default());
}

#[test]
fn the_path_is_added_to_an_endpoint_that_does_not_name_it() {
    assert_eq!(otlp_path("http://localhost:4318"), "/v1/metrics");
    assert_eq!(otlp_path("http://localhost:4318/otel"), "/v1/metrics");
    assert_eq!(otlp_path("https://otel.example/v1/metrics"), "");
}

#[test]
fn an_editor_is_known_by_its_family() {
    for (name, editor) in [
        ("Visual Studio Code - Insiders", Editor::VsCode),
        ("VSCodium", Editor::VsCode),
        ("Neovim", Editor::Neovim),
        ("Eglot", Editor::Emacs),
        ("helix", Editor::Helix),
        ("My Secret Editor", Editor::Other),
        ("", Editor::Other),
    ] {
        assert_eq!(Editor::of(name), editor, "{name}");
    }
}

#[test]
fn the_document_says_what_waits_and_why_nothing_else_does() {
    let settings =
        Telemetry { usage: true, errors: false, endpoint: Some("http://localhost:4318".to_owned()) };
    let consent = switched(&settings, Level::All, false);
    let standing = Standing { settings: &settings, do_not_track: false, agreed: true, consent };
    let report = one(Event::Used { feature: Feature::Page, outcome: Outcome::Stopped, took: Took::Longer });
    let page = markdown(Some(&standing), &[report]);
    assert_snapshot!(page.split("\n## What waits, as bytes").next().unwrap(), @r#"
    # Telemetry

    - Usage: on: you set `telemetry.usage`.
    - Errors: off: the setting `telemetry.errors` is.
    - A day that is over is told, when you next use Aside, to your editor (`telemetry/event`), and http://localhost:4318.

    ## What waits, in words

    2026-11-26 (UTC), Aside 0.1.0 in neovim, on linux:

    - an answer in a Markdown page (page) was stopped after over 60 s: once
    "#);
    assert!(page.contains("`POST http://localhost:4318/v1/metrics`"), "{page}");
    let forbidden = Standing { do_not_track: true, consent: Consent::default(), ..standing };
    assert!(
        markdown(Some(&forbidden), &[])
            .contains("Usage: off: the environment variable `DO_NOT_TRACK` is set.")
    );
    let older = Standing { agreed: false, consent: Consent::default(), ..standing };
    assert!(markdown(Some(&older), &[]).contains("Usage: off until you agree"));
}

/// Where this changes so that more may be told, `SCHEMA` is one more, or nobody is asked for it.
#[test]
fn what_the_consent_of_this_schema_is_for() {
    assert_snapshot!(format!("schema {SCHEMA}\n{}", table()), @r"
    schema 1
    | event | field | what it can be |
    |---|---|---|
    | with each | `schema` | what this table is the version of: a number |
    | with each | `day` | the day, UTC |
    | with each | `version` | Aside's |
    | with each | `system` | `linux`, `darwin`, `windows`, `other` |
    | with each | `editor` | `vscode`, `neovim`, `vim`, `emacs`, `helix`, `kate`, `zed`, `sublime`, `other` |
    | with each | `times` | how often that day: `1`, `2 to 5`, `6 to 20`, `21 to 100`, `over 100` |
    | `used` (`telemetry.usage`) | `feature` | `chat`, `page`, `instruction`, `action` |
    | `used` (`telemetry.usage`) | `outcome` | `done`, `failed`, `stopped` |
    | `used` (`telemetry.usage`) | `took` | `under 1 s`, `1 to 5 s`, `5 to 20 s`, `20 to 60 s`, `over 60 s` |
    | `failed` (`telemetry.errors`) | `feature` | `chat`, `page`, `instruction`, `action` |
    | `failed` (`telemetry.errors`) | `problem` | `noKey`, `keyRefused`, `unknownModel`, `rateLimited`, `overloaded`, `promptTooLong`, `network`, `certificate`, `streamEndedEarly`, `provider`, `declined`, `emptyAnswer`, `elided`, `conflict`, `misapplied`, `blocked`, `setting`, `keyring`, `notFound`, `internal` |
    | `panicked` (`telemetry.errors`) | `place` | a file and line of Aside's own code |
    ");
}

/// Every text in the bytes is one of those, or a number.
fn listed() -> BTreeSet<String> {
    let mut names: BTreeSet<String> = problem_kinds().into_iter().collect();
    assert!(names.len() > 15 && names.contains("noKey"), "{names:?}");
    names.extend(Feature::ALL.iter().map(|it| it.name().to_owned()));
    names.extend(Outcome::ALL.iter().map(|it| it.name().to_owned()));
    names.extend(Took::ALL.iter().map(|it| it.name().to_owned()));
    names.extend(Count::ALL.iter().map(|it| it.name().to_owned()));
    names.extend(System::ALL.iter().map(|it| it.name().to_owned()));
    names.extend(Editor::ALL.iter().map(|it| it.name().to_owned()));
    let ours = [
        "event",
        "used",
        "failed",
        "panicked",
        "feature",
        "outcome",
        "took",
        "times",
        "problem",
        "place",
        "schema",
        "day",
        "version",
        "system",
        "editor",
        "events",
        "resourceMetrics",
        "resource",
        "attributes",
        "key",
        "value",
        "stringValue",
        "scopeMetrics",
        "scope",
        "name",
        "metrics",
        "unit",
        "sum",
        "aggregationTemporality",
        "isMonotonic",
        "dataPoints",
        "asInt",
        "startTimeUnixNano",
        "timeUnixNano",
        "aside",
        "aside.used",
        "aside.failed",
        "aside.panicked",
        "service.name",
        "service.version",
        "os.type",
        "aside.editor",
        "aside.schema",
        "{day}",
        "0.1.0",
        "2026-11-26",
    ];
    names.extend(ours.map(str::to_owned));
    names
}

fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            found.push(name.clone());
            texts(value, found);
        }),
    }
}

fn events() -> impl Strategy<Value = Event> {
    let problem: Vec<ProblemKind> =
        problem_kinds().into_iter().map(|name| serde_json::from_value(name.into()).unwrap()).collect();
    let place = "(server/src|server/core/src|/home/me|~)/[a-z]{1,9}\\.(rs|py):[0-9]{1,5}";
    prop_oneof![
        (select(Feature::ALL), select(Outcome::ALL), 0.0..1e6)
            .prop_map(|(feature, outcome, took)| Event::Used { feature, outcome, took: Took::of(took) }),
        (select(Feature::ALL), select(problem))
            .prop_map(|(feature, problem)| Event::Failed { feature, problem }),
        place.prop_filter_map("not ours", |place| Some(Event::Panicked { place: Place::parse(&place)? })),
    ]
}

#[test]
fn only_what_is_listed_is_ever_in_the_bytes() {
    let some = proptest::collection::vec(events(), 0..60);
    proptest!(|(events in some, editor in ".{0,20}", os in ".{0,20}")| {
        let mut queue = Queue::default();
        for event in events {
            queue.add(NOON, version("0.1.0"), Editor::of(&editor), event);
        }
        let listed = listed();
        for report in queue.reports(System::of(&os)) {
            let mut found = Vec::new();
            texts(&serde_json::to_value(&report).unwrap(), &mut found);
            texts(&otlp(&report), &mut found);
            for text in found {
                let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
                prop_assert!(listed.contains(&text) || is_number || Place::parse(&text).is_some(), "{}", text);
            }
        }
    });
}

proptest! {
    #[test]
    fn a_count_and_a_duration_are_never_finer_than_their_buckets(times in 1_u64.., seconds in 0.0..1e9) {
        prop_assert!(Count::ALL.contains(&Count::of(times)) && Took::ALL.contains(&Took::of(seconds)));
    }
}
