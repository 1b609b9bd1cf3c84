//! What the gateway answers where the domain has no word of its own: Stripe's objects that are no noun of
//! ours, and pages of lists.

use domain::billing_details::{Address, VatId};
use domain::ids::{StripeCustomerId, StripePaymentIntentId, StripePaymentMethodId, StripePriceId};
use domain::invoice::Invoice;
use domain::money::Money;
use domain::payment::{PaymentMethod, SetupIntent};
use domain::subscription::Observed;
use domain::time::Timestamp;
use secrecy::SecretString;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    pub id: StripeCustomerId,
    /// Everything below is empty then.
    pub deleted: bool,
    /// Minor units; negative is credit, taken when the next invoice is finalized.
    pub balance: i64,
    pub default_payment_method: Option<StripePaymentMethodId>,
    pub email: Option<String>,
    pub name: Option<String>,
    pub address: Option<Address>,
    /// `None` for a deleted one.
    pub created: Option<Timestamp>,
    /// `metadata.account_id`.
    pub account_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxId {
    /// `txi_...`
    pub id: String,
    pub vat_id: VatId,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalConfiguration {
    /// `bpc_...`
    pub id: String,
    /// It carries our metadata.
    pub is_ours: bool,
    /// Members could change plans there, past our quotes.
    pub changes_plans: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    pub id: StripePriceId,
    pub lookup_key: Option<String>,
    /// `None` for a price in fractions of a cent or by tiers: never ours.
    pub amount: Option<Money>,
    pub product: String,
    pub active: bool,
    pub recurring: Option<Recurring>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recurring {
    pub interval: Interval,
    /// A quarter is three months.
    pub count: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interval {
    Day,
    Week,
    Month,
    Year,
}

impl Interval {
    pub const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::Year];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// A subscription together with what is needed to go on with its first payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscribed {
    pub subscription: Observed,
    /// With its payments and its confirmation secret.
    pub latest_invoice: Option<Invoice>,
    /// Nothing is due now and a card is still wanted.
    pub pending_setup_intent: Option<SetupIntent>,
}

/// A payment of an invoice, with the invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaidInvoice {
    pub payment_intent: Option<StripePaymentIntentId>,
    /// Minor units that this payment has paid of it.
    pub amount_paid: i64,
    /// Without its payments.
    pub invoice: Invoice,
}

/// A subscription together with all that a change of it depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changeable {
    pub subscription: Observed,
    pub quantity: i64,
    /// `di_...`
    pub discounts: Vec<String>,
    pub automatic_tax: bool,
    /// `metadata.quote_id`: by which quote of ours it was changed last.
    pub quote: Option<String>,
    /// The quote of the change that waits for its payment.
    pub pending_quote: Option<String>,
    pub latest_invoice: Option<Invoice>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// `sub_sched_...`
    pub id: String,
    /// It has let go of its subscription, or never will be able to hold it again.
    pub over: bool,
    /// The subscription goes on by itself when the last phase ends; else it ends, too.
    pub lets_go: bool,
    /// Which of the phases it is in.
    pub current: Option<usize>,
    pub phases: Vec<Phase>,
    /// `metadata.plan_change`: what of ours asked for it.
    pub change: Option<String>,
}

impl Schedule {
    /// The phase after the current one.
    pub fn next(&self) -> Option<&Phase> {
        self.current.and_then(|current| self.phases.get(current + 1))
    }

    /// Nothing will be changed by it any more, and it blocks other changes until it is released.
    pub fn is_spent(&self) -> bool {
        !self.over && self.lets_go && self.current.is_some() && self.next().is_none()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    pub start: Timestamp,
    pub end: Timestamp,
    /// `None` when it has not exactly one item.
    pub price: Option<StripePriceId>,
    /// `promo_...`, of the code that it brings.
    pub promotion_code: Option<String>,
}

/// One page of a list, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// `starting_after` of the next page; `None` when this was the last.
    pub next: Option<String>,
}

/// The payment methods of a customer, newest first.
pub type PaymentMethods = Vec<PaymentMethod>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookEndpoint {
    /// `we_...`
    pub id: String,
    pub url: String,
    pub api_version: Option<String>,
    /// `enabled`; anything else delivers nothing.
    pub enabled: bool,
    pub event_types: Vec<String>,
}

/// A webhook endpoint that was just made. Its secret is in this one answer and never again.
#[derive(Debug, Clone)]
pub struct NewEndpoint {
    pub endpoint: WebhookEndpoint,
    pub secret: SecretString,
}
