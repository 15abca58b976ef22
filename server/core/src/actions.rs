//! Code actions: the built-in ones and the user's own, and which of them are offered where.
//!
//! Nothing here asks a model; an offer costs microseconds.

use crate::config::{ActionResult, UserAction};

/// A code action, ready to be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// `explain`, `fix`, `improve`, `document`, `test`, `explain-file`, `review-file`, or `user:N` with the index in
    /// the settings.
    pub id: String,
    /// What the editor's menu shows.
    pub title: String,
    /// The LSP code action kind.
    pub kind: String,
    /// What the model is told.
    pub instruction: String,
    pub result: ActionResult,
    /// It is about the whole document, wherever the selection is.
    pub whole_file: bool,
}

/// Where code actions are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The document's LSP language id.
    pub language: &'a str,
    /// Whether the request holds diagnostics.
    pub has_diagnostics: bool,
    /// The kinds that the client wants (LSP `CodeActionContext.only`); empty means all.
    pub only: &'a [String],
}

/// The actions for a place, in the order a menu shows them: the fix first, the user's own last.
pub fn offered(place: &Place, user: &[UserAction]) -> Vec<Action> {
    let built_in = BUILT_IN.iter().filter(|action| match action.about {
        About::Problems => place.has_diagnostics,
        About::Selection => true,
        // An editor asks for these by their kind, in a menu of their own; elsewhere they would only crowd.
        About::File => !place.only.is_empty(),
    });
    let built_in = built_in.filter(|action| wanted(action.kind, place.only)).map(BuiltIn::to_action);
    let own = user.iter().enumerate().filter(|(_, action)| {
        let here = action.languages.is_empty() || action.languages.iter().any(|id| id == place.language);
        here && wanted(&action.kind, place.only)
    });
    built_in.chain(own.map(|(index, action)| own_action(index, action))).collect()
}

/// The action with this id, if the settings still have it.
pub fn find(id: &str, user: &[UserAction]) -> Option<Action> {
    if let Some(index) = id.strip_prefix("user:") {
        let index = index.parse().ok()?;
        return user.get(index).map(|action| own_action(index, action));
    }
    BUILT_IN.iter().find(|action| action.id == id).map(BuiltIn::to_action)
}

struct BuiltIn {
    id: &'static str,
    title: &'static str,
    kind: &'static str,
    instruction: &'static str,
    result: ActionResult,
    about: About,
}

/// What a built-in action is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Selection,
    Problems,
    File,
}

impl BuiltIn {
    fn to_action(&self) -> Action {
        Action {
            id: self.id.to_owned(),
            title: self.title.to_owned(),
            kind: self.kind.to_owned(),
            instruction: self.instruction.to_owned(),
            result: self.result,
            whole_file: self.about == About::File,
        }
    }
}

