//! Which files are never sent: what the project's ignore files name, the user's own globs, and a built-in list.
//!
//! Nothing here knows what is in a file. What is said of one holds for copies that editors leave beside it. Whatever can't be read keeps back more, never less. `.gitignore` is not asked:
//! it says what isn't shared with the project, and only what the user has open can be sent at all.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

mod backups;
mod called;
mod names;

use backups::By;
use names::SECRET_FILES;

/// Files in a project that name what no assistant may send, each in the manner of `.gitignore`.
pub(crate) const IGNORE_FILES: &[&str] =
    &[".asideignore", ".aiignore", ".cursorignore", ".copilotignore", ".continueignore", ".aiexclude"];

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
        self.rule_of_name(path).or_else(|| self.rule_of_original(path).filter(|_| !self.is_freed(path)))
    }

    fn rule_of_name(&self, path: &Path) -> Option<Rule> {
        self.own_rule(path).or_else(|| IGNORE_FILES.iter().find_map(|file| self.rule_of(file, path)))
    }

    /// What is said of a file holds for its copies. Those that people make, also of a folder, only where it is a secret by
    /// its kind: two names that are alike say little otherwise.
    fn rule_of_original(&self, path: &Path) -> Option<Rule> {
        let of_programs = copied_from(path, path, By::Program).find_map(|path| self.rule_of_name(&path));
        of_programs.or_else(|| {
            let parts = path.ancestors().flat_map(|part| copied_from(path, part, By::Anybody));
            parts.filter_map(|path| self.own_rule(&path)).find(|rule| matches!(rule, Rule::BuiltIn(_)))
        })
    }

    /// The user's own globs take out this very name.
    fn is_freed(&self, path: &Path) -> bool {
        let rules = self.own.0.as_ref().ok().zip(relative(path));
        rules.is_some_and(|(rules, path)| match rules.matched(path, false) {
            ignore::Match::Whitelist(glob) => glob.from().is_some(),
            ignore::Match::Ignore(_) | ignore::Match::None => false,
        })
    }

    fn own_rule(&self, path: &Path) -> Option<Rule> {
        let rules = match &self.own.0 {
            Ok(rules) => rules,
            Err(pattern) => return Some(Rule::OwnUnreadable(pattern.clone())),
        };
        from_the_top(relative(path)?).find_map(|(part, is_folder)| match rules.matched(part, is_folder) {
            ignore::Match::Ignore(glob) if glob.from().is_some() => {
                Some(Rule::Own(glob.original().to_owned()))
            }
            ignore::Match::Ignore(glob) => Some(Rule::BuiltIn(glob.original().to_owned())),
            ignore::Match::Whitelist(_) => None,
            ignore::Match::None if is_folder => None,
            ignore::Match::None => called::after_a_secret(part.file_name()?.to_str()?).map(Rule::BuiltIn),
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

/// A path below the root; `None` where there is nothing below it.
fn relative(path: &Path) -> Option<&Path> {
    let top = path.ancestors().last().unwrap_or(path);
    let relative = path.strip_prefix(top).unwrap_or(path);
    (!relative.has_root() && !relative.as_os_str().is_empty()).then_some(relative)
}

/// The paths of what a file may be a copy of, by the name of a part of its path.
fn copied_from<'p>(path: &'p Path, part: &'p Path, by: By) -> impl Iterator<Item = PathBuf> + use<'p> {
    let name = part.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let below = path.strip_prefix(part).ok().filter(|below| !below.as_os_str().is_empty());
    backups::originals(name, by).into_iter().map(move |name| {
        let original = part.with_file_name(name);
        below.map_or(original.clone(), |below| original.join(below))
    })
}

/// The folders that a file is in, from the top down, and then the file; with each, whether it is a folder.
fn from_the_top(path: &Path) -> impl Iterator<Item = (&Path, bool)> {
    let parts: Vec<_> = path.ancestors().enumerate().map(|(above, part)| (part, above > 0)).collect();
    parts.into_iter().rev().filter(|(part, _)| part.file_name().is_some())
}

fn ignore_files(folder: &Path) -> Vec<Found> {
    let read = |file: &'static str| {
        let path = folder.join(file);
        let is_missing = |error: &std::io::Error| {
            let missing = matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory);
            // A link that leads nowhere is there, and can't be read.
            missing && std::fs::symlink_metadata(&path).is_err()
        };
        let rules = match std::fs::metadata(&path) {
            // What a link leads to may have no end.
            Ok(about) if about.is_file() && about.len() <= LARGEST => {
                std::fs::read(&path).ok().and_then(|bytes| rules(folder, &decoded(&bytes)?))
            }
            Err(error) if is_missing(&error) => return None,
            Ok(_) | Err(_) => None,
        };
        Some(Found { file, rules })
    };
    IGNORE_FILES.iter().copied().filter_map(read).collect()
}

/// No ignore file is larger, in bytes: a matcher of ten thousand lines takes a second to make.
const LARGEST: u64 = 256 << 10;

/// An ignore file's text, in UTF-8 or, as some shells of Windows write it, UTF-16.
fn decoded(bytes: &[u8]) -> Option<String> {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| unit(*pair)).collect();
        String::from_utf16_lossy(&units)
    };
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => String::from_utf8_lossy(rest).into_owned(),
    };
    (!text.contains('\0')).then_some(text)
}

/// What can't be read of a line, as of another encoding, may be anything where it keeps back, and nothing where it frees.
fn rules(folder: &Path, text: &str) -> Option<Gitignore> {
    let mut builder = GitignoreBuilder::new(folder);
    builder.case_insensitive(cfg!(any(windows, target_os = "macos"))).ok()?;
    let frees = |line: &&str| line.starts_with('!') && line.contains(char::REPLACEMENT_CHARACTER);
    for line in text.lines().filter(|line| !frees(line)) {
        builder.add_line(None, &line.replace(char::REPLACEMENT_CHARACTER, "*")).ok()?;
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
mod tests;
