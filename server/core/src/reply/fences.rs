//! Fenced blocks in an answer: where they start and end, also when they are nested.

use super::ReplyProblem;

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    Outside,
    /// The fence that opens a block.
    Opened,
    Inside,
    /// The fence that closes the block.
    Closed,
}

/// Follows fences line by line (CommonMark 0.31, section 4.5). Beyond it: a fence with an info string inside a block
/// opens a nested one, as models write Markdown in fences that are too short; and any indentation is taken.
#[derive(Debug, Clone, Default)]
pub(super) struct Scanner {
    open: Option<Fence>,
    /// Nested blocks that are open inside.
    depth: usize,
}

/// A line that opens or closes a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fence {
    /// The blanks before it.
    pub(crate) indent: String,
    mark: char,
    length: usize,
    pub(super) info: String,
    note: String,
}

impl Fence {
    /// Whether a block that `open` begins ends here.
    pub(crate) fn closes(&self, open: &Self) -> bool {
        self.is_like(open) && self.info.is_empty()
    }

    /// The line that ends a block which it begins.
    pub(crate) fn closing(&self) -> String {
        format!("{}{}", self.indent, String::from(self.mark).repeat(self.length))
    }

    fn is_like(&self, open: &Self) -> bool {
        self.mark == open.mark && self.length >= open.length
    }
}

/// A fenced block of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Block {
    /// The first word behind the opening fence, in lower case.
    pub(super) info: String,
    pub(super) lines: Vec<String>,
    /// What stands behind that word.
    pub(super) note: String,
    /// The paragraph before it.
    pub(super) lead: String,
}

impl Scanner {
    pub(super) fn is_inside(&self) -> bool {
        self.open.is_some()
    }

    pub(super) fn feed(&mut self, line: &str) -> Seen {
        let fence = fence(line);
        let Some(open) = &self.open else {
            self.open = fence;
            return if self.open.is_some() { Seen::Opened } else { Seen::Outside };
        };
        let Some(fence) = fence.filter(|fence| fence.is_like(open)) else {
            return Seen::Inside;
        };
        if !fence.info.is_empty() {
            self.depth += 1;
            return Seen::Inside;
        }
        if let Some(depth) = self.depth.checked_sub(1) {
            self.depth = depth;
            return Seen::Inside;
        }
        self.open = None;
        Seen::Closed
    }

    /// A line of the open block without the indentation that its fence has.
    pub(super) fn unindent<'a>(&self, line: &'a str) -> &'a str {
        self.open.as_ref().and_then(|open| line.strip_prefix(open.indent.as_str())).unwrap_or(line)
    }
}

/// The blocks of an answer. The last one may lack its closing fence.
pub(super) fn blocks(lines: &[String]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut scanner = Scanner::default();
    let mut lead = String::new();
    for line in lines {
        match scanner.feed(line) {
            Seen::Outside if line.trim().is_empty() && !lead.ends_with("\n\n") => lead.push('\n'),
            Seen::Outside => {
                if lead.ends_with("\n\n") {
                    lead.clear();
                }
                lead.push_str(line);
                lead.push('\n');
            }
            Seen::Opened => {
                let open = scanner.open.as_ref();
                let (info, note) =
                    open.map(|open| (open.info.clone(), open.note.clone())).unwrap_or_default();
                blocks.push(Block { info, note, lines: Vec::new(), lead: std::mem::take(&mut lead) });
            }
            Seen::Inside => {
                if let Some(block) = blocks.last_mut() {
                    block.lines.push(scanner.unindent(line).to_owned());
                }
            }
            Seen::Closed => (),
        }
    }
    if scanner.is_inside() {
        close_at_the_last_line(&mut blocks, &scanner);
    }
    blocks
}

/// The lines outside of every block.
pub(super) fn outside(lines: &[String]) -> Vec<&str> {
    let mut scanner = Scanner::default();
    lines.iter().filter(|line| scanner.feed(line) == Seen::Outside).map(String::as_str).collect()
}

/// Whether an answer that was cut holds a whole block all the same.
pub(super) fn is_whole(lines: &[String]) -> bool {
    let mut scanner = Scanner::default();
    let mut closed = false;
    for line in lines {
        closed |= scanner.feed(line) == Seen::Closed;
    }
    closed && !scanner.is_inside()
}

/// Whether an answer ends inside a block. The closing fence may stand behind the last line of code.
pub(super) fn ends_inside(lines: &[String]) -> bool {
    let mut scanner = Scanner::default();
    lines.iter().for_each(|line| _ = scanner.feed(line));
    let last = lines.last().map_or("", |line| line.trim_end());
    scanner.open.is_some_and(|open| !last.ends_with(&String::from(open.mark).repeat(open.length)))
}

