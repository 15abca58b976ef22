//! A home with everything in it, and one with nothing.

use super::*;
use aside_core::conversation::Changes;
use std::process::Command;

static GO_ON: AtomicBool = AtomicBool::new(false);

/// A file of every kind, and one that is not Aside's.
fn home() -> (tempfile::TempDir, Paths) {
    let root = tempfile::tempdir().unwrap();
    let paths = Paths {
        config: root.path().join("config"),
        data: root.path().join("data"),
        state: root.path().join("state"),
    };
    for path in [
        "config/keys",
        "state/ledger/00000001.ledger",
        "state/ledger/lock",
        "state/logs/aside.log",
        "state/answers/7/answer-1.md",
        "state/telemetry/days.json",
        "state/crashes/new.txt",
        "state/policy",
        "data/theirs.txt",
    ] {
        crate::paths::write_private(&root.path().join(path), path.as_bytes()).unwrap();
    }
    let store = Store::new(paths.chats());
    let changes = Changes {
        chat: None,
        revision: 0,
        title: "About a".to_owned(),
        named: None,
        dropped: Vec::new(),
        turns: Vec::new(),
    };
    store.exclusively(|disk| disk.save(&[("a".to_owned(), changes)], 1)).unwrap();
    (root, paths)
}

fn chats(file: &Path) -> Vec<store::Listed> {
    Store::new(file.to_owned()).exclusively(|disk| disk.list()).unwrap()
}

