//! Money back for tokens, which only a person with power can give, with a reason. The tokens are taken back by the
//! sync, like after any refund.

use crate::admin_actions::{Action, Actor};
use crate::subscriptions::kept_request;
use crate::{Billing, Error, Result};
use domain::payment::Refund;
use domain::purchase::TokenPurchase;
use domain::time::HOUR;
use serde_json::{Value, json};
use stripe::Key;
use stripe::requests::{NewRefund, create_refund};

/// How long a key can be sent again, in milliseconds: after 24 hours Stripe would refund a second time.
const STRIPE_REMEMBERS: i64 = 23 * HOUR;

#[derive(Debug)]
pub struct RefundPurchase {
    pub purchase: String,
    /// Minor units; `None` for what is left of it.
    pub amount: Option<i64>,
    pub actor: Actor,
    pub reason: String,
    /// Scope and Idempotency-Key: its retry refunds nothing twice.
    pub request_key: String,
}

impl Billing {
    /// The action is logged, with the very request, before Stripe is asked; a retry sends the same bytes under the
    /// same key. Errors: [`Error::NotFound`]; [`Error::Invalid`] for what was not paid, or is refunded already.
    pub async fn refund_purchase(&self, command: RefundPurchase) -> Result<(TokenPurchase, Refund)> {
        let found = store::purchases::find(&mut self.db.reader(), &command.purchase).await?;
        let purchase = found.ok_or(Error::NotFound)?;
        let request = self.refund_request(&purchase, &command).await?;
        let refund = match self.stripe.send_refund(&request).await {
            Ok(refund) => refund,
            Err(stripe::Error::Invalid { message, .. }) => {
                return Err(Error::Invalid { field: "amount", reason: message });
            }
            Err(error) => return Err(error.into()),
        };
        let purchase = self.token_purchase(&purchase.account, purchase.id.as_str()).await?;
        Ok((purchase, refund))
    }

    async fn refund_request(
        &self,
        purchase: &TokenPurchase,
        command: &RefundPurchase,
    ) -> Result<stripe::Request> {
        let mut tx = self.db.begin().await?;
        store::accounts::lock(&mut tx, &purchase.account).await?;
        if let Some(asked) = store::admin_actions::of_request(&mut tx, &command.request_key).await? {
            if self.wall() > asked.created_at.plus(STRIPE_REMEMBERS) {
                let reason = "it was used more than a day ago: see what was refunded, and take a new one";
                return Err(Error::Invalid { field: "Idempotency-Key", reason: reason.to_owned() });
            }
            let details: Value = serde_json::from_str(&asked.details)
                .map_err(|error| Error::Internal(format!("details of {}: {error}", asked.id)))?;
            return kept_request(details["request"].as_str().unwrap_or_default());
        }
        let invalid = |field, reason: &str| Error::Invalid { field, reason: reason.to_owned() };
        let payment_intent = purchase
            .payment_intent
            .as_ref()
            .filter(|_| purchase.status.is_granted())
            .ok_or_else(|| invalid("purchase", "nothing was paid for it"))?;
        let left = purchase.price.amount - purchase.refunded_amount;
        if left == 0 {
            return Err(invalid("purchase", "it is refunded already"));
        }
        if command.amount.is_some_and(|amount| amount < 1 || amount > left) {
            return Err(invalid("amount", &format!("must be from 1 to {left}, what is left of it")));
        }
        let id = self.new_admin_action_id()?;
        let metadata = [("admin_action", id.as_str())];
        let new = NewRefund { payment_intent, amount: command.amount, metadata: &metadata };
        let request = create_refund(&new, &Key::new(id.as_str(), "refund", 1));
        let text = serde_json::to_string(&request).map_err(|error| Error::Internal(error.to_string()))?;
        let details = json!({"amount": command.amount, "request": text}).to_string();
        let action = Action {
            actor: &command.actor,
            name: "purchase.refund",
            target: purchase.id.as_str(),
            reason: &command.reason,
        };
        self.log_asked_action(&mut tx, &id, action, &details, Some(&command.request_key)).await?;
        tx.commit().await?;
        Ok(request)
    }
}
