//! What a copy of a file is called: programs and people leave one beside it, by a name that they decorate.

/// Who decorated a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// An editor or a system, by itself.
    Program,
    /// Either that or a person, in whose words a new file may be called the same.
    Anybody,
}

/// At the end of a name.
const ENDINGS: &[&str] = &[
    "~",
    "#",
    ".bak",
    ".backup",
    ".orig",
    ".save",
    ".sav",
    ".tmp",
    ".rej",
    ".un~",
    ".kate-swp",
    ".dpkg-old",
    ".dpkg-dist",
    ".dpkg-new",
    ".ucf-old",
    ".ucf-dist",
    ".rpmsave",
    ".rpmnew",
    ".rpmorig",
    ".pacsave",
    ".pacnew",
    "___jb_tmp___",
    "___jb_old___",
];

/// Those of people.
const WORDS: &[&str] = &[
    ".bkp",
    ".old",
    ".original",
    ".saved",
    ".temp",
    ".copy",
    ".new",
    ".prev",
    ".disabled",
    ".off",
    ".txt",
    " copy",
    " - copy",
    "_copy",
    "-copy",
    "_backup",
    "-backup",
    "_bak",
    "-bak",
    "_old",
    "-old",
    "_orig",
    "-orig",
    "_new",
    "-new",
];

/// At its start: Emacs, LibreOffice, Word, macOS.
const BEGINNINGS: &[&str] = &[".#", "#", ".~lock.", "~$", "._"];

/// Those of people.
const FIRST_WORDS: &[&str] = &["copy of ", "backup of "];

/// No name is decorated more often.
const MOST: usize = 4;

/// The names of what a file may be a copy of, by its own.
pub(super) fn originals(name: &str, by: By) -> Vec<String> {
    let found = stripped(name, by);
    let mut originals: Vec<String> = found.iter().map(|name| (*name).to_owned()).collect();
    if by == By::Anybody {
        // `secrets-old.yaml`, and copies of that.
        for name in std::iter::once(name).chain(found) {
            let Some((stem, kind)) = name.rfind('.').filter(|at| *at > 0).map(|at| name.split_at(at)) else {
                continue;
            };
            originals.extend(stripped(stem, by).into_iter().map(|stem| format!("{stem}{kind}")));
        }
    }
    originals
}

/// The name without one and more decorations.
fn stripped(name: &str, by: By) -> Vec<&str> {
    let (mut found, mut last) = (Vec::new(), vec![name]);
    for _ in 0..MOST {
        let next = last.iter().flat_map(|name| undecorated(name, by));
        last = next.filter(|name| !name.is_empty() && !found.contains(name)).collect();
        found.extend(&last);
    }
    found
}

/// The name without one decoration, in each way that it can be read.
fn undecorated(name: &str, by: By) -> Vec<&str> {
    let without_end = |ending: &&str| {
        let at = name.len().checked_sub(ending.len())?;
        let (rest, end) = (name.get(..at)?, name.get(at..)?);
        end.eq_ignore_ascii_case(ending).then_some(rest)
    };
    let without_start = |start: &&str| {
        let (first, rest) = (name.get(..start.len())?, name.get(start.len()..)?);
        first.eq_ignore_ascii_case(start).then_some(rest)
    };
    let mut found: Vec<&str> = ENDINGS.iter().filter_map(without_end).collect();
    found.extend(BEGINNINGS.iter().filter_map(without_start));
    // A blank at a name's ends can't be seen, and Windows drops it there, as it does a dot.
    found.extend(
        [name.trim(), name.trim_end_matches(['.', ' '])].into_iter().filter(|bare| bare.len() < name.len()),
    );
    found.extend(without_swap(name));
    found.extend(without_version(name));
    // The whole path in one name, as Vim and Emacs keep copies in a folder of their own; a file within an archive or of an
    // earlier time, as their plugins name it (`a.zip::id_rsa`, `:0:id_rsa`).
    found.extend(['%', '!', ':'].iter().filter_map(|sign| name.rsplit_once(*sign)).map(|(_, name)| name));
    match by {
        By::Program => {}
        By::Anybody => {
            found.extend(WORDS.iter().filter_map(without_end));
            found.extend(FIRST_WORDS.iter().filter_map(without_start));
            found.extend(without_number(name));
        }
    }
    found
}

