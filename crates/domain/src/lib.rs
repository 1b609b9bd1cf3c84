//! The rules of billing. Knows no HTTP, SQL, Stripe JSON, async or system clock.

pub mod ai;
pub mod alert;
pub mod allowance;
pub mod assignment;
pub mod billing_details;
pub mod catalog;
pub mod clock;
pub mod dispute;
pub mod entitlement;
pub mod hold;
pub mod ids;
pub mod invoice;
pub mod money;
pub mod notice;
pub mod payment;
pub mod payment_method;
pub mod promotion;
pub mod purchase;
pub mod quote;
pub mod reconciliation;
pub mod subscription;
pub mod time;
pub mod trial;
pub mod usage;
pub mod wanted;
