//! The ledger: what left this machine, when, to whom, for which act of the user's. It holds no content and no path.
//!
//! Records are only ever added. A line is `HASH JSON`; the hash covers the line before it as well, so that a line that
//! was changed or taken out shows. Here is what a line is and what it means; the shell keeps the files.

mod chain;
mod day;
mod read;
mod table;

pub use chain::Hash;
pub use day::{day, moment, second, since};
pub use read::{Entry, Fault, Reading, Segment, read, read_to, tail};
pub use table::{line, markdown};

use crate::config;
use crate::position;
use crate::problem::ProblemKind;
use serde::{Deserialize, Serialize};

/// What a request was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Feature {
    /// A chat's turn.
    Chat,
    /// An instruction on a selection.
    Instruction,
    /// A code action.
    Action,
    /// A provider's list of models.
    Models,
    /// `aside key check`.
    KeyCheck,
    /// `aside doctor`.
    Doctor,
    /// A connection opened while the user writes a question, which holds none of it.
    Warming,
    /// What the user consented to tell.
    Telemetry,
}

impl Feature {
    /// The feature whose model is asked, where one is.
    pub fn of_model(self) -> Option<config::Feature> {
        match self {
            Self::Chat => Some(config::Feature::Chat),
            Self::Instruction => Some(config::Feature::Inline),
            Self::Action => Some(config::Feature::Actions),
            Self::Models | Self::KeyCheck | Self::Doctor | Self::Warming | Self::Telemetry => None,
        }
    }

    /// For a person.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Instruction => "instruction",
            Self::Action => "code action",
            Self::Models => "list of models",
            Self::KeyCheck => "key check",
            Self::Doctor => "doctor",
            Self::Warming => "warming",
            Self::Telemetry => "telemetry",
        }
    }
}

impl From<config::Feature> for Feature {
    fn from(feature: config::Feature) -> Self {
        match feature {
            config::Feature::Chat => Self::Chat,
            config::Feature::Inline => Self::Instruction,
            config::Feature::Actions => Self::Action,
        }
    }
}

/// Something that went along: a file or a part of it by its name, without its path and its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// As it was shown to the user: `selection main.rs:3-9`.
    pub label: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub range: Option<position::Range>,
}

/// The user's act that a request is made for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Act {
    pub feature: Feature,
    /// The model's name as the provider knows it; empty where none is asked.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub model: String,
    /// What goes along.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub items: Vec<Item>,
    /// So many secrets were masked in it.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub masked: u64,
}

impl Act {
    /// An act that sends nothing of the user's.
    pub fn bare(feature: Feature) -> Self {
        Self { feature, model: String::new(), items: Vec::new(), masked: 0 }
    }
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A request, written before it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sent {
    /// The request's name; its end carries the same.
    pub id: String,
    /// Seconds since 1970, UTC.
    pub time: u64,
    /// `https://api.example.com`.
    pub origin: String,
    pub provider: String,
    #[serde(flatten)]
    pub act: Act,
    /// Bytes of the request's body.
    pub bytes_out: u64,
    /// Where the key came from; `None` if none was sent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<String>,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "outcome")]
pub enum Outcome {
    /// The answer came to its end.
    Answered { status: u16 },
    /// The provider answered with an error.
    Refused { status: u16 },
    /// No answer, or it broke off.
    Failed { cause: ProblemKind },
    /// The connection was closed before the answer's end: the user stopped it, or it was of no use.
    Stopped,
}

/// A request's end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ended {
    pub id: String,
    pub time: u64,
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Bytes of the answer's body.
    pub bytes_in: u64,
    /// From before connecting to the end.
    pub milliseconds: u64,
}

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub max_age_days: u64,
    pub max_megabytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_age_days: 90, max_megabytes: 16 }
    }
}

impl Limits {
    pub fn bytes(self) -> u64 {
        self.max_megabytes.saturating_mul(1 << 20)
    }

    pub fn seconds(self) -> u64 {
        self.max_age_days.saturating_mul(24 * 60 * 60)
    }
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Record {
    /// The first line of a file: the hash of the line before it, which may be in a file that is gone by its age.
    Begin {
        time: u64,
        previous: Hash,
    },
    Sent(Sent),
    Ended(Ended),
    /// Something is missing here: bytes of a line that was cut by a crash, records that could not be written.
    Gap {
        time: u64,
        bytes: u64,
        records: u64,
    },
}

#[cfg(test)]
mod tests;
