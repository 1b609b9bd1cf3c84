//! An observed subscription, brought into the mirror, with its change log and trial redemption.

use super::apply::Effect;
use super::causes::Causes;
use super::fetch::{Found, SeenInvoice, SeenSubscription};
use crate::subscriptions::redemptions;
use crate::{Billing, Result};
use domain::ids::{AccountId, StripeInvoiceId};
use domain::invoice::{Invoice, InvoiceStatus};
use domain::money::Money;
use domain::promotion::{PromotionCode, first_payment};
use domain::subscription::intent::State;
use domain::subscription::{Change, Observed, Plan, ScheduledChange, SubscribeIntent, UserSubscription};
use std::collections::BTreeMap;
use store::Tx;
use store::subscription_changes::{NewChange, Side};
use stripe::types::Schedule;

impl Billing {
    /// The account is locked by `tx`.
    pub(super) async fn apply_subscription(
        &self,
        tx: &mut Tx,
        account: &AccountId,
        seen: SeenSubscription,
        causes: &Causes,
        invoices: &BTreeMap<StripeInvoiceId, Found<SeenInvoice>>,
    ) -> Result<Effect> {
        let SeenSubscription { observed, card, schedule, promotion } = seen;
        let before = store::subscriptions::find(tx, &observed.id).await?;
        if before.is_none() && observed.account_id.as_deref() != Some(account.as_str()) {
            return Ok(Effect::Ignored("a subscription without our metadata".to_owned()));
        }
        let intent = match &observed.subscribe_intent {
            Some(id) => store::subscribe_intents::find(tx, id).await?,
            None => None,
        };
        if before.is_none() && intent.as_ref().is_some_and(|intent| intent.state.blocks_another()) {
            return Ok(Effect::Waits);
        }
        let plan = store::tiers::plan_of(tx, &observed.price).await?;
        let (after, mut changes) = match (before.clone(), plan) {
            (Some(before), Some(plan)) => before.observe(plan, observed, self.now()),
            (Some(before), None) => {
                let details = format!("its price {} is none of the catalog's", observed.price);
                self.report(tx, "foreign_price", observed.id.as_str(), Some(account), &details).await?;
                let plan = before.plan.clone();
                before.observe(plan, observed, self.now())
            }
            (None, Some(plan)) => self.first_seen(tx, account, plan, observed, intent.as_ref()).await?,
            (None, None) => return Ok(Effect::Ignored("its price is none of the catalog's".to_owned())),
        };
        let latest = latest_invoice(tx, &after.seen, invoices).await?;
        let paid = latest.as_ref().is_some_and(|invoice| pays_for(invoice, &after.seen));
        let after = if paid { after.with_paid_period() } else { after };
        let skipped = latest.as_ref().is_some_and(skips_a_period);
        let after = if skipped { after.with_unpaid_period(before.as_ref()) } else { after };
        changes.extend(after.resumed_since(before.as_ref()));
        let scheduled = scheduled(tx, &after.seen, schedule.as_ref(), promotion.as_ref()).await?;
        let (after, change) = UserSubscription { card, ..after }.with_schedule(scheduled, before.as_ref());
        changes.extend(change);
        if before.as_ref() != Some(&after) {
            store::subscriptions::save(tx, &after, self.now()).await?;
            let charged = self.charged(tx, before.as_ref(), &after, &changes, latest.as_ref()).await?;
            self.log_changes(tx, before.as_ref(), &after, &changes, causes, charged).await?;
        }
        self.tell_of_subscription(tx, before.as_ref(), &after, &changes).await?;
        Ok(Effect::Applied)
    }

    async fn first_seen(
        &self,
        tx: &mut Tx,
        account: &AccountId,
        plan: Plan,
        observed: Observed,
        intent: Option<&SubscribeIntent>,
    ) -> Result<(UserSubscription, Vec<Change>)> {
        let given_up = intent.is_some_and(|intent| intent.state == State::Voided);
        let second = store::subscriptions::live(tx, account).await?.is_some();
        if observed.status.is_live() && (second || given_up) {
            // Trap 4: kept beside the primary one, and shown to a person, until it is undone.
            let details = "a second live subscription, or one of an attempt that was given up";
            self.report(tx, "extra_subscription", observed.id.as_str(), Some(account), details).await?;
        }
        if observed.trial_end.is_some() && !given_up {
            // Reserved by our own call; a trial that began elsewhere is remembered here, with its subscription.
            let card = intent.and_then(|intent| intent.card_fingerprint.as_deref());
            for redemption in redemptions(tx, account, card).await? {
                let intent = intent.map(|intent| &intent.id);
                store::trial_redemptions::take(tx, &redemption, account, intent, self.now()).await?;
            }
        }
        let id = self.new_user_subscription_id()?;
        Ok(UserSubscription::first_seen(
            id,
            account.clone(),
            // One that has ended before we heard of it stands beside nothing.
            !given_up && (!second || !observed.status.is_live()),
            plan,
            observed,
            self.now(),
        ))
    }

