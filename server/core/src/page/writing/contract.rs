//! Random typing at random places while an answer is written, by clients as good or as bad as clients are: the user's
//! text survives in order, and so does the answer.

use super::*;
use crate::document::line_ending;
use crate::page::turns;
use proptest::prelude::*;

/// Who wrote a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    User,
    Aside,
}

/// How a client tells of what changed.
#[derive(Debug, Clone, Copy)]
enum Telling {
    /// Each change for itself.
    Each,
    /// Insertions of Aside as one character after the other.
    Letters,
    /// The whole text.
    Whole,
}

/// What a client makes of an insertion.
#[derive(Debug, Clone, Copy)]
enum Does {
    Applies,
    /// Says so before it tells of it.
    AnswersFirst,
    /// Says that it did, and does nothing.
    Lies,
    Refuses,
    /// Applies it by its position, whatever was typed meanwhile.
    IsLate,
    /// The same, and never says so.
    IsLateAndMute,
    /// Neither applies it nor says anything.
    Ignores,
}

#[derive(Debug, Clone)]
enum Step {
    /// The user types at a place, given in thousandths of the text; told later.
    Types(usize, String),
    /// The user takes out what they typed or had, if there is any at that place.
    Deletes(usize),
    /// The client tells of what changed.
    Tells,
    /// The model says more.
    Says(String),
    /// The writer may write.
    Writes(Does),
}

struct World {
    /// The client's text.
    chars: Vec<(By, char)>,
    /// What it has not told.
    untold: Vec<(Range<usize>, String)>,
    /// What the server knows.
    text: Rope,
    writing: Writing,
    telling: Telling,
    crlf: bool,
    encoding: Encoding,
    /// What Aside had it take out, and what it put back isn't in here any more.
    taken: Vec<Vec<(By, char)>>,
    /// It was asked to take something back.
    was_taken: bool,
    /// It hasn't answered what it was asked for last.
    is_mute: bool,
}

impl World {
    fn client_text(&self) -> String {
        self.chars.iter().map(|(_, c)| c).collect()
    }

    fn of(&self, by: By) -> String {
        self.chars.iter().filter(|(who, _)| *who == by).map(|(_, c)| c).collect()
    }

    fn byte(&self, at: usize) -> usize {
        self.chars.iter().take(at).map(|(_, c)| c.len_utf8()).sum()
    }

    /// An index that doesn't cut a line ending in two.
    fn place(&self, thousandths: usize) -> usize {
        let at = self.chars.len() * thousandths / 1000;
        let cuts = at > 0 && self.chars.get(at).is_some_and(|c| c.1 == '\n') && self.chars[at - 1].1 == '\r';
        if cuts { at - 1 } else { at }
    }

    fn put(&mut self, by: By, at: usize, text: &str) {
        let byte = self.byte(at);
        let new: Vec<(By, char)> = text.chars().map(|c| (by, c)).collect();
        let pieces: Vec<String> = match (self.telling, by) {
            (Telling::Letters, By::Aside) => text.split_inclusive(|c| c != '\r').map(str::to_owned).collect(),
            (Telling::Each | Telling::Whole | Telling::Letters, _) => vec![text.to_owned()],
        };
        self.chars.splice(at..at, new);
        let mut end = byte;
        for piece in pieces {
            self.untold.push((end..end, piece.clone()));
            end += piece.len();
        }
    }

    fn take(&mut self, at: usize) {
        let is = |at: usize| {
            self.chars.get(at).is_some_and(|(by, c)| *by == By::User && !matches!(c, '\r' | '\n'))
        };
        if is(at) {
            let byte = self.byte(at);
            let (_, c) = self.chars.remove(at);
            self.untold.push((byte..byte + c.len_utf8(), String::new()));
        }
    }

    fn tell(&mut self) {
        let untold = std::mem::take(&mut self.untold);
        if untold.is_empty() {
            return;
        }
        match self.telling {
            Telling::Whole => {
                let whole = self.client_text();
                self.change(0..self.text.len_bytes(), &whole);
            }
            Telling::Each | Telling::Letters => {
                for (range, text) in untold {
                    self.change(range, &text);
                }
            }
        }
        self.writing.settle();
        assert_eq!(self.text.to_string(), self.client_text());
    }

    fn change(&mut self, range: Range<usize>, text: &str) {
        let before = self.text.clone();
        let edit = Edit::tight(range, text, &before);
        edit.apply(&mut self.text);
        self.writing.see(&edit, &before, &self.text);
    }

