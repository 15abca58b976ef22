//! The providers that are known without being told. Nothing is fetched to know them.

use crate::provider::WireFormat::{self, AnthropicMessages, Demo, OpenaiChat};

/// A provider, as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Builtin {
    pub id: &'static str,
    /// The vendor's own name.
    pub name: &'static str,
    pub format: WireFormat,
    /// Without a trailing slash. Empty for `demo`.
    pub base_url: &'static str,
    pub key_env: Option<&'static str>,
    pub key_optional: bool,
    /// Where the vendor explains its models and keys.
    pub docs: &'static str,
    /// The vendor's privacy policy; `None` where the text stays on this machine.
    pub privacy: Option<&'static str>,
}

/// A vendor's service in the OpenAI format, with a key.
const fn hosted(
    id: &'static str,
    name: &'static str,
    base_url: &'static str,
    key_env: &'static str,
    docs: &'static str,
    privacy: &'static str,
) -> Builtin {
    Builtin {
        id,
        name,
        format: OpenaiChat,
        base_url,
        key_env: Some(key_env),
        key_optional: false,
        docs,
        privacy: Some(privacy),
    }
}

/// A server on this machine in the OpenAI format, at its usual port.
const fn local(id: &'static str, name: &'static str, base_url: &'static str, docs: &'static str) -> Builtin {
    Builtin { id, name, format: OpenaiChat, base_url, key_env: None, key_optional: true, docs, privacy: None }
}

/// The built-in providers, in the order in which they are shown.
pub const BUILTIN: &[Builtin] = &[
    Builtin {
        id: "demo",
        name: "Demo",
        format: Demo,
        base_url: "",
        key_env: None,
        key_optional: true,
        docs: "",
        privacy: None,
    },
    hosted(
        "openai",
        "OpenAI",
        "https://api.openai.com/v1",
        "OPENAI_API_KEY",
        "https://platform.openai.com/docs",
        "https://openai.com/policies/privacy-policy",
    ),
    Builtin {
        id: "anthropic",
        name: "Anthropic",
        format: AnthropicMessages,
        base_url: "https://api.anthropic.com",
        key_env: Some("ANTHROPIC_API_KEY"),
        key_optional: false,
        docs: "https://docs.anthropic.com",
        privacy: Some("https://www.anthropic.com/legal/privacy"),
    },
    hosted(
        "openrouter",
        "OpenRouter",
        "https://openrouter.ai/api/v1",
        "OPENROUTER_API_KEY",
        "https://openrouter.ai/docs",
        "https://openrouter.ai/privacy",
    ),
    hosted(
        "groq",
        "Groq",
        "https://api.groq.com/openai/v1",
        "GROQ_API_KEY",
        "https://console.groq.com/docs",
        "https://groq.com/privacy-policy",
    ),
    hosted(
        "mistral",
        "Mistral AI",
        "https://api.mistral.ai/v1",
        "MISTRAL_API_KEY",
        "https://docs.mistral.ai",
        "https://legal.mistral.ai/terms/privacy-policy",
    ),
    hosted(
        "deepseek",
        "DeepSeek",
        "https://api.deepseek.com/v1",
        "DEEPSEEK_API_KEY",
        "https://api-docs.deepseek.com",
        "https://cdn.deepseek.com/policies/en-US/deepseek-privacy-policy.html",
    ),
    hosted(
        "xai",
        "xAI",
        "https://api.x.ai/v1",
        "XAI_API_KEY",
        "https://docs.x.ai",
        "https://x.ai/legal/privacy-policy",
    ),
    hosted(
        "gemini",
        "Google Gemini",
        "https://generativelanguage.googleapis.com/v1beta/openai",
        "GEMINI_API_KEY",
        "https://ai.google.dev/gemini-api/docs/openai",
        "https://policies.google.com/privacy",
    ),
    local("ollama", "Ollama", "http://localhost:11434/v1", "https://docs.ollama.com"),
    local("lmstudio", "LM Studio", "http://localhost:1234/v1", "https://lmstudio.ai/docs"),
    local("llamacpp", "llama.cpp", "http://localhost:8080/v1", "https://github.com/ggml-org/llama.cpp"),
    local("vllm", "vLLM", "http://localhost:8000/v1", "https://docs.vllm.ai"),
];

/// The built-in provider of this id.
pub fn builtin(id: &str) -> Option<&'static Builtin> {
    BUILTIN.iter().find(|entry| entry.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Origin;
    use std::collections::BTreeSet;

    #[test]
    fn every_entry_is_complete() {
        let mut ids = BTreeSet::new();
        for entry in BUILTIN {
            assert!(ids.insert(entry.id), "{} is there twice", entry.id);
            assert!(!entry.name.is_empty() && !entry.base_url.ends_with('/'), "{}", entry.id);
            if entry.format == Demo {
                continue;
            }
            let origin = Origin::parse(entry.base_url).unwrap();
            assert!(!origin.is_exposed(), "{}", entry.id);
            assert!(entry.docs.starts_with("https://"), "{}", entry.id);
            assert_eq!(entry.key_optional, origin.is_loopback(), "{}", entry.id);
            assert_eq!(entry.privacy.is_none(), origin.is_loopback(), "{}", entry.id);
            assert_eq!(entry.key_env.is_none(), origin.is_loopback(), "{}", entry.id);
        }
    }
}
