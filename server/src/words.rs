//! What an editor shows about a turn, in words: what goes along and to whom, how far the answer is, what went wrong.
//!
//! Said here once, so that no extension has to know what each event means.

use aside_core::conversation::Skipped;
use aside_core::counted::counted;
use aside_core::problem::Problem;
use aside_core::provider::Usage;

use crate::protocol::{ContextItem, OtherModel, Said, TurnEvent};

/// So many lines of reasoning are shown while there is no answer yet.
const THOUGHTS: usize = 2;

/// What is known of a turn, event by event.
#[derive(Debug, Default)]
pub(crate) struct Account {
    model: String,
    along: Vec<String>,
    state: State,
    usage: Option<String>,
    problem: Option<Problem>,
    reasoning: String,
    /// What was last said.
    said: Option<Said>,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Asked,
    Waiting(String),
    Writing,
    Done,
    Cut,
    Failed,
    Stopped,
}

impl Account {
    /// Takes an event in, and gives what is to be said if that has changed.
    pub(crate) fn hear(&mut self, event: &TurnEvent) -> Option<Said> {
        match event {
            TurnEvent::Context { model, origin, items, tokens, budget, masked, fallbacks } => {
                self.model.clone_from(model);
                self.along = along(items, Some(&format!("{tokens} of {budget}")), origin, *masked);
                self.along.extend(self::fallbacks(fallbacks));
            }
            TurnEvent::Text { .. } => self.state = State::Writing,
            TurnEvent::Reasoning { text } => self.reasoning.push_str(text),
            TurnEvent::Queued { place: 0 } => self.state = State::Asked,
            TurnEvent::Queued { place } => self.state = State::Waiting(format!("in line, place {place}")),
            TurnEvent::Waiting { seconds, problem } => {
                self.state = State::Waiting(format!("{}, again in {seconds} s", problem.title));
            }
            TurnEvent::Fallback { from, to, origin, problem, skipped } => {
                self.model.clone_from(to);
                self.state = State::Asked;
                self.along.push(asked_instead(from, to, origin, &problem.title, skipped));
            }
            TurnEvent::Usage { usage, cost } => {
                self.usage = Some(self::usage(usage, cost.as_deref()));
            }
            TurnEvent::Done { cut } => self.state = if *cut { State::Cut } else { State::Done },
            TurnEvent::Failed { problem } => {
                self.state = State::Failed;
                self.problem = Some(problem.clone());
            }
            TurnEvent::Cancelled => self.state = State::Stopped,
        }
        let said = Some(self.words());
        (self.said != said).then(|| self.said.clone_from(&said)).and(said)
    }

    fn words(&self) -> Said {
        let mut beside = vec![self.model.clone()];
        let state = match &self.state {
            State::Asked if self.reasoning.is_empty() => "waiting…",
            State::Asked => "thinking…",
            State::Waiting(why) => why,
            State::Writing => "writing…",
            State::Cut => "cut at the output limit",
            State::Stopped => "stopped",
            State::Done | State::Failed => "",
        };
        beside.push(state.to_owned());
        beside.extend(self.usage.clone());
        beside.retain(|part| !part.is_empty());
        let mut above = self.along.clone();
        let mut thoughts = self.reasoning.lines().filter(|line| !line.trim().is_empty());
        match self.state {
            State::Asked | State::Waiting(_) => {
                let last: Vec<_> = thoughts.rev().take(THOUGHTS).map(str::to_owned).collect();
                above.extend(last.into_iter().rev());
            }
            State::Writing | State::Done | State::Cut | State::Failed | State::Stopped => {
                let count = thoughts.by_ref().count();
                above.extend((count > 0).then(|| format!("▸ reasoning, lines: {count}")));
            }
        }
        let below = self.problem.as_ref().map(failed);
        Said { beside: beside.join(" · "), above, below }
    }
}

fn failed(problem: &Problem) -> String {
    let detail = problem.detail.as_deref().map(|detail| detail.trim().trim_end_matches('.'));
    let detail = detail.map(|detail| format!(" ({detail})")).unwrap_or_default();
    format!("could not answer: {}{detail}. {}", problem.title, problem.next)
}

