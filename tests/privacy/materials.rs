//! `cargo deny` on what the program is made of: the licences, the sources, who may use a crate that can connect, and who
//! has a build script. `.deny.toml` has the lists. Nothing is asked of a network.

use std::path::Path;
use std::process::Command;

/// What `cargo deny` says of the program by this configuration; whether it has nothing to say against it, a warning included.
fn deny(config: &str) -> (bool, String) {
    let program = std::env::var("ASIDE_TEST_CARGO_DENY")
        .expect("`tests/run privacy` installs `cargo deny` and names it");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
    let file = tempfile::NamedTempFile::with_suffix(".toml").expect("a file");
    std::fs::write(file.path(), config).expect("it can be written");
    let run = Command::new(program)
        .args(["--offline", "--locked", "--color", "never", "--config"])
        .arg(file.path())
        .args(["--manifest-path", "server/Cargo.toml", "check", "-D", "warnings"])
        .args(["bans", "licenses", "sources"])
        .current_dir(root)
        .output()
        .expect("it runs");
    (run.status.success(), String::from_utf8_lossy(&[run.stdout, run.stderr].concat()).into_owned())
}

fn config() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
    std::fs::read_to_string(root.join(".deny.toml")).expect("the lists")
}

/// The configuration with this taken out of it, and what has to be said against the program then.
#[track_caller]
fn check(out: &str, said: &str) {
    let config = config();
    assert!(config.contains(out), "{out}");
    let (passes, told) = deny(&config.replacen(out, "", 1));
    assert!(!passes && told.contains(said), "{out}: {told}");
}

#[test]
fn only_the_door_can_reach_a_network() {
    let (passes, told) = deny(&config());
    assert!(passes, "{told}");
    check(r#""aside""#, "'reqwest = ");
    check(r#""zbus-secret-service-keyring-store""#, "'zbus = ");
}

#[test]
fn every_crate_comes_from_the_registry_under_a_permissive_licence() {
    let (passes, told) = deny(&config());
    assert!(passes, "{told}");
    check(r#""CDLA-Permissive-2.0","#, "webpki-root-certs");
    check(r#"exceptions = [{ crate = "option-ext", allow = ["MPL-2.0"] }]"#, "option-ext");
    let elsewhere = r#"unknown-registry = "deny"
allow-registry = []"#;
    let (passes, told) = deny(&config().replacen(r#"unknown-registry = "deny""#, elsewhere, 1));
    assert!(!passes && told.contains("not explicitly allowed"), "{told}");
}

#[test]
fn a_crate_that_begins_to_run_something_while_it_is_built_is_noticed() {
    check(r#""libsqlite3-sys","#, "'libsqlite3-sys = ");
}
