//! What discounts take off the lines of an invoice. Pure: lines and terms in, amounts out.

use std::collections::BTreeMap;

use crate::core::value::{Value, json};

use crate::core::json::Json;

/// What a coupon takes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Off {
    /// In hundredths of a percent.
    Percent(i64),
    /// In minor units.
    Amount(i64),
}

/// What a discount takes off, and of which products.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) off: Off,
    /// None: of all.
    pub(crate) products: Option<Vec<String>>,
}

impl Terms {
    /// As a discount keeps them.
    pub(crate) fn write(&self) -> Value {
        match self.off {
            Off::Percent(hundredths) => json!({ "percent": hundredths, "products": self.products }),
            Off::Amount(amount) => json!({ "amount": amount, "products": self.products }),
        }
    }

    pub(crate) fn read(kept: &Value) -> Option<Self> {
        let off = kept.int("percent").map(Off::Percent).or_else(|| kept.int("amount").map(Off::Amount))?;
        let products = kept.at("products").as_array();
        let products = products.map(|all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect());
        Some(Self { off, products })
    }

    /// [spec]: prorations, credits and what is marked so are not discounted.
    fn covers(&self, line: &Value) -> bool {
        let product = line.text("pricing.price_details.product");
        line.flag("discountable")
            && line.num("amount") >= 0
            && self.products.as_ref().is_none_or(|only| only.iter().any(|one| Some(one.as_str()) == product))
    }
}

/// A proration that was settled when it was made: nothing lowers it any more ([spec] `discountable`), and what was taken
/// off is written on it.
pub(crate) fn is_settled(line: &Value) -> bool {
    line.flag("parent.subscription_item_details.proration") && !line.flag("discountable")
}

/// Lowers lines by their own discounts and then by those of the whole invoice ([spec]: in this order), each discount
/// by what the ones before it have left ([doc]). Writes each line's `discount_amounts` and `pretax_credit_amounts`;
/// answers what each discount took off in all.
pub(crate) fn apply(
    lines: &mut [Value],
    whole: &[String],
    terms: &BTreeMap<String, Terms>,
) -> Vec<(String, i64)> {
    let mut rests: Vec<i64> = lines.iter().map(|line| line.num("amount")).collect();
    let mut taken: Vec<Vec<(String, i64)>> = vec![Vec::new(); lines.len()];
    let mut sums: Vec<(String, i64)> = Vec::new();
    let mut take = |id: &str, off: Off, places: &[usize]| {
        let bases: Vec<i64> = places.iter().map(|place| rests[*place]).collect();
        let before = sums.iter().find(|(other, _)| other == id).map_or(0, |(_, sum)| *sum);
        let off = match off {
            // What is on several lines, or on one and the invoice, is still one amount.
            Off::Amount(amount) => Off::Amount(amount - before),
            Off::Percent(_) => off,
        };
        for (place, amount) in places.iter().zip(shares(off, &bases)) {
            rests[*place] -= amount;
            taken[*place].push((id.to_owned(), amount));
            match sums.iter_mut().find(|(other, _)| other == id) {
                Some((_, sum)) => *sum += amount,
                None => sums.push((id.to_owned(), amount)),
            }
        }
    };
    for (place, line) in lines.iter().enumerate() {
        for id in own(line) {
            if let Some(found) = terms.get(id).filter(|found| found.covers(line)) {
                take(id, found.off, &[place]);
            }
        }
    }
    for id in whole {
        let Some(found) = terms.get(id) else { continue };
        // One that a line has of its own has lowered it already.
        let lowers = |line: &Value| found.covers(line) && own(line).all(|other| other != id);
        let places: Vec<usize> =
            lines.iter().enumerate().filter(|(_, line)| lowers(line)).map(|(i, _)| i).collect();
        take(id, found.off, &places);
    }
    for (line, taken) in lines.iter_mut().zip(taken) {
        if is_settled(line) {
            add_settled(&mut sums, line);
            continue;
        }
        line.set("discount_amounts", amounts(&taken));
        line.set("pretax_credit_amounts", credits(&taken));
    }
    sums
}

