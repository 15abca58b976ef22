//! The providers that are known without being told, out of `providers.toml`. Nothing is fetched to know them.

use super::{Origin, ProviderSettings};
use crate::provider::WireFormat;

/// A provider, as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Builtin {
    pub id: &'static str,
    /// The vendor's own name.
    pub name: &'static str,
    pub format: WireFormat,
    /// Without a trailing slash. Empty for `demo`, and where each user has an own one.
    pub base_url: &'static str,
    /// What a base URL looks like, where each user has an own one.
    pub example: Option<&'static str>,
    /// The end of the names of the vendor's own hosts, where each user has an own one.
    pub home: Option<&'static str>,
    pub key_env: Option<&'static str>,
    /// Where the vendor explains its models and keys.
    pub docs: &'static str,
    /// The vendor's privacy policy; `None` where the text stays on this machine, or where none is known.
    pub privacy: Option<&'static str>,
    /// What is special, in whole sentences.
    pub note: Option<&'static str>,
}

impl Builtin {
    /// Whether an address is the vendor's own, so that the vendor's key may go there.
    pub fn is_home(&self, origin: &Origin) -> bool {
        let at_own_host = self.home.is_some_and(|home| origin.host.ends_with(home)) && !origin.is_exposed();
        at_own_host || Origin::parse(self.base_url).is_ok_and(|usual| usual == *origin)
    }

    /// The settings of one that the user left alone. Most are; nothing is parsed for them when a server starts.
    pub(super) fn settings(&self) -> ProviderSettings {
        ProviderSettings {
            key_env: self.key_env.map(str::to_owned),
            // What has no key variable is on this machine.
            key_optional: self.key_env.is_none(),
            ..ProviderSettings::at(self.id, self.format, self.base_url)
        }
    }

    /// Whether the text leaves this machine.
    fn is_away(&self) -> bool {
        let origin = Origin::parse(self.example.unwrap_or(self.base_url));
        origin.is_ok_and(|origin| !origin.is_loopback())
    }
}

/// What stands in place of a link.
const NO_POLICY: &str = "no privacy policy found";

/// The built-in providers, in the order in which they are shown.
pub const BUILTIN: &[Builtin] = include!(concat!(env!("OUT_DIR"), "/providers.rs"));

/// The built-in provider of this id.
pub fn builtin(id: &str) -> Option<&'static Builtin> {
    BUILTIN.iter().find(|entry| entry.id == id)
}

/// What a person is told before text goes to a provider for the first time: to whom, where, and whose policy holds.
/// `None` where it stays on this machine.
pub fn introduction(provider: &ProviderSettings) -> Option<String> {
    let origin = provider.origin().filter(|origin| !origin.is_loopback())?;
    let id = &provider.id;
    let Some(entry) = builtin(id).filter(|entry| entry.is_home(&origin)) else {
        let whose = "an address out of your own settings: its privacy policy is that of whoever runs it";
        return Some(format!("what you send goes to `{id}` at {origin}, {whose}"));
    };
    let policy = match entry.privacy {
        Some(link) => format!("its privacy policy is at {link}"),
        None => {
            format!("Aside knows of no privacy policy of its own; its documentation is at {}", entry.docs)
        }
    };
    Some(format!("what you send goes to {} at {origin}; {policy}", entry.name))
}

/// Why what people may look for is not among them.
pub const NOT_HERE: &str = "\
GitHub Copilot is not among them, nor is any other subscription that a program signs in to on your behalf: those give no key that is
yours to keep, and Aside signs in to nothing. Many of the same models are to be had with a key, at `github` (GitHub Models) too.
";

/// The built-in providers as a Markdown table.
pub fn catalogue() -> String {
    let header = "| Provider | Name | Key variable | Links | What is special |\n|---|---|---|---|---|\n";
    header.to_owned() + &BUILTIN.iter().map(row).collect::<String>()
}

