//! What the demo draws: titles, streamed text, a proposal as a coloured diff.

use std::io::{IsTerminal, Stdout, Write, stdout};

use anyhow::Result;

use crate::protocol::ProposalEvent;

const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";

/// Standard output; coloured where it is a terminal.
pub(super) struct Screen {
    out: Stdout,
    coloured: bool,
}

impl Screen {
    pub(super) fn new() -> Self {
        let out = stdout();
        Self { coloured: out.is_terminal(), out }
    }

    pub(super) fn title(&mut self, text: &str) -> Result<()> {
        writeln!(self.out)?;
        self.painted(BOLD, text)
    }

    pub(super) fn line(&mut self, text: &str) -> Result<()> {
        Ok(writeln!(self.out, "{text}")?)
    }

    pub(super) fn dim(&mut self, text: &str) -> Result<()> {
        self.painted(DIM, text)
    }

    /// A piece of streamed text, shown at once.
    pub(super) fn text(&mut self, text: &str) -> Result<()> {
        write!(self.out, "{text}")?;
        Ok(self.out.flush()?)
    }

    /// A proposal as a diff, hunk by hunk.
    pub(super) fn proposal(&mut self, proposal: &ProposalEvent) -> Result<()> {
        for hunk in &proposal.hunks {
            self.painted(DIM, &format!("@@ line {}", hunk.range.start.line + 1))?;
            for line in hunk.removed.lines() {
                self.painted(RED, &format!("- {line}"))?;
            }
            for line in hunk.added.lines() {
                self.painted(GREEN, &format!("+ {line}"))?;
            }
        }
        Ok(())
    }

    /// Lines of a document with their numbers, counted from 1.
    pub(super) fn code(&mut self, text: &str, lines: std::ops::Range<usize>) -> Result<()> {
        for (number, line) in text.lines().enumerate().map(|(at, line)| (at + 1, line)) {
            if lines.contains(&number) {
                writeln!(self.out, "{number:>4} | {line}")?;
            }
        }
        Ok(())
    }

    fn painted(&mut self, colour: &str, text: &str) -> Result<()> {
        if self.coloured {
            writeln!(self.out, "\u{1b}[{colour}m{text}\u{1b}[0m")?;
        } else {
            writeln!(self.out, "{text}")?;
        }
        Ok(())
    }
}
