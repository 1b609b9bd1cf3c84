//! What was fetched, applied: one transaction, void if the lease was taken over meanwhile.

use super::fetch::{Fetched, Found, SeenSubscription};
use super::{Turn, retry_at};
use crate::inbox::pause;
use crate::inbox::work::{Work, tells_of_deletion};
use crate::{Billing, Result};
use domain::ids::{AccountId, StripeDisputeId, StripeInvoiceId, StripePaymentIntentId, StripeSubscriptionId};
use domain::time::Timestamp;
use std::collections::BTreeMap;
use store::Tx;
use store::customer_syncs::{Lease, Outcome};
use store::events::StripeEvent;

/// What became of one object, and so of the events about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    Applied,
    Ignored(String),
    /// A call of ours about it has no clear outcome yet: its retry or the voiding worker goes first.
    Waits,
    Failed(String),
}

impl Billing {
    pub(super) async fn apply(&self, lease: &Lease, fetched: Fetched) -> Result<Turn> {
        let wall = self.wall();
        let mut tx = self.db.begin().await?;
        let account = store::accounts::lock_by_customer(&mut tx, &lease.customer).await?;
        let mut subscriptions = BTreeMap::new();
        let mut invoices = BTreeMap::new();
        let mut payments = BTreeMap::new();
        let mut disputes = BTreeMap::new();
        if let Some(account) = &account {
            let causes = self.causes(&mut tx, account, &fetched).await?;
            for (id, found) in in_order(fetched.subscriptions) {
                let effect = match found {
                    Found::Seen(seen) => {
                        self.apply_subscription(&mut tx, account, seen, &causes, &fetched.invoices).await?
                    }
                    Found::Foreign(reason) => Effect::Ignored(reason),
                    Found::Unreadable(reason) => Effect::Failed(reason),
                };
                if matches!(effect, Effect::Ignored(_)) {
                    store::subscribe_intents::give_up(&mut tx, &id).await?;
                }
                subscriptions.insert(id, effect);
            }
            for (id, found) in fetched.invoices {
                let effect = match found {
                    Found::Seen(seen) => self.apply_invoice(&mut tx, account, seen, &subscriptions).await?,
                    Found::Foreign(reason) => Effect::Ignored(reason),
                    Found::Unreadable(reason) => Effect::Failed(reason),
                };
                invoices.insert(id, effect);
            }
            self.close_calls(&mut tx, account, &causes).await?;
            for (id, found) in fetched.disputes {
                let payment = found.seen().map(|seen| seen.payment.clone());
                let effect = match found {
                    Found::Seen(seen) => {
                        self.apply_dispute(&mut tx, account, seen, &fetched.payments).await?
                    }
                    Found::Foreign(reason) => Effect::Ignored(reason),
                    Found::Unreadable(reason) => Effect::Failed(reason),
                };
                disputes.insert(id, (effect, payment));
            }
            for (id, found) in fetched.payments {
                let effect = match found {
                    Found::Seen(seen) => self.apply_payment(&mut tx, account, &seen).await?,
                    Found::Foreign(reason) => Effect::Ignored(reason),
                    Found::Unreadable(reason) => Effect::Failed(reason),
                };
                payments.insert(id, effect);
            }
        }
        if let Some(account) = &account {
            self.tell_entitlement(&mut tx, account).await?;
        }
        if let Some(account) = &account
            && fetched.events.iter().any(|(event, _)| tells_of_deletion(&event.kind))
            && store::subscriptions::live_of_customer(&mut tx, &lease.customer).await?.is_empty()
        {
            // The account's next call makes another customer.
            store::accounts::forget_customer(&mut tx, account, &lease.customer).await?;
        }
        let effects = Effects {
            subscriptions,
            invoices,
            payments,
            disputes,
            known: account.is_some() && !fetched.foreign,
        };
        for (event, work) in &fetched.events {
            mark(&mut tx, event, effects.of(work), account.as_ref(), wall).await?;
        }
        // Events that wait, failed, or were too many for one turn keep the customer dirty.
        let outcome = match store::events::next_pending(&mut tx, &lease.customer).await? {
            Some(at) => Outcome::Waiting { at },
            None => Outcome::Synced,
        };
        if !store::customer_syncs::finish(&mut tx, lease, outcome).await? {
            // Dropped without a commit: another worker's findings are newer than ours.
            tracing::info!(customer = %lease.customer, "lease taken over; what was fetched is discarded");
            return Ok(Turn::Busy);
        }
        tx.commit().await?;
        if !effects.disputes.is_empty() {
            // One that was lost may have promised a subscription's end.
            self.promises_wake.notify_one();
        }
        self.outbox_wake();
        for (event, work) in &fetched.events {
            log(event, effects.of(work), account.as_ref());
        }
        Ok(match outcome {
            Outcome::Waiting { at } if at > wall => Turn::Later,
            _ => Turn::Done,
        })
    }
}

