//! Secrets that are known by their shape, as data: what vendors document of their keys, and what the public rule sets
//! of gitleaks (MIT), TruffleHog and GitHub's secret scanning agree on. The patterns and words here are our own.

use super::{Found, assignments, places};
use memchr::memmem;
use regex::bytes::Regex;
use std::ops::Range;
use std::sync::OnceLock;

/// One shape.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    pub id: &'static str,
    /// Whose secret it is, for a person.
    pub what: &'static str,
    /// A text without one of these has none, and the pattern isn't even compiled.
    hints: &'static [&'static str],
    /// The secret is the group.
    pattern: &'static str,
    judge: Judge,
}

/// What else has to be true of what has the shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judge {
    Nothing,
    /// It stands for no other.
    Meant,
    /// It looks like a password, which needn't be made by chance.
    Password,
    /// It does, and no word does.
    Odd,
    /// It looks made by chance.
    Random,
    /// It does, and has a digit.
    RandomWithDigit,
}

pub(super) const fn rule(
    id: &'static str,
    what: &'static str,
    hints: &'static [&'static str],
    pattern: &'static str,
) -> Rule {
    Rule { id, what, hints, pattern, judge: Judge::Nothing }
}

impl Rule {
    pub(super) const fn judged(self, judge: Judge) -> Self {
        Self { judge, ..self }
    }

    fn compile(&self) -> Regex {
        let pattern = self.pattern.replace("VALUE", places::VALUE);
        let pattern =
            pattern.replacen(r"\b(", &format!("{START}("), usize::from(pattern.starts_with(r"\b(")));
        Regex::new(&format!("(?-u){pattern}")).expect("a test compiles every pattern")
    }

    fn is_meant(&self, secret: &str) -> bool {
        let is_random = || assignments::is_random(secret) && !assignments::stands_for_one(secret);
        match self.judge {
            Judge::Nothing => true,
            Judge::Meant => !assignments::stands_for_one(secret),
            Judge::Password => assignments::is_password_value(secret),
            Judge::Odd => {
                assignments::is_password_value(secret) && assignments::has_odd_sign_or_turns(secret)
            }
            Judge::Random => is_random(),
            Judge::RandomWithDigit => is_random() && secret.bytes().any(|b| b.is_ascii_digit()),
        }
    }
}

/// Before a secret: the start of a word, or a sign that is written with letters, in a string (`\n`) or in an address (`%3D`).
const START: &str = r"(?:\b|_|\\[nrtbfv0]|%[0-9A-Fa-f]{2})";

