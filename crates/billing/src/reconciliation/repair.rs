//! Repairs: the sync, the refund, the end and the voiding that webhooks, members and workers use.

use crate::inbox::Asker;
use crate::{Billing, Result};
use domain::ids::{AccountId, ReconciliationRunId, StripeCustomerId, StripeSubscriptionId};
use domain::reconciliation::{Finding, Repair};
use domain::subscription::Cause;
use domain::wanted::Wanted;
use std::collections::BTreeMap;
use store::promised_refunds::Promise;

/// How many turns the inbox gets to apply what waits; each takes several customers.
const MOST_TURNS: usize = 10_000;

impl Billing {
    /// What workers would do in the next minutes, and after the pauses of what has failed: done now, so that it is
    /// not found.
    pub(super) async fn finish_what_waits(&self) -> Result<()> {
        let mut tx = self.db.begin().await?;
        store::events::hurry(&mut tx, self.wall()).await?;
        store::customer_syncs::hurry(&mut tx, self.wall()).await?;
        tx.commit().await?;
        self.apply_what_is_due().await?;
        self.finish_calls().await
    }

    async fn apply_what_is_due(&self) -> Result<()> {
        for _ in 0..MOST_TURNS {
            match self.inbox_step().await? {
                Some(due) if due <= self.wall() => {}
                _ => break,
            }
        }
        Ok(())
    }

    async fn finish_calls(&self) -> Result<()> {
        self.void_stuck_subscribes().await?;
        self.settle_plan_changes().await?;
        self.void_stuck_purchases().await?;
        self.void_abandoned_purchases().await?;
        let mut tx = self.db.begin().await?;
        store::promised_refunds::hurry(&mut tx, self.wall()).await?;
        tx.commit().await?;
        self.keep_promised_refunds().await?;
        Ok(())
    }

    /// One that fails leaves its finding, which the next look shows again.
    pub(super) async fn repair(&self, findings: &[Finding], run: &ReconciliationRunId) -> Result<()> {
        let mut wanted: BTreeMap<&StripeCustomerId, Vec<&Wanted>> = BTreeMap::new();
        let mut calls = false;
        for finding in findings {
            let done = match &finding.repair {
                Repair::Person => continue,
                Repair::Fetch { customer, wanted: what } => {
                    wanted.entry(customer).or_default().push(what);
                    continue;
                }
                Repair::FinishCalls => {
                    calls = true;
                    continue;
                }
                Repair::End { subscription, account } => self.end_extra(subscription, account, run).await,
                Repair::GiveBack { payment, purchase } => {
                    self.refund_payment(payment, None, purchase.as_str()).await.map(drop)
                }
                // One more try: where it fails again it is dead at once, and the next look shows it.
                Repair::Replay(event) => self.replay_event_once(event).await,
            };
            if let Err(error) = done {
                tracing::error!(%run, kind = finding.kind.as_str(), object = finding.object, %error, "a repair failed");
            }
        }
        if calls {
            self.finish_calls().await?;
        }
        for (customer, wanted) in wanted {
            if let Err(error) = self.fetch_again(customer, &wanted).await {
                tracing::error!(%run, %customer, %error, "a repair failed");
            }
        }
        self.apply_what_is_due().await
    }

    async fn fetch_again(&self, customer: &StripeCustomerId, wanted: &[&Wanted]) -> Result<()> {
        let mut tx = self.db.begin().await?;
        for wanted in wanted {
            self.ask_for(&mut tx, Asker::Reconcile, customer, wanted).await?;
        }
        tx.commit().await?;
        self.sync_until_clean(customer).await
    }

    /// A second live subscription: written down, then its payments go back and it ends.
    async fn end_extra(
        &self,
        subscription: &StripeSubscriptionId,
        account: &AccountId,
        run: &ReconciliationRunId,
    ) -> Result<()> {
        let promise = Promise {
            stripe_subscription_id: subscription.clone(),
            account_id: account.clone(),
            amount: None,
            cause: Cause::Reconcile,
            actor: Some(run.to_string()),
        };
        let mut tx = self.db.begin().await?;
        store::promised_refunds::insert(&mut tx, &promise, self.now(), self.wall()).await?;
        tx.commit().await?;
        self.finish_promise(&promise, &promise.by()).await
    }
}