/// Everything between the first fence and the last bare one, where a Markdown answer's own fences are as long as
/// the one around it.
pub(super) fn widest(lines: &[String]) -> Option<Vec<String>> {
    let first = lines.iter().position(|line| fence(line).is_some())?;
    let last = lines.iter().rposition(|line| fence(line).is_some_and(|fence| fence.info.is_empty()))?;
    (first < last).then(|| lines.iter().take(last).skip(first + 1).cloned().collect())
}

/// Everything between the first line and the last, where both are fences and those between them open and close in
/// turn. A sentence may lead up to the first. Two bare blocks with a line such as `Or:` between them are two.
pub(super) fn balanced(lines: &[String]) -> Option<Vec<String>> {
    let told: Vec<&str> = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
    let told = match told.as_slice() {
        [lead, rest @ ..] if lead.ends_with(':') => rest,
        all => all,
    };
    let (first, rest) = told.split_first()?;
    let (last, inner) = rest.split_last()?;
    let (first, last) = (fence(first)?, fence(last)?);
    if !last.info.is_empty() || last.mark != first.mark || last.length != first.length {
        return None;
    }
    let like_it = |fence: &Fence| fence.mark == first.mark && fence.length == first.length;
    let (mut count, mut is_open, mut leads) = (0, false, false);
    for line in inner {
        match fence(line).filter(like_it) {
            // No fence opens inside of a block.
            Some(fence) if is_open && !fence.info.is_empty() => return None,
            Some(_) => (count, is_open) = (count + 1, !is_open),
            None => leads |= is_open && line.ends_with(':'),
        }
    }
    let is_one = count > 0 && !is_open && !(first.info.is_empty() && leads);
    is_one.then(|| widest(lines)).flatten()
}

/// Everything behind the first fence, which names its language, where the fences behind it open and close in turn and so
/// leave none to close the first.
pub(super) fn unclosed(lines: &[String]) -> Option<Vec<String>> {
    let at = lines.iter().position(|line| fence(line).is_some())?;
    let open = fence(lines.get(at)?).filter(|open| !open.info.is_empty())?;
    let inner = lines.get(at + 1..)?;
    let (mut count, mut is_open) = (0, false);
    for fence in inner.iter().filter_map(|line| fence(line)).filter(|fence| fence.is_like(&open)) {
        if is_open && !fence.info.is_empty() {
            return None;
        }
        (count, is_open) = (count + 1, !is_open);
    }
    (count > 0 && !is_open).then(|| inner.to_vec())
}

/// Whether a text holds fences of its own.
pub(super) fn has_fence<'a>(mut lines: impl Iterator<Item = &'a str>) -> bool {
    lines.any(|line| fence(line).is_some())
}

/// The language of a text that is one fenced block from its first line to its last.
pub(super) fn info_of_block(base: &super::line::Lines) -> Option<String> {
    let told: Vec<&str> = base.contents().filter(|line| !line.trim().is_empty()).collect();
    let (first, last) = (fence(told.first()?)?, fence(told.last()?)?);
    let count = told.iter().filter(|line| fence(line).is_some()).count();
    (told.len() > 1 && count == 2 && last.info.is_empty()).then_some(first.info)
}

/// A line as a fence, however far in it stands.
pub(crate) fn fence(line: &str) -> Option<Fence> {
    let (indent, rest) = super::line::split_indent(line);
    let mark = rest.chars().next().filter(|c| ['`', '~'].contains(c))?;
    let info = rest.trim_start_matches(mark);
    let length = rest.len() - info.len();
    if length < 3 || (mark == '`' && info.contains('`')) {
        return None;
    }
    let (info, note) = info.trim().split_once(char::is_whitespace).unwrap_or((info.trim(), ""));
    let (info, note) = (info.to_lowercase(), note.trim().to_owned());
    Some(Fence { indent: indent.to_owned(), mark, length, info, note })
}

/// A model may put the closing fence behind the last line of code.
fn close_at_the_last_line(blocks: &mut [Block], scanner: &Scanner) {
    let Some(open) = &scanner.open else { return };
    let fence = String::from(open.mark).repeat(open.length);
    let last = blocks.last_mut().and_then(|block| block.lines.last_mut());
    if let Some(last) = last
        && let Some(code) = last.trim_end().strip_suffix(&fence)
    {
        *last = code.to_owned();
    }
}

/// The problem of an answer in several blocks none of which is the whole.
pub(super) fn pieces(blocks: &[Block]) -> ReplyProblem {
    ReplyProblem::Pieces { blocks: blocks.len() }
}