/// Vim's `.name.swp`, `.swo`, …: a name that starts with a dot gets no other.
fn without_swap(name: &str) -> Vec<&str> {
    let Some((rest, ending)) = name.rsplit_once('.') else { return Vec::new() };
    let ending = ending.to_ascii_lowercase();
    match ending.len() == 3 && (ending.starts_with("sw") || ending.starts_with("sv")) {
        true => std::iter::once(rest).chain(rest.strip_prefix('.')).collect(),
        false => Vec::new(),
    }
}

/// `name.~1~`, `name.1`.
fn without_version(name: &str) -> Option<&str> {
    let inner = name.strip_suffix('~').unwrap_or(name);
    let rest = inner.trim_end_matches(|c: char| c.is_ascii_digit());
    let has_digit = rest.len() < inner.len();
    rest.strip_suffix(".~").or_else(|| rest.strip_suffix('.')).filter(|_| has_digit)
}

/// `name (1)`, `name.2026-01-31`, `name-20260131`, `name2`.
fn without_number(name: &str) -> Option<&str> {
    let inner = name.strip_suffix(')').unwrap_or(name);
    let is_of_number = |c: char| c.is_ascii_digit() || matches!(c, '-' | '_' | ':' | '.');
    let rest = inner.trim_end_matches(is_of_number);
    let has_digit = inner.get(rest.len()..)?.contains(|c: char| c.is_ascii_digit());
    has_digit.then(|| rest.trim_end_matches(['(', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(by: By, original: &str, copies: &[&str]) {
        for copy in copies {
            let found = originals(copy, by);
            assert!(found.iter().any(|name| name == original), "{copy}: {found:?}");
        }
    }

    #[test]
    fn a_programs_copy_is_told_by_its_name() {
        let of_env =
            [".env~", "#.env#", ".#.env", ".env.swp", ".env.SWO", ".env.bak", ".env.~1~", ".env.un~"];
        check(By::Program, ".env", &of_env);
        check(By::Program, ".env", &["%home%me%.env", "!home!me!.env~", ".env.1", ".env.save.2"]);
        check(
            By::Program,
            "id_rsa",
            &["id_rsa~", ".id_rsa.swp", "id_rsa.bak.1", "id_rsa.rpmsave", "~$id_rsa"],
        );
        check(By::Program, ".env", &[".env ", " .env", ".env.", ".env\u{a0}", ".env .bak"]);
        check(By::Program, "Server.PEM", &["Server.PEM.BAK", ".Server.PEM.swx", "Server.PEM___jb_tmp___"]);
    }

    #[test]
    fn a_persons_copy_is_told_as_well() {
        check(
            By::Anybody,
            "id_rsa",
            &["id_rsa.old", "id_rsa.2026-01-31", "id_rsa-20260131", "id_rsa.txt", "id_rsa2"],
        );
        check(By::Anybody, "secrets.yaml", &["secrets-old.yaml", "secrets_backup.yaml", "secrets.bak.yaml~"]);
        let named = ["credentials (1).json", "credentials copy.json", "credentials copy 2.json"];
        check(By::Anybody, "credentials.json", &named);
        check(By::Anybody, "credentials.json", &["Copy of credentials.json", "credentials - Copy.json"]);
        assert!(!originals("notes-new.md", By::Program).contains(&"notes.md".to_owned()));
    }

    #[test]
    fn a_name_without_decoration_is_of_no_copy() {
        for name in ["main.rs", ".env", "id_rsa", "key.rs", "Makefile", "a b.md", "é", "日本"] {
            assert_eq!(originals(name, By::Anybody), Vec::<String>::new(), "{name}");
        }
    }
}