    /// What has been paid or given back at once with these changes; `None` where that is not known.
    async fn charged(
        &self,
        tx: &mut Tx,
        before: Option<&UserSubscription>,
        after: &UserSubscription,
        changes: &[Change],
        latest: Option<&Invoice>,
    ) -> Result<Option<i64>> {
        if changes.contains(&Change::Canceled) {
            let back = store::promised_refunds::refunded_of(tx, &after.seen.id).await?;
            return Ok(back.map(|back| -back));
        }
        let paid = [Change::Recovered, Change::Activated].iter().any(|change| changes.contains(change));
        let billed = [Change::PlanChanged, Change::Renewed].iter().any(|change| changes.contains(change));
        // A change that waited for its payment was billed before it was made.
        let new = before.is_none_or(|before| {
            before.seen.pending_update.is_some() || before.seen.latest_invoice != after.seen.latest_invoice
        });
        let invoice = latest.filter(|it| it.status == InvoiceStatus::Paid && (paid || billed && new));
        Ok(invoice.map(|invoice| invoice.amount_paid))
    }

    async fn log_changes(
        &self,
        tx: &mut Tx,
        before: Option<&UserSubscription>,
        after: &UserSubscription,
        changes: &[Change],
        causes: &Causes,
        mut charged: Option<i64>,
    ) -> Result<()> {
        for change in changes {
            let (by, event) = causes.of(&after.seen.id, *change);
            let (from, to) = sides(*change, before, after);
            let entry = NewChange {
                id: self.new_subscription_change_id()?,
                account: &after.account,
                subscription: &after.id,
                change: *change,
                from,
                to,
                by: &by,
                event,
                // Of several changes that are seen at once the first is the one that cost it.
                charged: charged.take(),
                at: self.now(),
            };
            store::subscription_changes::append(tx, entry).await?;
            let (change, cause) = (change.as_str(), by.cause.as_str());
            tracing::info!(account = %after.account, subscription = %after.seen.id, change, cause, "subscription changed");
        }
        Ok(())
    }

    /// Something that a person should look at.
    pub(crate) async fn report(
        &self,
        tx: &mut Tx,
        kind: &str,
        object_id: &str,
        account: Option<&AccountId>,
        details: &str,
    ) -> Result<()> {
        let id = format!("dis_{}", self.new_uuid()?.simple());
        if store::discrepancies::report(tx, &id, kind, object_id, account, details, self.wall()).await? {
            let account = account.map(tracing::field::display);
            tracing::error!(kind, object = object_id, account, details, "discrepancy");
        }
        Ok(())
    }
}

/// From what to what; of a schedule, to what it brings and from what it would have brought.
fn sides<'a>(
    change: Change,
    before: Option<&'a UserSubscription>,
    after: &'a UserSubscription,
) -> (Option<Side<'a>>, Side<'a>) {
    let earlier = before.and_then(|before| before.scheduled.as_ref());
    match (change, &after.scheduled, earlier) {
        (Change::ChangeScheduled, Some(to), _) => (Some(side(after)), planned(after, to)),
        (Change::ScheduleUndone, _, Some(from)) => (Some(planned(after, from)), side(after)),
        _ => (before.map(side), side(after)),
    }
}

fn planned<'a>(mirror: &UserSubscription, change: &'a ScheduledChange) -> Side<'a> {
    let amount = Money { amount: change.amount, ..mirror.seen.amount };
    Side { plan: &change.plan, status: mirror.status(), amount }
}

fn side(mirror: &UserSubscription) -> Side<'_> {
    Side { plan: &mirror.plan, status: mirror.status(), amount: mirror.seen.amount }
}

/// What the attached schedule brings next, if that is another plan of ours.
async fn scheduled(
    tx: &mut Tx,
    seen: &Observed,
    schedule: Option<&Schedule>,
    promotion: Option<&PromotionCode>,
) -> Result<Option<ScheduledChange>> {
    let Some(next) = schedule.and_then(Schedule::next) else { return Ok(None) };
    let Some(price) = next.price.as_ref().filter(|price| **price != seen.price) else { return Ok(None) };
    let plan = store::tiers::priced_plan_of(tx, price).await?;
    Ok(plan.map(|(plan, amount)| {
        let price = Money { amount, ..seen.amount };
        let first = |code| first_payment(price, seen.discount.as_ref(), Some(code), next.start);
        ScheduledChange { plan, amount, at: next.start, first_payment: promotion.map(first) }
    }))
}

/// As it was fetched just now, or as it is mirrored and will not change any more.
async fn latest_invoice(
    tx: &mut Tx,
    seen: &Observed,
    invoices: &BTreeMap<StripeInvoiceId, Found<SeenInvoice>>,
) -> Result<Option<Invoice>> {
    let Some(id) = &seen.latest_invoice else { return Ok(None) };
    match invoices.get(id) {
        Some(Found::Seen(found)) => Ok(Some(found.invoice.clone())),
        _ => Ok(store::invoices::find(tx, id).await?.map(|mirrored| mirrored.invoice)),
    }
}

/// The invoice of a renewal that a pause voids, or has voided.
fn skips_a_period(invoice: &Invoice) -> bool {
    invoice.billing_reason.as_deref() == Some("subscription_cycle")
        && matches!(invoice.status, InvoiceStatus::Draft | InvoiceStatus::Void)
}

/// Whether the present period is paid with this invoice.
fn pays_for(invoice: &Invoice, seen: &Observed) -> bool {
    let until = invoice.lines.iter().map(|line| line.period_end).max();
    invoice.status == InvoiceStatus::Paid && until.is_some_and(|until| until >= seen.period_end)
}
