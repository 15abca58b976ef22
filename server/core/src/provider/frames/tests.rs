use super::super::failure::Cause;
use super::*;
use proptest::prelude::*;

fn split(chunks: &[&[u8]]) -> Result<Vec<Frame>, Failure> {
    let mut frames = Frames::default();
    let mut all = Vec::new();
    for chunk in chunks {
        let mut rest = *chunk;
        while let Some(frame) = frames.next(&mut rest)? {
            all.push(frame);
        }
        assert!(rest.is_empty());
    }
    Ok(all)
}

/// The example of the reference: an event without headers and payload.
#[test]
fn reads_the_smallest_frame() {
    let bytes = [0, 0, 0, 0x10, 0, 0, 0, 0, 0x05, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8, 0xff];
    let empty = Frame { name: String::new(), payload: String::new() };
    assert_eq!(split(&[&bytes]), Ok(vec![empty]));
}

#[test]
fn a_wrong_bit_anywhere_is_noticed() {
    let good = frame(&[(":event-type", "a"), ("x", "é")], "{\"text\":\"b\"}");
    for at in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[at / 8] ^= 1 << (at % 8);
        // A longer length waits for bytes that never come.
        assert!(split(&[&bad]).is_err(), "bit {at}");
    }
}

#[test]
fn a_frame_that_is_too_large_is_refused_at_its_beginning() {
    let lengths = [20_000_000_u32.to_be_bytes(), 0_u32.to_be_bytes()].concat();
    let sum = crc32fast::hash(&lengths).to_be_bytes();
    let failure = split(&[&lengths, &sum]).unwrap_err();
    assert_eq!(failure.cause, Cause::TooLarge);
    assert!(failure.message.contains("larger than"), "{}", failure.message);
}

#[test]
fn headers_longer_than_their_frame_are_refused() {
    let lengths = [20_u32.to_be_bytes(), 5_u32.to_be_bytes()].concat();
    let mut bytes = lengths.clone();
    bytes.extend(crc32fast::hash(&lengths).to_be_bytes());
    assert!(split(&[&bytes]).is_err());
}

proptest! {
    #[test]
    fn frames_are_the_same_however_they_are_cut(
        payloads in prop::collection::vec("[a-zé{}]{0,40}", 1..5),
        size in 1..60_usize,
    ) {
        let bytes: Vec<u8> = payloads.iter().flat_map(|text| frame(&[(":event-type", "e")], text)).collect();
        let expected: Vec<Frame> =
            payloads.iter().map(|text| Frame { name: "e".to_owned(), payload: text.clone() }).collect();
        let chunks: Vec<&[u8]> = bytes.chunks(size).collect();
        prop_assert_eq!(split(&chunks), Ok(expected.clone()));
        prop_assert_eq!(split(&[&bytes]), Ok(expected));
    }

    #[test]
    fn noise_never_panics(noise in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = split(&[&noise]);
        let _ = texts(&noise);
    }
}
