//! Parameters: decoding of Stripe's form encoding, checks against what an endpoint takes, typed reading.

pub(crate) mod args;
pub(crate) mod form;
pub(crate) mod shape;
