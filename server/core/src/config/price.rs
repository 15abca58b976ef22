//! What an answer cost, out of the user's own prices and the provider's own count of tokens.

use crate::provider::Usage;

/// What a model costs, per million tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct Prices {
    pub input: f64,
    pub output: f64,
    /// Of a token that came out of the provider's cache.
    pub cached: f64,
    /// Of a token that the provider put into its cache.
    pub cache_write: f64,
    /// The word that stands after an amount, for instance `USD`.
    pub currency: String,
}

impl Prices {
    /// What so many tokens cost, for a person: `0.0123 USD`.
    pub fn cost(&self, usage: &Usage) -> String {
        // No count of tokens comes near 2^52.
        let tokens = |count: u64| count as f64;
        let plain = usage.input.saturating_sub(usage.cached).saturating_sub(usage.written);
        let total = tokens(plain) * self.input
            + tokens(usage.cached) * self.cached
            + tokens(usage.written) * self.cache_write
            + tokens(usage.output) * self.output;
        format!("{} {}", amount(total / 1_000_000.0), self.currency)
    }
}

/// As many digits as say something: an answer often costs less than a cent.
fn amount(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        ..0.0001 => "less than 0.0001".to_owned(),
        ..1.0 => format!("{value:.4}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(input: u64, cached: u64, output: u64, cost: &str) {
        check_written(input, cached, 0, output, cost);
    }

    #[track_caller]
    fn check_written(input: u64, cached: u64, written: u64, output: u64, cost: &str) {
        let currency = "USD".to_owned();
        let prices = Prices { input: 3.0, output: 15.0, cached: 0.3, cache_write: 3.75, currency };
        assert_eq!(prices.cost(&Usage { input, output, cached, written, reasoning: 0 }), cost);
    }

    #[test]
    fn counts_fresh_cached_and_written_tokens_each_at_its_price() {
        check(1_000_000, 0, 0, "3.00 USD");
        check(1_000_000, 1_000_000, 0, "0.3000 USD");
        check(2_000, 1_000, 500, "0.0108 USD");
        check(1_000_000, 0, 1_000_000, "18.00 USD");
        check_written(1_000_000, 0, 1_000_000, 0, "3.75 USD");
        check_written(3_000_000, 1_000_000, 1_000_000, 0, "7.05 USD");
    }

    #[test]
    fn a_cost_is_never_shown_as_nothing_that_is_something() {
        check(0, 0, 0, "0 USD");
        check(1, 0, 0, "less than 0.0001 USD");
        // A provider that counts its cached tokens beside the others.
        check(10, 20, 0, "less than 0.0001 USD");
    }
}
