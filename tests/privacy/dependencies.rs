//! What the program is built of, as a bill of materials, and that nothing reaches out while it is built; what the
//! extensions are made of, and that they reach nothing. `materials.rs` has `cargo deny` look at the crates.

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Licences of the packages, which ask for nothing but a notice.
const LICENCES: &[&str] =
    &["0BSD", "Apache-2.0", "BlueOak-1.0.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "PSF-2.0"];

/// What a build script that reaches out would have to name.
const REACHING: &[&str] = &[
    "TcpStream",
    "UdpSocket",
    "reqwest",
    "ureq::",
    "\"curl\"",
    "\"wget\"",
    "\"fetch\"",
    "\"clone\"",
    "\"pull\"",
    "powershell",
    "download",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository").to_owned()
}

/// Every crate that the program is built of or with, on any system, by its name and version: not those of the tests alone.
fn crates() -> BTreeMap<String, Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let run = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--offline", "--locked"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(run.status.success(), "`cargo fetch` first: {}", String::from_utf8_lossy(&run.stderr));
    let metadata: Value = serde_json::from_slice(&run.stdout).expect("cargo answers in JSON");
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let by_id: BTreeMap<String, Value> =
        list(&metadata["packages"]).into_iter().map(|package| (text(&package["id"]), package)).collect();
    let uses: BTreeMap<String, Vec<Value>> = list(&metadata["resolve"]["nodes"])
        .into_iter()
        .map(|node| (text(&node["id"]), list(&node["deps"])))
        .collect();
    let first = by_id.iter().find(|(_, package)| package["name"] == "aside").expect("our own").0.clone();
    let (mut found, mut open) = (BTreeMap::new(), vec![first]);
    while let Some(id) = open.pop() {
        let package = by_id[&id].clone();
        let key = format!("{}@{}", text(&package["name"]), text(&package["version"]));
        if found.insert(key, package).is_some() {
            continue;
        }
        for used in &uses[&id] {
            if list(&used["dep_kinds"]).iter().any(|kind| kind["kind"] != "dev") {
                open.push(text(&used["pkg"]));
            }
        }
    }
    assert!(found.len() > 100, "{}", found.len());
    found
}

/// Whether a licence expression can be met by the licences of the list.
fn is_allowed(expression: &str) -> bool {
    let whole = expression.trim().trim_start_matches('(');
    let met = |part: &str| {
        part.split(" OR ").any(|one| LICENCES.contains(&one.trim().trim_matches(|c| c == '(' || c == ')')))
    };
    whole.split(" AND ").all(met)
}

#[test]
fn no_build_script_reaches_out() {
    let mut scripts = 0;
    for package in crates().values() {
        for target in package["targets"].as_array().expect("targets") {
            if target["kind"] != json!(["custom-build"]) {
                continue;
            }
            scripts += 1;
            let script = PathBuf::from(target["src_path"].as_str().expect("a path"));
            let text = std::fs::read_to_string(&script).expect("the script");
            // Not the remarks, which name addresses.
            let code: String = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
            let found: Vec<&&str> = REACHING.iter().filter(|word| code.contains(**word)).collect();
            assert!(found.is_empty(), "{}: {found:?}", package["name"]);
        }
    }
    assert!(scripts > 10, "{scripts}");
}

/// One line of the bill.
fn component(registry: &str, name: &str, package: &Value) -> Value {
    let version = package["version"].as_str().expect("a version");
    // An old way to write it, which is no expression.
    let licence = package["license"].as_str().expect("a licence").replace('/', " OR ");
    json!({
        "type": "library", "name": name, "version": version,
        "purl": format!("pkg:{registry}/{}@{version}", name.replace('@', "%40")),
        "licenses": [{"expression": licence}],
    })
}

/// The bill of materials (CycloneDX 1.6) follows the lock files. It is rewritten where it is out of date, and this fails once.
#[test]
fn the_bill_of_materials_names_every_crate_and_package() {
    let crates = crates();
    let ours = crates.values().find(|package| package["name"] == "aside").expect("our own");
    let foreign = crates.values().filter(|package| !package["source"].is_null());
    let mut components: Vec<String> = foreign
        .map(|package| component("cargo", package["name"].as_str().expect("a name"), package).to_string())
        .collect();
    let bundled = bundled();
    components.extend(bundled.iter().map(|(folder, it)| component("npm", name_of(folder), it).to_string()));
    let about = json!({"component": {"type": "application", "name": "aside", "version": ours["version"]}});
    let bill = format!(
        "{{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"version\":1,\"metadata\":{about},\"components\":[\n{}\n]}}\n",
        components.join(",\n")
    );
    let read: Value = serde_json::from_str(&bill).expect("JSON");
    assert_eq!(read["components"].as_array().map(Vec::len), Some(components.len()));
    let file = root().join("server/aside.cdx.json");
    let old = std::fs::read_to_string(&file).unwrap_or_default();
    if old != bill {
        std::fs::write(&file, bill).expect("it can be written");
        panic!("{} was out of date and has been rewritten: look at it, and commit it", file.display());
    }
}

