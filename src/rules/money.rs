//! Money: decimal yuan, rounded half up to the fen once, at the end of each printed amount (convention C1).

use rust_decimal::{Decimal, RoundingStrategy};

/// Rounds half up to 0.01 yuan.
pub fn to_fen(amount: Decimal) -> Decimal {
    let mut rounded = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(2);
    rounded
}

/// `3200.00 元`.
pub fn yuan(amount: Decimal) -> String {
    format!("{} 元", to_fen(amount))
}

/// A share as people write it: `0.1` → `10%`, `0.0005` → `0.05%`.
pub fn percent(ratio: Decimal) -> String {
    format!("{}%", (ratio * Decimal::ONE_HUNDRED).normalize())
}
