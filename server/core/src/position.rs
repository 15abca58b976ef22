//! Positions as LSP counts them, and byte offsets as we do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The negotiated unit of [`Position::character`] (LSP 3.17, `PositionEncodingKind`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Encoding {
    Utf8,
    #[default]
    Utf16,
    Utf32,
}

/// A zero-based place in a document; `character` counts code units of the negotiated encoding.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Position {
    pub line: u32,
    pub character: u32,
}

/// A half-open range of a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Range {
    pub start: Position,
    pub end: Position,
}
