//! Writes the providers of `providers.toml` as Rust, so that nothing is read or parsed when the program starts.

use std::fs;
use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=providers.toml");
    let text = fs::read_to_string("providers.toml").expect("providers.toml is beside this file");
    let table: toml::Table = text.parse().expect("providers.toml is TOML");
    let list = table.get("provider").and_then(toml::Value::as_array).expect("it is a list of providers");
    let entries: String = list.iter().map(entry).collect();
    #[expect(clippy::disallowed_methods, reason = "that is how cargo talks to a build script")]
    let out = std::env::var("OUT_DIR").expect("cargo says where to write");
    fs::write(Path::new(&out).join("providers.rs"), format!("&[\n{entries}]"))
        .expect("cargo's folder can be written");
}

fn entry(provider: &toml::Value) -> String {
    let provider = provider.as_table().expect("a provider is a table");
    for name in provider.keys() {
        assert!(FIELDS.contains(&name.as_str()), "there is no field `{name}`: {provider:?}");
    }
    let text = |name: &str| provider.get(name).map(|text| text.as_str().expect("each field is a text"));
    let required = |name: &str| text(name).expect("each provider has an id, a name, a base_url and docs");
    format!(
        "    Builtin {{ id: {:?}, name: {:?}, format: WireFormat::{}, base_url: {:?}, example: {:?}, home: {:?}, \
         key_env: {:?}, docs: {:?}, privacy: {:?}, note: {:?} }},\n",
        required("id"),
        required("name"),
        variant(text("format").unwrap_or("openai-chat")),
        required("base_url"),
        text("example"),
        text("home"),
        text("key_env"),
        required("docs"),
        text("privacy"),
        text("note"),
    )
}

const FIELDS: [&str; 10] =
    ["id", "name", "format", "base_url", "example", "home", "key_env", "docs", "privacy", "note"];

/// The name of a wire format's variant. The compiler says whether there is one.
fn variant(format: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
            .unwrap_or_default()
    };
    format.split('-').map(capital).collect()
}