/// The shapes. Where nothing else is said, a word begins with the secret.
pub const RULES: &[Rule] = &[
    rule("private-key", "PEM and OpenSSH private keys, line by line", &["PRIVATE KEY", "OpenVPN Static key"], PRIVATE_KEY),
    rule(
        "aws-key-id",
        "Amazon Web Services",
        &["AKIA", "ASIA", "ABIA", "ACCA"],
        r"\b((?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})\b",
    ),
    rule("aws-bedrock", "Amazon Bedrock", &["ABSK"], r"\b(ABSK[A-Za-z0-9+/]{100,}={0,2})"),
    rule("github", "GitHub", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"\b(gh[pousr]_[A-Za-z0-9]{30,255})"),
    rule("github-fine", "GitHub, fine-grained", &["github_pat_"], r"\b(github_pat_[A-Za-z0-9_]{40,255})"),
    rule(
        "gitlab",
        "GitLab",
        &["gl"],
        r"\b(gl(?:pat|dt|rt|cbt|ptt|ft|soat|imt|agent|oas|ffct)-[A-Za-z0-9_.-]{20,})",
    ),
    rule(
        "slack",
        "Slack",
        &["xox", "xapp-"],
        r"\b(xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{20,})",
    ),
    rule(
        "slack-hook",
        "Slack, webhooks",
        &["hooks.slack.com/"],
        r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9_/-]{20,})",
    ),
    rule(
        "discord-hook",
        "Discord, webhooks",
        &["/api/webhooks/"],
        r"/api/webhooks/(\d{15,22}/[A-Za-z0-9_-]{40,})",
    ),
    rule(
        "discord-bot",
        "Discord, bots",
        &["."],
        r"\b([MNO][A-Za-z0-9_-]{22,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40})\b",
    ).judged(Judge::RandomWithDigit),
    rule("telegram", "Telegram", &[":AA"], r"\b(\d{8,10}:AA[A-Za-z0-9_-]{30,40})"),
    rule(
        "stripe",
        "Stripe",
        &["sk_", "rk_", "whsec_"],
        r"\b((?:sk|rk)_(?:live|test|prod)_[A-Za-z0-9]{10,255}|whsec_[A-Za-z0-9+/=]{24,})",
    ),
    rule(
        "openai",
        "OpenAI and those that copy its keys",
        &["sk-"],
        r"\b(sk-(?:(?:proj|svcacct|admin|None|or-v1|lf)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9_-]{0,12}[A-Za-z0-9]{16}[A-Za-z0-9_-]*))",
    ).judged(Judge::Random),
    rule("anthropic", "Anthropic", &["sk-ant-"], r"\b(sk-ant-[a-z0-9]{2,10}-[A-Za-z0-9_-]{20,})"),
    rule("google", "Google, API keys", &["AIza"], r"\b(AIza[A-Za-z0-9_-]{35})"),
    rule(
        "google-oauth",
        "Google, OAuth",
        &["GOCSPX-", "ya29."],
        r"\b(GOCSPX-[A-Za-z0-9_-]{24,}|ya29\.[A-Za-z0-9_-]{20,})",
    ),
    rule("hugging-face", "Hugging Face", &["hf_", "api_org_"], r"\b((?:hf|api_org)_[A-Za-z0-9]{30,})"),
    rule("groq", "Groq", &["gsk_"], r"\b(gsk_[A-Za-z0-9]{40,})"),
    rule("xai", "xAI", &["xai-"], r"\b(xai-[A-Za-z0-9]{40,})"),
    rule("perplexity", "Perplexity", &["pplx-"], r"\b(pplx-[A-Za-z0-9]{32,})"),
    rule("replicate", "Replicate", &["r8_"], r"\b(r8_[A-Za-z0-9]{30,})"),
    rule("nvidia", "NVIDIA", &["nvapi-"], r"\b(nvapi-[A-Za-z0-9_-]{40,})"),
    rule("fireworks", "Fireworks", &["fw_"], r"\b(fw_[A-Za-z0-9]{22,})"),
    rule("npm", "npm", &["npm_"], r"\b(npm_[A-Za-z0-9]{30,})"),
    rule("python-index", "the Python package index", &["pypi-"], r"\b(pypi-[A-Za-z0-9_-]{50,})"),
    rule("rust-index", "the Rust package registry", &["cio"], r"\b(cio[A-Za-z0-9]{32})\b"),
    rule("rubygems", "RubyGems", &["rubygems_"], r"\b(rubygems_[a-f0-9]{48})"),
    rule("nuget", "NuGet", &["oy2"], r"\b(oy2[a-z0-9]{43})\b"),
    rule("docker", "Docker", &["dckr_"], r"\b(dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,})"),
    rule("sendgrid", "SendGrid", &["SG."], r"\b(SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64})"),
    rule("mailgun", "Mailgun", &["key-"], r"\b(key-[a-f0-9]{32})\b"),
    rule("mailchimp", "Mailchimp", &["-us"], r"\b([a-f0-9]{32}-us\d{1,2})\b"),
    rule("twilio", "Twilio", &["SK"], r"\b(SK[a-f0-9]{32})\b"),
    rule("digitalocean", "DigitalOcean", &["_v1_"], r"\b(do[opr]_v1_[a-f0-9]{64})"),
    rule("heroku", "Heroku", &["HRKU-"], r"\b(HRKU-[A-Za-z0-9_-]{36,})"),
    rule(
        "fly",
        "Fly.io",
        &["fo1_", "fm1", "fm2_"],
        r"\b(fo1_[A-Za-z0-9_-]{40,}|fm[12][ar]?_[A-Za-z0-9+/=]{60,})",
    ),
    rule("netlify", "Netlify", &["nfp_"], r"\b(nfp_[A-Za-z0-9_]{36,})"),
    rule("cloudflare", "Cloudflare, origin keys", &["v1.0-"], r"\b(v1\.0-[a-f0-9]{24}-[a-f0-9]{100,})"),
    rule(
        "azure-storage",
        "Azure, account keys",
        &["AccountKey=", "SharedAccessKey="],
        r"(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{40,88}={0,2})",
    ),
    rule("azure-app", "Azure, app secrets", &["Q~"], r"\b([A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34})"),
    rule("databricks", "Databricks", &["dapi"], r"\b(dapi[a-f0-9]{32}(?:-\d)?)\b"),
    rule("vault", "HashiCorp Vault", &["hv"], r"\b(hv[sbr]\.[A-Za-z0-9_-]{24,})"),
    rule("terraform", "HCP Terraform", &[".atlasv1."], r"\b([A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,70})"),
    rule("pulumi", "Pulumi", &["pul-"], r"\b(pul-[a-f0-9]{40})\b"),
    rule(
        "doppler",
        "Doppler",
        &["dp."],
        r"\b(dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44})",
    ),
    rule(
        "grafana",
        "Grafana",
        &["glsa_", "glc_"],
        r"\b(glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}|glc_[A-Za-z0-9+/=]{32,})",
    ),
    rule("new-relic", "New Relic", &["NRAK-", "NRJS-", "NRII-"], r"\b(NR(?:AK|JS|II)-[A-Za-z0-9_-]{19,32})"),
    rule("sentry", "Sentry", &["sntry"], r"\b(sntry[su]_[A-Za-z0-9+/=_-]{40,})"),
    rule("linear", "Linear", &["lin_"], r"\b(lin_(?:api|oauth)_[A-Za-z0-9]{32,})"),
    rule("notion", "Notion", &["ntn_", "secret_"], r"\b(ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43})\b"),
    rule("figma", "Figma", &["figd_"], r"\b(figd_[A-Za-z0-9_-]{36,})"),
    rule("atlassian", "Atlassian", &["ATATT3", "ATCTT3"], r"\b(AT[AC]TT3[A-Za-z0-9_=-]{60,})"),
    rule("shopify", "Shopify", &["shp"], r"\b(shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32})"),
    rule(
        "square",
        "Square",
        &["sq0", "EAAA"],
        r"\b(sq0(?:atp|csp)-[A-Za-z0-9_-]{22,43}|EAAA[A-Za-z0-9_-]{60}\b)",
    ),
    rule("planetscale", "PlanetScale", &["pscale_"], r"\b(pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.-]{32,64})"),
    rule(
        "supabase",
        "Supabase",
        &["sbp_", "sb_secret_"],
        r"\b(sbp_[a-f0-9]{40}|sb_secret_[A-Za-z0-9_-]{20,})",
    ),
    rule("postman", "Postman", &["PMAK-"], r"\b(PMAK-[a-f0-9]{24}-[a-f0-9]{34})"),
    rule("age", "age", &["AGE-SECRET-KEY-"], r"\b(AGE-SECRET-KEY-1[0-9A-Z]{58})"),
    rule(
        "json-web-token",
        "JSON web tokens",
        &["eyJ"],
        r"\b(eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,})",
    ),
    rule("tavily", "Tavily", &["tvly-"], r"\b(tvly-[A-Za-z0-9-]{20,})"),
    rule("pinecone", "Pinecone", &["pcsk_"], r"\b(pcsk_[A-Za-z0-9_]{40,})"),
    rule("langsmith", "LangSmith", &["lsv2_"], r"\b(lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10})"),
    rule("firecrawl", "Firecrawl", &["fc-"], r"\b(fc-[a-f0-9]{32})\b"),
    rule("jina", "Jina", &["jina_"], r"\b(jina_[A-Za-z0-9_-]{40,})"),
    rule("resend", "Resend", &["re_"], r"\b(re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24})\b"),
    rule("airtable", "Airtable", &["pat"], r"\b(pat[A-Za-z0-9]{14}\.[a-f0-9]{64})\b"),
    rule("circleci", "CircleCI", &["CCIPAT_"], r"\b(CCIPAT_[A-Za-z0-9]{10,40}_[a-f0-9]{40})"),
    rule("sonarqube", "SonarQube", &["sq"], r"\b(sq[apu]_[a-f0-9]{40})\b"),
    rule("dynatrace", "Dynatrace", &["dt0"], r"\b(dt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64})\b"),
    rule("cerebras", "Cerebras", &["csk-"], r"\b(csk-[a-z0-9]{40,})"),
    rule("mapbox", "Mapbox, secret tokens", &["sk.eyJ"], r"\b(sk\.eyJ[A-Za-z0-9_-]{40,}\.[A-Za-z0-9_-]{20,})"),
    rule("one-password", "1Password, service accounts", &["ops_eyJ"], r"\b(ops_eyJ[A-Za-z0-9_-]{100,}={0,2})"),
    rule("django", "Django", &["django-insecure-"], r#"(django-insecure-[^\s"'`]{15,})"#),
];

