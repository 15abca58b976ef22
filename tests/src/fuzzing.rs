//! What must hold for any input: the bodies of the fuzz targets, which an ordinary test replays over the kept inputs.
//!
//! Each takes the fuzzer's bytes and panics where something doesn't hold. `tests/fuzz` has the targets and the inputs.

use aside_core::document::{Document, LineEnding, whole_lines};
use aside_core::merge::{self, Merged, Rewrite};
use aside_core::position::{self, Encoding, Position, Range};
use aside_core::prompt::frame;
use aside_core::provider::{Decoder, Failure, HttpFormat, ModelEvent, StopReason};
use aside_core::rebase::{Carried, carry};
use aside_core::reply::{Clean, Indent, Reply, ReplyProblem, Surroundings};
use std::collections::HashSet;

#[cfg(test)]
mod tests;

/// The fuzzer's bytes, read from the front. Nothing is left of it at the end, only zeros and empty texts.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Up to the next byte 255, which is in no text.
    fn piece(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| *byte == 255).unwrap_or(self.0.len());
        let (piece, rest) = self.0.split_at(end);
        self.0 = rest.get(1..).unwrap_or_default();
        piece
    }

    fn text(&mut self) -> String {
        String::from_utf8_lossy(self.piece()).into_owned()
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::from(self.byte()) % all.len()]
    }
}

/// Sizes of chunks that look random and follow from a seed.
struct Sizes(u32);

impl Sizes {
    fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // Mostly small: the places where a chunk ends are what matters.
        let most = if self.0 & 0x1000 == 0 { 4 } else { 40 };
        1 + (self.0 >> 16) as usize % most
    }
}

// --- decoders: a byte for the format, one for the sizes of the chunks, then the body of an answer

/// A provider's answer means the same however it is cut, in the order that [`ModelEvent`] promises.
pub fn decoders(data: &[u8]) {
    let mut input = Input(data);
    let formats = [
        HttpFormat::OpenaiChat,
        HttpFormat::OpenaiResponses,
        HttpFormat::AnthropicMessages,
        HttpFormat::Gemini,
        HttpFormat::OllamaChat,
        HttpFormat::BedrockConverse,
    ];
    // One more than the formats: Bedrock's events in frames whose checksums are right.
    let choice = usize::from(input.byte()) % (formats.len() + 1);
    let mut sizes = Sizes(input.byte().into());
    let format = formats.get(choice).copied().unwrap_or(HttpFormat::BedrockConverse);
    let body = if choice < formats.len() { input.0.to_vec() } else { frames(input) };
    let whole = decode(format, [body.as_slice()]);
    let mut rest = body.as_slice();
    let chunks = std::iter::from_fn(|| {
        let (chunk, after) = rest.split_at(sizes.next().min(rest.len()));
        rest = after;
        (!chunk.is_empty()).then_some(chunk)
    });
    assert_eq!(decode(format, chunks), whole, "cut in pieces");
}

fn decode<'a>(
    format: HttpFormat,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<ModelEvent>, Option<Failure>) {
    let mut decoder = Decoder::new(format);
    let mut events = Vec::new();
    let fed = chunks.into_iter().try_for_each(|chunk| decoder.feed(chunk, &mut events));
    let failure = fed.and_then(|()| decoder.finish(&mut events)).err();
    check_order(&events);
    let stopped = events.iter().any(|event| matches!(event, ModelEvent::Stop(_)));
    assert!(stopped || failure.is_some(), "neither an end nor a failure");
    let count = events.len();
    if failure.is_some() {
        assert_eq!(decoder.feed(b"data: {}\n\n{}", &mut events), Ok(()), "fed after its failure");
        assert_eq!(events.len(), count, "it goes on after its failure");
    }
    (events, failure)
}

fn check_order(events: &[ModelEvent]) {
    let mut stopped = false;
    for event in events {
        match event {
            ModelEvent::Text(text) | ModelEvent::Reasoning(text) => assert!(!text.is_empty() && !stopped),
            ModelEvent::ToolCall(call) => assert!(!call.name.is_empty() && !stopped),
            ModelEvent::Stop(_) => assert!(!std::mem::replace(&mut stopped, true), "stopped twice"),
            ModelEvent::Usage(_) => {}
        }
    }
}

/// The pieces of the input as Amazon's frames: each the name of its event, a zero, and its payload.
fn frames(mut input: Input<'_>) -> Vec<u8> {
    let mut body = Vec::new();
    while !input.is_empty() {
        let piece = input.piece();
        let (name, payload) = piece.split_at(piece.iter().position(|byte| *byte == 0).unwrap_or(piece.len()));
        let payload = payload.get(1..).unwrap_or_default();
        let mut headers = b"\x0b:event-type\x07".to_vec();
        headers.extend((name.len() as u16).to_be_bytes());
        headers.extend(name);
        let total = (16 + headers.len() + payload.len()) as u32;
        let mut frame = [total.to_be_bytes(), (headers.len() as u32).to_be_bytes()].concat();
        frame.extend(checksum(&frame).to_be_bytes());
        frame.extend(headers);
        frame.extend(payload);
        frame.extend(checksum(&frame).to_be_bytes());
        body.extend(frame);
    }
    body
}

