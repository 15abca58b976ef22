//! Prose in answers: telling it from code, and a model that declines.

use super::line::{Lines, is_near, is_telling};
use super::prefixes::is_code as is_code_language;
use super::remark::knows;
use super::{ReplyProblem, Surroundings, patch};
use std::collections::HashSet;

/// How much of a model's words is shown.
const WORDS_CHARS: usize = 300;

/// The replacement in an answer without fences, with prose around it taken away; the problem if it is all prose.
pub(super) fn unfenced(
    lines: &[String],
    base: &Lines,
    around: &Surroundings,
) -> Result<Vec<String>, ReplyProblem> {
    if is_refusal(lines, base, around, Fenced::No) {
        return Err(declined(lines));
    }
    if let Some(code) = told_in_a_sentence(lines, base, &around.language) {
        return Ok(vec![code]);
    }
    let known: HashSet<&str> = base.contents().map(str::trim).filter(|line| is_telling(line)).collect();
    let is_known = |line: &String| known.contains(line.trim());
    let prose_language = is_prose_language(&around.language);
    // A text that has such a line may get another one.
    let may_lead = prose_language && !base.contents().any(is_about_the_rewriting);
    // A language that isn't known may be written in sentences.
    let is_code_language = !prose_language && knows(&around.language);
    let is_around = |line: &&String| {
        let is_words = || match () {
            () if prose_language => may_lead && is_about_the_rewriting(line),
            () if is_code_language => is_prose(line),
            () => is_intro(line),
        };
        line.trim().is_empty() || (!is_known(line) && is_words())
    };
    let before = lines.iter().take_while(is_around).count();
    let kept = lines.get(before..).unwrap_or_default();
    let after = if is_code_language {
        kept.iter().rev().take_while(is_around).count()
    } else {
        kept.iter().rev().take_while(|line| line.trim().is_empty()).count()
    };
    let kept = kept.get(..kept.len() - after).unwrap_or_default();
    let is_led_up_to = lines.iter().take(before).any(|line| !line.trim().is_empty());
    let kept = if prose_language && is_led_up_to { without_report(kept, base) } else { kept };
    let is_code = || {
        kept.iter().any(is_known) || is_code(kept, base) || patch::has_header(kept) || are_near(kept, base)
    };
    if kept.is_empty() || !(prose_language || is_code()) {
        return Err(declined(lines));
    }
    if let [line] = kept
        && let Some(code) = code_span(line, base, &around.language)
    {
        return Ok(vec![code.to_owned()]);
    }
    Ok(kept.to_vec())
}

/// The code in an answer that is a single sentence about it, to a line of code: "Replace it with `x = 2`."
fn told_in_a_sentence(lines: &[String], base: &Lines, language: &str) -> Option<String> {
    const VERBS: [(&str, &str); 6] = [
        ("replace ", " with "),
        ("change ", " to "),
        ("rewrite ", " as "),
        ("update ", " to "),
        ("make ", " "),
        ("use ", ""),
    ];
    let mut told = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
    let (only, None) = (told.next()?, told.next()) else { return None };
    let is_code = is_code_language(language) && !base.contents().any(|line| line.contains('`'));
    let mut own = base.contents().map(str::trim).filter(|line| !line.is_empty());
    let (own, None) = (own.next()?, own.next()) else { return None };
    let lower = only.to_lowercase();
    if let Some((said, code)) = only.trim_end_matches(['.', '!', '`']).split_once('`')
        && is_code
        && said.contains(' ')
        && !code.contains('`')
        && only.contains(&format!("{code}`"))
        && is_near(code.trim(), own)
        && VERBS.iter().all(|(verb, _)| !lower.starts_with(verb))
    {
        return Some(code.to_owned());
    }
    let (verb, link) = VERBS.iter().find(|(verb, _)| lower.starts_with(verb) && lower.len() == only.len())?;
    if !is_code {
        return None;
    }
    if let Some(at) = lower.find(&format!("{link}`")) {
        let (code, after) = only.get(at + link.len() + 1..)?.split_once('`')?;
        let old = only.get(verb.len()..at)?.trim_start_matches("the ").trim();
        let old = old.strip_prefix('`').and_then(|old| old.split_once('`')).map(|(old, _)| old.trim());
        let code = match old {
            // A part of the line.
            Some(old) if old != own && !is_near(old, own) && !is_near(code, own) => {
                Some(own.replacen(old, code, 1)).filter(|_| own.matches(old).count() == 1)?
            }
            Some(_) | None => code.to_owned(),
        };
        return (!code.trim().is_empty() && !after.contains('`')).then_some(code);
    }
    // Without a mark for the code, what it comes for has to be named as a sentence does.
    let of =
        ["it", "this", "that", "the line", "this line", "the selection", "the code", "the selected line"];
    let rest = only.get(verb.len()..)?;
    let code = of.iter().chain([&own]).find_map(|of| {
        let is_it = rest.get(..of.len()).is_some_and(|start| start.eq_ignore_ascii_case(of));
        rest.get(of.len()..).filter(|_| is_it)?.strip_prefix(link.trim_end()).filter(|_| !link.is_empty())
    })?;
    let code = code.strip_prefix(':').unwrap_or(code).strip_prefix(' ')?.trim();
    let code = if own.ends_with('.') { code } else { code.strip_suffix('.').unwrap_or(code) };
    is_codeish(code).then(|| code.to_owned())
}

