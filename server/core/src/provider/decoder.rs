//! From the bytes of an answer to [`ModelEvent`]s, whatever the wire format and whatever the body really is.

use super::body::{Body, Events, Json, keep};
use super::failure::{self, Cause, Failure};
use super::frames::Frames;
use super::text::without_halves;
use super::{Format, HttpFormat, ModelEvent, anthropic, bedrock, gemini, ollama, openai, responses};

/// Decodes one answer, fed in chunks of any size.
///
/// It takes what was seen in the wild: events with and without a last blank line, one JSON body where a stream was
/// asked for, an error in the stream or in a body with status 200, a page of a proxy. Once it has failed it must
/// not be fed again (it yields nothing more).
#[derive(Debug)]
pub struct Decoder {
    body: Body,
    format: Box<dyn Format>,
    failed: bool,
}

impl Decoder {
    pub fn new(format: HttpFormat) -> Self {
        let format: Box<dyn Format> = match format {
            HttpFormat::OpenaiChat | HttpFormat::AzureOpenai => Box::new(openai::Decoder::default()),
            HttpFormat::OpenaiResponses => Box::new(responses::Decoder::default()),
            HttpFormat::AnthropicMessages => Box::new(anthropic::Decoder::default()),
            HttpFormat::Gemini | HttpFormat::Vertex => Box::new(gemini::Decoder::default()),
            HttpFormat::OllamaChat => Box::new(ollama::Decoder::default()),
            HttpFormat::BedrockConverse => Box::new(bedrock::Decoder::default()),
        };
        Self { body: Body::Blank, format, failed: false }
    }

    /// Adds to `out` what `chunk` means. A piece joins the last event in `out` where that is of the same kind.
    ///
    /// Events that came before a failure in the same chunk are in `out`.
    pub fn feed(&mut self, chunk: &[u8], out: &mut Vec<ModelEvent>) -> Result<(), Failure> {
        if self.failed || self.is_done() {
            return Ok(());
        }
        let mut rest = chunk;
        self.body.sniff(&mut rest);
        let fed = match &mut self.body {
            Body::Blank => Ok(()),
            Body::Events(events) => feed_events(events, rest, &mut *self.format, out),
            Body::Json(json) => feed_json(json, rest, &mut *self.format, out),
            Body::Frames(frames) => feed_frames(frames, rest, &mut *self.format, out),
            Body::Page(page) => {
                if keep(page, rest) {
                    Ok(())
                } else {
                    Err(failure::page(page))
                }
            }
        };
        if fed.is_err() {
            self.failed = true;
            // What was held back for a piece to come is a part of what came so far.
            self.format.end(out);
        }
        fed
    }

    /// The end of the bytes, be it the body's end or a broken connection.
    ///
    /// `Ok` when the answer was whole, so a transport error that comes after its end is none. Otherwise what was
    /// held back goes to `out`, and the failure says what the body was.
    pub fn finish(&mut self, out: &mut Vec<ModelEvent>) -> Result<(), Failure> {
        if self.failed {
            return Err(Failure::ended_early("the answer was given up"));
        }
        if self.is_done() {
            return Ok(());
        }
        let finished = match &mut self.body {
            Body::Blank => Err(Failure::ended_early("the provider answered without a single byte")),
            Body::Events(events) => finish_events(events, &mut *self.format, out),
            Body::Json(json) => finish_json(json, &mut *self.format, out),
            Body::Frames(_) if self.format.end(out) => Ok(()),
            Body::Frames(_) => Err(broken_off()),
            Body::Page(page) => Err(failure::page(page)),
        };
        self.failed = finished.is_err();
        finished
    }

    /// Whether the terminal event has come: nothing that follows is of interest, a transport error neither.
    ///
    /// A caller that wants the connection kept alive reads on to the body's end.
    pub fn is_done(&self) -> bool {
        self.format.is_done()
    }
}

fn feed_events(
    events: &mut Events,
    mut rest: &[u8],
    format: &mut dyn Format,
    out: &mut Vec<ModelEvent>,
) -> Result<(), Failure> {
    events.note(rest);
    let too_large = |error: crate::sse::TooLarge| Failure::connection(Cause::TooLarge, error.to_string());
    while let Some(event) = events.splitter.next(&mut rest).map_err(too_large)? {
        events.has_event = true;
        // Some servers keep a connection alive with events that hold nothing.
        if !event.data.trim_ascii().is_empty() {
            whole_characters(&event.data, |data| format.event(event.name, data, out))?;
        }
    }
    Ok(())
}

/// Hands a piece of JSON on. What can't be read as it came, since half a character stands in it where no text of the
/// answer does, is read with U+FFFD in its place.
fn whole_characters(json: &str, mut take: impl FnMut(&str) -> Result<(), Failure>) -> Result<(), Failure> {
    match take(json) {
        Err(failure) if failure.cause == Cause::Unreadable => {
            without_halves(json).map_or(Err(failure), |mended| take(&mended))
        }
        taken => taken,
    }
}

fn finish_events(
    events: &mut Events,
    format: &mut dyn Format,
    out: &mut Vec<ModelEvent>,
) -> Result<(), Failure> {
    if let Some(event) = events.splitter.finish() {
        events.has_event = true;
        // An event that was cut in two is a cut stream, which `end` tells.
        if serde_json::from_str::<serde::de::IgnoredAny>(&event.data).is_ok()
            || event.data.trim_ascii() == "[DONE]"
        {
            whole_characters(&event.data, |data| format.event(event.name, data, out))?;
        }
    }
    if format.end(out) {
        return Ok(());
    }
    if events.has_event {
        return Err(broken_off());
    }
    Err(failure::no_stream(&events.beginning))
}

/// One value after another, until the format has its answer.
fn feed_json(
    json: &mut Json,
    mut rest: &[u8],
    format: &mut dyn Format,
    out: &mut Vec<ModelEvent>,
) -> Result<(), Failure> {
    while let Some(value) = json.next(&mut rest)? {
        whole_characters(&value, |value| format.whole(value, out))?;
        if format.is_done() {
            break;
        }
    }
    Ok(())
}

fn finish_json(json: &Json, format: &mut dyn Format, out: &mut Vec<ModelEvent>) -> Result<(), Failure> {
    if format.end(out) {
        return Ok(());
    }
    if json.is_inside() {
        return Err(Failure::ended_early("the answer broke off inside a JSON body"));
    }
    Err(broken_off())
}

fn feed_frames(
    frames: &mut Frames,
    mut rest: &[u8],
    format: &mut dyn Format,
    out: &mut Vec<ModelEvent>,
) -> Result<(), Failure> {
    while let Some(frame) = frames.next(&mut rest)? {
        whole_characters(&frame.payload, |payload| format.event(&frame.name, payload, out))?;
    }
    Ok(())
}

fn broken_off() -> Failure {
    Failure::ended_early("the stream broke off before its end")
}

#[cfg(test)]
mod tests;