/// CRC-32 (ISO-HDLC), bit by bit.
fn checksum(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _: u32| if sum & 1 == 0 { sum >> 1 } else { (sum >> 1) ^ 0xedb8_8320 };
    !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}

// --- changes: an encoding, how often the text is repeated, the text; then changes: four places, a text each

/// A document after a client's changes is what a plain string is after them, whatever places they name; each edit can
/// be taken back, and a span that is carried over it holds the text that it held.
pub fn changes(data: &[u8]) {
    let mut input = Input(data);
    let encoding = input.one_of(&[Encoding::Utf8, Encoding::Utf16, Encoding::Utf32]);
    let times = usize::from(input.byte() % 64);
    let mut model = input.text().repeat(times.max(1));
    let mut document = Document::new("file:///a", "rust", 1, &model);
    let middle = position::to_byte(&document.text, Position { line: 1, character: 0 }, encoding);
    let mut span = whole_lines(&document.text, middle..middle);
    while !input.is_empty() {
        let is_whole = input.byte() == 0;
        let range = Range { start: place(&mut input), end: place(&mut input) };
        let added = input.text();
        let (a, b) = (byte_of(&model, range.start, encoding), byte_of(&model, range.end, encoding));
        let before = document.text.clone();
        let was = model.clone();
        let edit = if is_whole {
            model.clone_from(&added);
            document.apply(None, &added, encoding)
        } else {
            model.replace_range(a.min(b)..a.max(b), &added);
            document.apply(Some(range), &added, encoding)
        };
        assert_eq!(document.text.to_string(), model, "{range:?}");
        let mut by_edit = was.clone();
        by_edit.replace_range(edit.range.clone(), &edit.text);
        assert_eq!(by_edit, model, "{edit:?}");
        let mut back = document.text.clone();
        edit.inverse(&before).apply(&mut back);
        assert_eq!(back, before, "{edit:?} taken back");
        span = match carry(&span, &edit, &document.text) {
            Carried::Moved(moved) => {
                assert_eq!(model.get(moved.clone()), was.get(span), "the span of {edit:?}");
                moved
            }
            Carried::Touched => whole_lines(&document.text, edit.after()),
        };
        let start = whole_lines(&document.text, span.clone()).start;
        assert!(start == span.start, "{span:?} begins no line after {edit:?} in {model:?}");
    }
    assert!(["\n", "\r\n", "\r"].contains(&document.line_ending().as_str()));
    assert!(document.line_ending() == LineEnding::Lf || model.contains('\r'));
    for at in (0..=model.len()).filter(|at| model.is_char_boundary(*at)) {
        let is_inside = model[..at].ends_with('\r') && model[at..].starts_with('\n');
        let there = position::from_byte(&document.text, at, encoding);
        assert_eq!(position::to_byte(&document.text, there, encoding), at - usize::from(is_inside));
    }
}

/// A place, which need not be there.
fn place(input: &mut Input<'_>) -> Position {
    let mut number = || match input.byte() {
        254 => u32::MAX,
        small => small.into(),
    };
    Position { line: number(), character: number() }
}

/// Where a place is in a text, read from its front: at the latest earlier place that is there.
fn byte_of(text: &str, place: Position, encoding: Encoding) -> usize {
    let mut start = 0;
    for _ in 0..place.line {
        let Some(end) = text[start..].find(['\r', '\n']) else { return text.len() };
        start += end + if text[start + end..].starts_with("\r\n") { 2 } else { 1 };
    }
    let mut left = place.character as usize;
    let mut at = start;
    for c in text[start..].chars().take_while(|c| !matches!(c, '\r' | '\n')) {
        let units = match encoding {
            Encoding::Utf8 => c.len_utf8(),
            Encoding::Utf16 => c.len_utf16(),
            Encoding::Utf32 => 1,
        };
        let Some(rest) = left.checked_sub(units) else { break };
        left = rest;
        at += c.len_utf8();
    }
    at
}

// --- merges: the base, what the model made of it, where the user typed, and what else the user made of it

/// A merge doesn't care which side is which, and loses nothing of what only one side has.
pub fn merges(data: &[u8]) {
    let mut input = Input(data);
    let (base, theirs, places, mine) = (input.text(), input.text(), input.piece(), input.text());
    check_merge(&base, &mine, &theirs);
    let typed = typed(&base, places);
    check_merge(&base, &typed, &theirs);
}

fn merge(base: &str, mine: &str, theirs: &str) -> Merged {
    merge::merge(&Rewrite::new(base, theirs), mine)
}

