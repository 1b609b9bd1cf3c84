//! News of tokens, and of what is left of an allowance.

use super::{News, Notice};
use crate::money::Money;
use crate::purchase::{PurchaseStatus, TokenPurchase};
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenNotice {
    Bought {
        package: String,
        tokens: i64,
        price: Money,
    },
    Refunded {
        package: String,
        refunded: Money,
        tokens_taken_back: i64,
    },
    Disputed {
        package: String,
    },
    /// A dispute was settled, or a refund failed: the tokens are there again.
    Restored {
        package: String,
        tokens: i64,
    },
    /// A person gave them.
    Granted {
        tokens: i64,
        available: i64,
    },
    BalanceLow {
        available: i64,
        /// Reserved by requests that still run; what they do not use comes back.
        held: i64,
    },
    AllowanceUsed {
        percent: i64,
        used: i64,
        limit: i64,
        resets_at: Option<Timestamp>,
    },
}

/// One change is one mail: the last step decides. That a card was refused its holder has seen.
pub fn purchase_news(before: &TokenPurchase, after: &TokenPurchase) -> Option<News> {
    let package = after.package_name.clone();
    let refunded = after.refunded_amount - before.refunded_amount;
    let restored = before.tokens_taken_back.get() - after.tokens_taken_back.get();
    let (key, notice) = if refunded > 0 {
        let notice = TokenNotice::Refunded {
            package,
            refunded: Money { amount: refunded, currency: after.price.currency },
            tokens_taken_back: after.tokens_taken_back.get() - before.tokens_taken_back.get(),
        };
        (format!("refunded:{}", after.refunded_amount), notice)
    } else if after.status == PurchaseStatus::Disputed && before.status != PurchaseStatus::Disputed {
        (format!("disputed:{}", before.updated_at.0), TokenNotice::Disputed { package })
    } else if restored > 0 {
        // The same may happen twice: a second dispute that is won.
        (format!("restored:{}", before.updated_at.0), TokenNotice::Restored { package, tokens: restored })
    } else if after.status == PurchaseStatus::Completed && !before.status.is_granted() {
        let (tokens, price) = (after.tokens.get(), after.price);
        ("bought".to_owned(), TokenNotice::Bought { package, tokens, price })
    } else {
        return None;
    };
    Some(News { key: format!("{}:{key}", after.id), notice: Notice::Tokens(notice) })
}
