//! Texts of several lines: a string in three quotes, a heredoc. Blanks in them are part of the text.

/// A text of several lines, in which blanks are part of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) end: String,
    /// The end has a line of its own.
    is_heredoc: bool,
    /// That line has no blanks before it.
    is_at_the_edge: bool,
}

impl Text {
    pub(super) fn is_ended_by(&self, line: &str) -> bool {
        match self.is_heredoc {
            true => line.trim().trim_end_matches([';', ')', ',']) == self.end,
            false => line.contains(&self.end),
        }
    }

    /// The text that a line begins and doesn't end.
    pub(super) fn opened_by(line: &str, language: &str) -> Option<Self> {
        let marks: &[(&str, &str)] = match language {
            "python" => &[("\"\"\"", "\"\"\""), ("'''", "'''")],
            "javascript" | "javascriptreact" | "typescript" | "typescriptreact" | "go" => &[("`", "`")],
            "rust" => &[("r#\"", "\"#")],
            "lua" => &[("[[", "]]")],
            _ => &[],
        };
        let opened = marks.iter().find(|(open, close)| match open == close {
            true => line.matches(open).count() % 2 == 1,
            false => line.rsplit_once(open).is_some_and(|(_, after)| !after.contains(close)),
        });
        if let Some((_, close)) = opened {
            return Some(Self { end: (*close).to_owned(), is_heredoc: false, is_at_the_edge: false });
        }
        let heredocs = ["shellscript", "ruby", "php", "perl"];
        let (_, name) = line.split_once("<<").filter(|_| heredocs.contains(&language))?;
        let is_at_the_edge = !name.starts_with(['-', '~']) && language != "php";
        let name = name.trim_start_matches(['-', '~', '<', '"', '\'', ' ', '\\']);
        let name: String = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        (!name.is_empty() && name.starts_with(char::is_uppercase)).then_some(Self {
            end: name,
            is_heredoc: true,
            is_at_the_edge,
        })
    }
}

/// For each line whether it belongs to a heredoc that has to end at the left edge, and does.
pub(super) fn at_the_edge(lines: &[String], language: &str) -> Vec<bool> {
    let mut fixed = vec![false; lines.len()];
    let mut open: Option<(usize, Text)> = None;
    for (index, line) in lines.iter().enumerate() {
        match &open {
            Some((from, text)) if text.is_ended_by(line) => {
                if line.starts_with(&text.end)
                    && let Some(fixed) = fixed.get_mut(from + 1..=index)
                {
                    fixed.fill(true);
                }
                open = None;
            }
            Some(_) => (),
            None => {
                let text = Text::opened_by(line, language).filter(|text| text.is_at_the_edge);
                open = text.map(|text| (index, text));
            }
        }
    }
    fixed
}

/// For each line whether it begins outside of such a text.
pub(super) fn outside<'a>(lines: impl Iterator<Item = &'a str>, language: &str) -> Vec<bool> {
    let mut text: Option<Text> = None;
    let is_outside = |line: &str| {
        let is_outside = text.is_none();
        if is_outside {
            text = Text::opened_by(line, language);
        } else {
            text.take_if(|text| text.is_ended_by(line));
        }
        is_outside
    };
    lines.map(is_outside).collect()
}
