//! One door: the real binary in a network where only the fake provider can be reached, and under `strace` for every address
//! it tries, names looked up included. `tests/run privacy` makes the network.

mod canary;
mod collector;
mod day;
mod materials;
mod neovim;

use aside_tests::{FakeModel, Setup, TestEditor};
use day::{Words, live, setup, tell};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;

fn words() -> Words {
    let word = |name: &str| format!("word-of-{name}");
    Words {
        // It has to look like one: what a provider says of a refused key is told without it.
        key: "sk-word-of-the-key-8c1f0a77d2e94b".to_owned(),
        command_key: word("command"),
        header: word("header"),
        address: word("address"),
        standing: word("standing"),
        folder: word("folder"),
        file_name: word("name"),
        file: word("file"),
        prompt: word("prompt"),
        instruction: word("instruction"),
        diagnostic: word("diagnostic"),
        answer: word("answer"),
        code: word("code"),
        error: word("error"),
        title: word("title"),
        setting: word("setting"),
        user: word("user"),
        host: word("host"),
        blocked: word("blocked"),
        secret: day::secret(),
        passphrase: word("passphrase"),
        file_key: word("file-key"),
    }
}

/// The network has nothing but this machine's own loopback, or these tests would prove nothing.
#[track_caller]
fn check_network() {
    let devices = std::fs::read_to_string("/proc/net/dev").expect("Linux");
    let names: Vec<&str> = devices.lines().filter_map(|line| Some(line.split_once(':')?.0.trim())).collect();
    assert_eq!(names, ["lo"], "run `tests/run privacy`, which makes a network of its own");
}

/// The same setup with the server, and all its children, watched: every call about the network, about files that are
/// made or written, and every wait.
fn watched(setup: Setup, log: &Path) -> Setup {
    let calls = "trace=network,openat,open,creat,mkdir,mkdirat,epoll_wait,epoll_pwait,epoll_pwait2";
    // A second server of the same setup adds to the log.
    let words = ["strace", "-f", "-qq", "-A", "-s", "300", "-e", calls, "-o", &log.display().to_string()];
    Setup { under: words.map(str::to_owned).to_vec(), ..setup }
}

/// Every address that was tried: `inet 127.0.0.1:80`, `inet6 ::1:80`, `unix /path`, or another family by its name.
fn addresses(log: &str) -> BTreeSet<String> {
    let calls = ["connect(", "sendto(", "sendmsg(", "sendmmsg(", "bind("];
    let mut found = BTreeSet::new();
    for line in log.lines().filter(|line| calls.iter().any(|call| line.contains(call))) {
        for (at, _) in line.match_indices("sa_family=") {
            found.insert(address(&line[at + "sa_family=".len()..]));
        }
    }
    found
}

fn address(text: &str) -> String {
    let between = |begin: &str, end: &str| {
        let (_, rest) = text.split_once(begin)?;
        Some(rest.split_once(end)?.0.to_owned())
    };
    let family = text.split([',', '}']).next().unwrap_or_default();
    let port = between("port=htons(", ")").unwrap_or_default();
    match family {
        "AF_INET" => format!("inet {}:{port}", between("inet_addr(\"", "\"").unwrap_or_default()),
        "AF_INET6" => format!("inet6 {}:{port}", between("inet_pton(AF_INET6, \"", "\"").unwrap_or_default()),
        "AF_UNIX" => format!("unix {}", between("sun_path=\"", "\"").unwrap_or_default()),
        other => other.to_owned(),
    }
}

/// The provider, as an address that may be tried.
fn address_of(model: &FakeModel) -> String {
    format!("inet {}", model.origin().trim_start_matches("http://"))
}

/// The addresses of the day's settings: the provider, once as another machine, and where nothing listens.
fn of_settings(model: &FakeModel) -> [String; 3] {
    [address_of(model), format!("inet6 ::ffff:0.0.0.0:{}", model.port()), "inet 127.0.0.1:1".to_owned()]
}

/// Those, and where `aside doctor` looks for providers of this machine.
fn listed(model: &FakeModel) -> Vec<String> {
    let here =
        [11_434, 1234, 8080].map(|port| [format!("inet 127.0.0.1:{port}"), format!("inet6 ::1:{port}")]);
    [of_settings(model).to_vec(), here.concat()].concat()
}

/// What was tried beside these, but for sockets of this machine: the keyring's bus, where the environment names it, and
/// those of the folder's own.
fn unlisted(tried: &BTreeSet<String>, allowed: &[String], home: &Path) -> Vec<String> {
    let inside = format!("unix {}/", home.display());
    let is_own = |address: &&String| {
        address.starts_with(&inside) || (address.starts_with("unix ") && address.ends_with("/no-bus"))
    };
    tried.iter().filter(|it| !allowed.contains(it) && !is_own(it)).cloned().collect()
}

#[test]
fn an_address_is_read_out_of_a_watched_call() {
    let log = concat!(
        "1 connect(9, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr(\"10.0.0.2\")}, 16) = 0\n",
        "1 connect(9, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), ",
        "inet_pton(AF_INET6, \"::1\", &sin6_addr), sin6_scope_id=0}, 28) = -1 ENETUNREACH\n",
        "1 connect(9, {sa_family=AF_UNIX, sun_path=\"/run/x\"}, 110) = 0\n",
        "1 getpeername(9, {sa_family=AF_INET, sin_port=htons(1), sin_addr=inet_addr(\"10.0.0.3\")}, [16]) = 0\n",
    );
    let found: Vec<String> = addresses(log).into_iter().collect();
    assert_eq!(found, ["inet 10.0.0.2:53", "inet6 ::1:443", "unix /run/x"]);
}

