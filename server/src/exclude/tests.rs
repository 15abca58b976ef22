use super::*;

#[track_caller]
fn check(own: &[&str], uri: &str, expected: Option<&str>) {
    let own: Vec<String> = own.iter().map(|glob| (*glob).to_owned()).collect();
    let rules = OwnRules::new(Some(&own));
    let found = Excluder::new(&rules).verdict(uri, &[]).map(|rule| rule.to_string());
    assert_eq!(found.as_deref(), expected, "{uri}");
}

#[test]
fn files_that_hold_secrets_by_their_kind_are_kept_back() {
    let built_in = |pattern: &str| format!("`{pattern}` in Aside's list of secret files");
    for (uri, pattern) in [
        ("file:///p/.env", ".env"),
        ("file:///p/.env.local", ".env[!a-z0-9]*"),
        ("file:///p/sub/prod.env", "*.env"),
        ("file:///p/server.PEM", "*.pem"),
        ("file:///home/me/.ssh/work", "**/.ssh/*"),
        ("file:///home/me/.aws/credentials", "*credentials"),
        ("file:///p/db-password.txt", "*password.txt"),
        ("git:/p/.env?ref=HEAD", ".env"),
        ("untitled:.env", ".env"),
        ("file:///p/%2Eenv", ".env"),
    ] {
        check(&[], uri, Some(&built_in(pattern)));
    }
    for uri in [
        "file:///p/.env.example",
        "file:///p/.env_example",
        "file:///p/.environment",
        "file:///p/secrets/a.rs",
        "file:///p/env.rs",
        "file:///p/key.rs",
        "file:///p/id_rsa_github.pub",
        "file:///p/id_ed25519.pub",
        "file:///p/id_rsa_parser.rs",
        "file:///p/wg-notes.conf",
        "untitled:Untitled-1",
    ] {
        check(&[], uri, None);
    }
}

#[test]
fn each_kind_of_secret_file_is_kept_back() {
    let rules = OwnRules::new(Some(&[]));
    let names = "prod.env .env .env.local .envrc a.pem a.key a.p12 a.pfx a.p8 a.pkcs12 a.der a.jks a.keystore a.bks \
        a.ppk a.asc a.gpg a.age a.kdbx a.kdb a.agilekeychain a.keychain a.keychain-db a.ovpn id_rsa id_dsa id_ecdsa \
        id_ed25519 id_ed25519_sk .ssh/work .gnupg/a/b .aws/credentials .aws/config .azure/a .config/gcloud/a \
        .kube/config kubeconfig a.kubeconfig .docker/config.json .dockercfg my-service-account-1.json \
        my_service_account.json application_default_credentials.json client_secret_1.json credentials.json \
        .config/gh/hosts.yml .git-credentials .netrc _netrc .npmrc .yarnrc.yml .pypirc .pgpass pgpass.conf .my.cnf \
        .htpasswd .cargo/credentials .cargo/credentials.toml .gem/credentials .m2/settings.xml \
        .m2/settings-security.xml .vault-token a.tfvars a.tfvars.json a.tfstate a.tfstate.backup secrets.yml \
        secrets.yaml secrets.json secrets.toml a.secret a.secrets .terraform.d/credentials.tfrc.json .terraformrc \
        .aws/sso/cache/a.json .aws/cli/cache/a.json .kube/cache .oci/config .aliyun/config.json \
        .config/doctl/config.yaml .fly/config.yml .config/rclone/rclone.conf rclone.conf .boto .s3cfg .passwd-s3fs \
        .databrickscfg .snowsql/config wireguard/wg0.conf etc/shadow etc/gshadow containers/auth.json \
        .composer/auth.json .config/composer/auth.json .codex/auth.json .bundle/config huggingface/token kaggle.json \
        acme-firebase-adminsdk-1.json .dev.vars .dev.vars.local .config/glab-cli/config.yml .gitcookies \
        .subversion/auth/a .mylogin.cnf .authinfo .msmtprc .fetchmailrc .vnc/passwd .bash_history .zsh_history \
        .psql_history .mysql_history .python_history fish_history shadow gshadow htpasswd .env_prod .env-prod .env%20 \
        .flaskenv ssh_host_rsa_key serviceAccountKey.json gcp-key.json credentials kubeconfig.yaml secret.yaml \
        keystore.properties key.properties .vault_pass age-key.txt wallet.dat passwords.txt Login%20Data logins.json \
        key4.db google-services.json GoogleService-Info.plist secret.yaml.bak passwords%20(1).txt \
        a.jceks a.pvk a.pgp a.keyring secring.x id_rsa_github id_ed25519-work credentials.tfrc.json \
        .erlang.cookie sftp-config.json .vscode/sftp.json wg0.conf \
        terraform.rc master.key wp-config.php local.settings.json .password-store/a/b";
    for name in names.split_whitespace() {
        let rule = Excluder::new(&rules).verdict(&format!("file:///p/{name}"), &[]);
        assert!(matches!(rule, Some(Rule::BuiltIn(_))), "{name}: {rule:?}");
    }
}

