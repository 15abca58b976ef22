//! A count and what is counted, for a person.

/// `1 file`, `2 files`.
pub fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_no_s() {
        let said = [0, 1, 2].map(|count| counted(count, "file"));
        assert_eq!(said, ["0 files", "1 file", "2 files"]);
    }
}
