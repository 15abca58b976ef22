use super::*;
use proptest::prelude::*;

type Events = Vec<(String, String)>;

fn read(chunks: &[&[u8]], limit: usize) -> Result<Events, TooLarge> {
    let mut splitter = Splitter::new(limit);
    let mut events = Events::new();
    for chunk in chunks {
        let mut rest = *chunk;
        while let Some(event) = splitter.next(&mut rest)? {
            events.push((event.name.to_owned(), event.data.into_owned()));
        }
    }
    Ok(events)
}

/// The spec's algorithm, said plainly and for a whole stream at once.
fn plain_model(bytes: &[u8]) -> Events {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).replace("\r\n", "\n").replace('\r', "\n");
    let mut lines: Vec<&str> = text.split('\n').collect();
    lines.pop();
    let (mut events, mut name, mut data) = (Events::new(), String::new(), String::new());
    for line in lines {
        if line.is_empty() {
            if !data.is_empty() {
                data.pop();
                events.push((std::mem::take(&mut name), std::mem::take(&mut data)));
            }
            name.clear();
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => data += &format!("{value}\n"),
            "event" => value.clone_into(&mut name),
            _ => {}
        }
    }
    events
}

/// Whole, at every chunk size, and at every way to cut it in three.
#[track_caller]
fn check(stream: &[u8], expected: &[(&str, &str)]) {
    let expected: Events = expected.iter().map(|(name, data)| (name.to_string(), data.to_string())).collect();
    assert_eq!(plain_model(stream), expected, "the plain model");
    assert_eq!(read(&[stream], 1000).unwrap(), expected, "whole");
    for size in 1..=stream.len() {
        let chunks: Vec<&[u8]> = stream.chunks(size).collect();
        assert_eq!(read(&chunks, 1000).unwrap(), expected, "in chunks of {size}");
    }
    for first in 0..=stream.len() {
        for second in first..=stream.len() {
            let chunks = [&stream[..first], &stream[first..second], &stream[second..]];
            assert_eq!(read(&chunks, 1000).unwrap(), expected, "cut at {first} and {second}");
        }
    }
}

#[test]
fn reads_events_with_and_without_a_name() {
    check(
        b"data: one\n\nevent: ping\ndata: two\n\ndata: three\n\n",
        &[("", "one"), ("ping", "two"), ("", "three")],
    );
}

#[test]
fn takes_every_line_end() {
    check(b"data: a\r\n\r\ndata: b\r\rdata: c\n\n", &[("", "a"), ("", "b"), ("", "c")]);
    check(b"data: a\r\n\ndata: b\n\r\ndata: c\r\n\r", &[("", "a"), ("", "b"), ("", "c")]);
}

#[test]
fn joins_data_lines() {
    check(b"data: a\ndata:b\ndata:  c\ndata\ndata:\n\n", &[("", "a\nb\n c\n\n")]);
}

#[test]
fn an_empty_data_line_is_an_event_and_none_is_not() {
    check(b"data\n\nevent: x\n\ndata:\n\n\n\n", &[("", ""), ("", "")]);
}

#[test]
fn skips_comments_and_fields_that_mean_nothing() {
    check(b": hello\nid: 7\nretry: 10\ndatas: no\n data: no\nDATA: no\ndata: yes\n:\n\n", &[("", "yes")]);
}

#[test]
fn drops_one_byte_order_mark_at_the_start_only() {
    check(
        "\u{feff}data: a\n\n\u{feff}data: b\n\ndata: \u{feff}c\n\n".as_bytes(),
        &[("", "a"), ("", "\u{feff}c")],
    );
    check("\u{feff}\u{feff}data: a\n\n".as_bytes(), &[]);
    check("\u{feff}\ndata: a\n\n".as_bytes(), &[("", "a")]);
}

#[test]
fn replaces_invalid_utf8_and_goes_on() {
    check(b"data: a\xffb\xe2\x82\n\ndata: \xf0\x9f\x91\xa9\n\n", &[("", "a\u{fffd}b\u{fffd}"), ("", "👩")]);
    check(b"event: \xff\ndata: x\n\n", &[("\u{fffd}", "x")]);
}

#[test]
fn leaves_an_unfinished_event_to_finish() {
    check(b"data: a\n\ndata: b\n", &[("", "a")]);
    for stream in ["data: [DONE]", "data: [DONE]\n", "\u{feff}data: [DONE]"] {
        let mut splitter = Splitter::new(100);
        assert_eq!(splitter.next(&mut stream.as_bytes()), Ok(None));
        assert_eq!(splitter.finish().map(|event| event.data.into_owned()), Some("[DONE]".to_owned()));
        assert_eq!(splitter.finish(), None);
    }
}

#[test]
fn refuses_what_is_larger_than_the_limit_whatever_the_chunks() {
    let long_line = b"data: 0123456789\n\n".as_slice();
    let many_lines = b"data: 0123\ndata: 0123\ndata: 0123\ndata\n\n".as_slice();
    let endless = b": no end of line in sight".as_slice();
    for stream in [long_line, many_lines, endless] {
        for size in 1..=stream.len() {
            let chunks: Vec<&[u8]> = stream.chunks(size).collect();
            assert_eq!(read(&chunks, 14), Err(TooLarge { limit: 14 }), "in chunks of {size}");
        }
    }
    assert_eq!(read(&[b"data: 01234567\n\n"], 14).unwrap().len(), 1);
}

#[test]
fn stays_refused_and_keeps_nothing() {
    let mut splitter = Splitter::new(8);
    assert!(splitter.next(&mut b"data: 0123456789".as_slice()).is_err());
    assert!(splitter.next(&mut b"\n\ndata: x\n\n".as_slice()).is_err());
    assert_eq!(splitter.finish(), None);
    assert_eq!(splitter.line.capacity() + splitter.data.capacity(), 0);
}

#[test]
fn borrows_data_that_lies_in_one_chunk() {
    let mut splitter = Splitter::new(100);
    let mut rest = b"data: here\n\n".as_slice();
    let event = splitter.next(&mut rest).unwrap().unwrap();
    assert!(matches!(event.data, Cow::Borrowed("here")));
    assert_eq!(splitter.data.capacity(), 0);
}

proptest! {
    #[test]
    fn agrees_with_the_plain_model(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "data", "data:", "event:", "event", ":", " ", "\n", "\r", "\r\n", "\n\n", "x", "é", "👩", "\u{feff}", "id: 1",
        ]), 0..40),
        noise in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let mut stream = pieces.concat().into_bytes();
        for (at, byte) in noise {
            stream.insert(at.index(stream.len() + 1), byte);
        }
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.sort_unstable();
        let mut chunks: Vec<&[u8]> = Vec::new();
        let mut from = 0;
        for cut in cuts {
            chunks.push(&stream[from..cut]);
            from = cut;
        }
        chunks.push(&stream[from..]);
        prop_assert_eq!(read(&chunks, 10_000).unwrap(), plain_model(&stream));
    }
}