/// What has ended first, then what is live, the oldest first: what ended makes room for what came after it, also when
/// both are heard of at once.
fn in_order(
    found: BTreeMap<StripeSubscriptionId, Found<SeenSubscription>>,
) -> Vec<(StripeSubscriptionId, Found<SeenSubscription>)> {
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(_, found)| {
        found.seen().map(|seen| (seen.observed.status.is_live(), seen.observed.created))
    });
    found
}

struct Effects {
    subscriptions: BTreeMap<StripeSubscriptionId, Effect>,
    invoices: BTreeMap<StripeInvoiceId, Effect>,
    payments: BTreeMap<StripePaymentIntentId, Effect>,
    /// Each with its payment, which has to be applied as well.
    disputes: BTreeMap<StripeDisputeId, (Effect, Option<StripePaymentIntentId>)>,
    /// Whether the customer is one of ours.
    known: bool,
}

impl Effects {
    fn of(&self, work: &Work) -> Effect {
        let found = match work {
            _ if !self.known => return Effect::Ignored("the customer is not one of ours".to_owned()),
            Work::Subscription(id) => self.subscriptions.get(id),
            Work::Invoice(id, _) => self.invoices.get(id),
            Work::Payment(id) | Work::Refunds(id) => self.payments.get(id),
            Work::Dispute(id) => {
                let dispute = self.disputes.get(id);
                let payment = dispute.and_then(|(_, payment)| self.payments.get(payment.as_ref()?));
                let undone = payment.filter(|effect| matches!(effect, Effect::Waits | Effect::Failed(_)));
                undone.or(dispute.map(|(effect, _)| effect))
            }
            Work::Customer => return Effect::Applied,
            Work::Nothing(reason) => return Effect::Ignored((*reason).to_owned()),
        };
        found.cloned().unwrap_or(Effect::Failed("its object was not fetched".to_owned()))
    }
}

async fn mark(
    tx: &mut Tx,
    event: &StripeEvent,
    effect: Effect,
    account: Option<&AccountId>,
    wall: Timestamp,
) -> Result<()> {
    match (effect, account) {
        (Effect::Applied, Some(account)) => store::events::processed(tx, &event.id, account, wall).await?,
        (Effect::Applied, None) => {}
        (Effect::Ignored(reason), _) => {
            store::events::ignored(tx, &event.id, account, &reason, wall).await?;
        }
        (Effect::Waits, _) => {
            store::events::defer(tx, &event.id, wall.plus(pause(event.received_at, wall))).await?;
        }
        (Effect::Failed(error), _) => {
            store::events::failed(tx, &event.id, &error, retry_at(event.attempts, wall)).await?;
        }
    }
    Ok(())
}

fn log(event: &StripeEvent, effect: Effect, account: Option<&AccountId>) {
    let id = &event.id;
    let kind = &event.kind;
    let customer = event.stripe_customer_id.as_ref().map(tracing::field::display);
    let account = account.map(tracing::field::display);
    let outcome = match effect {
        Effect::Applied => {
            tracing::info!(event = %id, r#type = %kind, customer, account, "event applied");
            "applied"
        }
        Effect::Ignored(reason) => {
            tracing::info!(event = %id, r#type = %kind, customer, account, reason, "event ignored");
            "ignored"
        }
        Effect::Waits => {
            tracing::info!(event = %id, r#type = %kind, customer, account, "event waits for our own call");
            "waits"
        }
        Effect::Failed(error) => {
            tracing::error!(event = %id, r#type = %kind, customer, account, error, "event failed");
            "failed"
        }
    };
    metrics::counter!("stripe_events_applied_total", "type" => kind.clone(), "outcome" => outcome)
        .increment(1);
}
