//! What went back, and what was to go back and did not, of Stripe's picture.

use crate::{Billing, Result};
use domain::ids::StripePaymentIntentId;
use domain::payment::{IntentStatus, Refund, not_made_good};
use domain::purchase::TokenPurchase;
use domain::reconciliation::{Ours, Theirs};
use domain::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

impl Billing {
    /// The list of the window where it agrees with what we have; else all refunds of that payment.
    pub(super) async fn look_up_refunds(
        &self,
        ours: &Ours,
        theirs: &mut Theirs,
        listed: &BTreeMap<StripePaymentIntentId, i64>,
        since: Timestamp,
    ) -> Result<()> {
        let known: BTreeMap<_, &TokenPurchase> = ours
            .purchases
            .values()
            .filter_map(|purchase| Some((purchase.payment_intent.clone()?, purchase)))
            .collect();
        for intent in theirs.payments.iter().filter(|intent| intent.status == IntentStatus::Succeeded) {
            let seen = listed.get(&intent.id).copied().unwrap_or(0);
            let expected = known.get(&intent.id).map_or(0, |purchase| purchase.refunded_amount);
            // Of an older payment the window may have only the newest of several refunds.
            let refunded = if seen == expected && intent.created >= since {
                seen
            } else {
                let all = self.stripe.list_refunds_of(&intent.id).await?;
                all.iter().filter(|refund| refund.counts).map(|refund| refund.amount.amount).sum()
            };
            theirs.refunded.insert(intent.id.clone(), refunded);
        }
        // Of invoices' payments, as far as they were listed.
        for (payment, amount) in listed {
            theirs.refunded.entry(payment.clone()).or_insert(*amount);
        }
        Ok(())
    }

    /// Of invoices' payments. All refunds of each are looked at: another one may have made it good.
    pub(super) async fn look_up_failed_refunds(&self, theirs: &mut Theirs, listed: &[Refund]) -> Result<()> {
        let failed = listed.iter().filter(|refund| !refund.counts && refund.reason.is_some());
        let payments: BTreeSet<_> = failed.filter_map(|refund| refund.payment_intent.as_ref()).collect();
        for payment in payments {
            let Some(paid) = store::invoices::of_payment(&mut self.db.reader(), payment).await? else {
                continue;
            };
            let all = self.stripe.list_refunds_of(payment).await?;
            let failed = not_made_good(&all).into_iter().cloned();
            theirs.failed_refunds.extend(failed.map(|refund| (paid.account.clone(), refund)));
        }
        Ok(())
    }
}
