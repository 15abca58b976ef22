//! "Think" text that a model writes into its answer, tags and all.

/// Follows think tags line by line, outside of fenced blocks.
#[derive(Debug, Clone)]
pub(super) struct Thinking {
    /// The closing tag that is waited for.
    close: Option<&'static str>,
    /// The tags to look for: those that the base text holds are text.
    tags: Vec<(&'static str, &'static str)>,
}

const TAGS: [(&str, &str); 6] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
];

impl Thinking {
    pub(super) fn new(base: &str) -> Self {
        let tags = TAGS.into_iter().filter(|(open, close)| !base.contains(open) && !base.contains(close));
        Self { close: None, tags: tags.collect() }
    }

    /// What of the line isn't think text; `None` if all of it is.
    pub(super) fn visible(&mut self, line: &str) -> Option<String> {
        let mut rest = line;
        loop {
            if let Some(close) = self.close {
                let (_, after) = rest.split_once(close)?;
                self.close = None;
                rest = after;
            }
            let opened = self
                .tags
                .iter()
                .find_map(|(open, close)| rest.trim_start().strip_prefix(open).map(|after| (after, *close)));
            match opened {
                Some((after, close)) => (rest, self.close) = (after, Some(close)),
                None => return Some(rest.to_owned()),
            }
        }
    }

    /// Some templates swallow the opening tag: then everything up to a closing tag is think text.
    pub(super) fn drop_orphan<'a>(&self, lines: &'a [String]) -> &'a [String] {
        let closes = |line: &String| self.tags.iter().any(|(_, close)| line.trim() == *close);
        match lines.iter().rposition(closes) {
            Some(at) => lines.get(at + 1..).unwrap_or_default(),
            None => lines,
        }
    }
}