/// The packages of the lock file, by their folders: there may be several versions of one.
fn packages() -> BTreeMap<String, Value> {
    let text =
        std::fs::read_to_string(root().join("editors/vscode/package-lock.json")).expect("the lock file");
    let lock: Value = serde_json::from_str(&text).expect("JSON");
    lock["packages"].as_object().expect("packages").clone().into_iter().collect()
}

/// The package's name, out of its folder.
fn name_of(folder: &str) -> &str {
    folder.rsplit_once("node_modules/").map_or(folder, |(_, name)| name)
}

/// The folder of the package that one in a folder means by this name: the nearest, from there outwards.
fn needed(all: &BTreeMap<String, Value>, mut from: &str, name: &str) -> String {
    loop {
        let inside = if from.is_empty() { String::new() } else { format!("{from}/") };
        let folder = format!("{inside}node_modules/{name}");
        if all.contains_key(&folder) {
            return folder;
        }
        assert!(!from.is_empty(), "no {name}");
        from = from.rsplit_once("/node_modules/").map_or("", |(outer, _)| outer);
    }
}

/// The packages that VS Code's extension imports: the bundler begins there, and takes nothing that isn't asked for.
fn imported() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (path, text) in ["ts", "css"].iter().flat_map(|ending| sources("editors/vscode/src", ending)) {
        for line in text.lines() {
            let begins = ["from \"", "import \"", "import url(\""];
            let Some((_, rest)) = begins.iter().find_map(|begin| line.split_once(begin)) else { continue };
            let name = rest.split('"').next().unwrap_or_default();
            let is_package = !name.starts_with(['.', '/']) && !name.starts_with("node:") && name != "vscode";
            if is_package {
                let parts = if name.starts_with('@') { 2 } else { 1 };
                let package: Vec<&str> = name.split('/').take(parts).collect();
                assert!(!package.concat().contains(' '), "{path} imports {name}?");
                found.insert(package.join("/"));
            }
        }
    }
    found
}

/// What VS Code's extension is bundled of, and what that needs, by its folders.
fn bundled() -> BTreeMap<String, Value> {
    let all = packages();
    let mut found = BTreeMap::new();
    let mut open: Vec<String> = imported().iter().map(|name| needed(&all, "", name)).collect();
    while let Some(folder) = open.pop() {
        let package = all[&folder].clone();
        let needs = package["dependencies"].as_object().cloned().unwrap_or_default();
        let needs = needs.keys().map(|name| needed(&all, &folder, name));
        open.extend(needs.filter(|folder| !found.contains_key(folder)));
        found.insert(folder, package);
    }
    found
}

#[test]
fn what_the_extension_is_bundled_of_is_permissive_and_reaches_nothing() {
    let bundled = bundled();
    assert!(imported().is_superset(&["vscode-languageclient", "highlight.js"].map(str::to_owned).into()));
    assert!(bundled.len() > 10, "{bundled:?}");
    assert!(is_allowed("(MIT OR GPL-3.0) AND ISC") && !is_allowed("MIT AND GPL-3.0"));
    for (name, package) in &bundled {
        let licence = package["license"].as_str().unwrap_or_default();
        assert!(is_allowed(licence), "{name}: {licence}");
        assert!(package["hasInstallScript"].is_null(), "{name} runs something when it is installed");
        assert!(package["integrity"].is_string(), "{name} has no hash");
    }
    // Tools of the packager's own, of which nothing is shipped.
    let scripts: Vec<String> = packages()
        .into_iter()
        .filter(|(_, package)| package["hasInstallScript"] == true)
        .map(|(folder, _)| name_of(&folder).to_owned())
        .collect();
    assert_eq!(scripts, ["@vscode/vsce-sign", "esbuild", "keytar"]);
}

/// Source files below a folder with this ending.
fn sources(folder: &str, ending: &str) -> Vec<(String, String)> {
    let files = crate::canary::files(&root().join(folder));
    let found: Vec<_> = files
        .into_iter()
        .filter(|(path, _)| path.extension().is_some_and(|e| e == ending))
        .map(|(path, bytes)| (path.display().to_string(), String::from_utf8(bytes).expect("text")))
        .collect();
    assert!(!found.is_empty(), "{folder}");
    found
}

#[test]
fn the_extensions_open_no_connection() {
    // What of Node's can connect, and what is usually taken for it.
    let connecting = ["http", "https", "http2", "net", "tls", "dgram", "dns", "dns/promises", "undici", "ws"];
    for (path, text) in sources("editors/vscode/src", "ts") {
        let imports = text.lines().filter_map(|line| line.rsplit_once("from \"")?.1.strip_suffix("\";"));
        for import in imports {
            assert!(!connecting.contains(&import.trim_start_matches("node:")), "{path} imports {import}");
        }
        for word in
            ["fetch(", "XMLHttpRequest", "WebSocket", "sendBeacon", "EventSource", "require(", "import("]
        {
            assert!(!text.contains(word), "{path} has {word}");
        }
    }
    for (path, text) in sources("editors/nvim/lua", "lua") {
        for word in
            ["new_tcp", "new_udp", "getaddrinfo", "vim.net", "sockconnect", "curl", "popen", "os.execute"]
        {
            assert!(!text.contains(word), "{path} has {word}");
        }
    }
}