#[test]
fn a_copy_of_a_secret_file_is_kept_back_as_well() {
    let rules = OwnRules::new(Some(&[]));
    let verdict = |uri: &str| Excluder::new(&rules).verdict(uri, &[]);
    for name in [
        ".env~",
        "%23.env%23",
        ".%23.env",
        ".env.swp",
        "id_rsa.bak",
        ".id_rsa.swp",
        "id_rsa.txt",
        "a.pem.bak",
        "a.pem.old",
        "a.PEM.orig",
        "a.pem~",
        "secrets-old.yaml",
        "credentials%20(1).json",
        ".netrc~",
        ".ssh.bak/work",
        ".aws-old/credentials",
        ".aws/credentials~",
        "%25home%25me%25.env",
        "a.tfstate.2.bak",
    ] {
        let rule = verdict(&format!("file:///p/{name}"));
        assert!(matches!(rule, Some(Rule::BuiltIn(_))), "{name}: {rule:?}");
    }
    for name in
        ["main.rs~", "%23a.md%23", "key.rs.bak", "env.old", "v2/a.rs", "Cargo.lock", "copy.rs", "a.pem.rs"]
    {
        assert_eq!(verdict(&format!("file:///p/{name}")), None, "{name}");
    }
    check(&["!id_rsa.bak"], "file:///p/id_rsa.bak", None);
    check(&["plan.md"], "file:///p/plan.md~", Some("`plan.md` in the setting `privacy.exclude`"));
    check(&["plan.md"], "file:///p/plan-new.md", None);
}

#[test]
fn the_users_own_globs_add_and_take_out() {
    let own = |pattern: &str| format!("`{pattern}` in the setting `privacy.exclude`");
    check(&["*.sql"], "file:///p/dump.sql", Some(&own("*.sql")));
    check(&["internal/plans/"], "file:///p/internal/plans/a.md", Some(&own("**/internal/plans/")));
    check(&["/srv/private"], "file:///srv/private/a.md", Some(&own("/srv/private")));
    check(&["/srv/private"], "file:///p/srv/private/a.md", None);
    check(&["!.env.ci"], "file:///p/.env.ci", None);
    check(&["!passwords.txt"], "file:///p/passwords.txt", None);
    check(
        &["!passwords.txt"],
        "file:///p/passwords.txt.bak",
        Some("`*passwords` in Aside's list of secret files"),
    );
}

#[test]
fn nothing_frees_a_file_of_a_folder_that_the_user_excluded() {
    let folder = Some("`internal/` in the setting `privacy.exclude`");
    for name in [".env.example", "known.tfvars.example", ".ssh/id.pub", ".ssh/known_hosts", "deep/.env.dist"]
    {
        check(&["internal/"], &format!("file:///p/internal/{name}"), folder);
    }
    check(&["internal/", "!open.md"], "file:///p/internal/open.md", folder);
    check(&["internal/*", "!open.md"], "file:///p/internal/open.md", None);
    check(&["*.example"], "file:///p/.env.example", Some("`*.example` in the setting `privacy.exclude`"));
    check(&["!.env/"], "file:///p/.env/lib.py", None);
}

#[test]
fn globs_that_cannot_be_read_keep_everything_back() {
    let unreadable = Some("the setting `privacy.exclude`, which can't be read");
    let at_fault = Some("`a{b` in the setting `privacy.exclude`, which can't be read");
    check(&["*.sql", "a{b"], "file:///p/a.rs", at_fault);
    let rules = OwnRules::new(None);
    let found = Excluder::new(&rules).verdict("file:///p/a.rs", &[]).map(|rule| rule.to_string());
    assert_eq!(found.as_deref(), unreadable);
}

fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = root.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    root
}

#[track_caller]
fn rule_in(root: &tempfile::TempDir, name: &str) -> Option<String> {
    let uri = url::Url::from_file_path(root.path().join(name)).unwrap();
    let rules = OwnRules::new(Some(&[]));
    Excluder::new(&rules).verdict(uri.as_str(), &[]).map(|rule| rule.to_string())
}

#[test]
fn every_ignore_file_counts_in_its_folder_and_below() {
    // Spelled out, so that one that is dropped from the list is missed.
    for file in
        [".asideignore", ".aiignore", ".cursorignore", ".copilotignore", ".continueignore", ".aiexclude"]
    {
        let root = project(&[(&format!("sub/{file}"), "\u{feff}# private\nplans/\n*.draft\n")]);
        assert_eq!(rule_in(&root, "sub/deep/plans/a.md"), Some(format!("`plans/` in {file}")));
        assert_eq!(rule_in(&root, "sub/a.draft"), Some(format!("`*.draft` in {file}")));
        assert_eq!(rule_in(&root, "a.draft"), None);
    }
}

