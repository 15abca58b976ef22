//! Data files that are called after the secret they hold: `db-password.txt`, `serviceAccountKey.json`. Sources, documents
//! and files about secrets (`password.rs`, `secrets.md`, `password-policy.json`) are none.

/// Endings of files that hold data; one without an ending may as well.
const DATA: &str = "txt json json5 jsonc yml yaml toml ini cfg conf config properties xml csv tsv plist dat db sqlite env enc \
    xlsx xls ods docx odt rtf b64 base64 hcl ndjson log sh ps1 bat sql";

/// What such a file is called, by its last word.
const SECRETS: &str = "secret secrets password passwords passwd htpasswd htdigest passphrase passphrases passwort kennwort \
    credential credentials creds keystore truststore kubeconfig apikey apikeys dockerconfigjson authtoken \
    serviceaccount mnemonic privkey privatekey";

/// They are called after what opens a door only behind one of these, or where nothing else is in the file.
const AMBIGUOUS: &str = "key keys token tokens pass";
const OPENS: &str = "api access auth secret private master encryption signing deploy host rsa dsa ecdsa ed25519 ssh gpg pgp \
    age sops account service sa gcp gcloud google firebase aws azure s3 github gitlab gh npm pypi slack \
    stripe openai anthropic bot bearer refresh id session jwt vault db database root admin user smtp mail ftp \
    wifi backup restic borg tls ssl server client ca cert upload release licence license";

/// Behind the secret's word: which one it is.
const WHICH: &str = "prod production dev development stage staging test testing qa uat local ci live sandbox default main old \
    new backup bak copy dec decrypted plain private";

/// In any place: it is about a secret, or holds none yet, or none that can be read.
const ABOUT: &str = "example examples sample template tmpl tpl dist schema public pub sealed external forgot forgotten reset \
    change lost strength policy design primary foreign";

/// The part of the name that says so, as a glob.
pub(super) fn after_a_secret(name: &str) -> Option<String> {
    let words = words(name);
    let is = |list: &str, word: &str| list.split(' ').any(|one| one == word);
    let (_, last) = words.last()?;
    // `a.password`: what would be the ending says what it is.
    let has_ending = name.trim_start_matches('.').contains('.') && !is(SECRETS, last) && !is(AMBIGUOUS, last);
    let is_which = |word: &str| is(WHICH, word) || word.bytes().all(|b| b.is_ascii_digit());
    let mut rest = words.as_slice();
    if has_ending {
        let (ending, before) = rest.split_last()?;
        if !is(DATA, &ending.1) && !is_which(&ending.1) {
            return None;
        }
        rest = before;
    }
    while let Some(((_, _), before)) = rest.split_last().filter(|((_, word), _)| is_which(word)) {
        rest = before;
    }
    let ((at, word), before) = rest.split_last()?;
    if words.iter().any(|(_, word)| is(ABOUT, word)) {
        return None;
    }
    let opens = before.last().is_some_and(|(_, word)| is(OPENS, word));
    let alone = before.is_empty()
        && (name.starts_with('.') || name.get(*at..)?.ends_with(".txt") || name.ends_with(".properties"));
    let is_one = is(SECRETS, word) || (is(AMBIGUOUS, word) && (opens || alone));
    is_one.then(|| name.get(*at..).map(|end| format!("*{end}"))).flatten()
}

/// The words of a name in small letters, and where each begins: apart by signs, and by humps (`serviceAccountKey`).
fn words(name: &str) -> Vec<(usize, String)> {
    let mut words: Vec<(usize, String)> = Vec::new();
    let mut before: Option<char> = None;
    for (at, c) in name.char_indices() {
        let begins = match before {
            Some(before) if before.is_alphanumeric() => c.is_uppercase() && before.is_lowercase(),
            Some(_) | None => true,
        };
        if c.is_alphanumeric() {
            if begins {
                words.push((at, String::new()));
            }
            words.last_mut().map(|(_, word)| word.extend(c.to_lowercase())).unwrap_or_default();
        }
        before = Some(c);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_file_that_is_called_after_a_secret_is_one() {
        let names = "credentials passwords.txt db-password.txt DB_PASSWORD secret.yaml secrets.yml secrets.prod.yaml \
            secrets-2026.json prod.secrets.yaml my-secret.json aws_credentials.csv serviceAccountKey.json gcp-key.json \
            age-key.txt key.properties keystore.properties kubeconfig.yaml kubeconfig-prod.yml htpasswd .htpasswd \
            ssh_host_rsa_key ssh_host_ed25519_key .vault_pass vault-pass.txt .token token.txt gh_token api-keys.json \
            apiKey.txt accessToken.json a.password a.credentials .secrets.toml .password Passwords.xlsx \
            private_key.txt db_pass.env bot-token.yaml refresh_token.json creds.json .pass";
        for name in names.split_whitespace() {
            assert!(after_a_secret(name).is_some(), "{name}");
        }
        assert_eq!(after_a_secret("db-password.prod.txt").as_deref(), Some("*password.prod.txt"));
    }

    #[test]
    fn a_source_a_document_and_a_file_about_secrets_is_none() {
        let names = "secret.rs secrets.md password.py PasswordField.tsx password-policy.json credentials.ts tokens.json \
            design-tokens.json token.rs wallet.ts keyboard.json keymap.json key-bindings.json monkey.txt secretary.json \
            password-reset.html reset-password.json passwords.test.js secrets.example.yaml credentials.sample.json \
            password-schema.json login-data.ts shadow.css shadow.json keystore.go public_key.txt id_rsa.pub \
            ssh_host_rsa_key.pub secret-santa.json key.json keys.json primary-key.txt sort_key.json hotkey.toml \
            boarding-pass.json render_pass.json pass.rs tokenizer.json token_counts.csv sealed-secret.yaml \
            external-secrets.yaml compass.conf bypass.txt main.rs Makefile README .gitignore a.b.c 日本.txt é . .. ";
        for name in names.split_whitespace() {
            assert_eq!(after_a_secret(name), None, "{name}");
        }
    }
}
