//! Holds: AI requests that are admitted before their cost is known, and settled afterwards.

mod authorize;
mod capture;
mod expire;
mod void;

pub use authorize::Authorize;
pub use capture::CaptureHold;
pub use domain::hold::{HoldAnswer, HoldRecord};
pub use void::VoidHold;

use crate::usage::unexpected;
use crate::{Billing, Result};
use domain::ids::{AccountId, HoldId, ServiceKeyId};
use domain::usage::{Answer, Ends, Keyed, Request};

/// How long a hold lasts when nobody says how long, in milliseconds.
pub const DEFAULT_EXPIRY: i64 = 5 * domain::time::MINUTE;

/// Which hold somebody wants to end.
#[derive(Debug, Clone)]
pub struct Named {
    pub account: AccountId,
    /// Who ends it: who has made it, or another key of the same host once the one that has made it is revoked.
    pub owner: Option<ServiceKeyId>,
    pub hold: HoldId,
}

impl Named {
    fn ends(self) -> (AccountId, Ends) {
        (self.account, Ends { hold: self.hold, owner: self.owner })
    }
}

impl Billing {
    async fn ask_of_hold(
        &self,
        account: AccountId,
        request: Request,
        key: Option<Keyed>,
    ) -> Result<HoldAnswer> {
        match self.ask(account, request, key).await? {
            Answer::Hold(answer) => Ok(answer),
            Answer::Consumed(_) => Err(unexpected()),
        }
    }
}
