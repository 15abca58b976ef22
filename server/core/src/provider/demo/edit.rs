//! What the demo can do to a text: a handful of instructions, carried out on the real lines.

use super::code::{self, Declaration, Signature};

/// What an instruction is about.
#[derive(Debug, Clone)]
pub(super) struct Job<'a> {
    /// Whole lines.
    pub(super) text: &'a str,
    /// The LSP language id.
    pub(super) language: &'a str,
    /// The selected part, where it is smaller than the text.
    pub(super) selected: Option<std::ops::Range<usize>>,
    /// The diagnostics, as the prompt lists them.
    pub(super) problems: &'a str,
}

/// The new text, or what to tell the user.
pub(super) type Outcome = Result<String, String>;

const CAN: &str = "It can: rename X to Y, replace X with Y, sort, reverse, remove (duplicates, blank lines, comments, lines \
                   with X, all), comment (out), document, wrap (at a width, in a function, if or block), upper or lower \
                   case, tidy, mark problems.";

/// What it understands, by how the word that asks for it begins.
const VERBS: [(&str, Verb); 21] = [
    ("rename", Verb::Exchange),
    ("replace", Verb::Exchange),
    ("change", Verb::Exchange),
    ("document", Verb::Document),
    ("docstring", Verb::Document),
    ("fix", Verb::Fix),
    ("remov", Verb::Remove),
    ("delet", Verb::Remove),
    ("drop", Verb::Remove),
    ("comment", Verb::Comment),
    ("wrap", Verb::Wrap),
    ("sort", Verb::Sort),
    ("revers", Verb::Reverse),
    ("dedup", Verb::Deduplicate),
    ("duplicate", Verb::Deduplicate),
    ("upper", Verb::Upper),
    ("lower", Verb::Lower),
    ("improve", Verb::Tidy),
    ("tidy", Verb::Tidy),
    ("whitespace", Verb::Tidy),
    ("mark", Verb::Fix),
];

#[derive(Clone, Copy)]
enum Verb {
    Exchange,
    Document,
    Fix,
    Remove,
    Comment,
    Wrap,
    Sort,
    Reverse,
    Deduplicate,
    Upper,
    Lower,
    Tidy,
}

/// Carries out the first thing that the instruction's words ask for: what comes after it says how.
pub(super) fn carry_out(job: &Job, instruction: &str) -> Outcome {
    let lower = instruction.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let says = |start: &str| words.iter().any(|word| word.starts_with(start));
    let verb_of =
        |word: &&str| VERBS.iter().find(|(start, _)| word.starts_with(start)).map(|(_, verb)| *verb);
    let Some(verb) = words.iter().find_map(verb_of) else { return Err(format!("It can't do that. {CAN}")) };
    match verb {
        Verb::Exchange => exchange(job, instruction),
        Verb::Document => document(job),
        Verb::Fix => mark_problems(job),
        Verb::Remove => remove(job, instruction, &lower),
        Verb::Comment if lower.contains("comment out") => {
            Ok(map_lines(job.text, |line| comment_line(job.language, line)))
        }
        Verb::Comment => add_comment(job, instruction),
        Verb::Wrap => wrap(job, instruction, &words),
        Verb::Sort => Ok(sorted(job.text, says("desc") || says("revers"))),
        Verb::Reverse => Ok(job.text.lines().rev().map(|line| format!("{line}\n")).collect()),
        Verb::Deduplicate => changed(job.text, without_duplicates(job.text), "There are no duplicate lines."),
        Verb::Upper => changed(job.text, on_selected(job, str::to_uppercase), IN_CASE),
        Verb::Lower => changed(job.text, on_selected(job, str::to_lowercase), IN_CASE),
        Verb::Tidy => changed(
            job.text,
            tidied(job.text),
            "All it can improve is blanks, and there is nothing to tidy here.",
        ),
    }
}

const IN_CASE: &str = "The text is in that case already.";

/// The new text, unless nothing changed.
fn changed(old: &str, new: String, nothing: &str) -> Outcome {
    if new == old { Err(nothing.to_owned()) } else { Ok(new) }
}

fn map_lines(text: &str, change: impl Fn(&str) -> String) -> String {
    text.lines().map(|line| change(line) + "\n").collect()
}

