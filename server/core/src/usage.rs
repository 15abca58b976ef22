//! What may be told with the user's consent, and with nothing less: a closed set of events made of numbers and of the
//! values named here. No text of the user's, no path, host, model or name can be put into one.
//!
//! Each variant is a row of PRIVACY.md, which follows [`table`]. Whoever lets an event hold more raises [`SCHEMA`].

mod otlp;
mod queue;
mod words;

pub use otlp::{otlp, otlp_path};
pub use queue::{Day, Queue, Report, version};
pub use words::{Standing, markdown, table};

use crate::config::Telemetry;
use crate::ledger;
use crate::problem::ProblemKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a consent is for. Where an event may hold more than before, this is one more, and consent is asked again.
pub const SCHEMA: u32 = 1;

/// A closed set of values, each with its name on the wire.
macro_rules! closed {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {
            $(#[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// Every value.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// As it is told.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

closed!(
    /// What was used.
    Feature {
        Chat = "chat",
        Page = "page",
        Instruction = "instruction",
        Action = "action",
    }
);

closed!(
    /// How it ended.
    Outcome {
        Done = "done",
        Failed = "failed",
        Stopped = "stopped",
    }
);

closed!(
    /// How long it took, in seconds.
    Took {
        Moment = "under 1 s",
        Seconds = "1 to 5 s",
        While = "5 to 20 s",
        Minute = "20 to 60 s",
        Longer = "over 60 s",
    }
);

closed!(
    /// How often in a day.
    Count {
        Once = "1",
        Few = "2 to 5",
        Some = "6 to 20",
        Many = "21 to 100",
        More = "over 100",
    }
);

closed!(
    /// The operating system's family, as OpenTelemetry names it (semantic conventions, `os.type`).
    System {
        Linux = "linux",
        Mac = "darwin",
        Windows = "windows",
        Other = "other",
    }
);

closed!(
    /// The editor's family.
    Editor {
        VsCode = "vscode",
        Neovim = "neovim",
        Vim = "vim",
        Emacs = "emacs",
        Helix = "helix",
        Kate = "kate",
        Zed = "zed",
        Sublime = "sublime",
        Other = "other",
    }
);

impl Default for Editor {
    /// One that says no name.
    fn default() -> Self {
        Self::of("")
    }
}

/// Something that happened, in the only words it may be told in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "event")]
pub enum Event {
    /// A feature came to its end.
    Used { feature: Feature, outcome: Outcome, took: Took },
    /// A feature ended with a problem of this kind.
    Failed { feature: Feature, problem: ProblemKind },
    /// A bug was met at this place of Aside's own code.
    Panicked { place: Place },
}

/// A line of Aside's own source files.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Place(String);

impl Place {
    /// Reads `server/src/chat.rs:12`. `None` for whatever is not of that shape: a path of a machine never is.
    pub fn parse(text: &str) -> Option<Self> {
        let (file, line) = text.rsplit_once(".rs:")?;
        let inside =
            ["server/src/", "server/core/src/"].iter().find_map(|folder| file.strip_prefix(folder))?;
        let is_word = |word: &str| {
            (1..=24).contains(&word.len())
                && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        let is_line = (1..=4).contains(&line.len()) && line.bytes().all(|byte| byte.is_ascii_digit());
        let is_ours = inside.split('/').count() <= 4 && inside.split('/').all(is_word) && is_line;
        is_ours.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Place {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("no place of Aside's own code")
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.0
    }
}

impl Feature {
    /// The feature that a request is made for; `None` for what isn't counted.
    pub fn of(feature: ledger::Feature) -> Option<Self> {
        match feature {
            ledger::Feature::Chat => Some(Self::Chat),
            ledger::Feature::Instruction => Some(Self::Instruction),
            ledger::Feature::Action => Some(Self::Action),
            ledger::Feature::Models
            | ledger::Feature::KeyCheck
            | ledger::Feature::Doctor
            | ledger::Feature::Warming
            | ledger::Feature::Telemetry => None,
        }
    }
}

impl Took {
    pub fn of(seconds: f64) -> Self {
        match seconds {
            s if s < 1.0 => Self::Moment,
            s if s < 5.0 => Self::Seconds,
            s if s < 20.0 => Self::While,
            s if s < 60.0 => Self::Minute,
            _ => Self::Longer,
        }
    }
}

impl Count {
    pub fn of(times: u64) -> Self {
        match times {
            0..=1 => Self::Once,
            2..=5 => Self::Few,
            6..=20 => Self::Some,
            21..=100 => Self::Many,
            101.. => Self::More,
        }
    }
}

impl System {
    /// The family of what Rust calls the system.
    pub fn of(os: &str) -> Self {
        match os {
            "linux" => Self::Linux,
            "macos" => Self::Mac,
            "windows" => Self::Windows,
            _ => Self::Other,
        }
    }
}

impl Editor {
    /// The family of the editor that calls itself so (LSP 3.17, `clientInfo.name`).
    pub fn of(name: &str) -> Self {
        const NAMES: &[(&str, Editor)] = &[
            ("visual studio code", Editor::VsCode),
            ("vscod", Editor::VsCode),
            ("code-server", Editor::VsCode),
            ("neovim", Editor::Neovim),
            ("vim", Editor::Vim),
            ("eglot", Editor::Emacs),
            ("emacs", Editor::Emacs),
            ("helix", Editor::Helix),
            ("kate", Editor::Kate),
            ("zed", Editor::Zed),
            ("sublime", Editor::Sublime),
        ];
        let name = name.to_lowercase();
        NAMES.iter().find(|(part, _)| name.contains(part)).map_or(Self::Other, |(_, editor)| *editor)
    }
}

/// What the editor's own switch allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Level {
    /// The editor has no such switch: the settings alone decide.
    #[default]
    NoSwitch,
    All,
    Errors,
    Off,
}

impl Level {
    /// Reads what an editor says of its switch. What isn't known, VS Code's `crash` too, allows nothing.
    pub fn read(told: Option<&Value>) -> Self {
        match told.map(Value::as_str) {
            None => Self::NoSwitch,
            Some(Some("all")) => Self::All,
            Some(Some("error")) => Self::Errors,
            Some(_) => Self::Off,
        }
    }
}

/// What may be counted and told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Consent {
    pub usage: bool,
    pub errors: bool,
}

impl Consent {
    pub fn is_none(self) -> bool {
        !self.usage && !self.errors
    }

    pub fn is_whole(self) -> bool {
        self.usage && self.errors
    }

    pub fn allows(self, event: &Event) -> bool {
        match event {
            Event::Used { .. } => self.usage,
            Event::Failed { .. } | Event::Panicked { .. } => self.errors,
        }
    }
}

/// What the switches allow: the user's settings, the editor's own switch, and `DO_NOT_TRACK`.
pub fn switched(settings: &Telemetry, level: Level, do_not_track: bool) -> Consent {
    let (usage, errors) = match level {
        Level::NoSwitch | Level::All => (true, true),
        Level::Errors => (false, true),
        Level::Off => (false, false),
    };
    Consent {
        usage: settings.usage && usage && !do_not_track,
        errors: settings.errors && errors && !do_not_track,
    }
}

/// Whether the user's consent is to what is told today. `agreed` is the note of what it was for; without one the switch
/// itself is the consent, and the note is made. One that can't be read is no consent.
pub fn is_agreed(agreed: Option<&str>) -> bool {
    agreed.is_none_or(|agreed| agreed.trim().parse::<u32>().is_ok_and(|schema| schema >= SCHEMA))
}

/// A problem's kind as it is told.
fn name_of(kind: ProblemKind) -> String {
    serde_json::to_value(kind).ok().and_then(|name| Some(name.as_str()?.to_owned())).unwrap_or_default()
}

/// Every kind of problem, as it is told.
fn problem_kinds() -> Vec<String> {
    let schema = schemars::schema_for!(ProblemKind);
    let kinds = schema.as_value().pointer("/oneOf").and_then(Value::as_array);
    let name = |kind: &Value| Some(kind.get("const")?.as_str()?.to_owned());
    kinds.into_iter().flatten().filter_map(name).collect()
}

#[cfg(test)]
mod tests;
