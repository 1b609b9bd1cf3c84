//! Promotion codes: what a member typed, resolved to what Stripe takes off, or refused with the reason.

use crate::{Billing, Error, Result};
use domain::catalog::{SubscriptionTier, TierPrice};
use domain::ids::{AccountId, StripeCustomerId};
use domain::invoice::InvoiceStatus;
use domain::payment::IntentStatus;
use domain::promotion::{PromotionCode, Wanted};
use stripe::requests::Created;

/// As long as Stripe lets one be, in bytes.
const LONGEST: usize = 500;

impl Billing {
    /// The code for this tier at this price. Stripe judges once more when it is redeemed: between the two it may have
    /// been used up. Errors: [`Error::PromotionCodeInvalid`] with the reason; [`Error::StripeUnavailable`].
    pub(crate) async fn promotion(
        &self,
        account: &AccountId,
        typed: &str,
        tier: &SubscriptionTier,
        price: &TierPrice,
    ) -> Result<PromotionCode> {
        let refused = |reason: &str| Error::PromotionCodeInvalid { reason: reason.to_owned() };
        let typed = typed.trim();
        let plausible = !typed.is_empty()
            && typed.len() <= LONGEST
            && typed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        let found = if plausible { self.stripe.find_promotion_code(typed).await? } else { None };
        let code = found.ok_or_else(|| refused("There is no such code."))?;
        let customer = store::accounts::customer(&mut self.db.reader(), account).await?;
        let wanted = Wanted {
            customer: customer.as_ref(),
            product: &tier.product_id(),
            price: price.price,
            now: self.now(),
        };
        if let Some(reason) = code.refusal(&wanted) {
            return Err(refused(reason));
        }
        if let (true, Some(customer)) = (code.first_time, &customer)
            && self.has_paid_before(customer).await?
        {
            return Err(refused("It is for new members only."));
        }
        Ok(code)
    }

    /// As Stripe counts it: a payment that succeeded, or an invoice that is neither a draft nor void. An open one counts,
    /// too, such as that of a first payment that was refused.
    async fn has_paid_before(&self, customer: &StripeCustomerId) -> Result<bool> {
        let invoices = self.stripe.list_customer_invoices(customer, None).await?;
        let billed = |status| !matches!(status, InvoiceStatus::Draft | InvoiceStatus::Void);
        if invoices.items.iter().any(|invoice| billed(invoice.status)) {
            return Ok(true);
        }
        let payments = self.stripe.list_payment_intents_of(customer, Created::default()).await?;
        Ok(payments.iter().any(|payment| payment.status == IntentStatus::Succeeded))
    }
}

/// How a typed code is compared with another: Stripe tells capitals and small letters apart as little as members do.
pub(crate) fn same_code(typed: Option<&str>) -> Option<String> {
    typed.map(|code| code.trim().to_ascii_lowercase())
}
