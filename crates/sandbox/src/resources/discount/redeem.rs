//! The `discounts` parameter: coupons and codes are redeemed, discounts that are there already are kept.

use crate::core::value::Value;

use super::rules::{self, Redeemed};
use super::{make, remove};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::life::calendar;
use crate::params::shape::{Kind, Shape};
use crate::resources::{coupon, promotion_code};

/// An entry of `discounts`.
pub(crate) const DISCOUNTS: Shape =
    &[("coupon", Kind::Text), ("discount", Kind::Text), ("promotion_code", Kind::Text)];

/// [doc]: coupons, restrictions.
const MOST: usize = 20;

/// What discounts are put on, by its id.
#[derive(Clone, Copy, Debug)]
pub(crate) enum On<'a> {
    Subscription(&'a str),
    Item { subscription: &'a str, item: &'a str },
    Invoice(&'a str),
    InvoiceItem(&'a str),
}

impl<'a> On<'a> {
    /// The member of a discount that names it, and its id.
    pub(super) fn place(self) -> (&'static str, &'a str) {
        match self {
            Self::Subscription(id) => ("subscription", id),
            Self::Item { item, .. } => ("subscription_item", item),
            Self::Invoice(id) => ("invoice", id),
            Self::InvoiceItem(id) => ("invoice_item", id),
        }
    }

    /// The subscription that has it, itself or on one of its items.
    pub(super) fn owner(self) -> Option<&'a str> {
        match self {
            Self::Subscription(id) | Self::Item { subscription: id, .. } => Some(id),
            Self::Invoice(_) | Self::InvoiceItem(_) => None,
        }
    }

    /// How messages call it.
    pub(super) fn spoken(self) -> String {
        self.place().0.replace('_', " ")
    }
}

/// What discounts are put on, and what is known of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner<'a> {
    pub(crate) on: On<'a>,
    /// Empty for a preview that is nobody's.
    pub(crate) customer: &'a str,
    pub(crate) currency: &'a str,
    /// What is billed first, in minor units: a code's least amount is compared with it. None where that may change:
    /// such a code is refused there ([doc]).
    pub(crate) amount: Option<i64>,
    /// Discounts of the object itself, and of those that it belongs to: they can be named again.
    pub(crate) present: &'a [Value],
}

/// An entry that may be had.
enum Entry {
    Kept(String),
    New(Redeemed),
}

/// Redeems what was sent: makes the discounts, counts the redemptions, and tells of them. Answers the ids, in order.
///
/// # Errors
/// 400 for what cannot be redeemed here and now; `param` is the name of the whole parameter.
pub(crate) fn redeem(
    work: &mut Work<'_>,
    sent: &[Value],
    owner: &Owner<'_>,
    param: &str,
) -> Result<Vec<String>> {
    let entries = check(work, sent, owner, param)?;
    Ok(entries.into_iter().map(|entry| settle(work, owner, entry)).collect())
}

fn settle(work: &mut Work<'_>, owner: &Owner<'_>, entry: Entry) -> String {
    let redeemed = match entry {
        Entry::Kept(id) => return id,
        Entry::New(redeemed) => redeemed,
    };
    let end = end(work, owner, &redeemed);
    let discount = make(work, owner, &redeemed, end);
    let id = work.create(discount);
    coupon::count(work, &redeemed.coupon.id());
    if let Some(code) = &redeemed.code {
        promotion_code::count(work, code);
    }
    if owner.on.owner().is_some() {
        work.tell("customer.discount.created", &id);
    }
    id
}

/// When it is over (seconds). What is put on an invoice counts for that invoice, however long that takes.
fn end(work: &Work<'_>, owner: &Owner<'_>, redeemed: &Redeemed) -> Option<i64> {
    owner.on.owner()?;
    Some(calendar::add_months(work.now, redeemed.coupon.int("duration_in_months")?))
}