/// Tokens as the provider counted them, and their cost where it is known.
pub(crate) fn usage(usage: &Usage, cost: Option<&str>) -> String {
    let cost = cost.map(|cost| format!(", {cost}")).unwrap_or_default();
    format!("{} tokens in, {} out{cost}", usage.input, usage.output)
}

/// An instruction on one line, cut where it is long.
pub(crate) fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default().trim_end()),
        None => line,
    }
}

/// What goes along with its size, to whom, and what is left out. `room` is what all of it takes, in tokens; its own
/// sizes say that where there is none.
pub(crate) fn along(items: &[ContextItem], room: Option<&str>, origin: &str, masked: usize) -> Vec<String> {
    let sized = |item: &ContextItem| format!("{} ({} tokens)", item.label, item.tokens);
    let left_out = |item: &ContextItem| Some(format!("{} ({})", item.label, item.left_out.as_deref()?));
    let sent: Vec<String> = items.iter().filter(|item| item.left_out.is_none()).map(sized).collect();
    let left: Vec<String> = items.iter().filter_map(left_out).collect();
    let what =
        if sent.is_empty() { "your words only".to_owned() } else { format!("with {}", sent.join(", ")) };
    let room = room.map(|room| format!(" · {room} tokens")).unwrap_or_default();
    let mut lines = vec![format!("{what}{room} · to {origin}")];
    lines.extend((masked > 0).then(|| masked_words(masked)));
    lines.extend((!left.is_empty()).then(|| format!("left out: {}", left.join(", "))));
    lines
}

/// Which other models may be asked, where, and for which problems.
pub(crate) fn fallbacks(others: &[OtherModel]) -> Option<String> {
    let named = others.iter().map(|OtherModel { model, origin, .. }| format!("{model} at {origin}"));
    let named = named.collect::<Vec<_>>().join(", then ");
    let on = others.first()?.on.join(" or ");
    let why = if on.is_empty() { String::new() } else { format!(" because {on}") };
    Some(format!("if that gives no answer{why}, asked next: {named}"))
}

/// That another model was asked, for what, and where it is.
pub(crate) fn asked_instead(
    from: &str,
    to: &str,
    origin: &str,
    problem: &str,
    skipped: &[Skipped],
) -> String {
    let skipped: String = skipped.iter().map(|skipped| format!("{skipped}. ")).collect();
    format!("{from} gave no answer: {problem}. {skipped}Asked instead: {to}, at {origin}")
}

/// How many secrets are replaced by placeholders.
pub(crate) fn masked_words(masked: usize) -> String {
    format!("{} masked", counted(masked as u64, "secret"))
}

#[cfg(test)]
mod tests {
    use aside_core::problem::ProblemKind;

    use super::*;

    fn item(label: &str, tokens: u64, left_out: Option<&str>) -> ContextItem {
        let left_out = left_out.map(str::to_owned);
        ContextItem { label: label.to_owned(), uri: None, range: None, tokens, left_out, blocked: None }
    }

    fn context() -> TurnEvent {
        TurnEvent::Context {
            model: "acme/large".to_owned(),
            origin: "https://acme.example".to_owned(),
            items: vec![item("a.rs", 20, None), item("b.rs", 9000, Some("over the budget"))],
            tokens: 30,
            budget: 8000,
            masked: 0,
            fallbacks: vec![],
        }
    }

    fn text(text: &str) -> TurnEvent {
        TurnEvent::Text { text: text.to_owned() }
    }

    fn reasoning(text: &str) -> TurnEvent {
        TurnEvent::Reasoning { text: text.to_owned() }
    }

    /// What is said after each event, drawn as it is shown; nothing where nothing new is said.
    fn drawn(events: &[TurnEvent]) -> String {
        let mut account = Account::default();
        let said = events.iter().map(|event| match account.hear(event) {
            None => "=\n".to_owned(),
            Some(said) => {
                let lines =
                    [vec![format!("## {}", said.beside)], said.above, said.below.into_iter().collect()];
                lines.concat().iter().map(|line| format!("{line}\n")).collect()
            }
        });
        said.collect::<Vec<String>>().join("\n")
    }

