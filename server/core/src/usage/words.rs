//! Telemetry for a person: what waits, in words and as bytes, and the table of all that may ever be told.

use super::queue::{Report, Row};
use super::{
    Consent, Count, Editor, Event, Feature, Outcome, System, Took, name_of, otlp, otlp_path, problem_kinds,
};
use crate::config::Telemetry;
use std::fmt::Write;

/// How telemetry stands with this user, in this editor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing<'a> {
    pub settings: &'a Telemetry,
    pub do_not_track: bool,
    /// The consent is to what is told today.
    pub agreed: bool,
    pub consent: Consent,
}

impl Standing<'_> {
    /// One sentence each on usage and errors, and why.
    fn words(&self) -> String {
        let mut text = String::new();
        let categories = [
            ("Usage", "telemetry.usage", self.settings.usage, self.consent.usage),
            ("Errors", "telemetry.errors", self.settings.errors, self.consent.errors),
        ];
        for (name, setting, is_set, allowed) in categories {
            let why = match () {
                () if !is_set => format!("off: the setting `{setting}` is"),
                () if self.do_not_track => "off: the environment variable `DO_NOT_TRACK` is set".to_owned(),
                () if !self.agreed => "off until you agree to what may be told by now".to_owned(),
                () if !allowed => "off: your editor's own switch for telemetry doesn't allow it".to_owned(),
                () => format!("on: you set `{setting}`"),
            };
            let _ = writeln!(text, "- {name}: {why}.");
        }
        let to = match &self.settings.endpoint {
            Some(endpoint) => format!("your editor (`telemetry/event`), and {endpoint}"),
            None => {
                "your editor (`telemetry/event`), and nobody else: `telemetry.endpoint` is not set".to_owned()
            }
        };
        let _ = writeln!(text, "- A day that is over is told, when you next use Aside, to {to}.");
        text
    }
}

/// What waits, as a document. Without a standing (in a terminal, where no editor's settings are known) only that.
pub fn markdown(standing: Option<&Standing<'_>>, reports: &[Report]) -> String {
    let mut page = "# Telemetry\n\n".to_owned();
    if let Some(standing) = standing {
        page.push_str(&standing.words());
        page.push('\n');
    }
    if reports.is_empty() {
        page.push_str("Nothing waits to be told.\n");
        return page;
    }
    page.push_str("## What waits, in words\n");
    for report in reports {
        let Report { day, version, system, editor, events, .. } = report;
        let _ =
            writeln!(page, "\n{day} (UTC), Aside {version} in {}, on {}:\n", editor.name(), system.name());
        for Row { event, times } in events {
            let _ = writeln!(page, "- {}: {}", words(event), often(*times));
        }
    }
    page.push_str("\n## What waits, as bytes\n");
    let endpoint = standing.and_then(|standing| standing.settings.endpoint.as_deref());
    for report in reports {
        let told = serde_json::to_string(report).unwrap_or_default();
        let _ = write!(page, "\nTo the editor, as `telemetry/event`:\n\n```json\n{told}\n```\n");
        let to = match endpoint {
            Some(endpoint) => format!("`POST {endpoint}{}`", otlp_path(endpoint)),
            None => "an endpoint, if one were set".to_owned(),
        };
        let _ = write!(page, "\nTo {to}:\n\n```json\n{}\n```\n", otlp(report));
    }
    page
}

fn often(times: Count) -> &'static str {
    match times {
        Count::Once => "once",
        Count::Few => "2 to 5 times",
        Count::Some => "6 to 20 times",
        Count::Many => "21 to 100 times",
        Count::More => "over 100 times",
    }
}

fn words(event: &Event) -> String {
    match event {
        Event::Used { feature, outcome, took } => {
            format!("{} ({}) was {} after {}", called(*feature), feature.name(), outcome.name(), took.name())
        }
        Event::Failed { feature, problem } => {
            format!("{} ended with a problem of the kind `{}`", called(*feature), name_of(*problem))
        }
        Event::Panicked { place } => format!("a bug at {}", place.as_str()),
    }
}

fn called(feature: Feature) -> &'static str {
    match feature {
        Feature::Chat => "an answer in a chat",
        Feature::Page => "an answer in a Markdown page",
        Feature::Instruction => "an instruction",
        Feature::Action => "a code action",
    }
}

/// All that may be told, as the table of PRIVACY.md.
pub fn table() -> String {
    let list =
        |names: Vec<String>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let of = |names: &[&str]| list(names.iter().map(|name| (*name).to_owned()).collect());
    macro_rules! values {
        ($set:ident) => {
            of(&$set::ALL.iter().map(|value| value.name()).collect::<Vec<_>>())
        };
    }
    let feature = values!(Feature);
    let rows = [
        ("with each", "`schema`", "what this table is the version of: a number".to_owned()),
        ("with each", "`day`", "the day, UTC".to_owned()),
        ("with each", "`version`", "Aside's".to_owned()),
        ("with each", "`system`", values!(System)),
        ("with each", "`editor`", values!(Editor)),
        ("with each", "`times`", format!("how often that day: {}", values!(Count))),
        ("`used` (`telemetry.usage`)", "`feature`", feature.clone()),
        ("`used` (`telemetry.usage`)", "`outcome`", values!(Outcome)),
        ("`used` (`telemetry.usage`)", "`took`", values!(Took)),
        ("`failed` (`telemetry.errors`)", "`feature`", feature),
        ("`failed` (`telemetry.errors`)", "`problem`", list(problem_kinds())),
        ("`panicked` (`telemetry.errors`)", "`place`", "a file and line of Aside's own code".to_owned()),
    ];
    let mut table = "| event | field | what it can be |\n|---|---|---|\n".to_owned();
    for (event, field, values) in rows {
        let _ = writeln!(table, "| {event} | {field} | {values} |");
    }
    table
}
