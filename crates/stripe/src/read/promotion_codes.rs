//! Promotion codes and their coupons; discounts, which are what became of them.

use super::{currency, hundredths, money};
use crate::json::{Misread, Node};
use domain::money::Money;
use domain::promotion::{Coupon, Discount, Lasts, Off, PromotionCode};

pub(crate) fn promotion_code(node: &Node<'_>) -> Result<PromotionCode, Misread> {
    let restrictions = node.get("restrictions")?;
    let minimum = match (restrictions.opt("minimum_amount"), restrictions.opt("minimum_amount_currency")) {
        (Some(amount), Some(code)) => Some(Money {
            amount: amount.number()?,
            currency: code.text()?.parse().map_err(|_| code.wrong("a three-letter currency code"))?,
        }),
        _ => None,
    };
    let number = |name| node.opt(name).map(|number| number.number()).transpose();
    Ok(PromotionCode {
        id: node.text_at("id")?.to_owned(),
        code: node.text_at("code")?.to_owned(),
        active: node.get("active")?.flag()?,
        customer: node.opt_id("customer")?,
        expires_at: node.opt_time("expires_at")?,
        max_redemptions: number("max_redemptions")?,
        times_redeemed: node.number_at("times_redeemed")?,
        first_time: restrictions.get("first_time_transaction")?.flag()?,
        minimum,
        coupon: coupon(&node.get("promotion")?.get("coupon")?)?,
    })
}

fn coupon(node: &Node<'_>) -> Result<Coupon, Misread> {
    let duration = node.get("duration")?;
    let lasts = match duration.text()? {
        "once" => Lasts::Once,
        "forever" => Lasts::Forever,
        "repeating" => Lasts::Months(node.number_at("duration_in_months")?),
        _ => return Err(duration.wrong("once, repeating or forever")),
    };
    let products = match node.opt("applies_to") {
        Some(applies) => {
            let all = applies.get("products")?.items()?;
            Some(all.iter().map(|one| one.text().map(str::to_owned)).collect::<Result<_, _>>()?)
        }
        None => None,
    };
    Ok(Coupon { valid: node.get("valid")?.flag()?, off: off(node)?, lasts, products })
}

fn off(coupon: &Node<'_>) -> Result<Off, Misread> {
    match coupon.opt("percent_off") {
        Some(percent) => Ok(Off::Percent(hundredths(&percent)?)),
        None => Ok(Off::Amount(Money { currency: currency(coupon)?, ..money(coupon, "amount_off")? })),
    }
}

/// Only where it was expanded with its coupon; a bare id says nothing.
pub(crate) fn discount(node: &Node<'_>) -> Result<Option<Discount>, Misread> {
    let coupon = node.opt("source").and_then(|source| source.opt("coupon"));
    let Some(coupon) = coupon.filter(Node::is_object) else { return Ok(None) };
    let code = node.opt("promotion_code").filter(Node::is_object);
    Ok(Some(Discount {
        id: node.text_at("id")?.to_owned(),
        code: code.map(|code| code.text_at("code").map(str::to_owned)).transpose()?,
        off: off(&coupon)?,
        ends_at: node.opt_time("end")?,
    }))
}
