use super::FakeModel;
use std::io::{Read, Write};
use std::net::TcpStream;

const POST: &[u8] = b"POST /v1/chat HTTP/1.1\r\nContent-Length: 13\r\n\r\n{\"stream\":12}";

#[expect(clippy::disallowed_methods, reason = "the test is the client")]
fn connect(model: &FakeModel) -> TcpStream {
    TcpStream::connect(model.address).unwrap()
}

fn read(client: &mut TcpStream, until: &str) -> String {
    let mut seen = vec![];
    while !String::from_utf8_lossy(&seen).contains(until) {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        seen.push(byte[0]);
    }
    String::from_utf8(seen).unwrap()
}

#[test]
fn a_connection_serves_one_request_after_the_other() {
    let model = FakeModel::start();
    let mut client = connect(&model);
    for _ in 0..3 {
        client.write_all(POST).unwrap();
        let exchange = model.next();
        assert_eq!((exchange.method.as_str(), exchange.path.as_str()), ("POST", "/v1/chat"));
        assert_eq!(exchange.body["stream"], 12);
        exchange.openai_answer("hello world");
        assert!(read(&mut client, "0\r\n\r\n").contains("[DONE]"));
    }
    assert_eq!(model.connections(), 1);
}

#[test]
fn pieces_go_out_one_by_one() {
    let model = FakeModel::start();
    let mut client = connect(&model);
    client.write_all(POST).unwrap();
    let mut exchange = model.next();
    exchange.piece(b"one");
    assert!(read(&mut client, "one\r\n").contains("3\r\n"));
    exchange.piece(b"two");
    read(&mut client, "two\r\n");
    exchange.finish();
}

#[test]
fn a_cut_is_an_end_and_a_reset_is_an_error() {
    let model = FakeModel::start();
    for reset in [false, true] {
        let mut client = connect(&model);
        client.write_all(POST).unwrap();
        let mut exchange = model.next();
        exchange.start();
        if reset {
            exchange.reset();
        } else {
            exchange.cut();
        }
        assert_eq!(client.read_to_end(&mut vec![]).is_err(), reset);
    }
}

#[test]
fn it_sees_that_the_client_has_gone() {
    let model = FakeModel::start();
    let mut client = connect(&model);
    client.write_all(POST).unwrap();
    drop(client);
    model.next().client_closed();

    let mut client = connect(&model);
    client.write_all(POST).unwrap();
    let mut exchange = model.next();
    exchange.start();
    client.shutdown(std::net::Shutdown::Both).unwrap();
    drop(client);
    exchange.never_stop(b"more");
}

#[test]
#[should_panic(expected = "a request that nobody asked for")]
fn a_request_that_is_not_taken_fails_the_test() {
    let model = FakeModel::start();
    let mut client = connect(&model);
    client.write_all(POST).unwrap();
    let until = std::time::Instant::now() + crate::LIMIT;
    while std::time::Instant::now() < until {
        model.expect_no_request();
        std::thread::yield_now();
    }
}

#[test]
#[should_panic(expected = "unanswered")]
fn a_request_that_is_not_answered_fails_the_test() {
    let model = FakeModel::start();
    let mut client = connect(&model);
    client.write_all(POST).unwrap();
    let _ = model.next();
}
