//! What an instruction asks for, as far as its words tell, where cleaning up would undo it.

/// What an instruction asks for. A word that isn't known asks for nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Intent {
    /// Something is to go.
    pub(super) deletes: bool,
    /// The text may get much shorter.
    pub(super) shrinks: bool,
    /// The indentation is to change.
    pub(super) indents: bool,
    /// Blanks at the end of lines, or blank lines, are to change.
    pub(super) spaces: bool,
}

impl Intent {
    pub(super) fn of(instruction: &str) -> Self {
        let text = instruction.to_lowercase();
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
        let says = |starts: &[&str], parts: &[&str]| {
            starts.iter().any(|start| words.iter().any(|word| word.starts_with(start)))
                || parts.iter().any(|part| text.contains(part))
        };
        let deletes = says(&DELETE_WORDS, &DELETE_PARTS);
        Self {
            deletes,
            shrinks: deletes || says(&SHRINK_WORDS, &SHRINK_PARTS),
            indents: says(&INDENT_WORDS, &INDENT_PARTS),
            spaces: says(&SPACE_WORDS, &SPACE_PARTS),
        }
    }
}

/// Word starts in English, German, French, Spanish, Italian and Portuguese.
const DELETE_WORDS: [&str; 25] = [
    "delet", "remov", "drop", "eras", "clear", "empty", "discard", "omit", "lösch", "losch", "entfern",
    "supprim", "enlev", "enlèv", "effac", "elimin", "borra", "borre", "quita", "suprim", "rimuov", "cancell",
    "apag", "exclu", "wipe",
];
const DELETE_PARTS: [&str; 14] = [
    "get rid",
    "take out",
    "take away",
    "throw away",
    "cut out",
    "删",
    "去掉",
    "移除",
    "清空",
    "削除",
    "消し",
    "удал",
    "삭제",
    "제거",
];
const SHRINK_WORDS: [&str; 31] = [
    "short",
    "simplif",
    "condens",
    "compress",
    "reduc",
    "summar",
    "extract",
    "inline",
    "replace",
    "minif",
    "dedup",
    "duplicat",
    "merge",
    "collapse",
    "concise",
    "strip",
    "trim",
    "keep",
    "only",
    "stub",
    "one",
    "rewrite",
    "kürz",
    "kurz",
    "vereinfach",
    "raccourc",
    "simplifi",
    "abrev",
    "acort",
    "resum",
    "less",
];
const SHRINK_PARTS: [&str; 7] = ["clean up", "just the", "简化", "缩短", "精简", "短く", "簡潔"];
const INDENT_WORDS: [&str; 10] =
    ["indent", "dedent", "unindent", "outdent", "reindent", "nest", "unnest", "tab", "tabs", "einrück"];
const INDENT_PARTS: [&str; 9] =
    ["to spaces", "out of", "outside", "into", "inside", "top level", "top-level", "缩进", "インデント"];
const SPACE_WORDS: [&str; 6] = ["whitespace", "blank", "trailing", "leerzeile", "leerzeichen", "newline"];
const SPACE_PARTS: [&str; 6] = ["white space", "empty line", "line break", "空行", "空格", "空白"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instruction_to_delete_is_known_in_several_languages() {
        for text in
            ["Delete this", "please REMOVE it", "get rid of it", "lösche das", "supprime ça", "删除这个"]
        {
            assert!(Intent::of(text).deletes, "{text}");
        }
        assert!(!Intent::of("add a raindrop").deletes);
    }

    #[test]
    fn an_instruction_about_indentation_is_known() {
        assert!(Intent::of("indent by two spaces").indents);
        assert!(Intent::of("move this out of the class").indents);
        assert!(!Intent::of("rename foo to bar").indents);
    }
}