/// Counts what was taken off a settled proration.
fn add_settled(sums: &mut Vec<(String, i64)>, line: &Value) {
    for one in line.list("discount_amounts").iter().filter(|one| one.num("amount") != 0) {
        let (id, amount) = (one.string("discount"), one.num("amount"));
        match sums.iter_mut().find(|(other, _)| *other == id) {
            Some((_, sum)) => *sum += amount,
            None => sums.push((id, amount)),
        }
    }
}

/// The ids of a line's own discounts.
pub(super) fn own(line: &Value) -> impl Iterator<Item = &str> {
    line.list("discounts").iter().filter_map(Value::as_str)
}

/// Amounts as `discount_amounts` and `total_discount_amounts` show them.
pub(crate) fn amounts(taken: &[(String, i64)]) -> Vec<Value> {
    taken.iter().map(|(id, amount)| json!({ "amount": amount, "discount": id })).collect()
}

/// Amounts as `pretax_credit_amounts` and `total_pretax_credit_amounts` show them.
pub(crate) fn credits(taken: &[(String, i64)]) -> Vec<Value> {
    taken.iter().map(|(id, amount)| json!({ "amount": amount, "discount": id, "type": "discount" })).collect()
}

/// What is taken off each of some amounts, none of them negative.
fn shares(off: Off, bases: &[i64]) -> Vec<i64> {
    match off {
        Off::Percent(hundredths) => bases.iter().map(|base| part(*base, hundredths, 10_000)).collect(),
        Off::Amount(amount) => split(amount, bases),
    }
}

/// `base * of / whole`, a half rounded up.
fn part(base: i64, of: i64, whole: i64) -> i64 {
    let (base, of, whole) = (i128::from(base), i128::from(of), i128::from(whole));
    i64::try_from((2 * base * of + whole) / (2 * whole)).unwrap_or(i64::MAX)
}