fn row(entry: &Builtin) -> String {
    let key = entry.key_env.map_or(String::new(), |name| format!("`{name}`"));
    let docs = (!entry.docs.is_empty()).then(|| format!("[docs]({})", entry.docs));
    let privacy = entry.privacy.map(|link| format!("[privacy]({link})"));
    // Where each user has an address of their own, whoever runs it has the policy.
    let is_silent = entry.is_away() && entry.example.is_none();
    let privacy = privacy.or_else(|| is_silent.then(|| NO_POLICY.to_owned()));
    let links: Vec<String> = docs.into_iter().chain(privacy).collect();
    let address = entry.example.map(|example| format!("`baseUrl` is `{example}`."));
    let notes: Vec<String> = address.into_iter().chain(entry.note.map(str::to_owned)).collect();
    format!("| `{}` | {} | {key} | {} | {} |\n", entry.id, entry.name, links.join(", "), notes.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use serde_json::json;
    use std::collections::BTreeSet;

    #[test]
    fn every_entry_is_complete() {
        let mut ids = BTreeSet::new();
        for entry in BUILTIN {
            let id = entry.id;
            assert!(ids.insert(id), "{id} is there twice");
            assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{id}");
            assert!(!entry.name.is_empty() && !entry.base_url.ends_with('/'), "{id}");
            assert!(entry.note.is_none_or(|note| note.ends_with('.') && !note.contains('|')), "{id}");
            for link in [entry.privacy, (id != "demo").then_some(entry.docs)].into_iter().flatten() {
                assert!(link.starts_with("https://") && Origin::parse(link).is_ok(), "{id}: {link}");
            }
            if id == "demo" {
                continue;
            }
            assert_eq!(entry.base_url.is_empty(), entry.example.is_some(), "{id}");
            let origin = Origin::parse(entry.example.unwrap_or(entry.base_url)).unwrap();
            assert!(!origin.is_exposed() && (entry.home.is_none() || entry.is_home(&origin)), "{id}");
            assert_eq!(entry.key_env.is_none(), origin.is_loopback(), "{id}");
            assert!(entry.privacy.is_none() || !origin.is_loopback(), "{id}");
        }
    }

    /// Vendors of which we know no privacy policy, after looking for one: whoever uses them is told so. None is added
    /// without looking.
    const NO_POLICY_FOUND: &[&str] = &[
        "baichuan",
        "infini",
        "sophnet",
        "lanyun",
        "cephalon",
        "alayanew",
        "ocoolai",
        "dmxapi",
        "aionly",
        "burncloud",
        "ph8",
        "tokendance",
        "mizumi",
        "gpustack",
    ];

    #[test]
    fn every_vendor_has_its_privacy_policy_linked_but_for_those_where_none_was_found() {
        let away = |entry: &&Builtin| entry.is_away();
        let without: Vec<&str> = BUILTIN
            .iter()
            .filter(away)
            .filter(|entry| entry.privacy.is_none())
            .map(|entry| entry.id)
            .collect();
        assert_eq!(without, NO_POLICY_FOUND);
        // Whichever it is, the first use says it, and so does the table.
        let providers = Settings::default().providers;
        let table = catalogue();
        for entry in BUILTIN.iter().filter(away).filter(|entry| entry.example.is_none()) {
            let said = introduction(&providers[entry.id]).unwrap();
            let row = table.lines().find(|row| row.starts_with(&format!("| `{}` |", entry.id))).unwrap();
            match entry.privacy {
                Some(link) => assert!(said.contains(link) && row.contains(link), "{said} {row}"),
                None => assert!(
                    said.contains("knows of no privacy policy") && row.contains(NO_POLICY),
                    "{said} {row}"
                ),
            }
        }
    }

    /// Cherry Studio's vendors by the names that it gives them (version 1.7).
    const CHERRY_STUDIO: &[&str] = &[
        "cherryin",
        "silicon",
        "aihubmix",
        "ocoolai",
        "deepseek",
        "ppio",
        "alayanew",
        "qiniu",
        "dmxapi",
        "burncloud",
        "tokenflux",
        "302ai",
        "cephalon",
        "lanyun",
        "ph8",
        "openrouter",
        "ollama",
        "ovms",
        "new-api",
        "lmstudio",
        "anthropic",
        "openai",
        "azure-openai",
        "gemini",
        "vertexai",
        "github",
        "copilot",
        "zhipu",
        "yi",
        "moonshot",
        "baichuan",
        "dashscope",
        "stepfun",
        "doubao",
        "infini",
        "minimax",
        "groq",
        "together",
        "fireworks",
        "nvidia",
        "grok",
        "hyperbolic",
        "mistral",
        "jina",
        "perplexity",
        "modelscope",
        "xirang",
        "hunyuan",
        "tencent-cloud-ti",
        "baidu-cloud",
        "gpustack",
        "voyageai",
        "aws-bedrock",
        "poe",
        "aionly",
        "longcat",
        "huggingface",
        "sophnet",
        "gateway",
        "cerebras",
        "mimo",
        "minimax-global",
        "zai",
    ];

    #[test]
    fn every_vendor_that_cherry_studio_lists_is_known_or_said_not_to_be() {
        // What is called otherwise here: the models' vendor, and Vercel's gateway.
        let ours = |id| match id {
            "grok" => "xai",
            "gateway" => "vercel",
            id => id,
        };
        let missing: Vec<&str> =
            CHERRY_STUDIO.iter().copied().filter(|id| builtin(ours(id)).is_none()).collect();
        assert_eq!(missing, ["copilot"]);
        assert!(NOT_HERE.contains("GitHub Copilot"));
        assert!(CHERRY_STUDIO.len() >= 60 && BUILTIN.len() > CHERRY_STUDIO.len());
    }

    #[test]
    fn the_vendors_key_goes_to_the_vendors_hosts_alone() {
        let is_home = |id, url| builtin(id).unwrap().is_home(&Origin::parse(url).unwrap());
        assert!(is_home("openai", "https://api.openai.com/v2"));
        assert!(is_home("azure-openai", "https://acme.openai.azure.com"));
        assert!(is_home("vertexai", "https://europe-west1-aiplatform.googleapis.com/v1"));
        assert!(!is_home("azure-openai", "https://openai.azure.com.example.com"));
        assert!(!is_home("azure-openai", "http://acme.openai.azure.com"));
        assert!(!is_home("aws-bedrock", "https://evilamazonaws.com"));
        assert!(!is_home("demo", "https://example.com"));
    }

    #[test]
    fn a_provider_is_introduced_by_name_place_and_policy() {
        let said = |settings: serde_json::Value, id: &str| {
            introduction(&Settings::resolve(settings).0.providers[id]).unwrap_or_default()
        };
        let openai = said(json!({}), "openai");
        assert!(
            openai.contains("OpenAI at https://api.openai.com; its privacy policy is at https://"),
            "{openai}"
        );
        let gateway = json!({"providers": {"openai": {"baseUrl": "https://llm.acme.example/v1"}}});
        let gateway = said(gateway, "openai");
        assert!(
            gateway.contains("`openai` at https://llm.acme.example, an address out of your own settings"),
            "{gateway}"
        );
        assert!(!gateway.contains("OpenAI"), "{gateway}");
        for here in ["demo", "ollama", "llamacpp"] {
            assert_eq!(said(json!({}), here), "");
        }
    }
}
