//! Fulfilment: a paid purchase grants its tokens, once, however it was found out (traps 6 to 8).

use super::apply::Effect;
use super::fetch::SeenPayment;
use crate::outbox::Announcement;
use crate::{Billing, Error, Result};
use domain::ids::AccountId;
use domain::payment::PaymentIntent;
use domain::purchase::{CallState, Payment, PurchaseStatus, TokenPurchase};
use ledger::Kind;
use store::Tx;
use store::tokens::NewTransaction;

impl Billing {
    /// The account is locked by `tx`.
    pub(super) async fn apply_payment(
        &self,
        tx: &mut Tx,
        account: &AccountId,
        seen: &SeenPayment,
    ) -> Result<Effect> {
        let Some(id) = &seen.intent.purchase_id else {
            return self.report_failed_refunds(tx, account, seen.refunds.as_deref()).await;
        };
        let Some(purchase) = store::purchases::of_account(tx, account, id).await? else {
            return Ok(Effect::Ignored(format!("this account has no purchase {id}")));
        };
        if purchase.call != CallState::Settled {
            return Ok(Effect::Waits);
        }
        let purchase = match self.fulfil(tx, purchase, seen).await? {
            Ok(purchase) => purchase,
            Err(reason) => return Ok(Effect::Ignored(reason)),
        };
        self.take_back(tx, purchase, seen.refunds.as_deref()).await?;
        Ok(Effect::Applied)
    }

    /// The one way in which a purchase becomes tokens. The inner error: why it does not.
    async fn fulfil(
        &self,
        tx: &mut Tx,
        purchase: TokenPurchase,
        seen: &SeenPayment,
    ) -> Result<Result<TokenPurchase, String>> {
        let intent = &seen.intent;
        let payment = match purchase.payment(intent) {
            Ok(payment) => payment,
            Err(mismatch) => {
                let details = mismatch.to_string();
                if intent.is_kept(given_back(seen)) {
                    let account = Some(&purchase.account);
                    self.report(tx, "payment_mismatch", intent.id.as_str(), account, &details).await?;
                }
                return Ok(Err(details));
            }
        };
        let status = match (payment, purchase.status) {
            (Payment::Paid, PurchaseStatus::Pending | PurchaseStatus::Failed) => {
                self.grant(tx, &purchase, intent).await?;
                PurchaseStatus::Completed
            }
            (Payment::Paid, PurchaseStatus::Canceled) => {
                return self.paid_after_all(tx, &purchase, seen).await.map(Err);
            }
            (Payment::Refused, PurchaseStatus::Pending) => PurchaseStatus::Failed,
            (Payment::Canceled, PurchaseStatus::Pending | PurchaseStatus::Failed) => PurchaseStatus::Canceled,
            (_, same) => same,
        };
        let after = TokenPurchase { status, payment_intent: Some(intent.id.clone()), ..purchase.clone() };
        Ok(Ok(self.save_purchase(tx, &purchase, after).await?))
    }

    /// Under the account's lock, which every writer of a purchase holds.
    pub(super) async fn save_purchase(
        &self,
        tx: &mut Tx,
        seen: &TokenPurchase,
        to: TokenPurchase,
    ) -> Result<TokenPurchase> {
        if to == *seen {
            return Ok(to);
        }
        let saved = store::purchases::advance(tx, seen, to, self.now()).await?;
        let saved =
            saved.ok_or_else(|| Error::Internal(format!("{} changed under its account's lock", seen.id)))?;
        self.tell_of_purchase(tx, seen, &saved).await?;
        Ok(saved)
    }

    /// A purchase that was given up has a payment: the money must have gone back, or a person must know.
    async fn paid_after_all(
        &self,
        tx: &mut Tx,
        purchase: &TokenPurchase,
        seen: &SeenPayment,
    ) -> Result<String> {
        let back = given_back(seen);
        if back >= purchase.price.amount {
            return Ok("the purchase was given up, and what was paid is refunded".to_owned());
        }
        let details = format!("{} was given up, yet it is paid and {back} of it refunded", purchase.id);
        self.report(tx, "paid_after_all", seen.intent.id.as_str(), Some(&purchase.account), &details).await?;
        Ok(details)
    }

    async fn grant(&self, tx: &mut Tx, purchase: &TokenPurchase, intent: &PaymentIntent) -> Result<()> {
        let account = &purchase.account;
        let balance = store::tokens::balance(tx, account).await?;
        let (after, posting) = balance.credit(Kind::Purchase, purchase.tokens)?;
        let new = NewTransaction {
            id: self.new_token_transaction_id()?,
            account,
            posting,
            description: &purchase.package_name,
            source: Some(intent.id.as_str()),
            purchase: Some(&purchase.id),
            at: self.now(),
        };
        // The insert decides: a payment that has granted before grants nothing (trap 7).
        if store::tokens::append(tx, new).await? {
            store::tokens::save_balance(tx, account, &after, self.now()).await?;
            let news = Announcement::TokensGranted {
                tokens: purchase.tokens.get(),
                available: after.available.get(),
                source: ("purchase", purchase.id.as_str()),
            };
            self.announce(tx, account, &news, Some(purchase.id.as_str())).await?;
            metrics::counter!("tokens_granted_total").increment(purchase.tokens.get().unsigned_abs());
            tracing::info!(%account, purchase = %purchase.id, payment = %intent.id, tokens = purchase.tokens.get(), "tokens granted");
        }
        Ok(())
    }
}

/// Minor units, of all its refunds.
fn given_back(seen: &SeenPayment) -> i64 {
    let refunds = seen.refunds.as_deref().unwrap_or_default();
    refunds.iter().filter(|refund| refund.counts).map(|refund| refund.amount.amount).sum()
}
