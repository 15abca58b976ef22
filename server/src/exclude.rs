//! Which files are never sent: what the project's ignore files name, the user's own globs, and a built-in list.
//!
//! Nothing here knows what is in a file. Whatever can't be read keeps back more, never less. `.gitignore` is not asked:
//! it says what isn't shared with the project, and only what the user has open can be sent at all.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Files in a project that name what no assistant may send, each in the manner of `.gitignore`.
pub(crate) const IGNORE_FILES: &[&str] =
    &[".asideignore", ".aiignore", ".cursorignore", ".copilotignore", ".continueignore", ".aiexclude"];

/// Files that hold secrets by their kind. The last match decides.
const SECRET_FILES: &[&str] = &[
    "*.env",
    ".env",
    ".env.*",
    ".envrc",
    "!.env.example",
    "!.env.sample",
    "!.env.template",
    "!.env.dist",
    "!example.env",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.p8",
    "*.pkcs12",
    "*.der",
    "*.jks",
    "*.keystore",
    "*.bks",
    "*.ppk",
    "*.asc",
    "*.gpg",
    "*.age",
    "*.kdbx",
    "*.kdb",
    "*.agilekeychain",
    "*.keychain",
    "*.keychain-db",
    "*.ovpn",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "id_*_sk",
    "**/.ssh/*",
    "!**/.ssh/*.pub",
    "!**/.ssh/known_hosts",
    "**/.gnupg/**",
    "**/.aws/credentials",
    "**/.aws/config",
    "**/.azure/**",
    "**/.config/gcloud/**",
    "**/.kube/config",
    "kubeconfig",
    "*.kubeconfig",
    "**/.docker/config.json",
    ".dockercfg",
    "*service-account*.json",
    "*service_account*.json",
    "application_default_credentials.json",
    "client_secret*.json",
    "credentials.json",
    "**/.config/gh/hosts.yml",
    ".git-credentials",
    ".netrc",
    "_netrc",
    ".npmrc",
    ".yarnrc.yml",
    ".pypirc",
    ".pgpass",
    "pgpass.conf",
    ".my.cnf",
    ".htpasswd",
    "**/.cargo/credentials",
    "**/.cargo/credentials.toml",
    "**/.gem/credentials",
    "**/.m2/settings.xml",
    "**/.m2/settings-security.xml",
    ".vault-token",
    "*.tfvars",
    "*.tfvars.json",
    "*.tfstate",
    "*.tfstate.*",
    "!*.tfvars.example",
    "secrets.yml",
    "secrets.yaml",
    "secrets.json",
    "secrets.toml",
    "*.secret",
    "*.secrets",
    "**/.terraform.d/credentials.tfrc.json",
    ".terraformrc",
    "terraform.rc",
    "master.key",
    "wp-config.php",
    "local.settings.json",
    "**/.password-store/**",
];

/// Why a file is kept back, for a person: it fits after "kept back by".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rule {
    /// A pattern of an ignore file.
    File { pattern: String, file: &'static str },
    /// One of the user's own globs.
    Own(String),
    /// The built-in list.
    BuiltIn(String),
    /// An ignore file that can't be read.
    Unreadable(&'static str),
    /// The user's own globs can't be read; the one that is at fault, where it is one.
    OwnUnreadable(Option<String>),
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::File { pattern, file } => write!(f, "`{pattern}` in {file}"),
            Rule::Own(pattern) => write!(f, "`{pattern}` in the setting `privacy.exclude`"),
            Rule::BuiltIn(pattern) => write!(f, "`{pattern}` in Aside's list of secret files"),
            Rule::Unreadable(file) => write!(f, "{file}, which can't be read"),
            Rule::OwnUnreadable(None) => write!(f, "the setting `privacy.exclude`, which can't be read"),
            Rule::OwnUnreadable(Some(pattern)) => {
                write!(f, "`{pattern}` in the setting `privacy.exclude`, which can't be read")
            }
        }
    }
}

/// The built-in list with the user's own globs behind it; where those can't be read, the one that is at fault, if one is.
#[derive(Debug)]
pub(crate) struct OwnRules(Result<Gitignore, Option<String>>);

