//! Holds whose time is over: given back, so that a caller who has died locks nothing away (trap 14).

use super::count;
use crate::{Billing, Error, Result};
use domain::hold::CannotEnd;
use domain::ids::{AccountId, HoldId};
use domain::time::{SECOND, Timestamp};

const AT_ONCE: i64 = 100;
/// How long a hold may stay behind its time, in milliseconds.
const PAUSE: i64 = 5 * SECOND;

impl Billing {
    /// One turn of the worker; answers when to be called again, by business time. Each hold is looked at again under its
    /// account's lock, so that of several instances one gives it back.
    pub async fn expire_holds(&self) -> Result<Option<Timestamp>> {
        let now = self.now();
        let due = store::holds::due(&mut self.db.reader(), now, AT_ONCE).await?;
        let (found, mut failed) = (due.len(), 0);
        for (id, account) in due {
            if let Err(error) = self.expire_hold(&account, &id, now).await {
                failed += 1;
                tracing::error!(hold = %id, %account, %error, "a hold could not be given back yet");
            }
        }
        let more = failed == 0 && i64::try_from(found).is_ok_and(|found| found == AT_ONCE);
        Ok(Some(if more { now } else { now.plus(PAUSE) }))
    }

    async fn expire_hold(&self, account: &AccountId, id: &HoldId, now: Timestamp) -> Result<()> {
        let mut tx = self.db.begin().await?;
        if !store::accounts::lock(&mut tx, account).await? {
            return Err(Error::NotFound);
        }
        let Some(hold) = store::holds::find(&mut tx, account, id).await? else { return Ok(()) };
        let before = store::tokens::balance(&mut tx, account).await?;
        let (ended, after) = match hold.clone().expire(before, now) {
            Ok(ended) => ended,
            // Somebody was faster.
            Err(CannotEnd::NotHeld) => return Ok(()),
            Err(wrong @ CannotEnd::Books(_)) => return Err(self.cannot_end(&hold, wrong)),
        };
        let told = self.return_held(&mut tx, &ended, &before, &after).await?;
        tx.commit().await?;
        if told {
            self.outbox_wake();
        }
        count(&ended);
        Ok(())
    }
}
