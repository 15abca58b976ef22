//! The shell around the core: the language server, the command line, the network and the disk.

pub mod cli;
mod doctor;
pub mod http;
pub mod keys;
pub mod log;
pub mod paths;
pub mod protocol;
