//! The privacy policy that this program was built with, and telling the user once when it says something new.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::Context;

use crate::paths::{self, Paths};
use crate::views::{self, View};
use crate::{Server, data};

/// `PRIVACY.md`, word for word.
pub(crate) const POLICY: &str = include_str!("../../PRIVACY.md");

/// The policy's version: the number after its first `Version `.
pub(crate) fn version() -> u32 {
    let after = POLICY.split_once("\nVersion ").map_or("", |(_, after)| after);
    let digits = after.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().unwrap_or_default()
}

/// Notes, at the user's first act in a session, which version held when they began, and closes to others what they can read
/// of Aside's files. Before that no file is made.
pub(crate) fn note(server: &Server) {
    if !server.policy_noted.swap(true, Ordering::Relaxed) {
        let paths = server.env.paths.clone();
        tokio::task::spawn_blocking(move || {
            if begin(&paths).is_err() {
                // The ledger tells that the disk can't be used; here nothing is lost but that news may be told again.
                tracing::debug!(
                    "the version of the privacy policy can't be noted, or a file not be closed to others"
                );
            }
        });
    }
}

fn begin(paths: &Paths) -> anyhow::Result<()> {
    let file = paths.policy();
    let noted = if file.exists() { Ok(()) } else { write(&file) };
    noted.and(data::close(paths))
}

fn write(file: &Path) -> anyhow::Result<()> {
    let text = format!("{}\n", version());
    paths::write_private(file, text.as_bytes()).with_context(|| format!("could not write {}", file.display()))
}

/// The version that the user knows; `None` where Aside was never used here.
fn known(paths: &Paths) -> Option<u32> {
    let text = paths::read_text(&paths.policy()).ok()?;
    Some(text.trim().parse().unwrap_or_default())
}

/// Whether the policy says something new since the user used Aside last. Asked before the session's first act.
pub(crate) fn has_news(paths: &Paths) -> bool {
    known(paths).is_some_and(|known| known < version())
}

/// Tells that there is news, once, with a button that opens the policy.
pub(crate) async fn announce(server: &Arc<Server>) {
    let paths = server.env.paths.clone();
    let noted = tokio::task::spawn_blocking(move || write(&paths.policy())).await;
    if !matches!(noted, Ok(Ok(()))) {
        tracing::debug!("the version of the privacy policy can't be noted, and is told again");
    }
    let message = format!("Aside: what PRIVACY.md says about your data has changed (version {}).", version());
    if server.client.ask(&message, OPEN).await {
        views::open(server, View::Privacy);
    }
}

/// The button.
const OPEN: &str = "Read it";

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(root: &Path) -> Paths {
        Paths { config: root.join("config"), data: root.join("data"), state: root.join("state") }
    }

    #[test]
    fn the_policy_has_a_version() {
        assert!(version() > 1);
    }

    #[cfg(unix)]
    #[test]
    fn what_others_can_read_is_closed_to_them_at_the_first_act() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let paths = paths(root.path());
        begin(&paths).unwrap();
        std::fs::create_dir_all(paths.crashes()).unwrap();
        std::fs::create_dir_all(&paths.config).unwrap();
        let report = paths.crashes().join("offered.txt");
        for file in [paths.policy(), paths.consent(), report.clone(), paths.settings()] {
            std::fs::write(&file, "1\n").unwrap();
            std::fs::set_permissions(&file, PermissionsExt::from_mode(0o666)).unwrap();
        }
        begin(&paths).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!([mode(&paths.policy()), mode(&paths.consent()), mode(&report)], [0o600; 3]);
        assert_eq!(mode(&paths.settings()), 0o666, "the user's own");
    }

    #[test]
    fn who_never_used_it_has_no_news_and_who_did_knows_the_version_of_then() {
        let root = tempfile::tempdir().unwrap();
        let paths = paths(root.path());
        assert_eq!(known(&paths), None);
        begin(&paths).unwrap();
        assert_eq!(known(&paths), Some(version()));
        std::fs::write(paths.policy(), "1\n").unwrap();
        begin(&paths).unwrap();
        assert_eq!(known(&paths), Some(1));
    }
}