/// An amount over several in proportion. [doc], prorations: 5 off 10 and 20 is 1.66 and 3.34, so shares are cut and
/// the rest goes to the last; what that one cannot bear to those before it.
fn split(amount: i64, bases: &[i64]) -> Vec<i64> {
    let sum: i64 = bases.iter().sum();
    if sum == 0 {
        return vec![0; bases.len()];
    }
    let amount = amount.min(sum);
    let cut = |base: &i64| i64::try_from(i128::from(amount) * i128::from(*base) / i128::from(sum));
    let mut shares: Vec<i64> = bases.iter().map(|base| cut(base).unwrap_or_default()).collect();
    let mut left = amount - shares.iter().sum::<i64>();
    for (share, base) in shares.iter_mut().zip(bases).rev() {
        let more = left.min(base - *share);
        *share += more;
        left -= more;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(amount: i64, product: &str, own: &[&str]) -> Value {
        json!({
            "amount": amount, "discountable": true, "discounts": own,
            "pricing": { "price_details": { "product": product } },
        })
    }

    fn terms(all: &[(&str, Off)]) -> BTreeMap<String, Terms> {
        all.iter().map(|(id, off)| ((*id).to_owned(), Terms { off: *off, products: None })).collect()
    }

    fn taken(line: &Value) -> Vec<i64> {
        line.list("discount_amounts").iter().map(|one| one.num("amount")).collect()
    }

    #[test]
    fn an_amount_is_cut_to_shares_and_the_last_line_bears_the_rest() {
        assert_eq!(split(500, &[1000, 2000]), [166, 334]);
        assert_eq!(split(100, &[1, 1, 1]), [1, 1, 1], "not below zero");
        assert_eq!(split(2, &[1, 1, 1]), [0, 1, 1], "nor the last one");
        assert_eq!(split(5, &[0, 0]), [0, 0]);
    }

    #[test]
    fn a_percentage_is_rounded_on_each_line_a_half_up() {
        assert_eq!(shares(Off::Percent(1000), &[2500, 5, 4, 0]), [250, 1, 0, 0]);
        assert_eq!(shares(Off::Percent(3333), &[1000]), [333]);
        assert_eq!(shares(Off::Percent(10_000), &[999]), [999]);
    }

    #[test]
    fn the_order_counts_and_own_discounts_come_first() {
        let known = terms(&[("p", Off::Percent(2000)), ("a", Off::Amount(500))]);
        let mut lines = [line(2000, "x", &[])];
        assert_eq!(
            apply(&mut lines, &["p".into(), "a".into()], &known),
            [("p".into(), 400), ("a".into(), 500)]
        );
        assert_eq!(
            apply(&mut lines, &["a".into(), "p".into()], &known),
            [("a".into(), 500), ("p".into(), 300)]
        );
        let mut lines = [line(2000, "x", &["a"]), line(1000, "y", &[])];
        assert_eq!(apply(&mut lines, &["p".into()], &known), [("a".into(), 500), ("p".into(), 500)]);
        assert_eq!((taken(&lines[0]), taken(&lines[1])), (vec![500, 300], vec![200]));
        assert_eq!(apply(&mut lines, &["a".into()], &known), [("a".into(), 500)], "one amount");
        assert_eq!((taken(&lines[0]), taken(&lines[1])), (vec![500], vec![0]));
    }

    #[test]
    fn only_covered_discountable_lines_are_lowered() {
        let mut known = terms(&[("p", Off::Percent(5000))]);
        known.get_mut("p").unwrap().products = Some(vec!["x".into()]);
        let mut lines =
            [line(1000, "x", &[]), line(1000, "y", &[]), line(-500, "x", &[]), line(800, "x", &[])];
        lines[3].set("discountable", false);
        assert_eq!(apply(&mut lines, &["p".into()], &known), [("p".into(), 500)]);
        let all: Vec<Vec<i64>> = lines.iter().map(taken).collect();
        assert_eq!(all, [vec![500], vec![], vec![], vec![]]);
    }

    fn off() -> impl Strategy<Value = Off> {
        prop_oneof![(1..=10_000_i64).prop_map(Off::Percent), (1..=3_000_i64).prop_map(Off::Amount)]
    }

    proptest! {
        #[test]
        fn an_amount_is_split_exactly_and_in_proportion(amount in 1..5_000_i64, bases in prop::collection::vec(0..4_000_i64, 1..6)) {
            let (shares, sum) = (split(amount, &bases), bases.iter().sum::<i64>());
            prop_assert_eq!(shares.iter().sum::<i64>(), amount.min(sum));
            for (share, base) in shares.iter().zip(&bases) {
                prop_assert!((0..=*base).contains(share));
                let exact = if sum == 0 { 0 } else { amount.min(sum) * base / sum };
                prop_assert!((exact..exact + i64::try_from(bases.len()).unwrap()).contains(share));
            }
        }

        #[test]
        fn no_line_falls_below_zero_and_the_sums_are_those_of_the_lines(
            lines in prop::collection::vec((-500..3_000_i64, any::<bool>(), 0..3_usize), 1..5),
            discounts in prop::collection::vec((off(), any::<bool>()), 0..5),
        ) {
            let ids: Vec<String> = (0..discounts.len()).map(|i| format!("di_{i}")).collect();
            let only = |some: bool| some.then(|| vec!["p0".to_owned(), "p1".to_owned()]);
            let known: BTreeMap<String, Terms> = ids.iter().cloned()
                .zip(discounts.iter().map(|(off, some)| Terms { off: *off, products: only(*some) })).collect();
            let mut after: Vec<Value> = lines.iter().map(|(amount, has, product)| {
                let own: Vec<&str> = ids.iter().take(usize::from(*has)).map(String::as_str).collect();
                line(*amount, &format!("p{product}"), &own)
            }).collect();
            let sums = apply(&mut after, &ids, &known);
            for line in &after {
                let (amount, off) = (line.num("amount"), taken(line).iter().sum::<i64>());
                prop_assert!(off >= 0 && off <= amount.max(0), "{line}");
            }
            for (id, sum) in &sums {
                if let Off::Amount(most) = known[id].off {
                    prop_assert!(*sum <= most, "{id} takes {sum}");
                }
                let of_lines: i64 = after.iter().flat_map(|line| line.list("discount_amounts"))
                    .filter(|one| one.is("discount", id)).map(|one| one.num("amount")).sum();
                prop_assert_eq!(*sum, of_lines);
            }
            let all: i64 = after.iter().flat_map(taken).sum();
            prop_assert_eq!(all, sums.iter().map(|(_, sum)| sum).sum::<i64>());
            let mut again = after.clone();
            apply(&mut again, &ids, &known);
            prop_assert_eq!(again, after, "applied again, the same");
        }
    }
}
