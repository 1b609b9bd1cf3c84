//! What an AI request costs in our tokens. All whole numbers: a price is of a thousand tokens of the model, and a request is
//! rounded up once.

use ledger::Tokens;

/// How many tokens of the model a price is for.
const UNIT: i128 = 1_000;

/// Our tokens for a thousand tokens of the model. None is negative, and `cached_input` is at most `input`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    pub input: i64,
    /// Of the input that the upstream had in its cache.
    pub cached_input: i64,
    pub output: i64,
}

/// Tokens of the model, as its upstream reports them or as they were counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ModelUsage {
    /// The cached part included.
    pub input: i64,
    pub cached_input: i64,
    pub output: i64,
}

impl Rates {
    /// More usage never costs less. Numbers that cannot be, negative ones or more cached than there was input, count as
    /// the nearest that can; a cost beyond what a balance can hold counts as that.
    pub fn cost(&self, used: ModelUsage) -> Tokens {
        let input = used.input.max(0);
        let cached = used.cached_input.clamp(0, input);
        let times = |tokens: i64, rate: i64| i128::from(tokens) * i128::from(rate);
        let thousandths = times(input - cached, self.input)
            + times(cached, self.cached_input)
            + times(used.output.max(0), self.output);
        let cost = (thousandths + UNIT - 1) / UNIT;
        Tokens::new(i64::try_from(cost).unwrap_or(i64::MAX)).unwrap_or_default()
    }
}

/// What one image costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImagePrices {
    /// The first that fits counts.
    pub special: Vec<ImagePrice>,
    /// When none fits, in our tokens.
    pub otherwise: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImagePrice {
    /// As the client names it, such as `1024x1024`; `None` is any.
    pub size: Option<String>,
    pub quality: Option<String>,
    /// In our tokens.
    pub tokens: i64,
}

impl ImagePrices {
    /// Of so many images of this size and quality. As [`Rates::cost`] about numbers that cannot be.
    pub fn cost(&self, size: Option<&str>, quality: Option<&str>, images: i64) -> Tokens {
        let fits = |wanted: &Option<String>, asked: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| asked == Some(wanted))
        };
        let special =
            self.special.iter().find(|price| fits(&price.size, size) && fits(&price.quality, quality));
        let each = special.map_or(self.otherwise, |price| price.tokens);
        Tokens::new(each.saturating_mul(images.max(0))).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RATES: Rates = Rates { input: 250, cached_input: 25, output: 2_000 };

    fn used(input: i64, cached_input: i64, output: i64) -> ModelUsage {
        ModelUsage { input, cached_input, output }
    }

    fn cost(input: i64, cached: i64, output: i64) -> i64 {
        RATES.cost(used(input, cached, output)).get()
    }

    #[test]
    fn a_request_is_rounded_up_once() {
        assert_eq!([cost(0, 0, 0), cost(1, 0, 0), cost(4, 0, 0), cost(5, 0, 0)], [0, 1, 1, 2]);
        assert_eq!(cost(1_000, 0, 1_000), 2_250);
        assert_eq!(cost(1, 0, 1), 3, "2.25, and not 1 + 2 + something for each part");
        assert_eq!(cost(1_000, 1_000, 0), 25);
        assert_eq!(cost(1_000, 400, 0), 160, "600 of them at 250, 400 at 25");
    }

    #[test]
    fn numbers_that_cannot_be_count_as_the_nearest_that_can() {
        assert_eq!(cost(-5, 7, -1), 0);
        assert_eq!(cost(100, 500, 0), cost(100, 100, 0));
        assert_eq!(cost(i64::MAX, 0, i64::MAX), i64::MAX);
    }

    #[test]
    fn an_image_costs_what_fits_its_size_and_quality_first() {
        let special = vec![
            ImagePrice { size: Some("1024x1536".into()), quality: Some("high".into()), tokens: 9 },
            ImagePrice { size: None, quality: Some("high".into()), tokens: 7 },
        ];
        let prices = ImagePrices { special, otherwise: 4 };
        assert_eq!(prices.cost(Some("1024x1536"), Some("high"), 2).get(), 18);
        assert_eq!(prices.cost(Some("1024x1024"), Some("high"), 1).get(), 7);
        assert_eq!(prices.cost(None, Some("auto"), 3).get(), 12);
        assert_eq!(prices.cost(None, None, i64::MAX).get(), i64::MAX);
        assert_eq!(prices.cost(None, None, -1).get(), 0);
    }

    prop_compose! {
        fn any_rates()(input in 0..1_000_000_000_i64, output in 0..1_000_000_000_i64)
            (input in Just(input), cached_input in 0..=input, output in Just(output)) -> Rates {
            Rates { input, cached_input, output }
        }
    }

    prop_compose! {
        fn any_usage()(input: i64, cached_input: i64, output: i64) -> ModelUsage {
            ModelUsage { input, cached_input, output }
        }
    }

    proptest! {
        #[test]
        fn more_usage_never_costs_less(rates in any_rates(), one in any_usage(), input: u32, output: u32) {
            let more = ModelUsage {
                input: one.input.saturating_add(input.into()),
                output: one.output.saturating_add(output.into()),
                ..one
            };
            // What was cached is input that there was: it does not grow with what is added.
            let one = ModelUsage { cached_input: one.cached_input.min(one.input), ..one };
            let more = ModelUsage { cached_input: one.cached_input, ..more };
            prop_assert!(rates.cost(one) <= rates.cost(more));
        }

        #[test]
        fn what_was_cached_never_costs_more(rates in any_rates(), usage in any_usage()) {
            let without = ModelUsage { cached_input: 0, ..usage };
            prop_assert!(rates.cost(usage) <= rates.cost(without));
        }

        #[test]
        fn one_request_costs_at_most_what_its_halves_do(
            rates in any_rates(), input in 0..1_i64 << 40, output in 0..1_i64 << 40, part in 0..=100_i64
        ) {
            let first = ModelUsage { input: input * part / 100, cached_input: 0, output: output * part / 100 };
            let rest = ModelUsage {
                input: input - first.input, cached_input: 0, output: output - first.output,
            };
            let whole = rates.cost(ModelUsage { input, cached_input: 0, output });
            let halves = rates.cost(first).checked_add(rates.cost(rest));
            prop_assert!(halves.is_none_or(|halves| whole <= halves));
            prop_assert!(halves.is_none_or(|halves| halves.get() <= whole.get().saturating_add(1)));
        }
    }
}
