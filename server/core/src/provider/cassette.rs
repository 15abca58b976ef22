//! For tests: recorded answers, decoded in every way they can be cut, and drawn for eyes.

use super::{
    Decoder, Failure, HttpFormat, HttpRequest, Image, Message, ModelEvent, ModelRequest, ToolCall, Usage,
};

/// The bytes of a file under `tests/cassettes`.
macro_rules! cassette {
    ($folder:literal, $name:literal) => {
        include_bytes!(concat!("../../../../../tests/cassettes/", $folder, "/", $name)).as_slice()
    };
}
pub(super) use cassette;

/// Streams of at most so many bytes are cut in three at every pair of places, longer ones in two at every place.
const SHORT: usize = 210;

/// What the answer's bytes mean, a line for each event and one for a failure.
///
/// Fails unless it is the same at every chunk size and at every cut.
#[track_caller]
pub(super) fn draw(format: HttpFormat, answer: &[u8]) -> String {
    let whole = decode(format, &[answer]);
    for size in 1..answer.len() {
        let chunks: Vec<&[u8]> = answer.chunks(size).collect();
        assert_eq!(decode(format, &chunks), whole, "in chunks of {size}");
    }
    let last_second = if answer.len() <= SHORT { answer.len() } else { 0 };
    for first in 0..answer.len() {
        let (start, rest) = answer.split_at(first);
        assert_eq!(decode(format, &[start, rest]), whole, "cut at {first}");
        for second in first..last_second {
            let (middle, end) = rest.split_at(second - first);
            assert_eq!(decode(format, &[start, middle, end]), whole, "cut at {first} and {second}");
        }
    }
    whole
}

fn decode(format: HttpFormat, chunks: &[&[u8]]) -> String {
    let mut events = Vec::new();
    let failure = run(format, chunks, &mut events).err();
    check_order(&events);
    let mut lines: Vec<String> = events.iter().map(line).collect();
    lines.extend(failure.map(|failure| format!("failure {:?}: {}", failure.cause, failure.message)));
    lines.join("\n")
}

pub(super) fn run(format: HttpFormat, chunks: &[&[u8]], events: &mut Vec<ModelEvent>) -> Result<(), Failure> {
    let mut decoder = Decoder::new(format);
    for chunk in chunks {
        decoder.feed(chunk, events)?;
    }
    decoder.finish(events)
}

/// What [`ModelEvent`] promises.
#[track_caller]
pub(super) fn check_order(events: &[ModelEvent]) {
    let mut stopped = false;
    for event in events {
        match event {
            ModelEvent::Text(text) | ModelEvent::Reasoning(text) => assert!(!text.is_empty() && !stopped),
            ModelEvent::Stop(_) => assert!(!std::mem::replace(&mut stopped, true), "stopped twice"),
            ModelEvent::ToolCall(call) => assert!(!call.name.is_empty() && !stopped),
            ModelEvent::Usage(_) => {}
        }
    }
}

fn line(event: &ModelEvent) -> String {
    match event {
        ModelEvent::Text(text) => format!("text: {text:?}"),
        ModelEvent::Reasoning(text) => format!("reasoning: {text:?}"),
        ModelEvent::Usage(Usage { input, output, cached, written, reasoning }) => {
            let written = if *written > 0 { format!(", {written} written") } else { String::new() };
            format!("usage: {input} in ({cached} cached{written}), {output} out ({reasoning} reasoning)")
        }
        ModelEvent::ToolCall(ToolCall { id, name, arguments }) => format!("call {id}: {name} {arguments}"),
        ModelEvent::Stop(reason) => format!("stop: {reason:?}"),
    }
}

/// A second turn, after a first whose answer was asked for twice.
pub(super) fn conversation(model: &str) -> ModelRequest {
    ModelRequest {
        model: model.to_owned(),
        system: "Be brief.".to_owned(),
        messages: vec![
            Message::user("What is \"日本\"?"),
            Message::assistant("Japan."),
            Message::user("And this?"),
            Message::assistant(" \n"),
            Message::user("Well?"),
        ],
        max_output_tokens: None,
        temperature: None,
        effort: None,
        api_version: None,
        extra_body: serde_json::Map::new(),
    }
}

/// A question about a picture, and one about another, which has no words.
pub(super) fn with_images(model: &str) -> ModelRequest {
    let image =
        |media_type: &str, data: &str| Image { media_type: media_type.to_owned(), data: data.to_owned() };
    let mut request = conversation(model);
    request.system.clear();
    request.messages = vec![
        Message { images: vec![image("image/png", "iVBORw0KGgo=")], ..Message::user("What is this?") },
        Message::assistant("A crab."),
        Message { images: vec![image("image/jpeg", "/9j/4AAQ")], ..Message::user("") },
    ];
    request
}

pub(super) fn draw_request(request: &HttpRequest) -> String {
    let mut lines = vec![format!("POST {}", request.path), format!("auth: {:?}", request.auth)];
    lines.extend(request.headers.iter().map(|(name, value)| format!("{name}: {value}")));
    lines.push(String::new());
    lines.push(String::from_utf8(request.body.clone()).unwrap());
    lines.join("\n")
}