    #[test]
    fn says_what_goes_along_and_how_far_the_answer_is() {
        let usage = Usage { input: 30, output: 5, cached: 0, written: 0, reasoning: 0 };
        let events = [
            context(),
            text("one"),
            text("two"),
            TurnEvent::Usage { usage, cost: Some("0.02 EUR".to_owned()) },
            TurnEvent::Done { cut: true },
        ];
        insta::assert_snapshot!(drawn(&events), @r"
        ## acme/large · waiting…
        with a.rs (20 tokens) · 30 of 8000 tokens · to https://acme.example
        left out: b.rs (over the budget)

        ## acme/large · writing…
        with a.rs (20 tokens) · 30 of 8000 tokens · to https://acme.example
        left out: b.rs (over the budget)

        =

        ## acme/large · writing… · 30 tokens in, 5 out, 0.02 EUR
        with a.rs (20 tokens) · 30 of 8000 tokens · to https://acme.example
        left out: b.rs (over the budget)

        ## acme/large · cut at the output limit · 30 tokens in, 5 out, 0.02 EUR
        with a.rs (20 tokens) · 30 of 8000 tokens · to https://acme.example
        left out: b.rs (over the budget)
        ");
    }

    #[test]
    fn shows_the_end_of_the_reasoning_until_the_answer_begins() {
        let events = [reasoning("one\ntw"), reasoning("o\nthree"), reasoning("\n\nfour\n"), text("answer")];
        insta::assert_snapshot!(drawn(&events), @r"
        ## thinking…
        one
        tw

        ## thinking…
        two
        three

        ## thinking…
        three
        four

        ## writing…
        ▸ reasoning, lines: 4
        ");
    }

    #[test]
    fn says_what_went_wrong_and_the_next_step() {
        let problem = Problem::new(ProblemKind::RateLimited, "rate limited", "Wait a minute.")
            .with_detail("slow down.");
        let waiting = TurnEvent::Waiting { seconds: 7, problem: problem.clone() };
        insta::assert_snapshot!(drawn(&[waiting, TurnEvent::Failed { problem }]), @r"
        ## rate limited, again in 7 s

        ## 
        could not answer: rate limited (slow down). Wait a minute.
        ");
    }

    #[test]
    fn says_that_another_model_was_asked_instead() {
        let problem = Problem::new(ProblemKind::Overloaded, "overloaded", "Wait a minute.");
        let (from, to) = ("acme/large".to_owned(), "other/small".to_owned());
        let skipped = vec![Skipped { model: "keyless/a".to_owned(), why: "there is no key".to_owned() }];
        let origin = "https://other.example".to_owned();
        let fallback = TurnEvent::Fallback { from, to, origin, problem, skipped };
        insta::assert_snapshot!(drawn(&[context(), fallback]), @r"
        ## acme/large · waiting…
        with a.rs (20 tokens) · 30 of 8000 tokens · to https://acme.example
        left out: b.rs (over the budget)

        ## other/small · waiting…
        with a.rs (20 tokens) · 30 of 8000 tokens · to https://acme.example
        left out: b.rs (over the budget)
        acme/large gave no answer: overloaded. keyless/a can't be asked (there is no key). Asked instead: other/small, at https://other.example
        ");
    }

    #[test]
    fn says_which_other_models_may_be_asked() {
        let other = |model: &str, on: &[&str]| OtherModel {
            model: model.into(),
            origin: format!("https://{model}.example"),
            on: on.iter().map(|&on| on.to_owned()).collect(),
        };
        assert_eq!(fallbacks(&[]), None);
        let words = |on: &[&str]| fallbacks(&[other("b", on), other("c", on)]);
        let expected =
            "if that gives no answer, asked next: b at https://b.example, then c at https://c.example";
        assert_eq!(words(&[]).as_deref(), Some(expected));
        let expected = "if that gives no answer because it is overloaded or its key is refused, asked next: \
                        b at https://b.example, then c at https://c.example";
        assert_eq!(words(&["it is overloaded", "its key is refused"]).as_deref(), Some(expected));
    }

    #[test]
    fn a_question_alone_goes_as_words_only() {
        assert_eq!(along(&[], None, "nowhere", 0), ["your words only · to nowhere"]);
    }
}
