//! Gives up a hold: nothing was used, and what it held goes back to where it came from.

use super::{HoldAnswer, Named, count};
use crate::usage::Keyed;
use crate::{Billing, Error, Result};
use domain::hold::State;

#[derive(Debug)]
pub struct VoidHold {
    pub named: Named,
    pub key: Option<Keyed>,
}

impl Billing {
    /// One that was voided is answered as it is.
    ///
    /// Errors: [`Error::NotFound`], [`Error::HoldNotHeld`], [`Error::IdempotencyKeyReused`].
    pub async fn void_hold(&self, command: VoidHold) -> Result<HoldAnswer, Error> {
        let keyed = command.key.as_ref();
        let mut tx = self.db.begin().await?;
        let hold = self.lock_hold(&mut tx, &command.named).await?;
        if let Some(earlier) = self.kept_answer::<HoldAnswer>(&mut tx, keyed).await? {
            return Ok(HoldAnswer { replayed: true, ..earlier });
        }
        let before = store::tokens::balance(&mut tx, &hold.account).await?;
        if matches!(hold.state, State::Voided { .. }) {
            return self.hold_answer(&mut tx, &hold, &before).await;
        }
        let ended = hold.clone().void(before, self.now());
        let (ended, after) = ended.map_err(|cannot| self.cannot_end(&hold, cannot))?;
        let told = self.return_held(&mut tx, &ended, &before, &after).await?;
        let answer = self.hold_answer(&mut tx, &ended, &after).await?;
        self.keep_answer(&mut tx, keyed, &answer).await?;
        tx.commit().await?;
        if told {
            self.outbox_wake();
        }
        count(&ended);
        Ok(answer)
    }
}
