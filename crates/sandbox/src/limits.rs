//! Stripe's rate limits, as they may be switched on.

use std::str::FromStr;

/// How much an account may ask for; none is no limit. By the wall clock.
///
/// [doc] rate limits. Of concurrency, no numbers are published: those of Stripe's modes leave it alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Requests a second, all together.
    pub global_per_second: Option<u32>,
    /// Requests a second to one endpoint: a method with a path, whatever the ids in it.
    pub endpoint_per_second: Option<u32>,
    /// Searches a second, of all resources.
    pub search_per_second: Option<u32>,
    /// Requests at the same time, all together.
    pub global_concurrency: Option<u32>,
    /// Requests to one endpoint at the same time.
    pub endpoint_concurrency: Option<u32>,
    /// New invoices of one subscription in a minute.
    pub invoices_per_minute: Option<u32>,
    /// New invoices of one subscription in a day.
    pub invoices_per_day: Option<u32>,
    /// Changes of the quantity of one subscription in an hour.
    pub quantity_updates_per_hour: Option<u32>,
    /// Updates of one payment intent in an hour.
    pub intent_updates_per_hour: Option<u32>,
    /// Two requests that change one object do not overlap: the second is refused (`lock_timeout`).
    pub object_locks: bool,
}

impl Limits {
    /// No limits at all.
    pub fn off() -> Self {
        Self::default()
    }

    /// Those of a sandbox of Stripe's.
    pub fn test() -> Self {
        Self { global_per_second: Some(25), ..Self::live() }
    }

    /// Those of Stripe's live mode.
    pub fn live() -> Self {
        Self {
            global_per_second: Some(100),
            endpoint_per_second: Some(25),
            search_per_second: Some(20),
            invoices_per_minute: Some(10),
            invoices_per_day: Some(20),
            quantity_updates_per_hour: Some(200),
            intent_updates_per_hour: Some(1000),
            ..Self::default()
        }
    }
}

impl FromStr for Limits {
    type Err = String;

    fn from_str(mode: &str) -> Result<Self, String> {
        match mode {
            "off" => Ok(Self::off()),
            "test" => Ok(Self::test()),
            "live" => Ok(Self::live()),
            _ => Err("off, test or live".into()),
        }
    }
}
