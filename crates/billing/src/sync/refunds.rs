//! What refunds and disputes take back of a purchase, and give again when a refund fails or a dispute is won
//! (trap 12); and refunds of subscriptions, where they fail.

use super::apply::Effect;
use crate::{Billing, Error, Result};
use domain::dispute::{Dispute, money_back};
use domain::ids::AccountId;
use domain::payment::{Refund, not_made_good};
use domain::purchase::TokenPurchase;
use domain::reconciliation;
use ledger::Kind;
use store::Tx;
use store::tokens::NewTransaction;

impl Billing {
    /// Of a payment for a subscription. Nothing here hangs on its refunds but what has happened already: the access that
    /// was given back for the money is gone, and the money is here after all. A person has to see to it.
    pub(super) async fn report_failed_refunds(
        &self,
        tx: &mut Tx,
        account: &AccountId,
        refunds: Option<&[Refund]>,
    ) -> Result<Effect> {
        let failed = not_made_good(refunds.unwrap_or_default());
        if failed.is_empty() {
            return Ok(Effect::Ignored("the payment is of no purchase of tokens".to_owned()));
        }
        for refund in failed {
            let kind = reconciliation::Kind::RefundFailed.as_str();
            self.report(tx, kind, refund.id.as_str(), Some(account), &refund.failure()).await?;
        }
        Ok(Effect::Applied)
    }

    /// `refunds` are all of this purchase's payment, newest first; `None`: those that are known already. Its
    /// disputes are mirrored. The account is locked by `tx`.
    pub(super) async fn take_back(
        &self,
        tx: &mut Tx,
        purchase: TokenPurchase,
        refunds: Option<&[Refund]>,
    ) -> Result<()> {
        let Some(payment) = purchase.payment_intent.clone().filter(|_| purchase.status.is_granted()) else {
            return Ok(());
        };
        let counted = refunds.map(|refunds| refunds.iter().filter(|refund| refund.counts));
        let counted = counted.map(|counted| counted.map(|refund| refund.amount.amount).sum::<i64>());
        let refunded = counted.unwrap_or(purchase.refunded_amount).clamp(0, purchase.price.amount);
        let disputes = store::disputes::of_payment(tx, &payment).await?;
        let back = money_back(refunded, &disputes);
        let after = TokenPurchase {
            status: purchase.status_with(back),
            refunded_amount: refunded,
            tokens_taken_back: purchase.taken_back_with(back),
            ..purchase.clone()
        };
        let cause = if refunded == purchase.refunded_amount {
            disputes.first().map(|newest| newest.id.to_string())
        } else {
            refunds.and_then(<[_]>::first).map(|newest| newest.id.to_string())
        };
        self.move_taken_back(tx, &purchase, &after, cause.as_deref().unwrap_or(payment.as_str()), &disputes)
            .await?;
        self.save_purchase(tx, &purchase, after).await?;
        Ok(())
    }

    /// From what is taken back `before` to what is `after`. `cause` is the newest refund or dispute.
    async fn move_taken_back(
        &self,
        tx: &mut Tx,
        before: &TokenPurchase,
        after: &TokenPurchase,
        cause: &str,
        disputes: &[Dispute],
    ) -> Result<()> {
        let account = &before.account;
        let balance = store::tokens::balance(tx, account).await?;
        let (taken, due) = (before.tokens_taken_back, after.tokens_taken_back);
        let (balance, posting) = match due.checked_sub(taken) {
            Some(more) if more.is_zero() => return Ok(()),
            Some(more) => balance.take_back(more),
            None => balance.credit(Kind::Reversal, taken.saturating_sub(due))?,
        };
        let disputed = disputes.iter().any(|dispute| cause == dispute.id.as_str());
        let description = match (disputed, posting.kind) {
            (false, _) => before.package_name.clone(),
            (true, Kind::Reversal) => format!("{}: the payment's dispute was settled", before.package_name),
            (true, _) => format!("{}: the payment is disputed", before.package_name),
        };
        // Counted under the account's lock: each movement of a purchase has a source of its own.
        let source = format!("{cause}:{}", store::tokens::movements_of(tx, &before.id).await?);
        let new = NewTransaction {
            id: self.new_token_transaction_id()?,
            account,
            posting,
            description: &description,
            source: Some(&source),
            purchase: Some(&before.id),
            at: self.now(),
        };
        if !store::tokens::append(tx, new).await? {
            return Err(Error::Internal(format!("{source} has moved tokens before")));
        }
        store::tokens::save_balance(tx, account, &balance, self.now()).await?;
        tracing::info!(%account, purchase = %before.id, cause, tokens = posting.delta, "tokens taken back, or given again");
        Ok(())
    }
}
