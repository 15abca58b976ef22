use super::*;
use tokio::io::AsyncReadExt;

fn frame(text: &str) -> String {
    format!("Content-Length: {}\r\n\r\n{text}", text.len())
}

fn unreadable(code: i64) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":null,"method":"$/aside/unreadable","params":[{code}]}}"#)
}

const EXIT: &str = r#"{"jsonrpc":"2.0","method":"exit"}"#;

/// What is handed on of `sent`, however it is cut.
#[track_caller]
fn check(sent: &str, messages: &[&str]) {
    let expected: String = messages.iter().map(|message| frame(message)).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for size in [1, 7, sent.len()] {
        let ended = CancellationToken::new();
        let pieces = sent.as_bytes().chunks(size).map(|piece| Result::Ok(Bytes::copy_from_slice(piece)));
        let mut input = Input::new(Pieces(pieces.collect()), ended.clone());
        let mut read = String::new();
        runtime.block_on(input.read_to_string(&mut read)).unwrap();
        assert_eq!(read, expected, "in pieces of {size}");
        assert!(ended.is_cancelled());
    }
}

/// Yields one piece at a time.
struct Pieces(std::collections::VecDeque<Result<Bytes>>);

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        if let Some(piece) = self.0.pop_front() {
            buffer.put_slice(&piece?);
        }
        Poll::Ready(Ok(()))
    }
}

#[test]
fn hands_on_what_can_be_read() {
    check(&frame(EXIT).repeat(2), &[EXIT, EXIT]);
    let answer = r#"{"jsonrpc":"2.0","id":1,"result":null}"#;
    check(&frame(answer), &[answer]);
    let headers =
        format!("content-length:{}\r\nContent-Type: x; charset=latin1\r\nA: b\r\n\r\n{EXIT}", EXIT.len());
    check(&headers, &[EXIT]);
}

#[test]
fn what_cannot_be_read_costs_only_itself() {
    let parse = unreadable(-32700);
    let invalid = unreadable(-32600);
    for (bad, stands_for_it) in [
        ("{\"jsonrpc\": \"2.0\", \"id\": 7, \"method\":", &parse),
        ("hello", &parse),
        ("", &parse),
        (r#"{"jsonrpc":"2.0","method":"a","params":[1e999]}"#, &parse),
        ("[]", &invalid),
        ("null", &invalid),
        (r#"{"jsonrpc":"1.0","method":"a"}"#, &invalid),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"a"}"#, &invalid),
    ] {
        check(&(frame(bad) + &frame(EXIT)), &[stands_for_it, EXIT]);
    }
    let deep = format!(r#"{{"jsonrpc":"2.0","method":"a","params":{}{}}}"#, "[".repeat(500), "]".repeat(500));
    check(&(frame(&deep) + &frame(EXIT)), &[&parse, EXIT]);
}

#[test]
fn finds_the_next_message_after_a_wrong_header() {
    let parse = unreadable(-32700);
    let parse = parse.as_str();
    for length in ["garbage", "Content-Length: x", "Content-Length: -1", "Content-Length: 99999999999", ""] {
        check(&format!("{length}\r\n\r\n{}", frame(EXIT)), &[parse, EXIT]);
    }
    // The rest of a message that is longer than its header says stands before the next header.
    check(&format!("Content-Length: 5\r\n\r\n{EXIT}{}", frame(EXIT)), &[parse, EXIT]);
}

#[test]
fn what_has_no_end_of_a_header_is_not_kept() {
    let mut frames = Frames::default();
    frames.push("x".repeat(LONGEST_HEADER).as_bytes());
    assert_eq!(frames.next(), Some(Bytes::new()));
    frames.push(frame(EXIT).as_bytes());
    assert_eq!(frames.next(), Some(EXIT.into()));
    assert_eq!(frames.next(), None);
}

#[test]
fn half_a_character_is_mended_and_a_whole_one_is_left_alone() {
    let typed = |text: &str| format!(r#"{{"jsonrpc":"2.0","method":"a","params":{{"text":"{text}"}}}}"#);
    for (sent, mended) in [
        (r"\ud83d", r"\ufffd"),
        (r"a\uDC69b", r"a\ufffdb"),
        (r"\ud83d\ud83d\ude00\n", r"\ufffd\ud83d\ude00\n"),
        (r"\\ud83d \ud83d", r"\\ud83d \ufffd"),
        (r"\ud83d\ude00", r"\ud83d\ude00"),
        (r"\\ud83d", r"\\ud83d"),
    ] {
        check(&frame(&typed(sent)), &[&typed(mended)]);
    }
}
