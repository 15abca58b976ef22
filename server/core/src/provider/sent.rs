//! A message as OpenAI's formats send it: a text alone, since many servers take nothing else, or a list of parts.

use super::{Image, Turn};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Sent<'r, Part> {
    pub(super) role: &'static str,
    pub(super) content: SentContent<'r, Part>,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum SentContent<'r, Part> {
    Text(&'r str),
    Parts(Vec<Part>),
}

/// A turn's pictures and its text, each as a part of the format's own.
pub(super) fn content<'r, Part>(
    turn: &'r Turn<'_>,
    image: impl Fn(&Image) -> Part,
    text: impl FnOnce(&'r str) -> Part,
) -> SentContent<'r, Part> {
    if turn.images.is_empty() {
        return SentContent::Text(&turn.text);
    }
    let text = turn.has_text().then(|| text(&turn.text));
    SentContent::Parts(turn.images.iter().map(|picture| image(picture)).chain(text).collect())
}
