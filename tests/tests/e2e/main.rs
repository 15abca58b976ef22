//! End to end: the real binary over stdio, a real editor's ways, and a model provider in the test's hand.

mod actions;
mod blocked;
mod chat;
mod connections;
mod contract;
mod disk;
mod faults;
mod formats;
mod hostile;
mod inline;
mod kept;
mod keys;
mod large;
mod ledger;
mod lenses;
mod life;
mod masking;
mod models;
mod pages;
mod preview;
mod problems;
mod queue;
mod settings;
mod support;
mod sync;
mod telemetry;
