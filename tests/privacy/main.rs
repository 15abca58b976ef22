//! Privacy as tests: what is left behind on this machine, and what the program is built of.

mod canaries;
mod canary;
mod day;
mod dependencies;
