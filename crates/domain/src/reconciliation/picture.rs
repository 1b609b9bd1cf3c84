//! The two pictures that are compared.

use crate::dispute::{Dispute, Effect};
use crate::ids::{
    AccountId, StripeCustomerId, StripeEventId, StripeInvoiceId, StripePaymentIntentId, StripePriceId,
    StripeSubscriptionId, TokenPurchaseId, TokenTransactionId,
};
use crate::invoice::{Invoice, InvoiceStatus};
use crate::payment::{PaymentIntent, Refund};
use crate::purchase::{PurchaseStatus, TokenPurchase};
use crate::subscription::{Observed, UserSubscription};
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What Stripe says.
#[derive(Debug, Default)]
pub struct Theirs {
    /// Of every status.
    pub subscriptions: Vec<Observed>,
    /// Of purchases of tokens.
    pub payments: Vec<PaymentIntent>,
    /// Minor units that went back in all, of every payment that refunds were looked up for.
    pub refunded: BTreeMap<StripePaymentIntentId, i64>,
    /// Those of ours that failed and were not made good, of payments for subscriptions.
    pub failed_refunds: Vec<(AccountId, Refund)>,
    pub disputes: Vec<Dispute>,
    /// Whose the disputed payments are, as far as they are our customers'.
    pub disputed: BTreeMap<StripePaymentIntentId, (AccountId, StripeCustomerId)>,
    pub paid_invoices: Vec<PaidInvoice>,
    pub open_invoices: Vec<Invoice>,
    pub deleted_customers: BTreeSet<StripeCustomerId>,
    /// Asked for by id, and never there: a deleted one still answers.
    pub missing_customers: BTreeSet<StripeCustomerId>,
    /// Asked for by id, and not there.
    pub missing_payments: BTreeSet<StripePaymentIntentId>,
}

/// A payment of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaidInvoice {
    pub payment: Option<StripePaymentIntentId>,
    pub amount_paid: i64,
    pub invoice: Invoice,
}

/// What we say.
#[derive(Debug, Default)]
pub struct Ours {
    /// Who has which customer now or had it before it was deleted.
    pub customers: BTreeMap<StripeCustomerId, AccountId>,
    /// Those that they have now.
    pub current: BTreeMap<AccountId, StripeCustomerId>,
    pub prices: BTreeSet<StripePriceId>,
    pub subscriptions: BTreeMap<StripeSubscriptionId, UserSubscription>,
    /// Status, and what was paid in minor units.
    pub invoices: BTreeMap<StripeInvoiceId, (InvoiceStatus, i64)>,
    pub invoice_subscriptions: BTreeMap<StripeInvoiceId, StripeSubscriptionId>,
    pub purchases: BTreeMap<TokenPurchaseId, TokenPurchase>,
    pub disputes: Vec<Dispute>,
    pub books: Vec<Book>,
    pub purchase_books: Vec<PurchaseBook>,
    /// Tokens that came without a payment.
    pub grants: Vec<Grant>,
    pub stuck: Vec<Stuck>,
    pub dead_events: Vec<StripeEventId>,
}

/// An account's balance, the sum of its transactions, and what its holds reserve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    pub account: AccountId,
    pub net: i64,
    pub sum: i64,
    pub held: i64,
    pub reserved: i64,
}

/// A purchase, and what the ledger says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchaseBook {
    pub account: AccountId,
    /// `None`: a grant that names no purchase. Then there is nothing in the next four either.
    pub purchase: Option<TokenPurchaseId>,
    pub status: Option<PurchaseStatus>,
    pub payment: Option<StripePaymentIntentId>,
    /// How many tokens were bought, and how many of them the purchase says were taken back.
    pub due: i64,
    pub due_back: i64,
    /// How often tokens were granted.
    pub grants: i64,
    pub granted: i64,
    /// Tokens taken back, less those given again.
    pub taken: i64,
    /// The payment that the grant names.
    pub source: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub id: TokenTransactionId,
    pub account: AccountId,
    pub tokens: i64,
    /// An administrator's action is on record for it.
    pub named: bool,
}

/// Something of ours that should have come to an end long ago.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck {
    pub object: String,
    pub account: AccountId,
    pub state: String,
    pub since: Timestamp,
}

impl Theirs {
    /// It came in, and was neither given back whole nor taken by the bank.
    pub(super) fn keeps(&self, intent: &PaymentIntent) -> bool {
        let back = self.refunded.get(&intent.id).copied().unwrap_or(0);
        intent.is_kept(back) && !self.is_with_the_bank(&intent.id)
    }

    /// A dispute has taken this payment's money: it cannot be given back by us, unless the dispute is won.
    pub(super) fn is_with_the_bank(&self, payment: &StripePaymentIntentId) -> bool {
        self.disputes.iter().any(|dispute| {
            dispute.payment_intent.as_ref() == Some(payment) && dispute.status.effect() != Effect::Nothing
        })
    }
}

impl Ours {
    /// The customer to sync for an object of this account.
    pub(super) fn customer_of(&self, account: &AccountId) -> Option<&StripeCustomerId> {
        self.current
            .get(account)
            .or_else(|| self.customers.iter().find(|(_, of)| *of == account).map(|(customer, _)| customer))
    }
}