#[test]
fn a_day_of_use_tries_no_address_but_those_of_the_settings() {
    check_network();
    let words = words();
    // With consent, and as Aside is without it, though an endpoint is set.
    for consent in [true, false] {
        let home = tempfile::tempdir().expect("a folder");
        let log = home.path().join("strace.log");
        let (model, collector) = (FakeModel::start(), FakeModel::start());
        let telemetry = json!({"telemetry": {"endpoint": collector.origin()}});
        let of_day = setup(&model, &words, home.path(), "info");
        let of_day = if consent { of_day } else { of_day.with_settings(&telemetry) };
        live(&model, &watched(of_day, &log), &words);
        let tried = addresses(&std::fs::read_to_string(&log).expect("strace writes"));
        let other = unlisted(&tried, &listed(&model), home.path());
        assert!(other.is_empty(), "{other:?}");
        // Each of the settings was tried.
        assert!(of_settings(&model).iter().all(|address| tried.contains(address)), "{tried:?}");
        for kept in ["state/telemetry", "state/consent"] {
            assert_eq!(home.path().join(kept).exists(), consent, "{kept}");
        }
    }
}

#[test]
fn with_consent_the_endpoint_is_tried_as_well_and_nothing_else() {
    check_network();
    let home = tempfile::tempdir().expect("a folder");
    let log = home.path().join("strace.log");
    let words = words();
    let (model, collector) = (FakeModel::start(), FakeModel::start());
    let telemetry = json!({"telemetry": {"usage": true, "errors": true, "endpoint": collector.origin()}});
    let setup = watched(setup(&model, &words, home.path(), "info").with_settings(&telemetry), &log);
    live(&model, &setup, &words);
    let first = addresses(&std::fs::read_to_string(&log).expect("strace writes"));
    assert!(!first.contains(&address_of(&collector)), "the day is not over: {first:?}");
    tell(&model, &collector, &setup, &words);
    let tried = addresses(&std::fs::read_to_string(&log).expect("strace writes"));
    let listed = [listed(&model), vec![address_of(&collector)]].concat();
    let other = unlisted(&tried, &listed, home.path());
    assert!(other.is_empty(), "{other:?}");
    assert!(tried.contains(&address_of(&collector)), "{tried:?}");
}

#[test]
fn opened_edited_and_idle_it_sends_nothing_makes_no_file_and_waits_for_nothing_but_the_editor() {
    check_network();
    let model = FakeModel::start();
    let far = json!({"model": "far/test", "fallbacks": {}, "providers": {
        "far": {"baseUrl": "https://llm.example/v1", "keyOptional": true},
    }});
    // A provider of this machine, and one whose name would have to be looked up.
    for more in [json!({}), far] {
        let home = tempfile::tempdir().expect("a folder");
        stay_silent(&setup(&model, &words(), home.path(), "info").with_settings(&more), home.path());
    }
}

#[track_caller]
fn stay_silent(setup: &Setup, home: &Path) {
    let log = home.join("strace.log");
    let mut editor = TestEditor::start(&watched(setup.clone(), &log));
    let uri = editor.open("main.rs", "fn main() {}\n");
    editor.type_after(&uri, "main", "ly");
    let all = editor.whole(&uri);
    assert!(!editor.code_actions(&uri, all, &json!([])).is_empty());
    // Idle for good: the thread that does everything waits without a limit of time, for the editor alone. What it waits
    // with is written down when it ends, at the next message.
    wait_for(|| {
        let waits = |text: &str| text.lines().filter(|line| line.contains("epoll_wait(")).count();
        let before = std::fs::read_to_string(&log).unwrap_or_default();
        before.lines().last().filter(|line| line.contains("epoll_wait(") && !line.contains(" = "))?;
        let at = waits(&before) - 1;
        editor.code_actions(&uri, all, &json!([]));
        let after = std::fs::read_to_string(&log).unwrap_or_default();
        let ended = after.lines().filter(|line| line.contains("epoll_wait(")).nth(at)?;
        ended.contains(", -1)").then_some(())
    });
    let seen = std::fs::read_to_string(&log).expect("strace writes");
    assert_eq!(addresses(&seen), BTreeSet::new());
    let internet: Vec<&str> = seen.lines().filter(|line| line.contains("socket(AF_INET")).collect();
    assert!(internet.is_empty(), "{internet:?}");
    let made: Vec<String> = canary::files(home)
        .into_iter()
        .map(|(path, _)| path.strip_prefix(home).expect("below").display().to_string())
        .filter(|name| name != "strace.log" && !name.starts_with("state/logs/"))
        .collect();
    assert!(made.is_empty(), "{made:?}");
    editor.close(&uri);
}

/// Looks again until it is seen.
#[track_caller]
fn wait_for(mut wanted: impl FnMut() -> Option<()>) {
    let until = std::time::Instant::now() + aside_tests::LIMIT;
    while wanted().is_none() {
        assert!(std::time::Instant::now() < until, "not seen in time");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
