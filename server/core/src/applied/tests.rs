//! What clients do with edits.
