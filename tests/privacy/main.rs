//! Privacy as tests: what PRIVACY.md promises holds, and what it names exists; `README.md` beside this file lists them.
//! The tests that need `strace` and a network of their own are in `door.rs`.

mod canaries;
mod canary;
mod day;
mod dependencies;
mod policy;
