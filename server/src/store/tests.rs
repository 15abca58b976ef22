//! The file of chats, used by two servers.

use super::*;
use aside_core::conversation::{Conversation, TurnState};

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path().join("data").join("aside.sqlite"));
    (folder, store)
}

fn said(chat: &mut Conversation, turn: &str, question: &str) {
    chat.begin(turn, question, Vec::new(), "demo/demo").unwrap();
    chat.append(turn, "answer");
    chat.end(turn, TurnState::Done { cut: false });
}

/// Keeps a conversation as the server does; tells whether it could.
fn keep(store: &Store, name: &str, chat: &mut Conversation, updated: u64) -> bool {
    let changes = [(name.to_owned(), chat.changes().expect("something to write"))];
    let mut saved = store.exclusively(|disk| disk.save(&changes, updated)).unwrap();
    match saved.remove(0) {
        Saved::Gone => false,
        Saved::Written { chat: id, revision, numbers, found } => {
            chat.written(&changes[0].1, id, revision, &numbers);
            if let Some(found) = found {
                chat.take_in(found);
            }
            true
        }
    }
}

fn questions(store: &Store, name: &str) -> Vec<String> {
    match store.exclusively(|disk| disk.look(name, None)).unwrap() {
        State::Changed(found) => found.turns.into_iter().map(|(_, turn)| turn.unwrap().question).collect(),
        State::Unknown | State::Same | State::Gone => Vec::new(),
    }
}

fn names(store: &Store) -> Vec<String> {
    store.exclusively(|disk| disk.list()).unwrap().into_iter().map(|chat| chat.chat).collect()
}

#[cfg(unix)]
#[test]
fn a_file_that_is_removed_while_it_is_open_makes_room_for_a_new_one_of_other_numbers() {
    let (folder, store) = store();
    let keep_new = |name: &str| {
        let mut chat = Conversation::default();
        said(&mut chat, "1", "question");
        assert!(keep(&store, name, &mut chat, 1));
        match store.exclusively(|disk| disk.look(name, None)).unwrap() {
            State::Changed(found) => (found.chat, found.revision),
            other => panic!("it is there: {other:?}"),
        }
    };
    let known = keep_new("a");
    std::fs::remove_dir_all(folder.path().join("data")).unwrap();
    let state = store.exclusively(|disk| disk.look("a", Some(known))).unwrap();
    assert_eq!(state, State::Gone);
    assert!(keep_new("b").0 > known.0);
    let listed = Store::new(folder.path().join("data/aside.sqlite")).exclusively(|disk| disk.list()).unwrap();
    assert_eq!(listed.iter().map(|chat| chat.chat.as_str()).collect::<Vec<_>>(), ["b"]);
}

#[test]
fn a_chat_is_kept_listed_and_forgotten() {
    let (_folder, store) = store();
    let (mut a, mut b) = (Conversation::default(), Conversation::default());
    said(&mut a, "1", "about a");
    said(&mut b, "1", "about b");
    assert!(keep(&store, "a", &mut a, 1) && keep(&store, "b", &mut b, 2));
    said(&mut a, "2", "more");
    assert!(keep(&store, "a", &mut a, 3));
    assert_eq!(questions(&store, "a"), ["about a", "more"]);
    let a_listed = Listed { chat: "a".into(), title: "about a".into(), turns: 2, updated: 3 };
    let b_listed = Listed { chat: "b".into(), title: "about b".into(), turns: 1, updated: 2 };
    assert_eq!(store.exclusively(|disk| disk.list()).unwrap(), [a_listed, b_listed]);
    assert!(store.exclusively(|disk| disk.delete("a")).unwrap());
    assert!(!store.exclusively(|disk| disk.delete("a")).unwrap());
    assert_eq!(names(&store), ["b"]);
}

#[test]
fn two_servers_with_one_chat_lose_no_turn() {
    let (_folder, one) = store();
    let two = Store::new(one.file.clone());
    let (mut a, mut b) = (Conversation::default(), Conversation::default());
    said(&mut a, "1", "first");
    assert!(keep(&one, "c", &mut a, 1));
    let State::Changed(found) = two.exclusively(|disk| disk.look("c", None)).unwrap() else { panic!() };
    b.take_in(found);
    said(&mut a, "2", "of a");
    assert!(keep(&one, "c", &mut a, 2));
    said(&mut b, "2", "of b");
    assert!(keep(&two, "c", &mut b, 3));
    assert_eq!(questions(&one, "c"), ["first", "of a", "of b"]);
    assert_eq!(two.exclusively(|disk| disk.look("c", b.on_disk())).unwrap(), State::Same);
    assert!(matches!(one.exclusively(|disk| disk.look("c", a.on_disk())).unwrap(), State::Changed(_)));
}

#[test]
fn a_deleted_chat_never_comes_back_and_a_new_one_of_its_name_is_another() {
    let (_folder, one) = store();
    let two = Store::new(one.file.clone());
    let (mut a, mut b) = (Conversation::default(), Conversation::default());
    said(&mut a, "1", "first");
    assert!(keep(&one, "c", &mut a, 1));
    assert!(two.exclusively(|disk| disk.delete("c")).unwrap());
    said(&mut a, "2", "second");
    assert!(!keep(&one, "c", &mut a, 2));
    assert_eq!(names(&one), [""; 0]);
    said(&mut b, "1", "anew");
    assert!(keep(&two, "c", &mut b, 3));
    assert!(!keep(&one, "c", &mut a, 4), "the old one's server has no part in the new one");
    assert_eq!(one.exclusively(|disk| disk.look("c", a.on_disk())).unwrap(), State::Gone);
    assert_eq!(questions(&one, "c"), ["anew"]);
}

#[test]
fn nothing_of_a_deleted_chat_is_left_in_any_file() {
    let (folder, store) = store();
    let mut chat = Conversation::default();
    said(&mut chat, "1", "canary-in-a-question");
    assert!(keep(&store, "c", &mut chat, 1));
    let holds = |words: &str| {
        let files = std::fs::read_dir(folder.path().join("data")).unwrap().flatten();
        let mut texts = files.map(|file| std::fs::read(file.path()).unwrap());
        texts.any(|bytes| bytes.windows(words.len()).any(|window| window == words.as_bytes()))
    };
    assert!(holds("canary"));
    store.exclusively(|disk| disk.delete("c")).unwrap();
    assert!(!holds("canary"));
}

#[cfg(unix)]
#[test]
fn the_files_are_private_to_the_user() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, store) = store();
    let mut chat = Conversation::default();
    said(&mut chat, "1", "x");
    assert!(keep(&store, "a", &mut chat, 1));
    for file in std::fs::read_dir(folder.path().join("data")).unwrap().flatten() {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
}

#[test]
fn a_place_that_cannot_be_written_is_an_error_in_words() {
    let store = Store::new(PathBuf::from("/proc/aside/aside.sqlite"));
    let error = format!("{:#}", store.exclusively(|disk| disk.list()).unwrap_err());
    assert!(error.starts_with("could not make /proc/aside/aside.sqlite"), "{error}");
}
