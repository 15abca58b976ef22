//! What of an answer can be written as it comes.

use crate::page;
use crate::reply::fences::Fence;

/// Holds back what isn't known well enough to be written: a line that may become a heading of a turn, and line ends
/// that may be the answer's last.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    /// The line so far, if it may become a heading.
    line: String,
    ends: String,
    in_line: bool,
    /// Nothing was written yet.
    pub(super) is_blank: bool,
    /// The answer's line so far, and the fence of the block that it is in.
    said: String,
    open: Option<Fence>,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            line: String::new(),
            ends: String::new(),
            in_line: false,
            is_blank: true,
            said: String::new(),
            open: None,
        }
    }
}

impl Guard {
    pub(super) fn push(&mut self, text: &str) -> String {
        let mut ready = String::new();
        for piece in text.split_inclusive('\n') {
            self.said.push_str(piece);
            if piece.ends_with('\n') {
                self.complete_line();
            }
        }
        self.line.extend(text.chars().filter(|c| *c != '\r'));
        let text = std::mem::take(&mut self.line);
        let text = if self.is_blank { text.trim_start() } else { &text };
        for piece in text.split_inclusive('\n') {
            if !self.in_line && piece.starts_with('#') {
                if !piece.ends_with('\n') {
                    self.line = piece.to_owned();
                    break;
                }
                self.ready(&page::guarded(piece), &mut ready);
            } else {
                self.ready(piece, &mut ready);
            }
            self.in_line = !piece.ends_with('\n');
        }
        ready
    }

    pub(super) fn finish(&mut self) -> String {
        let mut ready = String::new();
        let line = page::guarded(&std::mem::take(&mut self.line));
        self.ready(&line, &mut ready);
        ready
    }

    /// The line that closes the block in which the answer ends. What stands below it in the page is none of it.
    pub(super) fn closing(&mut self) -> Option<String> {
        self.complete_line();
        self.open.as_ref().map(Fence::closing)
    }

    fn complete_line(&mut self) {
        let line = std::mem::take(&mut self.said);
        let Some(fence) = page::fence(&line) else { return };
        match &self.open {
            Some(open) if fence.closes(open) => self.open = None,
            Some(_) => (),
            None => self.open = Some(fence),
        }
    }

    fn ready(&mut self, piece: &str, ready: &mut String) {
        let words = piece.trim_end_matches('\n');
        if words.is_empty() {
            self.ends.push_str(piece);
            return;
        }
        ready.push_str(&std::mem::take(&mut self.ends));
        ready.push_str(words);
        self.ends.push_str(piece.get(words.len()..).unwrap_or_default());
        self.is_blank = false;
    }
}
