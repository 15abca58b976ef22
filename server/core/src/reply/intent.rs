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
    /// Bodies without code are wanted.
    pub(super) stubs: bool,
    /// Code may go for a comment.
    pub(super) comments: bool,
    /// The file is to be named.
    pub(super) names_the_file: bool,
    /// Something is wanted more than once.
    pub(super) repeats: bool,
    /// Characters are to be written as something else.
    pub(super) escapes: bool,
    /// Something is to stand around the text.
    pub(super) wraps: bool,
    /// Numbers are to stand before the lines.
    pub(super) numbers: bool,
}

impl Intent {
    pub(super) fn of(instruction: &str) -> Self {
        let text = instruction.to_lowercase().replace('’', "'");
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '\'').collect();
        let starts =
            |starts: &[&str]| starts.iter().any(|start| words.iter().any(|word| word.starts_with(start)));
        let holds = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
        let is_negated = words.iter().any(|word| NEGATIONS.contains(word)) || text.contains("不要");
        let says_delete = words.iter().any(|word| DELETE_WORDS.contains(word))
            || starts(&DELETE_STARTS)
            || holds(&DELETE_PARTS);
        let deletes = says_delete && !is_negated;
        Self {
            deletes,
            shrinks: deletes || starts(&SHRINK_STARTS) || holds(&SHRINK_PARTS),
            indents: starts(&INDENT_STARTS) || holds(&INDENT_PARTS),
            spaces: starts(&SPACE_STARTS) || holds(&SPACE_PARTS),
            stubs: deletes || starts(&STUB_STARTS) || text.contains("..."),
            comments: starts(&COMMENT_STARTS) || holds(&COMMENT_PARTS),
            names_the_file: holds(&FILE_PARTS),
            repeats: starts(&REPEAT_STARTS) || holds(&REPEAT_PARTS),
            escapes: starts(&ESCAPE_STARTS) || holds(&ESCAPE_PARTS),
            wraps: starts(&WRAP_STARTS),
            numbers: starts(&NUMBER_STARTS) || holds(&NUMBER_PARTS),
        }
    }
}

/// With one of these, what is to go and what is to stay can't be told apart.
const NEGATIONS: [&str; 8] = ["don't", "not", "never", "without", "keep", "nicht", "sans", "sin"];
/// Whole words, which are the start of others that mean something else.
const DELETE_WORDS: [&str; 8] = ["clear", "empty", "drop", "omit", "wipe", "discard", "cancella", "excluir"];
/// Word starts in English, German, French, Spanish, Italian and Portuguese.
#[rustfmt::skip]
const DELETE_STARTS: [&str; 15] = [
    "delet", "remov", "eras", "lösch", "entfern", "supprim", "enlev", "enlèv", "effac", "elimin", "borra", "quita",
    "suprim", "rimuov", "apag",
];
#[rustfmt::skip]
const DELETE_PARTS: [&str; 14] = [
    "get rid", "take out", "take away", "throw away", "cut out", "删", "去掉", "移除", "清空", "削除", "消し", "удал",
    "삭제", "제거",
];
#[rustfmt::skip]
const SHRINK_STARTS: [&str; 22] = [
    "short", "simplif", "condens", "compress", "reduc", "summar", "extract", "minif", "dedup", "duplicat", "merge",
    "collaps", "concise", "strip", "stub", "kürz", "vereinfach", "raccourc", "abrev", "acort", "resum", "inlin",
];
const SHRINK_PARTS: [&str; 7] = ["clean up", "just the", "简化", "缩短", "精简", "短く", "簡潔"];
#[rustfmt::skip]
const COMMENT_STARTS: [&str; 12] = [
    "comment", "todo", "kommentar", "kommentier", "replac", "ersetz", "note", "noop", "stop", "disab", "mov", "auskommentier",
];
const COMMENT_PARTS: [&str; 5] = ["no-op", "no longer", "turn off", "do nothing", "注释"];
const INDENT_STARTS: [&str; 8] =
    ["indent", "dedent", "unindent", "outdent", "reindent", "nest", "unnest", "einrück"];
#[rustfmt::skip]
const INDENT_PARTS: [&str; 15] = [
    "one level", "a level", "sub-item", "subitem", "sublist", "to spaces", "to tabs", "out of", "outside", "into the", "inside", "top level", "top-level", "缩进", "インデント",
];
#[rustfmt::skip]
const FILE_PARTS: [&str; 10] = [
    "filename", "file name", "file's name", "name of the file", "path", "header", "comment", "title", "first line", "文件名",
];
#[rustfmt::skip]
const REPEAT_STARTS: [&str; 22] = [
    "another", "additional", "weitere", "twice", "two", "second", "again", "duplicat", "repeat", "copy", "copies", "copi", "doubl", "clone", "zwei",
    "doppel", "verdoppel", "wiederhol", "kopier", "répét", "repet", "dupli",
];
const REPEAT_PARTS: [&str; 11] =
    ["one more", "noch ein", "再", "deux fois", "dos veces", "2x", "x2", "2 times", "重复", "复制", "两"];
const ESCAPE_STARTS: [&str; 7] = ["escap", "encod", "entit", "échapp", "codif", "maskier", "sanitiz"];
const ESCAPE_PARTS: [&str; 5] = ["&lt", "&amp", "html", "转义", "实体"];
#[rustfmt::skip]
const WRAP_STARTS: [&str; 10] =
    ["wrap", "surround", "enclos", "nest", "brace", "bracket", "object", "block", "umschließ", "entour"];
const NUMBER_STARTS: [&str; 8] =
    ["number", "enumerat", "index", "nummer", "nummerier", "numérot", "enumer", "numera"];
const NUMBER_PARTS: [&str; 3] = ["编号", "番号", "序号"];
const SPACE_STARTS: [&str; 7] =
    ["whitespace", "spacing", "blank", "trailing", "leerzeile", "leerzeichen", "newline"];
const SPACE_PARTS: [&str; 6] = ["white space", "empty line", "line break", "空行", "空格", "空白"];
#[rustfmt::skip]
const STUB_STARTS: [&str; 9] =
    ["stub", "protocol", "abstract", "interface", "overload", "placeholder", "skeleton", "ellips", "signature"];

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
        for text in
            ["add a raindrop", "make it clearer", "don't remove anything", "Keep the last, delete nothing"]
        {
            assert!(!Intent::of(text).deletes, "{text}");
        }
    }

    #[test]
    fn an_instruction_about_indentation_is_known() {
        assert!(Intent::of("indent by two spaces").indents);
        assert!(Intent::of("move this out of the class").indents);
        assert!(!Intent::of("rename foo to bar").indents);
    }
}
