//! A purchase of tokens.

use super::confirm::ConfirmView;
use super::time;
use billing::purchases::BuyAnswer;
use domain::purchase::TokenPurchase;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct PurchaseView {
    #[schema(example = "pur_018f")]
    pub id: String,
    pub package_slug: String,
    pub tokens: i64,
    /// Minor units.
    pub amount: i64,
    pub currency: String,
    /// `pending`, `completed`, `failed`, `canceled`, `refunded`, `partially_refunded` or `disputed`.
    pub status: String,
    pub stripe_payment_intent_id: Option<String>,
    /// Minor units that went back to the card.
    pub refunded_amount: i64,
    pub created_at: String,
}

impl From<&TokenPurchase> for PurchaseView {
    fn from(purchase: &TokenPurchase) -> Self {
        Self {
            id: purchase.id.to_string(),
            package_slug: purchase.package_slug.clone(),
            tokens: purchase.tokens.get(),
            amount: purchase.price.amount,
            currency: purchase.price.currency.to_string(),
            status: purchase.status.as_str().to_owned(),
            stripe_payment_intent_id: purchase.payment_intent.as_ref().map(ToString::to_string),
            refunded_amount: purchase.refunded_amount,
            created_at: time(purchase.created_at),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PurchaseAnswer {
    pub purchase: PurchaseView,
    /// Not null only if the person must act.
    pub confirm: Option<ConfirmView>,
}

impl From<&BuyAnswer> for PurchaseAnswer {
    fn from(answer: &BuyAnswer) -> Self {
        Self { purchase: (&answer.purchase).into(), confirm: answer.confirm.as_ref().map(Into::into) }
    }
}
