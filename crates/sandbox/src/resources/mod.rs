//! Stripe's resources, one file each: what an endpoint takes, and what it does to the state.

pub(crate) mod account;
pub(crate) mod balance;
pub(crate) mod balance_transaction;
pub(crate) mod cards;
pub(crate) mod charge;
pub(crate) mod coupon;
pub(crate) mod customer;
pub(crate) mod customer_balance_transaction;
pub(crate) mod discount;
pub(crate) mod dispute;
pub(crate) mod early_fraud_warning;
pub(crate) mod event;
pub(crate) mod invoice;
pub(crate) mod invoice_item;
pub(crate) mod invoice_payment;
pub(crate) mod mandate;
pub(crate) mod money;
#[cfg(test)]
mod money_rules;
pub(crate) mod payment_intent;
pub(crate) mod payment_method;
pub(crate) mod portal;
pub(crate) mod price;
pub(crate) mod product;
pub(crate) mod promotion_code;
pub(crate) mod refund;
pub(crate) mod settings;
pub(crate) mod setup_attempt;
pub(crate) mod setup_intent;
pub(crate) mod shapes;
pub(crate) mod subscription;
pub(crate) mod subscription_item;
pub(crate) mod subscription_schedule;
pub(crate) mod test_clock;
pub(crate) mod token;
pub(crate) mod webhook_endpoint;