#[test]
fn a_nearer_file_of_the_same_name_may_take_back_but_no_repository_frees_a_secret_file() {
    let root = project(&[
        (".aiignore", "*.md\n"),
        ("docs/.aiignore", "!open.md\n!.env\n"),
        (".asideignore", "!.env"),
    ]);
    assert_eq!(rule_in(&root, "docs/open.md"), None);
    assert!(rule_in(&root, "docs/other.md").is_some());
    assert!(rule_in(&root, "docs/.env").is_some_and(|rule| rule.contains("secret files")));
}

#[test]
fn no_line_frees_a_file_of_an_excluded_folder_as_in_git() {
    let root = project(&[
        (".asideignore", "!README.md\nprivate/\n!private/README.md\n"),
        ("private/.asideignore", "!README.md\n"),
        (".aiignore", "plans/*\n!plans/open.md\n"),
    ]);
    for name in ["private/README.md", "private/deep/README.md", "sub/private/README.md"] {
        assert_eq!(rule_in(&root, name).as_deref(), Some("`private/` in .asideignore"), "{name}");
    }
    assert_eq!(rule_in(&root, "README.md"), None);
    assert_eq!(rule_in(&root, "plans/open.md"), None);
    assert!(rule_in(&root, "plans/other.md").is_some());
}

#[test]
fn an_ignore_file_that_cannot_be_read_keeps_its_folder_back() {
    let root = project(&[("a/.aiignore/x", ""), ("b/.aiignore", "a{b\n")]);
    assert_eq!(rule_in(&root, "a/x.rs").as_deref(), Some(".aiignore, which can't be read"));
    assert_eq!(rule_in(&root, "b/x.rs").as_deref(), Some(".aiignore, which can't be read"));
}

#[test]
fn an_ignore_file_counts_however_it_is_written() {
    let lines = "private/\r\npr\u{fc}fung.md\r\n!open.md\r\n";
    let units = || lines.encode_utf16();
    let latin: Vec<u8> = lines.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    for bytes in [
        lines.as_bytes().to_vec(),
        [b"\xef\xbb\xbf", lines.as_bytes()].concat(),
        [vec![0xff, 0xfe], units().flat_map(u16::to_le_bytes).collect()].concat(),
        [vec![0xfe, 0xff], units().flat_map(u16::to_be_bytes).collect()].concat(),
        latin,
    ] {
        let root = project(&[]);
        std::fs::write(root.path().join(".aiignore"), &bytes).unwrap();
        for name in ["private/a.md", "pr\u{fc}fung.md", "pr\u{fc}fung.md~"] {
            assert!(rule_in(&root, name).is_some(), "{name} {bytes:?}");
        }
        assert_eq!(rule_in(&root, "other.md"), None);
    }
    for text in ["a\0\n", &"a*\n".repeat(100_000)] {
        let root = project(&[(".aiignore", text)]);
        assert_eq!(rule_in(&root, "x.rs").as_deref(), Some(".aiignore, which can't be read"));
    }
}

#[cfg(unix)]
#[test]
fn an_ignore_file_that_leads_nowhere_or_has_no_end_keeps_its_folder_back() {
    for target in ["nowhere", "/dev/zero", "/dev/tty", "/"] {
        let root = project(&[]);
        std::os::unix::fs::symlink(target, root.path().join(".aiignore")).unwrap();
        assert_eq!(rule_in(&root, "x.rs").as_deref(), Some(".aiignore, which can't be read"), "{target}");
    }
}

#[cfg(unix)]
#[test]
fn another_name_for_a_secret_file_does_not_free_it() {
    let root = project(&[(".env", "")]);
    std::os::unix::fs::symlink(root.path().join(".env"), root.path().join("settings.txt")).unwrap();
    assert!(rule_in(&root, "settings.txt").is_some());
}

#[cfg(unix)]
#[test]
fn a_file_that_is_not_saved_yet_is_held_to_the_rules_of_where_it_will_be() {
    use std::os::unix::fs::symlink;
    let root = project(&[(".asideignore", "private/\n"), ("private/a.md", "")]);
    let at = |name: &str| root.path().join(name);
    symlink(at("private"), at("linked")).unwrap();
    symlink("private/b.md", at("b.md")).unwrap();
    symlink("c.md", at("c.md")).unwrap();
    for name in ["linked/a.md", "linked/new.md", "linked/deep/new.md", "b.md"] {
        assert_eq!(rule_in(&root, name).as_deref(), Some("`private/` in .asideignore"), "{name}");
    }
    for name in ["new.md", "deep/new.md", "c.md"] {
        assert_eq!(rule_in(&root, name), None, "{name}");
    }
}
