//! Measures Aside against a floor, a server that does the least that the job needs, in one run, and prints the
//! ratios. `cargo build --release && cargo bench -p aside-tests [-- ROW...]`; on Linux.

mod alone;
mod client;
mod floor;
mod process;
mod rows;

use client::Subject;
use rows::ROWS;

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if arguments == ["floor"] {
        return floor::run();
    }
    println!("{:48} {:>12} {:>12} {:>8}  target", "", "aside", "floor", "ratio");
    let is_wanted =
        |name: &str| arguments.is_empty() || arguments.iter().any(|words| name.contains(words.as_str()));
    for row in ROWS.iter().filter(|row| is_wanted(row.name)) {
        let (aside, floor) = ((row.measure)(Subject::Aside), (row.measure)(Subject::Floor));
        let ratio = aside / floor;
        let unit = row.unit;
        println!(
            "{:48} {:>12} {:>12} {ratio:>8.2}  {}",
            row.name,
            show(aside, unit),
            show(floor, unit),
            row.target
        );
    }
    for row in alone::ROWS.iter().filter(|row| is_wanted(row.name)) {
        let aside = show((row.measure)(), row.unit);
        println!("{:48} {aside:>12} {:>12} {:>8}  {}", row.name, "", "", row.target);
    }
    println!("{:48} {:>12.1} {:>12} {:>8}  at most 15 MB", "the binary, MB", rows::binary_size(), "", "");
}

fn show(value: f64, unit: &str) -> String {
    let digits = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$} {unit}")
}