    /// The writer writes, if it may. Tells if it took something back.
    fn write(&mut self, does: Does) -> bool {
        let taken = self.writing.take_back(&self.text, self.encoding);
        let is_taken = taken.is_some();
        let edits = taken.or_else(|| Some(vec![self.writing.next(&self.text, self.encoding)?]));
        let Some([edit]) = edits.as_deref() else { return false };
        assert!(is_taken || edit.range.is_empty(), "an insertion never takes anything away");
        // Somebody who is late each time can't be helped.
        let does =
            if is_taken && std::mem::replace(&mut self.was_taken, true) { Does::Applies } else { does };
        self.does(does, edit);
        is_taken
    }

    fn does(&mut self, does: Does, edit: &Edit) {
        let version = self.text.clone();
        let range = position::from_byte_range(&self.text, &edit.range, self.encoding);
        let is_stale = !self.untold.is_empty();
        let apply = |world: &mut Self| {
            let now = Rope::from_str(&world.client_text());
            let bytes = position::to_byte_range(&now, range, world.encoding);
            let at = now.byte_to_char(bytes.start)..now.byte_to_char(bytes.end);
            if at.is_empty() {
                let text = if world.crlf { edit.text.replace("\r\n", "\n") } else { edit.text.clone() };
                world.put_back(at.start, &text);
            } else {
                world.untold.push((bytes, String::new()));
                let taken = world.chars.drain(at).collect();
                world.taken.push(taken);
            }
        };
        self.is_mute = matches!(does, Does::IsLateAndMute | Does::Ignores);
        match does {
            Does::Applies | Does::AnswersFirst if is_stale => {
                self.tell();
                let moved = self.text != version;
                self.writing.answered(false, moved);
            }
            Does::Applies => {
                apply(self);
                self.tell();
                self.writing.answered(true, true);
            }
            Does::AnswersFirst => {
                apply(self);
                self.writing.answered(true, false);
                self.tell();
            }
            Does::Lies => self.writing.answered(true, false),
            Does::Refuses => self.writing.answered(false, false),
            Does::IsLate => {
                apply(self);
                self.writing.answered(true, false);
            }
            Does::IsLateAndMute => apply(self),
            Does::Ignores => {}
        }
    }

    /// Puts in what Aside asks for. What was taken out before is whose it was.
    fn put_back(&mut self, at: usize, text: &str) {
        let bare = |text: &str| text.replace('\r', "");
        let is_it =
            |taken: &Vec<(By, char)>| bare(&taken.iter().map(|(_, c)| c).collect::<String>()) == bare(text);
        let Some(index) = self.taken.iter().rposition(is_it) else { return self.put(By::Aside, at, text) };
        let taken = self.taken.remove(index);
        let byte = self.byte(at);
        self.untold.push((byte..byte, taken.iter().map(|(_, c)| c).collect()));
        self.chars.splice(at..at, taken);
    }

    /// The client is good from here on.
    fn write_all(&mut self) {
        for _ in 0..40 {
            // As before an answer to a request of the client, which tells of all its changes first.
            self.tell();
            self.writing.settle();
            self.write(Does::Applies);
        }
    }