/// The body's lines are found by [`private_key_lines`].
const PRIVATE_KEY: &str =
    r"-----(BEGIN|END)[ A-Z0-9]{0,30}(?:PRIVATE KEY(?: BLOCK)?|OpenVPN Static key V1)-----";

/// Compiled at their first use: each costs some time and memory.
static COMPILED: [OnceLock<Regex>; RULES.len()] = [const { OnceLock::new() }; RULES.len()];
static COMPILED_PLACES: [OnceLock<Regex>; places::PLACES.len()] =
    [const { OnceLock::new() }; places::PLACES.len()];

pub(super) fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let places = places::PLACES.iter().zip(&COMPILED_PLACES);
    for (rule, pattern) in RULES.iter().zip(&COMPILED).chain(places) {
        // The standard library's search takes ten times as long.
        if !rule.hints.iter().any(|hint| memmem::find(text.as_bytes(), hint.as_bytes()).is_some()) {
            continue;
        }
        for captures in pattern.get_or_init(|| rule.compile()).captures_iter(text.as_bytes()) {
            let (Some(all), Some(group)) = (captures.get(0), captures.get(1)) else { continue };
            let ranges = match rule.id {
                "private-key" => private_key_lines(text, all.range(), group.as_bytes() == b"BEGIN"),
                _ => vec![unquoted(text, whole_characters(text, group.range()))],
            };
            let meant = |range: &Range<usize>| rule.is_meant(text.get(range.clone()).unwrap_or_default());
            found.extend(ranges.into_iter().filter(meant).map(|range| Found { range, rule: rule.id }));
        }
    }
    found
}

