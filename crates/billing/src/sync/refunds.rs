//! Refunds take tokens back in proportion; a refund that failed after all gives them again (trap 12).

use crate::{Billing, Result};
use domain::payment::Refund;
use domain::purchase::TokenPurchase;
use ledger::{Kind, tokens_for_refund};
use store::Tx;
use store::tokens::NewTransaction;

impl Billing {
    /// `refunds` are all of this purchase's payment, newest first. The account is locked by `tx`.
    pub(super) async fn take_back(
        &self,
        tx: &mut Tx,
        purchase: TokenPurchase,
        refunds: &[Refund],
    ) -> Result<()> {
        if !purchase.status.is_granted() {
            return Ok(());
        }
        let counted: i64 =
            refunds.iter().filter(|refund| refund.counts).map(|refund| refund.amount.amount).sum();
        let refunded = counted.clamp(0, purchase.price.amount);
        let due = tokens_for_refund(purchase.tokens, refunded, purchase.price.amount);
        let account = &purchase.account;
        let balance = store::tokens::balance(tx, account).await?;
        let moved = if let Some(more) = due.checked_sub(purchase.tokens_taken_back).filter(|t| !t.is_zero()) {
            Some(balance.take_back(more))
        } else if let Some(fewer) = purchase.tokens_taken_back.checked_sub(due).filter(|t| !t.is_zero()) {
            Some(balance.credit(Kind::Reversal, fewer)?)
        } else {
            None
        };
        if let Some((after, posting)) = moved {
            // The newest refund and what it adds up to: under the account's lock this is moved once.
            let newest = refunds.first().map(|refund| refund.id.to_string()).unwrap_or_default();
            let source = format!("{newest}:{refunded}");
            let new = NewTransaction {
                id: self.new_token_transaction_id()?,
                account,
                posting,
                description: &purchase.package_name,
                source: Some(&source),
                purchase: Some(&purchase.id),
                at: self.now(),
            };
            if store::tokens::append(tx, new).await? {
                store::tokens::save_balance(tx, account, &after, self.now()).await?;
                tracing::info!(%account, purchase = %purchase.id, tokens = posting.delta, "tokens moved by a refund");
            }
        }
        let after = TokenPurchase {
            status: purchase.status_after_refund(refunded),
            refunded_amount: refunded,
            tokens_taken_back: due,
            ..purchase.clone()
        };
        self.save_purchase(tx, &purchase, after).await?;
        Ok(())
    }
}
