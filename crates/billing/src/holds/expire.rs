//! Holds whose time is over: given back, so that a caller who has died locks nothing away (trap 14).

use crate::{Billing, Error, Result};
use domain::ids::{AccountId, HoldId};
use domain::time::{HOUR, SECOND, Timestamp};
use domain::usage::Request;
use futures_util::future::join_all;

const AT_ONCE: i64 = 100;
/// How long a hold may stay behind its time, in milliseconds.
const PAUSE: i64 = 5 * SECOND;
/// How long one that cannot be given back waits for its next turn, and is not spoken of again, in milliseconds.
const PUT_OFF: i64 = HOUR;

impl Billing {
    /// One turn of the worker; answers when to be called again, by business time. Each hold is looked at again under its
    /// account's lock, so that of several instances one gives it back.
    pub async fn expire_holds(&self) -> Result<Option<Timestamp>> {
        let now = self.now();
        let due = store::holds::due(&mut self.db.reader(), now, AT_ONCE).await?;
        let mut more = i64::try_from(due.len()).is_ok_and(|found| found == AT_ONCE);
        let expired = due.into_iter().map(|(id, account)| async move {
            let expired = self.ask_of_hold(account.clone(), Request::Expire(id.clone()), None).await;
            (id, account, expired)
        });
        for (id, account, expired) in join_all(expired).await {
            match expired {
                // Or somebody was faster.
                Ok(_) | Err(Error::HoldNotHeld { .. }) => (),
                // The next turn finds it again.
                Err(Error::Overloaded) => more = false,
                Err(error) => self.put_off_hold(&account, &id, now, &error).await?,
            }
        }
        Ok(Some(if more { now } else { now.plus(PAUSE) }))
    }

    /// The same would fail with every turn, and keep those behind it waiting.
    async fn put_off_hold(
        &self,
        account: &AccountId,
        id: &HoldId,
        now: Timestamp,
        error: &Error,
    ) -> Result<()> {
        let mut tx = self.db.begin().await?;
        if store::holds::put_off(&mut tx, id, now, now.plus(PUT_OFF)).await? {
            tx.commit().await?;
            tracing::error!(hold = %id, %account, %error, "a hold could not be given back; it is tried again in an hour");
        }
        Ok(())
    }
}
