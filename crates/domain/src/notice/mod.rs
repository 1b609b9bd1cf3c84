//! What a member is told by mail: which news there is between two observations is decided here, and nowhere else.
//! How it is worded is not.

mod card;
mod invoice;
mod subscription;
mod tier;
mod tokens;

pub use card::card_news;
pub use invoice::{InvoiceNotice, Receipt, invoice_news};
pub use subscription::{SubscriptionNotice, Terms, subscription_news};
pub use tier::TierNotice;
pub use tokens::{TokenNotice, purchase_news};

use crate::time::DAY;

/// What is found out later than this, in milliseconds, is no news any more: such as an old invoice that is
/// mirrored for the first time.
const STALE: i64 = 7 * DAY;

/// Something to be told once: never again under the same key, however often and in whatever order it is seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// Made of Stripe's ids and of ours, the same for whoever sees it.
    pub key: String,
    pub notice: Notice,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    Subscription(SubscriptionNotice),
    Invoice(InvoiceNotice),
    Tokens(TokenNotice),
    Tier(TierNotice),
}
