//! The marks by which a chat template ends a turn. A server with the wrong template lets them through as text.

const MARKS: [&str; 12] = [
    "<|im_end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|eot_id|>",
    "<|end|>",
    "<|return|>",
    "<end_of_turn>",
    "<｜end▁of▁sentence｜>",
    "<|cursor|>",
    "<|fim_pad|>",
    "<|file_sep|>",
    STRUCK,
];

/// Marks that stand before a text, or in the middle of one.
const STARTS: [&str; 10] = [
    "<|im_start|>assistant",
    "<|im_start|>",
    "<|begin_of_text|>",
    "<|fim_middle|>",
    "<|fim_prefix|>",
    "<|fim_suffix|>",
    "<|file_sep|>",
    "<|cursor|>",
    "<｜fim▁end｜>",
    "[/INST]",
];

/// Also the end of struck text in HTML.
const STRUCK: &str = "</s>";

/// The line without the marks at its ends; `None` if it held nothing else. Marks that the base text holds are text.
/// `earlier` are the answer's lines before it.
pub(super) fn without<'l>(line: &'l str, base: &str, earlier: &[String]) -> Option<&'l str> {
    let mut rest = line;
    while let Some(mark) = MARKS.into_iter().find(|mark| rest.trim_end().ends_with(mark)) {
        let left = rest.trim_end().strip_suffix(mark)?;
        let opens = |text: &str| text.contains("<s>") || text.contains("<s ");
        let is_struck = || opens(left) || earlier.iter().any(|line| opens(line));
        if base.contains(mark) || (mark == STRUCK && is_struck()) {
            break;
        }
        rest = left;
    }
    while let Some(mark) = STARTS.into_iter().find(|mark| rest.trim_start().starts_with(mark)) {
        if base.contains(mark) {
            break;
        }
        rest = rest.trim_start().strip_prefix(mark)?;
    }
    (rest.len() == line.len() || !rest.trim().is_empty()).then_some(rest)
}
