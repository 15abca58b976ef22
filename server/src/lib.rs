//! The shell around the core: the language server, the command line, the network and the disk.

pub mod http;
pub mod keys;
pub mod protocol;
