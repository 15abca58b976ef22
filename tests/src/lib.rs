//! End-to-end tests: an LSP client, a scripted model provider, and real editors.
