use super::*;
use crate::generated::root;

/// Runs a target's body over its kept inputs.
#[track_caller]
fn replay(target: &str, body: fn(&[u8])) {
    let folder = root().join("tests/fuzz/corpus").join(target);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut count = 0;
    for file in files {
        let path = file.expect("a file").path();
        body(&std::fs::read(&path).expect("a file of the corpus"));
        count += 1;
    }
    assert!(count > 20, "{count} inputs in {}", folder.display());
}

#[test]
fn every_kept_answer_means_the_same_however_it_is_cut() {
    replay("decoders", decoders);
}

#[test]
fn every_recorded_answer_means_the_same_in_every_format() {
    let cassettes = root().join("tests/cassettes");
    let folders = std::fs::read_dir(cassettes).expect("the cassettes").flatten();
    let files = folders
        .filter(|folder| folder.path().is_dir())
        .flat_map(|folder| std::fs::read_dir(folder.path()).expect("a folder of cassettes").flatten());
    for file in files {
        let body = std::fs::read(file.path()).expect("a cassette");
        for format in 0..6 {
            decoders(&[&[format, 7], body.as_slice()].concat());
        }
    }
}

#[test]
fn every_kept_change_leaves_the_document_as_the_client_has_it() {
    replay("changes", changes);
}

#[test]
fn every_kept_merge_loses_nothing() {
    replay("merges", merges);
}

#[test]
fn every_kept_reply_is_clean() {
    replay("replies", replies);
}
