//! What the words for mentions in a question stand for, at the moment it is sent.

use aside_core::mentions::{self, Word};

use crate::protocol::{About, ChatSend, ContextItem, Mention};

/// The question with its words for mentions taken out of the text, as mentions; those that stand for nothing are told.
pub(crate) fn spell_out(mut send: ChatSend) -> ChatSend {
    let Some(about) = send.about.take() else { return send };
    let (text, words) = mentions::take(&send.text);
    send.text = text;
    for word in words {
        match mention(word, &about) {
            Ok(mention) => send.mentions.push(mention),
            Err(why) => send.missing.push(ContextItem {
                label: word.as_str().to_owned(),
                uri: None,
                range: None,
                tokens: 0,
                left_out: Some(why.to_owned()),
                blocked: None,
            }),
        }
    }
    send
}

/// What a word stands for, or why it stands for nothing.
fn mention(word: Word, about: &About) -> Result<Mention, &'static str> {
    let uri = || about.uri.clone().ok_or("no file is open");
    match word {
        Word::Open => Ok(Mention::OpenFiles),
        Word::File => Ok(Mention::File { uri: uri()? }),
        Word::Selection => {
            let range = about.selection.ok_or("nothing was selected in the file");
            Ok(Mention::Selection { uri: uri()?, version: about.version, range: range? })
        }
        Word::Problems if about.problems.is_empty() => Err("the file has none"),
        Word::Problems => Ok(Mention::Problems { uri: uri()?, items: about.problems.clone() }),
    }
}