/// The discounts of an object that has some, as an update changes them ([spec]): unsent leaves them, empty clears
/// them, entries replace them. Answers the new ids, if they change; those not named again are gone.
///
/// # Errors
/// As [`redeem`].
pub(crate) fn change(
    work: &mut Work<'_>,
    sent: Option<&Value>,
    before: &[Value],
    owner: &Owner<'_>,
    param: &str,
) -> Result<Option<Vec<String>>> {
    let after = match sent {
        None => return Ok(None),
        Some(Value::Array(entries)) if entries.is_empty() => return Ok(None),
        Some(Value::Array(entries)) => redeem(work, entries, owner, param)?,
        Some(_) => Vec::new(),
    };
    if owner.on.owner().is_some() {
        // The subscription sweeps out what nothing names any more.
        return Ok(Some(after));
    }
    let (member, place) = owner.on.place();
    for id in before.iter().filter_map(Value::as_str) {
        // What it has from the object that it belongs to stays there.
        let its_own = work.see(id).is(member, place);
        if its_own && !after.iter().any(|kept| kept == id) {
            remove(work, id);
        }
    }
    Ok(Some(after))
}

/// Puts what was sent for a whole subscription on it. `amount` as of [`Owner`].
///
/// # Errors
/// As [`redeem`].
pub(crate) fn on_subscription(
    work: &mut Work<'_>,
    id: &str,
    sent: Option<&Value>,
    amount: Option<i64>,
) -> Result<()> {
    let subscription = work.see(id);
    let before = subscription.list("discounts");
    let owner = Owner {
        on: On::Subscription(id),
        customer: &subscription.string("customer"),
        currency: &subscription.string("currency"),
        amount,
        present: before,
    };
    if let Some(after) = change(work, sent, before, &owner, "discounts")? {
        work.set(id, "discounts", after);
    }
    Ok(())
}

/// Puts what was sent for an item of a subscription on it.
///
/// # Errors
/// As [`redeem`].
pub(crate) fn on_item(work: &mut Work<'_>, item: &mut Value, sent: &Value, param: &str) -> Result<()> {
    let subscription = work.see(&item.string("subscription"));
    let before = item.list("discounts").to_vec();
    let owner = Owner {
        on: On::Item { subscription: &subscription.id(), item: &item.id() },
        customer: &subscription.string("customer"),
        currency: &subscription.string("currency"),
        amount: None,
        present: &[&before, subscription.list("discounts")].concat(),
    };
    if let Some(after) = change(work, sent.get("discounts"), &before, &owner, param)? {
        item.set("discounts", after);
    }
    Ok(())
}

fn check(work: &Work<'_>, sent: &[Value], owner: &Owner<'_>, param: &str) -> Result<Vec<Entry>> {
    if sent.len() > MOST {
        let message = format!("You can specify up to {MOST} discounts.");
        return Err(ApiError::invalid(message).param(param));
    }
    let mut coupons: Vec<String> = Vec::with_capacity(sent.len());
    let mut entries = Vec::with_capacity(sent.len());
    for (index, entry) in sent.iter().enumerate() {
        let param = format!("{param}[{index}]");
        let named = |name: &str| entry.text(name).map(|id| (id, format!("{param}[{name}]")));
        let checked = match (named("coupon"), named("promotion_code"), named("discount")) {
            (Some((id, param)), None, None) => {
                Entry::New(rules::coupon(work, work.named("coupon", id, &param)?, owner, &param)?)
            }
            (None, Some((id, param)), None) => Entry::New(rules::code(work, id, owner, &param)?),
            (None, None, Some((id, _))) if owner.present.iter().any(|other| other == id) => {
                Entry::Kept(id.to_owned())
            }
            (None, None, Some((id, param))) => return Err(ApiError::missing_param("discount", id, &param)),
            (None, None, None) => {
                let message = "You must pass one of coupon, promotion_code or discount for each discount.";
                return Err(ApiError::invalid(message).param(&param));
            }
            _ => {
                let message =
                    "You may only specify one of these parameters: coupon, discount, promotion_code.";
                return Err(ApiError::invalid(message).code("parameters_exclusive").param(&param));
            }
        };
        let coupon = match &checked {
            Entry::Kept(id) => work.see(id).string("source.coupon"),
            Entry::New(redeemed) => redeemed.coupon.id(),
        };
        // [doc]: no two entries of one coupon, in whatever form.
        if coupons.contains(&coupon) {
            let message = format!("Each discount must be of a different coupon: `{coupon}` is passed twice.");
            return Err(ApiError::invalid(message).param(&param));
        }
        coupons.push(coupon);
        entries.push(checked);
    }
    Ok(entries)
}
