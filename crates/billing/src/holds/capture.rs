//! Ends a hold by what the request has really used, also shortly after its time. Only here is it counted as a request.

use super::{HoldAnswer, Named};
use crate::{Billing, Result};
use domain::hold::Usage;
use domain::usage::{Keyed, Request};

#[derive(Debug)]
pub struct CaptureHold {
    pub named: Named,
    pub usage: Usage,
    pub key: Option<Keyed>,
}

impl Billing {
    /// One that was captured with as many tokens is answered as it is. One that expired while its request still ran takes
    /// a unit of its window again if one is left by the tier as it is now, else tokens as far as they go (trap 15).
    ///
    /// Errors: [`Error::NotFound`](crate::Error::NotFound), [`Error::HoldNotHeld`](crate::Error::HoldNotHeld),
    /// [`Error::IdempotencyKeyReused`](crate::Error::IdempotencyKeyReused),
    /// [`Error::Overloaded`](crate::Error::Overloaded).
    pub async fn capture_hold(&self, command: CaptureHold) -> Result<HoldAnswer> {
        let CaptureHold { named, usage, key } = command;
        let (account, ends) = named.ends();
        self.ask_of_hold(account, Request::Capture { ends, usage }, key).await
    }
}