fn on_selected(job: &Job, change: impl Fn(&str) -> String) -> String {
    let range = job.selected.clone().unwrap_or(0..job.text.len());
    let parts = (job.text.get(..range.start), job.text.get(range.clone()), job.text.get(range.end..));
    match parts {
        (Some(before), Some(part), Some(after)) => [before, &change(part), after].concat(),
        _ => change(job.text),
    }
}

/// `rename X to Y`, `replace X with Y`: the words on both sides of the first `to`, `with` or `by`.
fn exchange(job: &Job, instruction: &str) -> Outcome {
    let Some((from, to)) = pair(instruction) else {
        return Err(format!("It needs two names, as in \"rename X to Y\". {CAN}"));
    };
    let new = on_selected(job, |text| code::rename(text, &from, &to));
    changed(job.text, new, &format!("`{from}` does not stand in this text."))
}

fn pair(instruction: &str) -> Option<(String, String)> {
    let quoted = quotes(instruction);
    if let [from, to, ..] = quoted.as_slice() {
        return Some(((*from).to_owned(), (*to).to_owned()));
    }
    let words: Vec<&str> = instruction.split_whitespace().collect();
    let at =
        words.iter().position(|word| ["to", "with", "by", "into"].contains(&word.to_lowercase().as_str()))?;
    let bare = |word: &&str| word.trim_matches(|c: char| "`'\"“”,.;:".contains(c)).to_owned();
    let (from, to) = (bare(words.get(at.checked_sub(1)?)?), bare(words.get(at + 1)?));
    (!from.is_empty() && from != to).then_some((from, to))
}

/// The texts in backticks or double quotes.
fn quotes(text: &str) -> Vec<&str> {
    let mark = if text.contains('`') { '`' } else { '"' };
    text.split(mark).skip(1).step_by(2).filter(|quoted| !quoted.is_empty()).collect()
}

fn remove(job: &Job, instruction: &str, lower: &str) -> Outcome {
    let keep = |keep: &dyn Fn(&str) -> bool, nothing: &str| {
        let kept: String =
            job.text.lines().filter(|line| keep(line)).map(|line| format!("{line}\n")).collect();
        changed(job.text, kept, nothing)
    };
    if lower.contains("duplicate") {
        return changed(job.text, without_duplicates(job.text), "There are no duplicate lines.");
    }
    if lower.contains("blank") || lower.contains("empty") {
        return keep(&|line| !line.trim().is_empty(), "There are no blank lines.");
    }
    if lower.contains("comment") {
        let sign = code::comment_signs(job.language).0.trim();
        return keep(
            &|line| !line.trim_start().starts_with(sign),
            "There are no lines that are only a comment.",
        );
    }
    if lower.contains("trailing") || lower.contains("whitespace") {
        return changed(
            job.text,
            map_lines(job.text, |line| line.trim_end().to_owned()),
            "There are no blanks at line ends.",
        );
    }
    let with = ["containing", "contain", "with", "saying", "that say"]
        .iter()
        .find_map(|word| instruction.split_once(word));
    if let Some((_, what)) = with.filter(|_| lower.contains("line")) {
        let what = quotes(what).first().copied().unwrap_or(what.trim());
        return keep(&|line| !line.contains(what), &format!("No line holds `{what}`."));
    }
    Ok(String::new())
}

fn indent_of(line: &str) -> &str {
    line.strip_suffix(line.trim_start()).unwrap_or_default()
}

fn comment_line(language: &str, line: &str) -> String {
    let (open, close) = code::comment_signs(language);
    match line.trim() {
        "" => line.to_owned(),
        text => format!("{}{open}{text}{close}", indent_of(line)),
    }
}

/// The comment says what the instruction quotes or names; else what can be counted.
fn add_comment(job: &Job, instruction: &str) -> Outcome {
    let said = ["saying ", "that says ", "says ", ": "].iter().find_map(|word| instruction.split_once(word));
    let said = quotes(instruction)
        .first()
        .map(|text| (*text).to_owned())
        .or(said.map(|(_, text)| text.trim().to_owned()));
    let counted = || {
        let declared: Vec<&str> = code::declarations(job.text).iter().map(|found| found.name).collect();
        let lines = job.text.lines().filter(|line| !line.trim().is_empty()).count();
        match declared.as_slice() {
            [] => super::count(lines, "line"),
            names => format!("{}: declares {}", super::count(lines, "line"), names.join(", ")),
        }
    };
    let text = said.unwrap_or_else(counted);
    let first = job.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let (open, close) = code::comment_signs(job.language);
    Ok(format!("{}{open}{text}{close}\n{}", indent_of(first), job.text))
}

