//! Planted words, and finding them again however they are written.

use std::path::{Path, PathBuf};

/// Every way to write a text that is searched for.
pub(crate) fn forms(text: &str) -> Vec<Vec<u8>> {
    let json = serde_json::to_string(text).expect("a text is JSON");
    let json = json.trim_matches('"').to_owned();
    let ascii: String = json
        .chars()
        .map(|c| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", c as u32) })
        .collect();
    let percent = |keep: fn(u8) -> bool| -> String {
        text.bytes().map(|b| if keep(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
    };
    let unreserved = percent(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    let path = percent(|b| b.is_ascii_alphanumeric() || b"-._~/:@!$&'()*+,;=".contains(&b));
    let mut forms: Vec<Vec<u8>> = [text.to_owned(), json, ascii, unreserved.to_lowercase(), unreserved, path]
        .into_iter()
        .map(String::into_bytes)
        .collect();
    for alphabet in [STANDARD, URL_SAFE] {
        forms.extend((0..3).map(|shift| inner_base64(text.as_bytes(), shift, alphabet)));
    }
    forms.sort();
    forms.dedup();
    forms
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The digits of base64 that are the same whatever stands around the text, where it begins at this place of three.
fn inner_base64(text: &[u8], shift: usize, alphabet: &[u8; 64]) -> Vec<u8> {
    let mut padded = vec![0; shift];
    padded.extend(text);
    let digits: Vec<u8> = padded
        .chunks_exact(3)
        .flat_map(|three| {
            let bits = u32::from(three[0]) << 16 | u32::from(three[1]) << 8 | u32::from(three[2]);
            [18, 12, 6, 0].map(|at| alphabet[(bits >> at & 63) as usize])
        })
        .collect();
    digits[if shift == 0 { 0 } else { 4 }..].to_vec()
}

/// Whether the bytes hold the text in any form.
pub(crate) fn holds(bytes: &[u8], text: &str) -> bool {
    let found = |form: &Vec<u8>| bytes.windows(form.len()).any(|window| window == form.as_slice());
    forms(text).iter().any(found)
}

/// Every file below a folder, with its bytes.
pub(crate) fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return vec![] };
    let mut found = vec![];
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = std::fs::read(&path).unwrap_or_default();
            found.push((path, bytes));
        }
    }
    found
}

#[test]
fn a_text_is_found_however_it_is_written() {
    let text = "pä\"th/x y+z";
    for written in [
        "…pä\"th/x y+z…",
        r#"{"a":"pä\"th/x y+z"}"#,
        r#"{"a":"p\u00e4\"th/x y+z"}"#,
        "?q=p%C3%A4%22th%2Fx%20y%2Bz",
        "file:///p%C3%A4%22th/x%20y+z",
        "p%c3%a4%22th%2fx%20y%2bz",
        // base64 of it, and of it after one and after two bytes.
        "cMOkInRoL3ggeSt6",
        "LnDDpCJ0aC94IHkregu=",
        "Li5ww6QidGgveCB5K3o=",
    ] {
        assert!(holds(written.as_bytes(), text), "{written}");
    }
    assert!(!holds(b"path/x y+z, pa\"th/x y z", text));
}
