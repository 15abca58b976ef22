//! Several servers with one chat, on a plain model of the disk.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// The chat's rows, as the store keeps them.
#[derive(Default)]
struct Disk {
    revision: u64,
    last: u64,
    named: Option<String>,
    turns: BTreeMap<u64, Turn>,
}

impl Disk {
    fn found(&self) -> Found {
        let turns = self.turns.iter().map(|(number, turn)| (*number, Some(turn.clone()))).collect();
        Found { chat: 1, revision: self.revision, named: self.named.clone(), turns }
    }

    /// What the store does in one transaction.
    fn keep(&mut self, chat: &mut Conversation) {
        let Some(changes) = chat.changes() else { return };
        let others = (changes.revision != self.revision).then_some(());
        self.named = changes.named.clone().unwrap_or_else(|| self.named.take());
        self.turns.retain(|number, _| !changes.dropped.contains(number));
        let mut numbers = Vec::new();
        for change in &changes.turns {
            let number =
                change.number.filter(|number| self.turns.contains_key(number)).unwrap_or_else(|| {
                    self.last += 1;
                    self.last
                });
            let stored: Turn = serde_json::from_str(&serde_json::to_string(&change.turn).unwrap()).unwrap();
            self.turns.insert(number, stored);
            numbers.push(number);
        }
        self.revision += 1;
        chat.written(&changes, 1, self.revision, &numbers);
        if others.is_some() {
            chat.take_in(self.found());
        }
    }

    fn refresh(&self, chat: &mut Conversation) {
        if self.revision > 0 && chat.on_disk().is_none_or(|(_, revision)| revision != self.revision) {
            chat.take_in(self.found());
        }
    }

    fn questions(&self) -> Vec<&str> {
        self.turns.values().map(|turn| turn.question.as_str()).collect()
    }
}

fn ask(disk: &mut Disk, chat: &mut Conversation, id: &str, question: &str) {
    disk.refresh(chat);
    chat.begin(id, question, Vec::new(), "demo/demo").unwrap();
    disk.keep(chat);
    chat.append(id, "answer to ");
    chat.append(id, question);
    chat.end(id, TurnState::Done { cut: false });
    disk.keep(chat);
}

fn questions(chat: &Conversation) -> Vec<&str> {
    chat.turns().iter().map(|turn| turn.question.as_str()).collect()
}

#[test]
fn what_another_server_added_is_there_at_the_next_question_and_nothing_is_overwritten() {
    let (mut disk, mut a, mut b) = (Disk::default(), Conversation::default(), Conversation::default());
    ask(&mut disk, &mut a, "1", "first of a");
    disk.refresh(&mut b);
    ask(&mut disk, &mut a, "2", "second of a");
    ask(&mut disk, &mut b, "3", "first of b");
    let all = ["first of a", "second of a", "first of b"];
    assert_eq!(disk.questions(), all);
    assert_eq!(questions(&b), all);
    disk.refresh(&mut a);
    assert_eq!(questions(&a), all);
}

#[test]
fn what_another_editor_added_is_said_until_it_was_shown() {
    let (mut disk, mut a, mut b) = (Disk::default(), Conversation::default(), Conversation::default());
    ask(&mut disk, &mut a, "1", "one");
    disk.refresh(&mut b);
    assert_eq!(b.history("new", 1_000, &|_| None).items, [], "what is found at the start is no news");
    ask(&mut disk, &mut a, "2", "two");
    disk.refresh(&mut b);
    assert_eq!(b.history("new", 1_000, &|_| None).items[0].label, "1 turn from another editor");
    b.seen();
    assert_eq!(b.history("new", 1_000, &|_| None).items, []);
}

#[test]
fn turns_of_one_name_from_two_editors_are_both_kept() {
    let (mut disk, mut a, mut b) = (Disk::default(), Conversation::default(), Conversation::default());
    ask(&mut disk, &mut a, "1", "of a");
    // It could not read the disk before.
    b.begin("1", "of b", Vec::new(), "demo/demo").unwrap();
    disk.keep(&mut b);
    assert_eq!(disk.questions(), ["of a", "of b"]);
    assert_eq!(questions(&b), ["of a", "of b"]);
    assert_eq!(b.running(), Some("1"), "the client's own turn keeps its name");
    b.append("1", "yes");
    b.end("1", TurnState::Failed);
    disk.keep(&mut b);
    assert_eq!(disk.turns[&2].answer, "yes");
}

#[test]
fn a_turn_that_runs_elsewhere_is_not_written_over_and_is_whole_later() {
    let (mut disk, mut a, mut b) = (Disk::default(), Conversation::default(), Conversation::default());
    a.begin("1", "slow", Vec::new(), "demo/demo").unwrap();
    disk.keep(&mut a);
    ask(&mut disk, &mut b, "2", "quick");
    assert_eq!(disk.turns[&1].state, TurnState::Running);
    a.append("1", "at last");
    a.end("1", TurnState::Done { cut: false });
    disk.keep(&mut a);
    assert_eq!(questions(&a), ["slow", "quick"]);
    disk.refresh(&mut b);
    assert_eq!(
        (b.turns()[0].answer.as_str(), b.turns()[0].state),
        ("at last", TurnState::Done { cut: false })
    );
}

#[test]
fn replacing_a_turn_drops_what_the_user_saw_and_nothing_else() {
    let (mut disk, mut a, mut b) = (Disk::default(), Conversation::default(), Conversation::default());
    ask(&mut disk, &mut a, "1", "one");
    ask(&mut disk, &mut a, "2", "two");
    disk.refresh(&mut b);
    ask(&mut disk, &mut b, "3", "of b");
    ask(&mut disk, &mut a, "1", "one anew");
    assert_eq!(disk.questions(), ["of b", "one anew"]);
    disk.refresh(&mut b);
    assert_eq!(questions(&b), ["of b", "one anew"]);
}

