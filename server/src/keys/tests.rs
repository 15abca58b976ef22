//! Where keys come from, against a keyring in memory. The real one has a test of its own.

#[cfg(target_os = "linux")]
pub(crate) mod zeroed;

use super::*;
use aside_core::config::Settings;
use keyring_core::mock;
use secrecy::ExposeSecret;
use serde_json::json;
use std::sync::OnceLock;

/// One keyring in memory for all tests of this process; each test takes provider ids of its own.
pub(crate) fn keyring_in_memory() {
    static STORE: OnceLock<()> = OnceLock::new();
    STORE.get_or_init(|| keyring_core::set_default_store(mock::Store::new().unwrap()));
}

/// For tests that see the built-in providers' entries: one at a time.
pub(crate) async fn keyring_alone() -> tokio::sync::MutexGuard<'static, ()> {
    static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    keyring_in_memory();
    ALONE.lock().await
}

/// The next call on the provider's entry fails so.
fn break_entry(provider: &str, error: keyring_core::Error) {
    let entry = keyring_core::Entry::new("aside", provider).unwrap();
    entry.as_any().downcast_ref::<mock::Cred>().unwrap().set_error(error);
}

/// An environment with folders, so that no test reads or writes in the user's own. What is there matters to none.
pub(crate) fn folders(name: &str) -> Option<String> {
    let is_folder = matches!(name, "ASIDE_CONFIG_DIR" | "ASIDE_DATA_DIR" | "ASIDE_STATE_DIR");
    is_folder.then(|| std::env::temp_dir().join("aside-unit-tests").display().to_string())
}

fn variables(name: &str) -> Option<String> {
    match name {
        "SET" => Some("from-env\n".to_owned()),
        "BLANK" => Some(" ".to_owned()),
        _ => folders(name),
    }
}

fn keys() -> Keys {
    keyring_in_memory();
    Keys::new(variables)
}

fn provider(id: &str, own: serde_json::Value) -> ProviderSettings {
    let written = serde_json::Map::from_iter([(id.to_owned(), own)]);
    let (mut settings, problems) = Settings::resolve(json!({"providers": written}));
    assert_eq!(problems, []);
    settings.providers.remove(id).unwrap()
}

fn save(provider: &str, url: &str, key: &str) {
    keyring_in_memory();
    let origin = Origin::parse(url).unwrap();
    keyring::save(provider, &Secret::new(key.to_owned(), origin).unwrap()).unwrap();
}

/// `SOURCE: KEY`, or the problem as its line.
async fn find(keys: &Keys, provider: &ProviderSettings) -> String {
    match keys.find(provider).await {
        Ok(Some(key)) => {
            let text = key.secret.expose_for(&provider.origin().unwrap()).unwrap().to_owned();
            format!("{}: {text}", key.source)
        }
        Ok(None) => "none".to_owned(),
        Err(problem) => problem.to_string(),
    }
}

#[tokio::test]
async fn a_saved_key_comes_before_a_variable() {
    let acme = provider("first", json!({"baseUrl": "https://first.example/v1", "keyEnv": "SET"}));
    let keys = keys();
    assert_eq!(find(&keys, &acme).await, "environment variable SET: from-env");
    save("first", "https://first.example", "from-keyring");
    keys.forget("other");
    assert_eq!(find(&keys, &acme).await, "environment variable SET: from-env");
    keys.forget("first");
    assert_eq!(find(&keys, &acme).await, "keyring: from-keyring");
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_comes_first_and_its_failure_is_final() {
    save("second", "https://second.example", "from-keyring");
    let own = |command| json!({"baseUrl": "https://second.example", "keyEnv": "SET", "keyCommand": command});
    let keys = keys();
    assert_eq!(
        find(&keys, &provider("second", own(json!(["echo", "from-command"])))).await,
        "key command: from-command"
    );
    let said =
        find(&keys, &provider("second", own(json!(["sh", "-c", "echo 'no vault' >&2; exit 1"])))).await;
    assert!(said.starts_with("The key command `sh` failed (exit status: 1) (no vault)."), "{said}");
    let said = find(&keys, &provider("second", own(json!(["true"])))).await;
    assert!(said.contains("printed nothing"), "{said}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_key_is_found_once_for_questions_asked_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("runs");
    let script = format!("echo run >> {}; echo key", log.display());
    let acme =
        provider("once", json!({"baseUrl": "https://once.example", "keyCommand": ["sh", "-c", script]}));
    let keys = keys();
    let (one, two) = tokio::join!(find(&keys, &acme), find(&keys, &acme));
    assert_eq!((one.as_str(), two.as_str()), ("key command: key", "key command: key"));
    assert_eq!(find(&keys, &acme).await, "key command: key");
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "run\n");
    keys.forget("once");
    find(&keys, &acme).await;
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "run\nrun\n");
}