    /// What must have come of it.
    #[track_caller]
    fn check(&self, user: &str, said: &str) {
        assert_eq!(self.of(By::User), user);
        let is_users = |(by, c): &&(By, char)| *by == By::User && !matches!(c, '\r' | '\n');
        assert_eq!(self.taken.iter().flatten().find(is_users), None, "the user's text was taken out");
        assert!(self.writing.is_done(), "{:?}", self.writing);
        if self.writing.state() == State::Closed {
            // Which of several line ends is whose can't be told from a text.
            let bare = |text: &str| text.replace(['\r', '\n'], "");
            let written = bare(&self.of(By::Aside));
            let mut guard = Guard::default();
            let said = guard.push(said) + &guard.finish();
            let expected = bare(&format!("*With x.*## demo/demo{said}"));
            let rest = written.strip_prefix(&expected);
            assert!(matches!(rest, Some("" | "## You")), "{written:?} instead of {expected:?}");
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let does = prop_oneof![
        4 => Just(Does::Applies),
        2 => Just(Does::AnswersFirst),
        1 => Just(Does::Lies),
        1 => Just(Does::Refuses),
        2 => Just(Does::IsLate),
        1 => Just(Does::IsLateAndMute),
        1 => Just(Does::Ignores),
    ];
    prop_oneof![
        3 => (0..1000_usize, "[a-c\n👩é]{1,3}").prop_map(|(at, text)| Step::Types(at, text)),
        1 => (0..1000_usize).prop_map(Step::Deletes),
        2 => Just(Step::Tells),
        2 => "[x-z\n# 😀]{1,12}".prop_map(Step::Says),
        1 => "[x-z\n# 😀]{20,40}".prop_map(Step::Says),
        4 => does.prop_map(Step::Writes),
    ]
}

fn world(telling: Telling, ending: &str, crlf: bool, encoding: Encoding) -> World {
    let page = "## You\n\nWhy 👩?\n\nand\n".replace('\n', ending);
    let text = Rope::from_str(&page);
    let turn = turns(&page).pop().unwrap();
    let writing = Writing::new(&text, &turn, "*With x.*", "demo/demo", line_ending(text.slice(..)));
    let chars = page.chars().map(|c| (By::User, c)).collect();
    World {
        chars,
        untold: vec![],
        text,
        writing,
        telling,
        crlf,
        encoding,
        taken: vec![],
        was_taken: false,
        is_mute: false,
    }
}

/// Runs the steps; what the user's text must be, what the answer must be, and what came of it.
fn run(world: &mut World, steps: Vec<Step>) -> (String, String) {
    let mut said = String::new();
    for step in steps {
        match step {
            Step::Types(at, text) => {
                let at = world.place(at);
                world.put(By::User, at, &text);
            }
            Step::Deletes(at) => {
                let at = world.place(at);
                world.take(at);
            }
            Step::Tells => world.tell(),
            Step::Says(text) => {
                said.push_str(&text);
                world.writing.push(&text);
            }
            Step::Writes(does) => {
                let user = world.of(By::User);
                if !world.write(does) {
                    assert_eq!(world.of(By::User), user, "an insertion changes nothing of the user's");
                }
            }
        }
    }
    world.tell();
    if world.is_mute {
        // As when nothing was heard for a while, and for long.
        world.writing.overdue();
        if !world.write(Does::Applies) && world.writing.is_waiting() {
            world.writing.give_up();
        }
    }
    // Until what was taken out in a wrong place is back.
    world.write_all();
    let user = world.of(By::User);
    world.writing.close(None, &world.text.clone());
    world.write_all();
    (user, said)
}

proptest! {
    #![proptest_config(crate::cases::config())]

    #[test]
    fn the_users_text_survives_in_order_and_so_does_the_answer(
        steps in proptest::collection::vec(step(), 0..40),
        telling in prop_oneof![Just(Telling::Each), Just(Telling::Letters), Just(Telling::Whole)],
        ending in prop_oneof![Just("\n"), Just("\r\n")],
        crlf in any::<bool>(),
        encoding in prop_oneof![Just(Encoding::Utf8), Just(Encoding::Utf16), Just(Encoding::Utf32)],
    ) {
        let mut world = world(telling, ending, crlf, encoding);
        let (user, said) = run(&mut world, steps);
        world.check(&user, &said);
    }
}

#[track_caller]
fn check(telling: Telling, ending: &str, crlf: bool, steps: Vec<Step>) {
    let mut world = world(telling, ending, crlf, Encoding::Utf8);
    let (user, said) = run(&mut world, steps);
    world.check(&user, &said);
}

#[test]
fn an_answer_typed_into_and_told_in_the_whole_text_stays_in_order() {
    let types = |at: usize, text: &str| Step::Types(at, text.into());
    let steps = vec![
        Step::Writes(Does::Applies),
        types(681, "é"),
        types(438, "\n👩"),
        types(980, "a"),
        types(0, "\n"),
        types(0, "\n"),
    ];
    check(Telling::Whole, "\n", false, steps);
}

#[test]
fn a_late_letter_told_in_the_whole_text_is_not_written_twice() {
    let steps = vec![
        Step::Writes(Does::Applies),
        Step::Deletes(0),
        Step::Types(0, "\n".into()),
        Step::Says("#\n".into()),
        Step::Writes(Does::IsLate),
    ];
    check(Telling::Whole, "\n", false, steps);
}

#[test]
fn a_late_insertion_told_in_letters_is_no_answer_in_place() {
    let steps = vec![
        Step::Deletes(240),
        Step::Says("😀😀😀\n😀😀".into()),
        Step::Writes(Does::Applies),
        Step::Says("😀😀#😀\n".into()),
        Step::Types(0, "\n".into()),
        Step::Writes(Does::IsLate),
    ];
    check(Telling::Letters, "\r\n", true, steps);
}

#[test]
fn lines_that_are_all_typed_into_are_told_from_the_blank_ones_between_them() {
    let steps = vec![
        Step::Writes(Does::Applies),
        Step::Types(681, "é".into()),
        Step::Types(438, "\n👩".into()),
        Step::Types(980, "a".into()),
        Step::Types(0, "\n".into()),
        Step::Types(0, "\n".into()),
    ];
    check(Telling::Whole, "\n", false, steps);
}

#[test]
fn what_the_user_just_deleted_stays_deleted_when_a_late_client_takes_the_rest_with_it() {
    let steps = vec![
        Step::Types(0, "\n".into()),
        Step::Writes(Does::IsLate),
        Step::Tells,
        Step::Types(458, "éé".into()),
        Step::Deletes(443),
        Step::Writes(Does::IsLate),
    ];
    check(Telling::Each, "\n", false, steps);
}
