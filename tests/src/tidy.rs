//! The repository keeps its shape: what stands where, how long a file is, what no file may hold.

use crate::generated::root;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Every file under version control, and new ones that aren't ignored: its path in the repository.
fn files() -> Vec<String> {
    let list = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(root())
        .output()
        .expect("git lists the files");
    assert!(list.status.success(), "{}", String::from_utf8_lossy(&list.stderr));
    let names = String::from_utf8(list.stdout).expect("file names are UTF-8");
    names
        .split('\0')
        .filter(|name| !name.is_empty() && root().join(name).is_file())
        .map(str::to_owned)
        .collect()
}

fn ends_with(path: &str, endings: &[&str]) -> bool {
    Path::new(path).extension().is_some_and(|e| endings.iter().any(|ending| e == *ending))
}

/// Text files with their text.
fn texts() -> Vec<(String, String)> {
    let read = |path: String| std::fs::read_to_string(root().join(&path)).ok().map(|text| (path, text));
    files().into_iter().filter_map(read).collect()
}

/// Every file in which a line is found, as `path:line: text`.
fn lines_with(wanted: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let found = |(path, text): (String, String)| {
        let hits = text.lines().enumerate().filter(|(_, line)| wanted(&path, line));
        hits.map(|(n, line)| format!("{path}:{}: {}", n + 1, line.trim())).collect::<Vec<_>>()
    };
    texts().into_iter().flat_map(found).collect()
}

#[test]
fn the_top_level_is_what_the_readme_says() {
    let top: BTreeSet<String> =
        files().iter().map(|path| path.split('/').next().unwrap_or_default().to_owned()).collect();
    let visible: Vec<&str> = top.iter().map(String::as_str).filter(|name| !name.starts_with('.')).collect();
    let expected =
        ["Cargo.lock", "Cargo.toml", "LICENSE", "PRIVACY.md", "README.md", "editors", "server", "tests"];
    assert_eq!(visible, expected);
}

#[test]
fn every_module_says_what_it_is_for() {
    // A module of tests belongs to the one that it tests.
    let modules =
        texts().into_iter().filter(|(path, _)| ends_with(path, &["rs"]) && !path.ends_with("/tests.rs"));
    let found: Vec<String> = modules
        .map(|(path, text)| (path, text.lines().take_while(|line| line.starts_with("//!")).count()))
        .filter(|(_, lines)| !(1..=5).contains(lines))
        .map(|(path, lines)| format!("{path}: {lines} lines of `//!`, not 1 to 5"))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

/// The list of messages is as long as there are messages, and nobody writes it.
#[test]
fn no_file_is_longer_than_500_lines() {
    let found: Vec<String> = texts()
        .into_iter()
        .filter(|(path, _)| path != "editors/vscode/generated/protocol.ts")
        .filter(|(path, text)| ends_with(path, &["rs", "lua", "ts"]) && text.lines().count() > 500)
        .map(|(path, text)| format!("{path}: {} lines; it holds two ideas", text.lines().count()))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

/// VS Code's extension is measured by its own tests, with what is generated left out.
#[test]
fn the_neovim_extension_stays_thin() {
    let lua = texts()
        .into_iter()
        .filter(|(path, _)| path.starts_with("editors/nvim/") && ends_with(path, &["lua"]));
    let lines: usize = lua.map(|(_, text)| text.lines().count()).sum();
    assert!(lines <= 1500, "it has {lines} lines");
}

#[test]
fn no_module_is_named_mod_rs() {
    let found: Vec<String> = files().into_iter().filter(|path| path.ends_with("/mod.rs")).collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn the_core_depends_on_nothing_that_does_io() {
    let manifest =
        std::fs::read_to_string(root().join("server/core/Cargo.toml")).expect("the core's manifest");
    let names: BTreeSet<&str> =
        manifest.lines().filter_map(|line| line.split_once(['.', ' ', '=']).map(|(name, _)| name)).collect();
    for io in [
        "tokio",
        "tokio-util",
        "reqwest",
        "keyring",
        "keyring-core",
        "directories",
        "rusqlite",
        "tracing",
        "tower-lsp",
        "rpassword",
        "futures-util",
        "tempfile",
    ] {
        assert!(!names.contains(io), "server/core/Cargo.toml names {io}");
    }
}

/// The crate can connect as well.
#[test]
fn what_a_proxy_is_told_by_connects_to_nothing() {
    let named = concat!("hyper", "_util");
    let found = lines_with(|path, line| ends_with(path, &["rs"]) && line.contains(named));
    let only = format!("use {named}::client::proxy::matcher::Matcher;");
    let is_it = |line: &String| line.starts_with("server/src/http/proxied.rs") && line.ends_with(&only);
    assert!(matches!(found.as_slice(), [line] if is_it(line)), "{found:#?}");
}

#[test]
fn nothing_is_left_for_later_and_no_lint_is_switched_off() {
    // Spelled so that this file doesn't find itself.
    let later = [concat!("TO", "DO"), concat!("FIX", "ME")];
    let off = [concat!("#[ig", "nore"), concat!("#[al", "low("), concat!("#![al", "low(")];
    let found = lines_with(|path, line| {
        let comment =
            ["// ", "-- ", "# "].iter().filter_map(|mark| line.split_once(mark)).map(|(_, text)| text);
        let is_later = comment.into_iter().any(|text| later.iter().any(|word| text.starts_with(word)));
        // These read and write such remarks in the user's text.
        let about = ["server/core/src/provider/demo/", "server/core/src/reply/"];
        let source = ends_with(path, &["rs", "lua", "ts", "py", "sh", "toml"])
            && !about.iter().any(|folder| path.starts_with(folder));
        source && (is_later || off.iter().any(|word| line.contains(word)))
    });
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_file_names_a_registry_or_the_folder_it_was_written_in() {
    let hosts = [
        concat!("crates", ".io"),
        concat!("npm", "js."),
        concat!("py", "pi.org"),
        concat!("python", "hosted.org"),
    ];
    let here = format!("{}/", root().display());
    let found = lines_with(|path, line| {
        path != "Cargo.lock" && (hosts.iter().any(|host| line.contains(host)) || line.contains(&here))
    });
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_message_is_documented() {
    let source = std::fs::read_to_string(root().join("server/src/protocol.rs")).expect("the protocol");
    let page = std::fs::read_to_string(root().join("server/PROTOCOL.md")).expect("the generated page");
    let constants =
        source.lines().filter(|line| line.trim().starts_with("pub const") && line.contains(": &str"));
    let names: Vec<&str> = constants.filter_map(|line| line.split('"').nth(1)).collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        assert!(page.contains(&format!("| `{name}` |")), "server/PROTOCOL.md has no {name}");
    }
}

#[test]
fn versions_stand_in_the_root_manifest_alone() {
    for manifest in ["server/Cargo.toml", "server/core/Cargo.toml", "tests/Cargo.toml"] {
        let text = std::fs::read_to_string(root().join(manifest)).expect("a manifest");
        let found: Vec<&str> = text
            .lines()
            .filter(|line| {
                line.contains("version = \"") || line.contains(" = \"0") || line.contains(" = \"1")
            })
            .collect();
        assert!(found.is_empty(), "{manifest}: {found:?}");
    }
}

#[test]
fn what_is_run_can_be_run() {
    for script in [".ci/run", "tests/run"] {
        assert!(is_executable(&root().join(script)), "{script} is not executable");
    }
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|meta| meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}