#[cfg(unix)]
#[tokio::test]
async fn a_key_that_runs_out_is_made_anew_a_minute_before() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("runs");
    let printed = "{\n \"AccessKeyId\": \"ASIA\",\n \"SecretAccessKey\": \"s\",\n \"Expiration\": \"2026-11-26T12:00:00Z\"\n}";
    let script = format!("echo run >> {}; printf '%s' '{printed}'", log.display());
    let own = json!({"baseUrl": "https://bedrock-runtime.eu-central-1.amazonaws.com", "format": "bedrock-converse",
        "keyCommand": ["sh", "-c", script]});
    let aws = provider("runs-out", own);
    let mut keys = keys();
    let at = |text: &str| UNIX_EPOCH + Duration::from_secs(aside_core::ledger::second(text).unwrap());
    assert_eq!(at("2026-11-26T11:58:59Z"), UNIX_EPOCH + Duration::from_secs(1_795_694_339));
    for (clock, runs) in [
        ((|| UNIX_EPOCH + Duration::from_secs(1_795_694_339)) as fn() -> SystemTime, 1),
        (|| UNIX_EPOCH + Duration::from_secs(1_795_694_339), 1),
        (|| UNIX_EPOCH + Duration::from_secs(1_795_694_340), 2),
    ] {
        keys.clock = clock;
        assert_eq!(find(&keys, &aws).await, "key command: ASIA:s");
        assert_eq!(std::fs::read_to_string(&log).unwrap().lines().count(), runs);
    }
    // Noon.
    keys.clock = || UNIX_EPOCH + Duration::from_secs(1_795_694_400);
    let said = find(&keys, &aws).await;
    assert!(said.contains("has run out. Sign in again"), "{said}");
}

#[tokio::test]
async fn questions_that_are_refused_at_once_find_the_new_key_together() {
    let acme = provider("rotated", json!({"baseUrl": "https://rotated.example"}));
    save("rotated", "https://rotated.example", "old");
    let keys = keys();
    let old = keys.find(&acme).await.unwrap().unwrap();
    assert!(keys.newer(&acme, &old).await.unwrap().is_none(), "it is the same still");
    save("rotated", "https://rotated.example", "new");
    assert_eq!(find(&keys, &acme).await, "keyring: old");
    let newer = keys.newer(&acme, &old).await.unwrap().unwrap();
    // The second of them asks the keyring no more.
    break_entry("rotated", keyring_core::Error::NoStorageAccess("it was asked".into()));
    assert!(keys.newer(&acme, &old).await.unwrap().unwrap().secret == newer.secret);
    assert_eq!(find(&keys, &acme).await, "keyring: new");
    // Where it can't be looked for, it is said why.
    let why = keys.newer(&acme, &newer).await.unwrap_err();
    assert!(why.to_string().contains("it was asked"), "{why}");
}

#[tokio::test]
async fn a_key_saved_for_one_origin_is_refused_to_another() {
    save("moved", "https://old.example", "sk-canary");
    let moved = provider("moved", json!({"baseUrl": "https://new.example/v1", "keyEnv": "SET"}));
    let said = find(&keys(), &moved).await;
    assert_eq!(
        said,
        "The key is for https://old.example and is not sent to https://new.example. \
         Save a key for it with `aside key set moved --base-url https://new.example`."
    );
}

#[tokio::test]
async fn without_a_key_the_three_ways_are_named() {
    let said =
        find(&keys(), &provider("none", json!({"baseUrl": "https://none.example", "keyEnv": "BLANK"}))).await;
    assert_eq!(
        said,
        "There is no key for `none`. Save one with `aside key set none --base-url https://none.example`, or set `providers.none.keyCommand`, \
         or the environment variable BLANK."
    );
    let local = provider("local", json!({"baseUrl": "http://127.0.0.1:1/v1"}));
    assert_eq!(find(&keys(), &local).await, "none");
    let demo = Settings::default().providers.remove("demo").unwrap();
    assert_eq!(find(&keys(), &demo).await, "none");
}

