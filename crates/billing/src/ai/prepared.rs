//! A request that can be sent: what it may cost at most, and what it costs once it is known what was used. Pure.

use domain::ai::{ImagePrices, ModelUsage, Rates};
use ledger::Tokens;
use serde_json::{Map, Value};

/// More than any model takes at once, or writes, in its tokens.
const MORE_THAN_ANY: i64 = 1_000_000;

/// A request that can be sent, and what it may use at most as far as can be told before.
#[derive(Debug)]
pub(super) struct Prepared {
    /// For the upstream.
    pub(super) body: Map<String, Value>,
    pub(super) streamed: bool,
    /// The client wants the chunk that has the usage.
    pub(super) wants_usage: bool,
    /// Answers, of which each ends by itself.
    pub(super) choices: i64,
    pub(super) pricing: Pricing,
    /// Input and the longest answer.
    pub(super) most: ModelUsage,
}

/// How what was used is paid.
#[derive(Debug)]
pub(super) enum Pricing {
    Text(Rates),
    /// Of images by their size and quality.
    Images {
        prices: ImagePrices,
        size: Option<String>,
        quality: Option<String>,
    },
}

impl Pricing {
    /// In our tokens. Of images `output` is their number.
    pub(super) fn cost(&self, used: ModelUsage) -> Tokens {
        match self {
            Self::Text(rates) => rates.cost(used),
            Self::Images { prices, size, quality } => {
                prices.cost(size.as_deref(), quality.as_deref(), used.output)
            }
        }
    }

    /// Images came in this size and quality, where the service names them: it may choose itself when it was asked for none, or
    /// for `auto`.
    pub(super) fn made(&mut self, came_size: Option<String>, came_quality: Option<String>) {
        if let Self::Images { size, quality, .. } = self {
            *size = came_size.or(size.take());
            *quality = came_quality.or(quality.take());
        }
    }
}

impl Prepared {
    /// What is held: at least one token, so that there is something to hold.
    pub(super) fn estimate(&self) -> Tokens {
        self.pricing.cost(self.most).max(Tokens::new(1).unwrap_or_default())
    }

    /// Whether a service can have used so much. What is far beyond everything is a mistake of its report, which should empty
    /// nobody's balance.
    pub(super) fn can_use(&self, used: ModelUsage) -> bool {
        let can = |used: i64, most: i64| used <= most.saturating_mul(2).max(MORE_THAN_ANY);
        can(used.input, self.most.input) && can(used.output, self.most.output)
    }
}
