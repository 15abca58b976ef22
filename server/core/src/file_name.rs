//! What the name of a file of text ends with, where a name has to be told from other words.

#[rustfmt::skip]
pub(crate) const ENDINGS: [&str; 42] = [
    "rs", "py", "js", "jsx", "ts", "tsx", "mjs", "cjs", "go", "c", "h", "cc", "cpp", "hpp", "cs", "java", "kt", "rb", "php",
    "swift", "lua", "sh", "sql", "css", "scss", "html", "xml", "json", "yaml", "yml", "toml", "md", "txt", "ex", "hs", "scala",
    "vue", "svelte", "zig", "dart", "pl", "r",
];