#[tokio::test]
async fn a_locked_keyring_is_a_problem_that_no_variable_hides() {
    let locked = || keyring_core::Error::NoStorageAccess("prompt dismissed".into());
    keyring_in_memory();
    break_entry("locked", locked());
    let said =
        find(&keys(), &provider("locked", json!({"baseUrl": "https://locked.example", "keyEnv": "SET"})))
            .await;
    assert_eq!(
        said,
        "The keyring is locked, or not set up yet (prompt dismissed). Unlock the keyring and try again, \
         or set `providers.locked.keyCommand` to a command that prints the key."
    );
    break_entry("unlocked", locked());
    let local = provider("unlocked", json!({"baseUrl": "http://127.0.0.1:1/v1"}));
    assert_eq!(find(&keys(), &local).await, "none");
}

#[tokio::test]
async fn a_missing_keyring_leaves_the_variable_and_names_the_other_ways() {
    keyring_in_memory();
    break_entry("bare", keyring_core::Error::NoDefaultStore);
    let own = |variable| json!({"baseUrl": "https://bare.example", "keyEnv": variable});
    assert_eq!(find(&keys(), &provider("bare", own("SET"))).await, "environment variable SET: from-env");
    break_entry("bare", keyring_core::Error::NoDefaultStore);
    let said = find(&keys(), &provider("bare", own("BLANK"))).await;
    assert!(
        said.starts_with(
            "There is no key for `bare`, and no keyring is running here. \
             Save one with `aside key set bare --base-url https://bare.example --file FILE`"
        ) && said.contains("keyCommand"),
        "{said}"
    );
}

#[tokio::test]
async fn a_keyring_that_hangs_is_left_behind() {
    let slow = keyring::within(Duration::from_millis(50), || {
        std::thread::sleep(Duration::from_secs(30));
        Ok(())
    });
    assert_eq!(slow.await, Err(Unusable::Slow(Duration::from_millis(50))));
    let broken = keyring::within(Duration::from_secs(9), || -> Result<(), Unusable> {
        panic!("a panic in a library")
    });
    assert!(matches!(broken.await, Err(Unusable::Failed(_))));
}

#[tokio::test]
async fn a_foreign_entry_is_no_key() {
    keyring_in_memory();
    keyring_core::Entry::new("aside", "foreign").unwrap().set_password("sk-canary").unwrap();
    let said = find(&keys(), &provider("foreign", json!({"baseUrl": "https://foreign.example"}))).await;
    assert!(said.contains("was not written by `aside key set`") && !said.contains("canary"), "{said}");
}

#[tokio::test]
async fn a_key_does_not_go_over_plain_http_unasked() {
    save("lan", "http://192.168.1.5:8000", "sk-canary");
    let own = |over| json!({"baseUrl": "http://192.168.1.5:8000/v1", "keyOverHttp": over});
    let said = find(&keys(), &provider("lan", own(false))).await;
    assert!(said.contains("plain http") && said.contains("`providers.lan.keyOverHttp`"), "{said}");
    assert_eq!(find(&keys(), &provider("lan", own(true))).await, "keyring: sk-canary");
}

#[test]
fn what_is_saved_can_be_listed_and_removed() {
    save("listed", "https://listed.example", "key");
    assert!(keyring::accounts().unwrap().contains("listed"));
    assert_eq!(keyring::read("listed").unwrap().unwrap().origin().to_string(), "https://listed.example");
    assert_eq!((keyring::remove("listed"), keyring::remove("listed")), (Ok(true), Ok(false)));
    assert!(keyring::read("listed").unwrap().is_none());
}

#[tokio::test]
async fn a_named_key_is_that_one_or_none() {
    let own = |name| json!({"baseUrl": "https://named.example", "keyEnv": "SET", "keyName": name});
    save("named", "https://named.example", "first");
    save("named/work", "https://named.example", "second");
    let keys = keys();
    assert_eq!(find(&keys, &provider("named", own(json!(null)))).await, "keyring: first");
    assert_eq!(find(&keys, &provider("named", own(json!("work")))).await, "keyring: second");
    let said = find(&keys, &provider("named", own(json!("home")))).await;
    assert_eq!(
        said,
        "There is no key named `home` for `named`. Save it with `aside key set named --base-url https://named.example --name home`, or correct \
         `providers.named.keyName`."
    );
}

/// A key file in a folder of its own, sealed under a passphrase or an identity.
struct InFile {
    folder: tempfile::TempDir,
}

impl InFile {
    fn new(opener: &sealed::Opener) -> Self {
        Self::holding("from-file".to_owned(), opener)
    }