/// A text without a last paragraph that tells what was done to it, as a model adds one that introduced the text.
fn without_report<'l>(lines: &'l [String], base: &Lines) -> &'l [String] {
    const STARTS: [&str; 12] = [
        "i ",
        "i've ",
        "let me know",
        "feel free",
        "changes made",
        "changes:",
        "**changes",
        "key changes",
        "these changes",
        "this version",
        "the changes",
        "what changed",
    ];
    let is_report = |line: &str| {
        let line = line.trim().trim_start_matches('#').trim_start().to_lowercase().replace('’', "'");
        STARTS.iter().any(|start| line.starts_with(start))
    };
    let mut kept = lines;
    while let Some(blank) = kept.iter().rposition(|line| line.trim().is_empty())
        && kept.get(blank + 1).is_some_and(|line| is_report(line))
        && !base.contents().any(is_report)
    {
        kept = kept.get(..blank).unwrap_or_default();
        let end = kept.iter().rposition(|line| !line.trim().is_empty()).map_or(0, |last| last + 1);
        kept = kept.get(..end).unwrap_or_default();
    }
    kept
}

/// The code of a line that is a code span as in Markdown, where the language can't mean it as a literal.
fn code_span<'a>(line: &'a str, base: &Lines, language: &str) -> Option<&'a str> {
    let code = line.trim().strip_prefix('`')?.strip_suffix('`')?;
    let has_literals =
        !["rust", "python", "c", "cpp", "java", "csharp", "lua", "json", "yaml", "toml", "css"]
            .contains(&language);
    let is_literal = has_literals && !code.ends_with([';', '{', ':']);
    let is_span = !code.is_empty() && !code.contains('`') && !is_literal;
    (is_span && !is_prose_language(language) && !base.contents().any(|line| line.contains('`')))
        .then_some(code)
}

/// Whether the answer says in words that there is nothing: `(empty)`.
pub(super) fn says_nothing(lines: &[String], base: &Lines) -> bool {
    let mut told = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
    let (Some(only), None) = (told.next(), told.next()) else { return false };
    let said = only.strip_prefix(['(', '[', '<']).and_then(|said| said.strip_suffix([')', ']', '>']));
    let is_nothing = said.is_some_and(|said| {
        ["empty", "nothing", "deleted", "no text", "blank"].contains(&said.to_lowercase().as_str())
    });
    is_nothing && !base.contents().any(|line| line.contains(only))
}

/// Whether a block in a language of code is all sentences, where the base has none.
pub(super) fn is_all_words(lines: &[String], base: &Lines, language: &str) -> bool {
    let mut told = lines.iter().filter(|line| !line.trim().is_empty()).peekable();
    is_code_language(language)
        && told.peek().is_some()
        && !base.contents().any(is_sentence)
        && told.all(|line| is_sentence(line))
}

