//! The pure core of Aside: what it knows and decides, without a clock, a file, a network, a task or an LSP type.

pub mod config;
pub mod position;
pub mod problem;
pub mod provider;
pub mod retry;
pub mod sse;
