//! A saved card.

use billing::payment_methods::SavedCard;
use domain::payment_method::Expiry;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct SavedCardView {
    #[schema(example = "pm_1")]
    pub id: String,
    /// Stripe's word: `visa`, `mastercard`, ...
    pub brand: String,
    pub last4: String,
    pub exp_month: i64,
    pub exp_year: i64,
    /// The one that pays.
    pub is_default: bool,
    pub expired: bool,
    /// Within 30 days.
    pub expires_soon: bool,
}

impl From<&SavedCard> for SavedCardView {
    fn from(saved: &SavedCard) -> Self {
        Self {
            id: saved.id.to_string(),
            brand: saved.card.brand.clone(),
            last4: saved.card.last4.clone(),
            exp_month: saved.card.exp_month,
            exp_year: saved.card.exp_year,
            is_default: saved.is_default,
            expired: saved.expiry == Expiry::Expired,
            expires_soon: saved.expiry == Expiry::Soon,
        }
    }
}