/// The problem that shows the model's own words.
pub(super) fn declined(lines: &[String]) -> ReplyProblem {
    let text = lines.join(" ");
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.is_empty() {
        return ReplyProblem::Empty;
    }
    if words.chars().count() <= WORDS_CHARS {
        return ReplyProblem::Declined { words };
    }
    let cut: String = words.chars().take(WORDS_CHARS).collect();
    let cut = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    ReplyProblem::Declined { words: format!("{cut}…") }
}

/// Whether the answer stands in a fence, which a model puts around what it means as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fenced {
    Yes,
    No,
}

/// Whether a model declines: the answer begins as such words do, and isn't the base's own text in other words.
pub(super) fn is_refusal(lines: &[String], base: &Lines, around: &Surroundings, fenced: Fenced) -> bool {
    let plain = |text: &str| text.to_lowercase().replace('’', "'");
    let text = plain(&lines.join(" "));
    if !REFUSALS.iter().any(|start| text.trim_start().starts_with(start)) {
        return false;
    }
    let words = |text: &str| -> HashSet<String> {
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '\'');
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let old = plain(&around.base);
    let is_about_the_task = TASK.iter().any(|task| text.contains(task) && !old.contains(task));
    if is_about_the_task && text.split_whitespace().count() <= SHORT_WORDS {
        return true;
    }
    let (said, had) = (words(&text), words(&old));
    let shared = said.intersection(&had).count();
    let is_prose = is_prose_language(&around.language) || base.contents().any(is_sentence);
    let asks = is_prose && text.trim_end().ends_with('?') && old.trim_end().ends_with('?');
    let is_reworded = shared >= 2 && shared * 2 + usize::from(asks) > had.len().min(said.len());
    let is_meant = is_prose && fenced == Fenced::Yes;
    !is_reworded && !is_meant
}

/// A refusal is no longer than this.
const SHORT_WORDS: usize = 60;

/// What only words about the task itself say.
#[rustfmt::skip]
const TASK: [&str; 28] = [
    "as an ai", "language model", "this request", "that request", "your request", "help with", "assist", "do that", "do this",
    "comply", "fulfil", "rewrite", "the instruction", "the selection", "the selected", "the code", "this code", "this text",
    "that text", "the text", "you provided", "the provided", "more context", "more information", "can't see", "cannot see",
    "make changes", "translate",
];

const REFUSALS: [&str; 20] = [
    "i'm sorry",
    "i am sorry",
    "sorry,",
    "sorry, ",
    "sorry but",
    "i can't",
    "i cannot",
    "i can not",
    "i'm unable",
    "i am unable",
    "i'm not able",
    "i won't",
    "i will not",
    "as an ai",
    "i apologize",
    "unfortunately",
    "i don't have",
    "i do not have",
    "i need more",
    "could you",
];

/// Languages whose text is prose itself.
pub(super) fn is_prose_language(language: &str) -> bool {
    const PROSE: [&str; 15] = [
        "markdown",
        "mdx",
        "plaintext",
        "text",
        "latex",
        "tex",
        "bibtex",
        "asciidoc",
        "restructuredtext",
        "rst",
        "org",
        "git-commit",
        "gitcommit",
        "mail",
        "quarto",
    ];
    PROSE.contains(&language.to_lowercase().as_str())
}

/// A line such as `Here is the new text:`.
fn is_intro(line: &str) -> bool {
    const STARTS: [&str; 9] =
        ["here", "sure", "certainly", "of course", "okay", "ok,", "below", "got it", "absolutely"];
    let line = line.trim().to_lowercase();
    STARTS.iter().any(|start| line.starts_with(start)) && line.ends_with([':', '!', '.'])
}

