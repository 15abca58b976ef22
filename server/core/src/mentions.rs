//! Words in a question that take something along: `#selection`, `#file`, `#open`, `#problems`.

/// Such a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    Selection,
    File,
    Open,
    Problems,
}

impl Word {
    const ALL: [Self; 4] = [Self::Selection, Self::File, Self::Open, Self::Problems];

    /// As it is typed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Selection => "#selection",
            Self::File => "#file",
            Self::Open => "#open",
            Self::Problems => "#problems",
        }
    }

    /// The word at the start of a text, and the text after it.
    fn at(text: &str) -> Option<(Self, &str)> {
        Self::ALL.into_iter().find_map(|word| {
            let after = text.strip_prefix(word.as_str())?;
            let goes_on = after.starts_with(|next: char| next.is_alphanumeric() || next == '_');
            (!goes_on).then_some((word, after))
        })
    }
}

/// Takes the words out of a question: what is left of it, trimmed, and each word once, as they came.
pub fn take(question: &str) -> (String, Vec<Word>) {
    let (mut left, mut words, mut rest) = (String::with_capacity(question.len()), Vec::new(), question);
    while let Some(hash) = rest.find('#') {
        let (before, from) = rest.split_at(hash);
        left.push_str(before);
        let begins = left.chars().next_back().is_none_or(char::is_whitespace);
        if let Some((word, after)) = Word::at(from).filter(|_| begins) {
            if !words.contains(&word) {
                words.push(word);
            }
            // The space before it is one already.
            rest = after.strip_prefix(' ').unwrap_or(after);
        } else {
            left.push('#');
            rest = from.strip_prefix('#').unwrap_or_default();
        }
    }
    left.push_str(rest);
    (left.trim().to_owned(), words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(question: &str, left: &str, words: &[Word]) {
        assert_eq!(take(question), (left.to_owned(), words.to_vec()));
    }

    #[test]
    fn takes_each_word_out_once() {
        check("what is in #file", "what is in", &[Word::File]);
        check("#selection #problems fix #selection this", "fix this", &[Word::Selection, Word::Problems]);
        check("why?\n#open\n  indented", "why?\n\n  indented", &[Word::Open]);
        check("is it in #file?", "is it in ?", &[Word::File]);
    }

    #[test]
    fn leaves_everything_else() {
        for question in
            ["", "a#file", "#files and #file_name", "# file", "C# and #", "#Datei 😀#file", "##file"]
        {
            check(question, question, &[]);
        }
    }

    #[test]
    fn a_word_alone_leaves_nothing() {
        check(" #file ", "", &[Word::File]);
    }
}