/// Explain and test have kinds of their own: they rewrite nothing, and a client that asks for refactorings doesn't
/// want them. What is about a whole file is `source`, as LSP 3.17 has it (`CodeActionKind.Source`).
const BUILT_IN: [BuiltIn; 7] = [
    BuiltIn {
        id: "fix",
        title: "Aside: Fix this problem",
        kind: "quickfix",
        instruction: "Fix the problems that are listed. Change as little as possible.",
        result: ActionResult::Edit,
        about: About::Problems,
    },
    BuiltIn {
        id: "explain",
        title: "Aside: Explain this",
        kind: "aside.explain",
        instruction: "Explain what this does, step by step, for a programmer who sees it for the first time. Say \
                      what is surprising or looks wrong.",
        result: ActionResult::Chat,
        about: About::Selection,
    },
    BuiltIn {
        id: "improve",
        title: "Aside: Improve this",
        kind: "refactor.rewrite.aside.improve",
        instruction: "Improve this: make it clearer and simpler, and fix what is wrong. Keep its behaviour and its \
                      interface.",
        result: ActionResult::Edit,
        about: About::Selection,
    },
    BuiltIn {
        id: "document",
        title: "Aside: Document this",
        kind: "refactor.rewrite.aside.document",
        instruction: "Document this: add the documentation comment that is usual in this language to what is \
                      declared here. Change no code.",
        result: ActionResult::Edit,
        about: About::Selection,
    },
    BuiltIn {
        id: "test",
        title: "Aside: Write a test",
        kind: "aside.test",
        instruction: "Write tests for this, with the test framework that is usual in this language or that the \
                      file uses. Cover the edge cases. Give the tests in one fenced block, and say in a sentence \
                      where they belong.",
        result: ActionResult::Chat,
        about: About::Selection,
    },
    BuiltIn {
        id: "explain-file",
        title: "Aside: Explain this file",
        kind: "source.aside.explain",
        instruction: "Explain what this file is for and how its parts work together, for a programmer who sees it for \
                      the first time. Say what is surprising or looks wrong.",
        result: ActionResult::Chat,
        about: About::File,
    },
    BuiltIn {
        id: "review-file",
        title: "Aside: Review this file",
        kind: "source.aside.review",
        instruction: "Review this file as a careful colleague would. List what is wrong or risky, the gravest first, \
                      each with its line and a way to mend it. Leave out matters of taste.",
        result: ActionResult::Chat,
        about: About::File,
    },
];

fn own_action(index: usize, action: &UserAction) -> Action {
    Action {
        id: format!("user:{index}"),
        title: action.title.clone(),
        kind: action.kind.clone(),
        instruction: action.instruction.clone(),
        result: action.result,
        whole_file: false,
    }
}

/// Whether a client that wants `only` these kinds wants this one; empty means all. Kinds are a hierarchy by dots: `refactor` wants `refactor.rewrite` as well (LSP 3.17, `CodeActionKind`).
pub fn wanted(kind: &str, only: &[String]) -> bool {
    only.is_empty()
        || only.iter().any(|only| {
            only.is_empty()
                || kind
                    .strip_prefix(only.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(title: &str, languages: &[&str]) -> UserAction {
        UserAction {
            title: title.into(),
            instruction: format!("do {title}"),
            languages: languages.iter().map(|&id| id.into()).collect(),
            kind: "refactor.rewrite".into(),
            result: ActionResult::Edit,
        }
    }

    #[track_caller]
    fn check(language: &str, has_diagnostics: bool, only: &[&str], expected: &str) {
        let only: Vec<String> = only.iter().map(|&kind| kind.into()).collect();
        let user = [own("shout", &[]), own("borrow", &["rust"])];
        let place = Place { language, has_diagnostics, only: &only };
        let ids: Vec<String> = offered(&place, &user).into_iter().map(|action| action.id).collect();
        assert_eq!(ids.join(" "), expected);
    }

    #[test]
    fn the_fix_is_offered_only_with_diagnostics() {
        check("rust", true, &[], "fix explain improve document test user:0 user:1");
        check("rust", false, &[], "explain improve document test user:0 user:1");
    }

    #[test]
    fn an_action_for_a_language_is_offered_only_there() {
        check("lua", false, &[], "explain improve document test user:0");
    }

    #[test]
    fn only_the_wanted_kinds_are_offered() {
        check("lua", true, &["quickfix"], "fix");
        check("lua", true, &["refactor"], "improve document user:0");
        check("lua", true, &["refactor.rewrite.aside.improve"], "improve");
        check("lua", true, &["refactor.rew"], "");
        check("lua", true, &["source"], "explain-file review-file");
        check("lua", true, &["source.organizeImports"], "");
        check("lua", true, &["aside", "quickfix"], "fix explain test");
    }

    #[test]
    fn an_action_is_found_by_its_id() {
        let user = [own("shout", &[])];
        for only in [&[][..], &["source".to_owned()]] {
            for action in offered(&Place { language: "rust", has_diagnostics: true, only }, &user) {
                assert_eq!(find(&action.id, &user), Some(action));
            }
        }
        assert_eq!(find("user:1", &user), None);
        assert_eq!(find("nothing", &user), None);
    }
}
