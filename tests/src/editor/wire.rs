//! The base protocol of LSP: headers, a length, a JSON message.

use serde_json::Value;
use std::io::{BufRead, Error, ErrorKind, Result};

/// One message as it goes over the wire.
pub fn frame(message: &Value) -> Vec<u8> {
    frame_text(&message.to_string())
}

/// Any text, framed as a message.
pub fn frame_text(text: &str) -> Vec<u8> {
    format!("Content-Length: {}\r\n\r\n{text}", text.len()).into_bytes()
}

/// The next message; `None` at the stream's end. Whatever isn't a whole message is an error that quotes it.
pub fn read(reader: &mut impl BufRead) -> Result<Option<Value>> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        match (line.trim_end_matches("\r\n"), length) {
            ("", Some(length)) => return read_body(reader, length).map(Some),
            (header, _) => match header.split_once(": ") {
                Some(("Content-Length", n)) => length = n.parse().ok(),
                Some(("Content-Type", _)) => {}
                _ => return Err(Error::new(ErrorKind::InvalidData, format!("no LSP header: {header:?}"))),
            },
        }
    }
}

fn read_body(reader: &mut impl BufRead, length: usize) -> Result<Value> {
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(serde_json::from_slice(&body)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_framed_is_read_back() {
        let messages = [json!({"a": "👩‍💻\r\n"}), json!({})];
        let bytes: Vec<u8> = messages.iter().flat_map(frame).collect();
        let mut reader = bytes.as_slice();
        for message in messages {
            assert_eq!(read(&mut reader).unwrap(), Some(message));
        }
        assert_eq!(read(&mut reader).unwrap(), None);
    }

    #[test]
    fn a_line_printed_between_messages_is_an_error_that_quotes_it() {
        let error = read(&mut b"hello from a stray print\n".as_slice()).unwrap_err();
        assert!(error.to_string().contains("stray print"), "{error}");
    }
}