#[test]
fn an_answer_that_comes_for_a_turn_that_another_server_dropped_is_kept() {
    let (mut disk, mut a, mut b) = (Disk::default(), Conversation::default(), Conversation::default());
    ask(&mut disk, &mut a, "1", "one");
    disk.refresh(&mut b);
    b.begin("2", "slow", Vec::new(), "demo/demo").unwrap();
    disk.keep(&mut b);
    disk.refresh(&mut a);
    a.seen();
    ask(&mut disk, &mut a, "1", "one anew");
    assert_eq!(disk.questions(), ["one anew"]);
    b.append("2", "answer");
    b.end("2", TurnState::Done { cut: false });
    disk.keep(&mut b);
    assert_eq!(disk.questions(), ["one anew", "slow"]);
    assert_eq!(questions(&b), ["one anew", "slow"]);
}

#[test]
fn what_changes_while_it_is_written_is_written_next() {
    let mut chat = Conversation::default();
    chat.begin("1", "one", Vec::new(), "demo/demo").unwrap();
    let changes = chat.changes().unwrap();
    chat.append("1", "text");
    chat.written(&changes, 1, 1, &[7]);
    let next = chat.changes().unwrap();
    assert_eq!((next.turns[0].number, next.turns[0].turn.answer.as_str()), (Some(7), "text"));
    chat.written(&next, 1, 2, &[7]);
    assert_eq!(chat.changes(), None);
    chat.end("1", TurnState::Cancelled);
    let last = chat.changes().unwrap();
    chat.begin("1", "anew", Vec::new(), "demo/demo").unwrap();
    chat.written(&last, 1, 3, &[7]);
    assert_eq!(chat.changes().unwrap().dropped, [7], "the replaced turn is removed");
}

#[test]
fn a_title_is_the_last_one_that_was_given() {
    let (mut disk, mut a, mut b) = (Disk::default(), Conversation::default(), Conversation::default());
    ask(&mut disk, &mut a, "1", "one");
    disk.refresh(&mut b);
    a.rename("by a");
    disk.keep(&mut a);
    disk.refresh(&mut b);
    assert_eq!(b.title(), "by a");
    b.rename("");
    disk.keep(&mut b);
    disk.refresh(&mut a);
    assert_eq!(a.title(), "one");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    /// Whatever three servers do in whatever order, every question that was asked is on disk at the end, once, with
    /// its whole answer, and every server sees the same.
    #[test]
    fn no_turn_is_ever_lost(steps in prop::collection::vec((0_usize..3, 0_u8..4), 1..60)) {
        let mut disk = Disk::default();
        let mut servers = [Conversation::default(), Conversation::default(), Conversation::default()];
        let mut asked = Vec::new();
        for (n, (who, what)) in steps.into_iter().enumerate() {
            let chat = &mut servers[who];
            let running = chat.running().map(str::to_owned);
            match (what, running) {
                (0, None) => {
                    disk.refresh(chat);
                    // Each editor counts its own turns, so names collide.
                    let question = format!("question {n}");
                    let name = (0..).map(|n| n.to_string()).find(|name| chat.turns().iter().all(|t| t.id != *name));
                    chat.begin(&name.unwrap(), &question, Vec::new(), "demo/demo").unwrap();
                    asked.push(question);
                }
                (1, Some(turn)) => {
                    chat.append(&turn, "whole answer");
                    chat.end(&turn, TurnState::Done { cut: false });
                }
                (2, _) => disk.keep(chat),
                _ => disk.refresh(chat),
            }
        }
        for chat in &mut servers {
            if let Some(turn) = chat.running().map(str::to_owned) {
                chat.append(&turn, "whole answer");
                chat.end(&turn, TurnState::Done { cut: false });
            }
            disk.keep(chat);
        }
        let mut kept: Vec<_> = disk.turns.values().map(|turn| turn.question.clone()).collect();
        kept.sort();
        asked.sort();
        prop_assert_eq!(kept, asked);
        for chat in &mut servers {
            disk.refresh(chat);
            prop_assert_eq!(chat.changes(), None);
            prop_assert_eq!(questions(chat), disk.questions());
            prop_assert!(chat.turns().iter().all(|turn| turn.answer == "whole answer"));
        }
    }
}

#[test]
fn what_is_to_end_is_kept_as_ended_and_is_no_change_once_it_is() {
    let state = TurnState::Done { cut: false };
    for stopped in [false, true] {
        let (mut disk, mut chat) = (Disk::default(), Conversation::default());
        chat.begin("1", "a", Vec::new(), "demo/demo").unwrap();
        chat.append("1", "b");
        assert!(chat.is_to_end("1", state));
        assert_eq!(chat.running(), Some("1"), "nobody was told yet");
        disk.keep(&mut chat);
        assert_eq!(disk.turns[&1].state, state);
        if stopped {
            chat.stop();
        } else {
            assert!(chat.end("1", state));
        }
        assert_eq!((chat.turns()[0].state, chat.changes()), (state, None));
    }
}

#[test]
fn a_turn_that_is_stopped_before_its_end_was_told_is_kept_as_stopped() {
    let (mut disk, mut chat) = (Disk::default(), Conversation::default());
    chat.begin("1", "a", Vec::new(), "demo/demo").unwrap();
    assert!(chat.is_to_end("1", TurnState::Failed));
    disk.keep(&mut chat);
    assert!(chat.end("1", TurnState::Cancelled) && !chat.is_to_end("1", TurnState::Failed));
    disk.keep(&mut chat);
    assert_eq!(disk.turns[&1].state, TurnState::Cancelled);
}
