//! Gives up a hold: nothing was used, and what it held goes back to where it came from.

use super::{HoldAnswer, Named};
use crate::{Billing, Result};
use domain::usage::{Keyed, Request};

#[derive(Debug)]
pub struct VoidHold {
    pub named: Named,
    pub key: Option<Keyed>,
}

impl Billing {
    /// One that was voided is answered as it is.
    ///
    /// Errors: as of [`Billing::capture_hold`].
    pub async fn void_hold(&self, command: VoidHold) -> Result<HoldAnswer> {
        let VoidHold { named, key } = command;
        let (account, ends) = named.ends();
        self.ask_of_hold(account, Request::Void(ends), key).await
    }
}