/// The problem, quoted in a comment above its line: the demo can't fix code, and says so in place.
fn mark_problems(job: &Job) -> Outcome {
    let problems: Vec<(usize, &str)> = job.problems.lines().filter_map(problem).collect();
    if problems.is_empty() {
        return Err("It was given no problem in this text.".to_owned());
    }
    let (open, close) = code::comment_signs(job.language);
    let mut text = String::new();
    for (index, line) in job.text.lines().enumerate() {
        for (_, problem) in problems.iter().filter(|(at, _)| *at == index + 1) {
            text.push_str(&format!("{}{open}FIXME: {problem}{close}\n", indent_of(line)));
        }
        text.push_str(line);
        text.push('\n');
    }
    changed(job.text, text, "The problems are outside of this text.")
}

/// `line 3: error (rustc): message` as its line and the rest.
fn problem(line: &str) -> Option<(usize, &str)> {
    let (number, text) = line.strip_prefix("line ")?.split_once(": ")?;
    Some((number.parse().ok()?, text))
}

fn sorted(text: &str, descending: bool) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort();
    if descending {
        lines.reverse();
    }
    lines.into_iter().map(|line| format!("{line}\n")).collect()
}

fn without_duplicates(text: &str) -> String {
    let mut seen = std::collections::HashSet::new();
    let lines = text.lines().filter(|line| line.trim().is_empty() || seen.insert(line.trim()));
    lines.map(|line| format!("{line}\n")).collect()
}

/// No blanks at line ends, no two blank lines in a row.
fn tidied(text: &str) -> String {
    let mut result = String::new();
    let mut blank = false;
    for line in text.lines().map(str::trim_end) {
        if !(line.is_empty() && blank) {
            result.push_str(line);
            result.push('\n');
        }
        blank = line.is_empty();
    }
    result
}

fn wrap(job: &Job, instruction: &str, words: &[&str]) -> Outcome {
    let width = words.iter().find_map(|word| word.parse().ok());
    let after =
        |word: &str| instruction.split_once(word).map(|(_, rest)| rest.trim().trim_matches('`').to_owned());
    if let Some(width) = width.filter(|_| !words.contains(&"if") && !words.contains(&"function")) {
        return changed(job.text, wrapped(job.text, width), "No line is longer than that.");
    }
    if words.contains(&"function") {
        let named = ["called ", "named "].iter().find_map(|word| after(word));
        let name = named.as_deref().and_then(|name| name.split_whitespace().next()).unwrap_or("wrapped");
        return in_block(job, &function_head(job.language, name.trim_matches(|c: char| "`\"'.".contains(c))));
    }
    if words.contains(&"if") {
        let truth = if job.language == "python" { "True" } else { "true" };
        let condition = after("if ").filter(|text| !text.is_empty() && !text.starts_with("statement"));
        return in_block(job, &if_head(job.language, condition.as_deref().unwrap_or(truth)));
    }
    in_block(job, "{")
}

/// The lines one level further in, between a head and the end that the language has.
fn in_block(job: &Job, head: &str) -> Outcome {
    let first = job.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let outer = indent_of(first);
    let level = if job.text.lines().any(|line| line.starts_with('\t')) || job.language == "go" {
        "\t"
    } else {
        "    "
    };
    let end = match job.language {
        "python" => "",
        "lua" | "ruby" | "elixir" | "julia" => "end",
        _ => "}",
    };
    let mut text = format!("{outer}{head}\n");
    for line in job.text.lines() {
        text.push_str(if line.trim().is_empty() { "" } else { level });
        text.push_str(line);
        text.push('\n');
    }
    if !end.is_empty() {
        text.push_str(&format!("{outer}{end}\n"));
    }
    Ok(text)
}

fn function_head(language: &str, name: &str) -> String {
    match language {
        "rust" => format!("fn {name}() {{"),
        "python" => format!("def {name}():"),
        "go" => format!("func {name}() {{"),
        "lua" => format!("local function {name}()"),
        "ruby" => format!("def {name}"),
        "c" | "cpp" | "java" | "csharp" => format!("void {name}() {{"),
        "shellscript" => format!("{name}() {{"),
        _ => format!("function {name}() {{"),
    }
}