fn check_merge(base: &str, mine: &str, theirs: &str) {
    let clean = |text: &str| Merged::Clean(text.to_owned());
    assert_eq!(merge(base, base, theirs), clean(theirs), "only they changed it");
    assert_eq!(merge(base, mine, base), clean(mine), "only I changed it");
    assert_eq!(merge(base, mine, mine), clean(mine), "both changed it alike");
    let merged = merge(base, mine, theirs);
    // The model's changes are known and the user's are found, so one way round may be a conflict where the other isn't.
    if let (Merged::Clean(merged), Merged::Clean(turned)) = (&merged, merge(base, theirs, mine)) {
        assert_eq!(turned, *merged, "the sides turned round");
    }
    let Merged::Clean(merged) = merged else { return };
    for (side, other) in [(mine, theirs), (theirs, mine)] {
        let others: HashSet<char> = base.chars().chain(other.chars()).chain(['\r', '\n']).collect();
        let own = |text: &str| text.chars().filter(|c| !others.contains(c)).collect::<String>();
        // What the merge holds beyond the base and the other side is what this side put in, in its order.
        assert_eq!(own(&merged), own(side), "of {side:?} in {merged:?}");
    }
    let kept: HashSet<char> = mine.chars().chain(theirs.chars()).chain(['\r', '\n']).collect();
    assert!(merged.chars().all(|c| kept.contains(&c)), "what both took out is back in {merged:?}");
}

/// The base with letters put in that stand in no other text.
fn typed(base: &str, places: &[u8]) -> String {
    let mut text = base.to_owned();
    for (letter, place) in ('\u{f0000}'..).zip(places.iter().take(16)) {
        let mut at = usize::from(*place) * (text.len() + 1) / 256;
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        text.insert(at, letter);
    }
    text
}

// --- replies: choices, the sizes of the pieces; the selection, what is before and after it, the answer

/// An answer is cleaned into the same text however it is cut; previews only grow; the text ends its lines as the
/// document does; and what is answered as it was comes back as it was.
pub fn replies(data: &[u8]) {
    let mut input = Input(data);
    let language = input.one_of(&["rust", "python", "markdown", "html", "plaintext"]);
    let instruction =
        input.one_of(&["change it", "delete this", "fix the trailing whitespace", "add a comment"]);
    let line_ending = input.one_of(&["\n", "\r\n"]);
    let stop = input.one_of(&[0, 0, 0, 1, 2]);
    let stop = [StopReason::End, StopReason::Length, StopReason::Refused][stop].clone();
    let indent = Indent { tabs: input.byte() % 2 == 1, width: 4 };
    let seed = u32::from(input.byte());
    let mut text = || input.text().replace('\r', "").replace('\n', line_ending);
    let (base, before, after) = (text(), text(), text());
    let around = Surroundings {
        base,
        selected: None,
        before,
        after,
        indent,
        line_ending,
        language: language.into(),
        instruction: instruction.into(),
    };
    let answer = input.text();
    let whole = cleaned(&around, [answer.as_str()], &stop);
    let mut sizes = Sizes(seed);
    let mut rest = answer.as_str();
    let pieces = std::iter::from_fn(|| {
        let end = rest.char_indices().nth(sizes.next()).map_or(rest.len(), |(at, _)| at);
        let (piece, after) = rest.split_at(end);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    });
    let cut = cleaned(&around, pieces, &stop);
    assert_eq!(cut, whole, "cut in pieces");
    if let (Ok(clean), _) = &whole {
        check_lines(&clean.text, &around);
    }
    check_echo(&around);
}

type Cleaned = (Result<Clean, ReplyProblem>, Vec<String>);

fn cleaned<'a>(
    around: &Surroundings,
    pieces: impl IntoIterator<Item = &'a str>,
    stop: &StopReason,
) -> Cleaned {
    let mut reply = Reply::new(around.clone());
    let mut shown: Vec<String> = Vec::new();
    for piece in pieces {
        reply.push(piece);
        assert!(reply.lines_so_far().starts_with(&shown), "a shown line was taken back");
        shown = reply.lines_so_far().to_vec();
    }
    (reply.finish(stop), shown)
}

fn check_lines(text: &str, around: &Surroundings) {
    let rest = text.replace(around.line_ending, "");
    assert!(!rest.contains(['\r', '\n']), "another line ending in {text:?}");
    // A last line of blanks alone may go.
    let ends_blank = around.base.lines().last().is_none_or(|line| line.trim().is_empty());
    // A blank last line that is new may be what was asked for.
    let may_add = around.instruction.contains("whitespace") && !around.base.ends_with('\n');
    if !text.is_empty() && !ends_blank && !may_add {
        assert_eq!(text.ends_with('\n'), around.base.ends_with('\n'), "the final newline of {text:?}");
    }
}

/// The selection, answered in a fence as it is, is the selection.
fn check_echo(around: &Surroundings) {
    if around.base.trim().is_empty() {
        return;
    }
    let around = Surroundings {
        before: String::new(),
        after: String::new(),
        instruction: "change it".into(),
        ..around.clone()
    };
    let base = around.base.replace("\r\n", "\n");
    let fence = frame::fence(&base);
    let answer = format!("{fence}\n{}\n{fence}\n", base.strip_suffix('\n').unwrap_or(&base));
    let (clean, _) = cleaned(&around, [answer.as_str()], &StopReason::End);
    assert_eq!(clean.map(|clean| clean.text), Ok(around.base), "answered as it was");
}