    fn holding(key: String, opener: &sealed::Opener) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let origin = Origin::parse("https://filed.example").unwrap();
        let secret = Secret::new(key, origin).unwrap();
        let saved = file::Saved::from([("filed".to_owned(), secret)]);
        file::save(&folder.path().join("keys"), &saved, opener).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn provider(&self, keys: &serde_json::Value, own: &serde_json::Value) -> ProviderSettings {
        let mut keys = keys.clone();
        keys["file"] = json!(self.path("keys"));
        let mut filed = json!({"baseUrl": "https://filed.example/v1"});
        for (name, value) in own.as_object().unwrap() {
            filed[name] = value.clone();
        }
        let (mut settings, problems) =
            Settings::resolve(json!({"keys": keys, "providers": {"filed": filed}}));
        assert_eq!(problems, []);
        settings.providers.remove("filed").unwrap()
    }
}

#[tokio::test]
async fn an_identity_file_opens_the_key_file_and_the_keyring_is_not_asked() {
    save("filed", "https://filed.example", "from-keyring");
    let line = sealed::new_identity().unwrap();
    let file = InFile::new(&sealed::Opener::Identity(line.clone()));
    paths::write_private(&file.path("identity"), line.expose_secret().as_bytes()).unwrap();
    let with = json!({"identityFile": file.path("identity")});
    assert_eq!(find(&keys(), &file.provider(&with, &json!({}))).await, "key file: from-file");
    let moved = file.provider(&with, &json!({"baseUrl": "https://elsewhere.example"}));
    let said = find(&keys(), &moved).await;
    assert!(said.contains("is not sent to https://elsewhere.example") && said.contains("--file /"), "{said}");
    let unnamed = file.provider(&with, &json!({"keyName": "other"}));
    assert!(find(&keys(), &unnamed).await.contains("no key named `other`"));

    let mut third = file.provider(&with, &json!({}));
    third.id = "other".to_owned();
    let said = find(&keys(), &third).await;
    let where_to =
        format!("--file {} --identity {}", file.path("keys").display(), file.path("identity").display());
    assert!(
        said.contains(&format!("`aside key set other --base-url https://filed.example {where_to}`")),
        "{said}"
    );

    let said = find(&keys(), &file.provider(&json!({}), &json!({}))).await;
    assert_eq!(said, "The key file wants its identity file. Name that in `keys.identityFile`.");
    let other = sealed::new_identity().unwrap();
    paths::write_private(&file.path("other"), other.expose_secret().as_bytes()).unwrap();
    let wrong = json!({"identityFile": file.path("other")});
    let said = find(&keys(), &file.provider(&wrong, &json!({}))).await;
    assert!(said.contains("the passphrase or the identity is not the file's"), "{said}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(file.path("identity"), PermissionsExt::from_mode(0o644)).unwrap();
        let said = find(&keys(), &file.provider(&with, &json!({}))).await;
        assert!(said.contains("others can read it"), "{said}");
    }
    std::fs::remove_file(file.path("keys")).unwrap();
    let said = find(&keys(), &file.provider(&with, &json!({"keyEnv": "SET"}))).await;
    assert!(said.starts_with("Could not read the key file"), "{said}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_prints_the_key_files_passphrase_to_a_server_without_a_terminal() {
    let file = InFile::new(&sealed::Opener::Passphrase("correct horse".into()));
    let with = |command: serde_json::Value| json!({"passphraseCommand": command});
    let asked = |command| {
        let provider = file.provider(&with(command), &json!({}));
        async move { find(&keys(), &provider).await }
    };
    assert_eq!(asked(json!(["echo", "correct horse"])).await, "key file: from-file");
    assert!(asked(json!(["echo", "wrong"])).await.contains("is not the file's"));
    let said = asked(json!(["sh", "-c", "echo locked >&2; exit 1"])).await;
    assert!(
        said.starts_with("The passphrase command `sh` failed (exit status: 1) (locked).")
            && said.contains("`keys.passphraseCommand`"),
        "{said}"
    );
    // Each provider has its key in the one file, which is opened once, and again once it was written.
    let log = file.path("asked");
    let script = format!("echo x >> {}; echo correct horse", log.display());
    let mut provider = file.provider(&with(json!(["sh", "-c", script])), &json!({"keyEnv": "SET"}));
    let keys_of_all = keys();
    assert_eq!(find(&keys_of_all, &provider).await, "key file: from-file");
    provider.id = "other".to_owned();
    assert_eq!(find(&keys_of_all, &provider).await, "environment variable SET: from-env");
    assert_eq!(std::fs::read_to_string(&log).unwrap().lines().count(), 1);
    let said = find(&keys(), &file.provider(&json!({}), &json!({}))).await;
    assert!(said.starts_with("The key file wants a passphrase. Set `keys.passphraseCommand`"), "{said}");
}
