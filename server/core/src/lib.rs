//! The pure core of Aside: what it knows and decides, without a clock, a file, a network, a task or an LSP type.

pub mod actions;
pub mod applied;
#[cfg(test)]
mod cases;
pub mod config;
pub mod context;
pub mod conversation;
pub mod counted;
pub mod diff;
pub mod document;
mod file_name;
pub mod ledger;
pub mod line;
pub mod mentions;
pub mod merge;
pub mod page;
pub mod plain;
pub mod position;
pub mod problem;
pub mod prompt;
pub mod proposal;
pub mod provider;
pub mod rebase;
pub mod redact;
pub mod repeated;
pub mod reply;
pub mod retry;
pub mod sse;
pub mod usage;