/// The same in an answer that is prose itself, where `Here are the steps:` may be the text.
pub(super) fn is_about_the_rewriting(line: &str) -> bool {
    const WHOLE: [&str; 8] =
        ["here", "here it is", "here you go", "here you are", "sure", "certainly", "of course", "absolutely"];
    #[rustfmt::skip]
    const ABOUT: [&str; 22] = [
        "updated", "rewritten", "rewrite", "revised", "corrected", "improved", "version", "edited", "modified", "fixed",
        "reworded", "rephrased", "polished", "shortened", "translated", "translation", "new text", "the text", "changed",
        "cleaned", "the result", "replacement",
    ];
    let line = line.trim().to_lowercase();
    let bare = line.trim_end_matches([':', '!', '.', ' ']);
    is_intro(&line)
        && (WHOLE.contains(&bare) || line.ends_with(':') && ABOUT.iter().any(|word| line.contains(word)))
}

/// A line that reads as a sentence: words in plain order and the end of a sentence.
fn is_prose(line: &str) -> bool {
    let line = line.trim();
    let words: Vec<&str> = line.split_whitespace().collect();
    let plain = words.iter().filter(|word| is_word(word)).count();
    // A name among the words tells nothing.
    let told = words.iter().filter(|word| is_word(word) || !is_name(word)).count();
    let ends = line.ends_with(['.', '!', '?', ':', '。', '：', '！', '？']);
    let starts = line.starts_with(|c: char| c.is_uppercase() || (c.is_alphabetic() && !c.is_lowercase()));
    is_intro(line)
        || starts && plain * 4 >= words.len() * 3 && (ends && words.len() >= 2 || words.len() >= 6)
        || starts && ends && plain >= 3 && plain * 2 >= words.len() && plain * 4 >= told * 3
}

/// Whether a word is a name of code: `total_of`, `Map::get()`, `item.price`, or anything in backticks.
fn is_name(word: &str) -> bool {
    let word = word.trim_matches(|c: char| ".,:;!?\"'()*".contains(c));
    let bare = word.strip_prefix('`').and_then(|word| word.strip_suffix('`'));
    bare.is_some() || !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "_:.".contains(c))
}

/// A whole sentence of several words.
pub(super) fn is_sentence(line: &str) -> bool {
    let line = line.trim();
    is_prose(line) && line.split_whitespace().count() >= 4 && line.ends_with(['.', '!', ':', '。', '！'])
}

fn is_word(word: &str) -> bool {
    let word = word.trim_matches(|c: char| ".,:;!?\"'()`*“”’。，".contains(c));
    !word.is_empty() && word.chars().all(|c| c.is_alphabetic() || c == '-' || c == '\'' || c == '’')
}

/// Whether at least half of the lines look like code. One short line stands for another one.
fn is_code(lines: &[String], base: &Lines) -> bool {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
    let code = lines.iter().filter(|line| is_codeish(line)).count();
    let word_for_word = lines.len() == 1
        && base.contents().filter(|line| !line.trim().is_empty()).count() == 1
        && lines.iter().all(|line| line.split_whitespace().count() <= 3 && !line.ends_with(['.', '!', '?']));
    code * 2 >= lines.len().max(1) || word_for_word
}

/// Whether each of several lines is one of the base's that are no sentences, changed a little.
fn are_near(lines: &[String], base: &Lines) -> bool {
    let mut told = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
    let is_near_one = |line| base.contents().any(|base| !is_prose(base) && is_near(base.trim(), line));
    told.clone().count() > 1 && told.all(is_near_one)
}

fn is_codeish(line: &str) -> bool {
    const SIGNS: [&str; 14] =
        ["=", "()", "->", "::", "</", "/>", "{", "}", "();", "[", "++", "&&", "||", "#include"];
    const STARTS: [&str; 22] = [
        "fn ",
        "def ",
        "let ",
        "const ",
        "var ",
        "if ",
        "for ",
        "while ",
        "return",
        "import ",
        "from ",
        "use ",
        "class ",
        "func ",
        "function ",
        "local ",
        "end",
        "//",
        "#",
        "--",
        "/*",
        "<",
    ];
    let is_in_comment = line.starts_with("* ") || line == "*/" || line == "*";
    is_in_comment
        || line.ends_with([';', '{', '}', ',', ')', ']', '>'])
        || SIGNS.iter().any(|sign| line.contains(sign))
        || (STARTS.iter().any(|start| line.starts_with(start)) && !line.ends_with('.'))
}