impl OwnRules {
    pub(crate) fn new(own: Option<&[String]>) -> Self {
        let build = || -> Result<Gitignore, Option<String>> {
            let mut builder = GitignoreBuilder::new("");
            builder.case_insensitive(true).map_err(|_| None::<String>)?;
            for pattern in SECRET_FILES {
                builder.add_line(None, pattern).map_err(|_| None::<String>)?;
            }
            for pattern in own.ok_or(None::<String>)? {
                builder
                    .add_line(Some(PathBuf::from(OWN)), &anywhere(pattern))
                    .map_err(|_| Some(pattern.clone()))?;
            }
            builder.build().map_err(|_| None::<String>)
        };
        Self(build())
    }
}

/// Marks the user's own globs in the matcher.
const OWN: &str = "privacy.exclude";

/// A path in a glob of the user's is meant in any folder, unless it begins with a slash.
fn anywhere(pattern: &str) -> String {
    let (not, rest) = pattern.strip_prefix('!').map_or(("", pattern), |rest| ("!", rest));
    let inner = rest.trim_end_matches('/');
    match inner.contains('/') && !inner.starts_with('/') && !inner.starts_with("**/") {
        true => format!("{not}**/{rest}"),
        false => pattern.to_owned(),
    }
}

/// Tells which files are kept back. Reads each folder's ignore files once, so it is made anew for every payload.
pub(crate) struct Excluder<'o> {
    own: &'o OwnRules,
    folders: RefCell<HashMap<PathBuf, Vec<Found>>>,
}

/// An ignore file in a folder.
#[derive(Clone)]
struct Found {
    file: &'static str,
    /// `None` where it can't be read.
    rules: Option<Gitignore>,
}

impl<'o> Excluder<'o> {
    pub(crate) fn new(own: &'o OwnRules) -> Self {
        Self { own, folders: RefCell::default() }
    }

    /// The rule that keeps a document back, unless the user allowed it this once.
    pub(crate) fn verdict(&self, uri: &str, allow: &[String]) -> Option<Rule> {
        if allow.iter().any(|allowed| allowed == uri) {
            return None;
        }
        let path = path(uri);
        // What it leads to counts as well as what it is called.
        let real = real(&path, MOST_LINKS).filter(|real| *real != path);
        std::iter::once(path).chain(real).find_map(|path| self.rule(&path))
    }

    fn rule(&self, path: &Path) -> Option<Rule> {
        self.own_rule(path).or_else(|| IGNORE_FILES.iter().find_map(|file| self.rule_of(file, path)))
    }

    fn own_rule(&self, path: &Path) -> Option<Rule> {
        let rules = match &self.own.0 {
            Ok(rules) => rules,
            Err(pattern) => return Some(Rule::OwnUnreadable(pattern.clone())),
        };
        let top = path.ancestors().last().unwrap_or(path);
        let relative = path.strip_prefix(top).unwrap_or(path);
        if relative.has_root() || relative.as_os_str().is_empty() {
            return None;
        }
        from_the_top(relative).find_map(|(part, is_folder)| match rules.matched(part, is_folder) {
            ignore::Match::Ignore(glob) if glob.from().is_some() => {
                Some(Rule::Own(glob.original().to_owned()))
            }
            ignore::Match::Ignore(glob) => Some(Rule::BuiltIn(glob.original().to_owned())),
            ignore::Match::None | ignore::Match::Whitelist(_) => None,
        })
    }

    /// As git does it: what is in an excluded folder is excluded, whatever is said of it; of each name on its own.
    fn rule_of(&self, file: &'static str, path: &Path) -> Option<Rule> {
        from_the_top(path).find_map(|(part, is_folder)| self.nearest_rule_of(file, part, is_folder))
    }

    /// The nearest file that says something of the path itself decides.
    fn nearest_rule_of(&self, file: &'static str, path: &Path, is_folder: bool) -> Option<Rule> {
        for folder in path.ancestors().skip(1).filter(|folder| folder.is_absolute()) {
            let mut folders = self.folders.borrow_mut();
            let found = folders.entry(folder.to_owned()).or_insert_with(|| ignore_files(folder));
            let Some(found) = found.iter().find(|found| found.file == file) else { continue };
            let Some(rules) = &found.rules else { return Some(Rule::Unreadable(file)) };
            match rules.matched(path, is_folder) {
                ignore::Match::Ignore(glob) => {
                    return Some(Rule::File { pattern: glob.original().to_owned(), file });
                }
                ignore::Match::Whitelist(_) => return None,
                ignore::Match::None => {}
            }
        }
        None
    }
}

