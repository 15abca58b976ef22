//! A day's totals, until they are told. Nothing finer than a day is kept, nor the order in which things happened.

use super::{Consent, Count, Editor, Event, SCHEMA, System};
use serde::{Deserialize, Serialize};

/// So many days wait for an endpoint that can't be reached; the oldest go.
const MOST_DAYS: usize = 30;
/// So many different events are counted in a day.
const MOST_EVENTS: usize = 500;
const SECONDS: u64 = 24 * 60 * 60;

/// What waits to be told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    days: Vec<Day>,
}

/// What one version counted in one family of editors on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Day {
    /// Days since 1970, UTC.
    day: u64,
    version: (u16, u16, u16),
    editor: Editor,
    /// The editor was told, the endpoint was not.
    #[serde(default)]
    pub told: bool,
    counts: Vec<Counted>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Counted {
    #[serde(flatten)]
    event: Event,
    times: u64,
}

impl Queue {
    /// Reads what was kept; what can't be read is nothing.
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// Counts an event of this second since 1970.
    pub fn add(&mut self, now: u64, version: (u16, u16, u16), editor: Editor, event: Event) {
        let day = now / SECONDS;
        let is_here = |it: &Day| it.day == day && it.version == version && it.editor == editor && !it.told;
        let found = match self.days.iter_mut().position(|it| is_here(it)) {
            Some(at) => self.days.get_mut(at),
            None => {
                self.days.push(Day { day, version, editor, told: false, counts: Vec::new() });
                self.days.last_mut()
            }
        };
        let Some(found) = found else { return };
        let is_full = found.counts.len() >= MOST_EVENTS;
        match found.counts.iter_mut().find(|counted| counted.event == event) {
            Some(counted) => counted.times = counted.times.saturating_add(1),
            None if is_full => {}
            None => found.counts.push(Counted { event, times: 1 }),
        }
        // The order of the day's first times is nobody's business.
        found.counts.sort_by_cached_key(|counted| serde_json::to_string(counted).unwrap_or_default());
    }

    /// Takes out the days that are over. A day is told once, whatever becomes of it. One of a clock that went wrong, which
    /// is yet to come, would wait for long.
    pub fn take_finished(&mut self, now: u64) -> Vec<Day> {
        let today = now / SECONDS;
        let is_over = |day: &Day| day.day < today || day.day > today + 1;
        let (finished, going_on) = self.days.drain(..).partition(is_over);
        self.days = going_on;
        finished
    }

    /// Keeps a day that could not be told.
    pub fn put_back(&mut self, day: Day) {
        self.days.push(day);
        self.days.sort_by_key(|day| day.day);
        let too_many = self.days.len().saturating_sub(MOST_DAYS);
        self.days.drain(..too_many);
    }

    /// Forgets what the user doesn't consent to.
    pub fn retain(&mut self, consent: Consent) {
        self.days.iter_mut().for_each(|day| day.retain(consent));
        self.days.retain(|day| !day.counts.is_empty());
    }

    /// What would be told of each day, the oldest first.
    pub fn reports(&self, system: System) -> Vec<Report> {
        self.days.iter().map(|day| day.report(system)).collect()
    }
}

impl Day {
    /// Forgets what the user doesn't consent to.
    pub fn retain(&mut self, consent: Consent) {
        self.counts.retain(|counted| consent.allows(&counted.event));
    }

    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// What is told of it.
    pub fn report(&self, system: System) -> Report {
        let (major, minor, patch) = self.version;
        let row = |counted: &Counted| Row { event: counted.event.clone(), times: Count::of(counted.times) };
        Report {
            schema: SCHEMA,
            day: crate::ledger::day(self.day.saturating_mul(SECONDS)),
            version: format!("{major}.{minor}.{patch}"),
            system,
            editor: self.editor,
            events: self.counts.iter().map(row).collect(),
            begins: self.day,
        }
    }
}

/// What is told of a day: as it stands to the editor, as metrics to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub(super) schema: u32,
    /// `2026-11-26`, UTC.
    pub(super) day: String,
    pub(super) version: String,
    pub(super) system: System,
    pub(super) editor: Editor,
    pub(super) events: Vec<Row>,
    /// The day again, as days since 1970.
    #[serde(skip)]
    pub(super) begins: u64,
}

/// An event, and how often it happened that day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Row {
    #[serde(flatten)]
    pub(super) event: Event,
    pub(super) times: Count,
}

/// `0.12.3` as numbers, whatever stands behind them.
pub fn version(text: &str) -> (u16, u16, u16) {
    let mut parts = text.split(['.', '-', '+']).map(|part| part.parse().unwrap_or_default());
    let mut next = || parts.next().unwrap_or_default();
    (next(), next(), next())
}
