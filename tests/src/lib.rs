//! End-to-end tests: an LSP client, a scripted model provider, and checks of the repository itself.
//!
//! The tests of the server are in `tests/e2e/`; they drive the real binary with [`TestEditor`] and [`FakeModel`].

pub mod broken;
pub mod editor;
pub mod fuzzing;
#[cfg(test)]
mod generated;
pub mod model;
#[cfg(test)]
mod secrets;
pub mod socks;
#[cfg(test)]
mod tidy;
pub mod tls;
pub mod vscode;

pub use editor::{Setup, TestEditor};
pub use model::{Exchange, FakeModel};

use std::time::Duration;

/// The longest that anything is waited for. Long, since the machine may be busy; a test that works never gets near it.
pub const LIMIT: Duration = Duration::from_secs(30);