/// What is between quotes that a pattern took along.
fn unquoted(text: &str, range: Range<usize>) -> Range<usize> {
    let value = text.get(range.clone()).unwrap_or_default();
    let is_quoted = |sign: &char| value.len() >= 2 && value.starts_with(*sign) && value.ends_with(*sign);
    if ['"', '\'', '`'].iter().any(is_quoted) { range.start + 1..range.end - 1 } else { range }
}

/// A pattern counts bytes and may end inside of a character.
pub(super) fn whole_characters(text: &str, mut range: Range<usize>) -> Range<usize> {
    while !text.is_char_boundary(range.end) {
        range.end += 1;
    }
    range
}

/// The lines of a private key, beside its first or its last line, of which the other may have been cut off.
fn private_key_lines(text: &str, marker: Range<usize>, begins: bool) -> Vec<Range<usize>> {
    if begins {
        let rest = text.get(marker.end..).unwrap_or_default();
        match rest.find("-----END") {
            Some(end) if end <= LONGEST_KEY => runs(text, marker.end..marker.end + end),
            Some(_) | None => bare_lines(text, marker.end, rest.lines().skip(1)),
        }
    } else {
        let before = text.get(..marker.start).unwrap_or_default();
        bare_lines(text, 0, before.lines().rev())
    }
}

/// No private key is longer.
const LONGEST_KEY: usize = 32 * 1024;
/// A key's last line may be short; what is shorter says nothing.
const SHORTEST_LINE: usize = 8;

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// Every run of base64. A line may end as it is written inside of a JSON text, with a backslash and a letter.
fn runs(text: &str, body: Range<usize>) -> Vec<Range<usize>> {
    let bytes = text.as_bytes().get(body.clone()).unwrap_or_default();
    let (mut found, mut from, mut at) = (Vec::new(), 0, 0);
    while at <= bytes.len() {
        let here = bytes.get(at).copied();
        if !here.is_some_and(is_base64) {
            if at >= from + SHORTEST_LINE {
                found.push(body.start + from..body.start + at);
            }
            at += usize::from(here == Some(b'\\'));
            from = at + 1;
        }
        at += 1;
    }
    found
}

/// Lines from one on that hold base64 and nothing else but blanks, as long as there are such.
fn bare_lines<'t>(text: &str, start: usize, lines: impl Iterator<Item = &'t str>) -> Vec<Range<usize>> {
    let bare = |line: &&str| line.len() >= SHORTEST_LINE && line.bytes().all(is_base64);
    let base = text.as_ptr() as usize;
    let place = |line: &str| line.as_ptr() as usize - base;
    let lines = lines.map(str::trim).skip_while(|line| line.is_empty()).take_while(bare);
    lines.map(|line| place(line)..place(line) + line.len()).filter(|range| range.start >= start).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles_and_names_one_group() {
        for rule in RULES.iter().chain(places::PLACES) {
            assert_eq!(rule.compile().captures_len(), 2, "{}", rule.id);
        }
    }

    #[test]
    fn no_two_rules_have_one_id() {
        let mut ids: Vec<_> = RULES.iter().chain(places::PLACES).map(|rule| rule.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), RULES.len() + places::PLACES.len());
    }
}