fn names(kept: &[Kept]) -> Vec<String> {
    let mut names: Vec<String> =
        kept.iter().map(|file| file.path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    names.retain(|name| !name.contains("-wal") && !name.contains("-shm"));
    names.sort();
    names
}

#[test]
fn every_file_is_listed_with_its_size_and_kind() {
    let (root, paths) = home();
    let kept = list(&paths).unwrap();
    let kinds: Vec<Kind> = sums(&kept).into_keys().collect();
    assert_eq!(
        kinds,
        [
            Kind::Chats,
            Kind::Ledger,
            Kind::Log,
            Kind::Documents,
            Kind::Telemetry,
            Kind::Crashes,
            Kind::Notices,
            Kind::Keys,
            Kind::Other
        ]
    );
    let page = markdown(&kept);
    let log = format!("| log | 20 | `{}` |", root.path().join("state/logs/aside.log").display());
    assert!(page.contains(&log) && page.contains("| ledger of requests | 2 | 45 |"), "{page}");
    assert!(!page.contains("others can read it"), "{page}");
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_is_said() {
    use std::os::unix::fs::PermissionsExt;
    let (root, paths) = home();
    let log = root.path().join("state/logs/aside.log");
    fs::set_permissions(&log, PermissionsExt::from_mode(0o644)).unwrap();
    assert!(markdown(&list(&paths).unwrap()).contains("aside.log` (others can read it)"));
}

#[test]
fn deleting_removes_what_the_user_did_and_keeps_keys_and_notices() {
    let (_root, paths) = home();
    delete(&paths, false).unwrap();
    assert_eq!(names(&list(&paths).unwrap()), ["aside.sqlite", "keys", "policy", "theirs.txt"]);
    assert_eq!(chats(&paths.chats()), []);
}

#[test]
fn deleting_all_leaves_only_what_is_not_asides() {
    let (root, paths) = home();
    delete(&paths, true).unwrap();
    assert_eq!(names(&list(&paths).unwrap()), ["theirs.txt"]);
    assert!(!root.path().join("state").exists() && !root.path().join("config").exists());
    delete(&paths, true).unwrap();
}

#[cfg(unix)]
#[test]
fn a_link_is_removed_and_what_it_points_to_is_not() {
    let (root, paths) = home();
    let elsewhere = root.path().join("elsewhere");
    crate::paths::write_private(&elsewhere.join("precious"), b"x").unwrap();
    std::os::unix::fs::symlink(&elsewhere, root.path().join("state/logs/aside.log.1")).unwrap();
    delete(&paths, true).unwrap();
    assert!(elsewhere.join("precious").exists() && !root.path().join("state").exists());
}

#[test]
fn an_export_holds_everything_but_keys_and_is_a_tar_file() {
    let (root, paths) = home();
    let archive = root.path().join("mine.tar");
    assert_eq!(export(&paths, &archive, &GO_ON).unwrap().files, 8);
    let unpacked = root.path().join("unpacked");
    fs::create_dir(&unpacked).unwrap();
    let tar = Command::new("tar").arg("xf").arg(&archive).arg("-C").arg(&unpacked).status().unwrap();
    assert!(tar.success());
    let read = |name: &str| fs::read_to_string(unpacked.join(name)).unwrap();
    assert_eq!(read("logs/aside.log"), "state/logs/aside.log");
    assert_eq!(chats(&unpacked.join("chats.sqlite")).len(), 1);
    let bytes = fs::read(&archive).unwrap();
    let holds = |what: &str| bytes.windows(what.len()).any(|bytes| bytes == what.as_bytes());
    assert!(holds("state/policy") && !holds("config/keys") && !holds("theirs.txt"));
    assert!(export(&paths, &archive, &GO_ON).is_err(), "what is there is not written over");
    assert!(!names(&list(&paths).unwrap()).iter().any(|name| name.starts_with("export")));
}

#[test]
fn where_nothing_is_kept_there_is_nothing_to_list_delete_or_export() {
    let root = tempfile::tempdir().unwrap();
    let none = |name: &str| root.path().join(name);
    let paths = Paths { config: none("a"), data: none("b"), state: none("b") };
    assert!(markdown(&list(&paths).unwrap()).ends_with("Nothing.\n"));
    assert_eq!(delete(&paths, true).unwrap(), []);
    assert_eq!(export(&paths, &none("x.tar"), &GO_ON).unwrap(), Exported::default());
}

#[test]
fn a_file_of_the_users_is_neither_deleted_nor_exported_however_its_name_begins() {
    let (root, paths) = home();
    let own = [
        "config/chats-notes.md",
        "config/ledger.ods",
        "config/logs.txt",
        "config/answers.md",
        "config/crashes.md",
        "config/telemetry-notes.txt",
        "config/policy.txt",
        "config/policy",
        "config/consent-form.pdf",
        "config/keys-backup.txt",
        "config/logs/aside.log",
        "data/aside.sqlite.backup",
        "data/chats/notes.md",
        "data/ledger/00000001.ledger",
        "state/logs/mine.txt",
        "state/ledger/1.ods",
        "state/answers/mine.md",
        "state/policy.txt",
    ];
    for path in own {
        crate::paths::write_private(&root.path().join(path), format!("mine: {path}").as_bytes()).unwrap();
    }
    let archive = root.path().join("mine.tar");
    assert_eq!(export(&paths, &archive, &GO_ON).unwrap().files, 8);
    assert!(!String::from_utf8_lossy(&fs::read(&archive).unwrap()).contains("mine: "));
    delete(&paths, true).unwrap();
    for path in own {
        assert_eq!(fs::read_to_string(root.path().join(path)).unwrap(), format!("mine: {path}"));
    }
    assert_eq!(list(&paths).unwrap().len(), own.len() + 1, "and theirs.txt");
}

#[test]
fn what_aside_makes_is_taken_for_its_own_where_it_makes_it() {
    let (root, paths) = home();
    for path in [
        "data/chats/chat-12.aside.md",
        "state/logs/aside.log.2",
        "state/telemetry/lock",
        "state/telemetry/days.json.77",
        "state/crashes/offered.txt",
        "state/consent",
        "state/consent.77",
        "state/keys-changed",
        "state/answers/7/lock",
        "config/keys.77",
        "config/identity",
        "config/keys.lock",
        "config/identity.lock",
    ] {
        crate::paths::write_private(&root.path().join(path), b"x").unwrap();
    }
    delete(&paths, true).unwrap();
    assert_eq!(names(&list(&paths).unwrap()), ["theirs.txt"]);
}

/// What an export leaves that is killed.
fn leave_copies(paths: &Paths) {
    for name in ["export-77.sqlite", "export-77.sqlite-journal", "export-78.sqlite"] {
        crate::paths::write_private(&paths.state.join(name), b"all chats").unwrap();
    }
    crate::paths::write_private(&paths.state.join("export-mine.sqlite"), b"mine").unwrap();
}

fn exports(paths: &Paths) -> Vec<String> {
    let mut names = names(&list(paths).unwrap());
    names.retain(|name| name.starts_with("export"));
    names
}

#[test]
fn the_copies_of_an_export_that_was_broken_off_are_named_and_deleted() {
    let (_root, paths) = home();
    leave_copies(&paths);
    assert_eq!(sums(&list(&paths).unwrap()).get(&Kind::Copies), Some(&(3, 27)));
    delete(&paths, false).unwrap();
    assert_eq!(exports(&paths), ["export-mine.sqlite"]);
}

#[test]
fn the_next_export_removes_the_copies_of_one_that_was_broken_off() {
    let (root, paths) = home();
    leave_copies(&paths);
    assert_eq!(export(&paths, &root.path().join("mine.tar"), &GO_ON).unwrap().files, 8);
    assert_eq!(exports(&paths), ["export-mine.sqlite"]);
}

#[test]
fn an_export_that_fails_leaves_neither_a_copy_nor_half_an_archive() {
    let (root, paths) = home();
    let newer = rusqlite::Connection::open(paths.chats()).unwrap();
    newer.pragma_update(None, "user_version", 1000).unwrap();
    drop(newer);
    let archive = root.path().join("mine.tar");
    assert!(export(&paths, &archive, &GO_ON).is_err());
    assert!(!archive.exists());
    assert_eq!(exports(&paths), [""; 0]);
}

#[test]
fn an_export_that_is_stopped_leaves_nothing_but_what_was_there() {
    let (root, paths) = home();
    let archive = root.path().join("mine.tar");
    let before = fs::read_dir(root.path()).unwrap().count();
    let error = format!("{:#}", export(&paths, &archive, &AtomicBool::new(true)).unwrap_err());
    assert!(error.contains("broken off"), "{error}");
    assert_eq!((fs::read_dir(root.path()).unwrap().count(), exports(&paths).len()), (before, 0));
    assert_eq!(export(&paths, &archive, &GO_ON).unwrap().files, 8);
}

/// Garbage in the place of the chats.
fn damage(paths: &Paths) {
    crate::paths::write_private(&paths.chats(), &b"garbage ".repeat(1024)).unwrap();
}

#[test]
fn a_damaged_file_of_chats_is_deleted_with_the_rest() {
    for all in [false, true] {
        let (root, paths) = home();
        damage(&paths);
        delete(&paths, all).unwrap();
        assert!(!paths.chats().exists() && !root.path().join("state/ledger").exists());
        assert_eq!(chats(&paths.chats()), [], "a new one is made");
    }
}

#[test]
fn chats_that_cannot_be_emptied_keep_nothing_else_from_being_deleted_and_are_told() {
    let (root, paths) = home();
    let newer = rusqlite::Connection::open(paths.chats()).unwrap();
    newer.pragma_update(None, "user_version", 1000).unwrap();
    drop(newer);
    let error = format!("{:#}", delete(&paths, false).unwrap_err());
    assert!(error.contains("a newer version of Aside made it"), "{error}");
    assert!(paths.chats().exists() && !root.path().join("state/ledger").exists());
}

#[test]
fn what_cannot_be_removed_keeps_nothing_else_from_being_deleted_and_is_told() {
    let (root, paths) = home();
    let (folder, file) = (root.path().join("state/logs"), root.path().join("state/policy"));
    let error = remove_all([folder.as_path(), &file, &paths.state.join("gone")]).unwrap_err();
    assert!(
        error.to_string().starts_with("could not remove ") && folder.exists() && !file.exists(),
        "{error}"
    );
}

#[test]
fn a_damaged_file_of_chats_is_told_and_the_rest_is_exported() {
    let (root, paths) = home();
    damage(&paths);
    let archive = root.path().join("mine.tar");
    let exported = export(&paths, &archive, &GO_ON).unwrap();
    assert_eq!(exported.files, 7);
    assert!(matches!(&exported.unread[..], [chats] if chats.contains("aside.sqlite")), "{exported:?}");
    assert!(archive.exists() && exports(&paths).is_empty());
}

#[test]
fn what_is_said_of_a_damaged_file_of_chats_helps() {
    let (_root, paths) = home();
    damage(&paths);
    let error = Store::new(paths.chats()).exclusively(|disk| disk.list()).unwrap_err();
    let problem = format!("{:?}", crate::chat::disk_problem(&error));
    assert!(problem.contains("aside data delete") && !problem.contains("free some space"), "{problem}");
}
