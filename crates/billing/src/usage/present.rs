//! What an account's tier gives now, and in which window. Pure.

use domain::allowance::{BillingWindow, Window};
use domain::catalog::{AiRequests, Catalog, TierSlug};
use domain::entitlement::Entitlement;
use domain::subscription::UserSubscription;
use domain::time::Timestamp;

#[derive(Debug)]
pub(crate) struct Present {
    pub tier: TierSlug,
    /// Until when the tier itself is known to last.
    pub tier_until: Option<Timestamp>,
    pub terms: AiRequests,
    pub window: Window,
}

pub(crate) fn present(
    subscription: Option<&UserSubscription>,
    entitled: Entitlement,
    catalog: &Catalog,
    now: Timestamp,
) -> Present {
    let terms = catalog.tier_or_free(&entitled.tier).ai_requests;
    // A period counts only while it gives the tier: an unpaid subscription is no new allowance, and one
    // whose renewal is overdue has no present period.
    let period = subscription.filter(|live| live.plan.tier == entitled.tier && now < live.seen.period_end);
    let window = Window::at(terms.window, now, period.map(billing_window).as_ref());
    Present { tier: entitled.tier, tier_until: entitled.valid_until, terms, window }
}

fn billing_window(subscription: &UserSubscription) -> BillingWindow {
    let seen = &subscription.seen;
    BillingWindow { subscription: seen.id.clone(), start: seen.period_start, end: seen.period_end }
}