/// The folders that a file is in, from the top down, and then the file; with each, whether it is a folder.
fn from_the_top(path: &Path) -> impl Iterator<Item = (&Path, bool)> {
    let parts: Vec<_> = path.ancestors().enumerate().map(|(above, part)| (part, above > 0)).collect();
    parts.into_iter().rev().filter(|(part, _)| part.file_name().is_some())
}

fn ignore_files(folder: &Path) -> Vec<Found> {
    let read = |file: &'static str| {
        let path = folder.join(file);
        let rules = match std::fs::read(&path) {
            Ok(bytes) => rules(folder, &String::from_utf8_lossy(&bytes)),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return None;
            }
            Err(_) => None,
        };
        Some(Found { file, rules })
    };
    IGNORE_FILES.iter().copied().filter_map(read).collect()
}

fn rules(folder: &Path, text: &str) -> Option<Gitignore> {
    let mut builder = GitignoreBuilder::new(folder);
    for line in text.trim_start_matches('\u{feff}').lines() {
        builder.add_line(None, line).ok()?;
    }
    builder.build().ok()
}

/// As many links as Linux follows.
const MOST_LINKS: u8 = 40;

/// Where a path leads; of a file that isn't there yet, where it will be.
fn real(path: &Path, links: u8) -> Option<PathBuf> {
    if let Ok(real) = std::fs::canonicalize(path) {
        return Some(real);
    }
    let folder = path.parent()?;
    match std::fs::read_link(path) {
        Ok(target) => real(&folder.join(target), links.checked_sub(1)?),
        Err(_) => Some(real(folder, links)?.join(path.file_name()?)),
    }
}

/// Where a document is, or what it is called where it is nowhere. Other schemes than `file` name a file as well: what
/// git had of it, a cell of a notebook.
fn path(uri: &str) -> PathBuf {
    let file = url::Url::parse(uri).ok().filter(|url| url.scheme() == "file");
    if let Some(path) = file.and_then(|url| url.to_file_path().ok()) {
        return path;
    }
    let rest = uri.split_once(':').map_or(uri, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    PathBuf::from(percent_encoding::percent_decode_str(rest).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
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
            ("file:///p/.env.local", ".env.*"),
            ("file:///p/sub/prod.env", "*.env"),
            ("file:///p/server.PEM", "*.pem"),
            ("file:///home/me/.ssh/work", "**/.ssh/*"),
            ("file:///home/me/.aws/credentials", "**/.aws/credentials"),
            ("git:/p/.env?ref=HEAD", ".env"),
            ("untitled:.env", ".env"),
            ("file:///p/%2Eenv", ".env"),
        ] {
            check(&[], uri, Some(&built_in(pattern)));
        }
        for uri in ["file:///p/.env.example", "file:///p/env.rs", "file:///p/key.rs", "untitled:Untitled-1"] {
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
            terraform.rc master.key wp-config.php local.settings.json .password-store/a/b";
        for name in names.split_whitespace() {
            let rule = Excluder::new(&rules).verdict(&format!("file:///p/{name}"), &[]);
            assert!(matches!(rule, Some(Rule::BuiltIn(_))), "{name}: {rule:?}");
        }
    }

    #[test]
    fn the_users_own_globs_add_and_take_out() {
        let own = |pattern: &str| format!("`{pattern}` in the setting `privacy.exclude`");
        check(&["*.sql"], "file:///p/dump.sql", Some(&own("*.sql")));
        check(&["internal/plans/"], "file:///p/internal/plans/a.md", Some(&own("**/internal/plans/")));
        check(&["/srv/private"], "file:///srv/private/a.md", Some(&own("/srv/private")));
        check(&["/srv/private"], "file:///p/srv/private/a.md", None);
        check(&["!.env.ci"], "file:///p/.env.ci", None);
    }

    #[test]
    fn nothing_frees_a_file_of_a_folder_that_the_user_excluded() {
        let folder = Some("`internal/` in the setting `privacy.exclude`");
        for name in
            [".env.example", "known.tfvars.example", ".ssh/id.pub", ".ssh/known_hosts", "deep/.env.dist"]
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
        for file in IGNORE_FILES {
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
}
