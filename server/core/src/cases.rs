//! How many random cases the tests of the contracts try, those of a proposal and of a page.

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

/// The same cases every time, so that a failure belongs to a change; `PROPTEST_CASES` asks for so many new ones, and
/// with `PROPTEST_RNG_SEED` for the same so many.
pub(crate) fn config() -> ProptestConfig {
    let config =
        ProptestConfig { failure_persistence: None, max_shrink_iters: 20_000, ..ProptestConfig::default() };
    match config.cases {
        256 => ProptestConfig { cases: 2_000, rng_seed: RngSeed::Fixed(1), ..config },
        _ => config,
    }
}