fn if_head(language: &str, condition: &str) -> String {
    match language {
        "rust" | "go" => format!("if {condition} {{"),
        "python" => format!("if {condition}:"),
        "lua" => format!("if {condition} then"),
        "ruby" => format!("if {condition}"),
        _ => format!("if ({condition}) {{"),
    }
}

/// Breaks lines at blanks; a further line starts as its line does, comment sign and all.
fn wrapped(text: &str, width: usize) -> String {
    let mut result = String::new();
    for line in text.lines() {
        let signs = |c: char| " \t/#*-;%>".contains(c);
        let start = line.strip_suffix(line.trim_start_matches(signs)).unwrap_or_default();
        let mut row = start.to_owned();
        let words = line.strip_prefix(start).unwrap_or_default().split(' ');
        for (index, word) in words.enumerate() {
            if index > 0 && row.chars().count() + 1 + word.chars().count() > width && row != start {
                result.push_str(row.trim_end());
                result.push('\n');
                row = start.to_owned();
            } else if index > 0 {
                row.push(' ');
            }
            row.push_str(word);
        }
        result.push_str(&row);
        result.push('\n');
    }
    result
}

/// A documentation comment for each function, made of nothing but its signature.
fn document(job: &Job) -> Outcome {
    let lines: Vec<&str> = job.text.lines().collect();
    let mut result: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    let declared = code::declarations(job.text);
    for found in declared.iter().rev().filter(|found| found.is_function()) {
        let from = lines.get(found.line..).unwrap_or_default().join("\n");
        let signature = code::signature(&from, found.name);
        let indent = lines.get(found.line).map_or("", |line| indent_of(line));
        let at = if job.language == "python" {
            found.line + signature.lines
        } else {
            above_attributes(&lines, found.line)
        };
        let comment = doc_comment(job.language, indent, found, &signature);
        if !lines.get(at.saturating_sub(1)).is_some_and(|line| is_doc(line)) {
            result.splice(at..at, comment);
        }
    }
    let text: String = result.iter().map(|line| format!("{line}\n")).collect();
    changed(job.text, text, "It finds no function here that lacks a documentation comment.")
}

fn is_doc(line: &str) -> bool {
    let line = line.trim();
    ["///", "*/", "---", "\"\"\""].iter().any(|sign| line.starts_with(sign) || line.ends_with(sign))
}

fn above_attributes(lines: &[&str], line: usize) -> usize {
    let is_attribute =
        |line: &&&str| line.trim_start().starts_with("#[") || line.trim_start().starts_with('@');
    line - lines.iter().take(line).rev().take_while(is_attribute).count()
}

fn doc_comment(language: &str, indent: &str, found: &Declaration, signature: &Signature) -> Vec<String> {
    let with_type = |(name, of): &(String, String)| {
        if of.is_empty() { format!("`{name}`") } else { format!("`{name}` (`{of}`)") }
    };
    let parameters: Vec<String> = signature.parameters.iter().map(with_type).collect();
    let takes = if parameters.is_empty() { "nothing".to_owned() } else { parameters.join(", ") };
    let returns = if signature.returns.is_empty() {
        String::new()
    } else {
        format!(" and returns `{}`", signature.returns)
    };
    let sentence = format!("`{}` takes {takes}{returns}.", found.name);
    match language {
        "rust" | "csharp" | "swift" | "dart" => vec![format!("{indent}/// {sentence}")],
        "python" => vec![format!("{indent}    \"\"\"{sentence}\"\"\"")],
        "lua" => vec![format!("{indent}--- {sentence}")],
        "go" => vec![format!("{indent}// {}", sentence.replace('`', ""))],
        "javascript" | "typescript" | "javascriptreact" | "typescriptreact" | "java" | "c" | "cpp"
        | "php" | "kotlin" => {
            vec![format!("{indent}/**"), format!("{indent} * {sentence}"), format!("{indent} */")]
        }
        _ => {
            let (open, close) = code::comment_signs(language);
            vec![format!("{indent}{open}{sentence}{close}")]
        }
    }
}
