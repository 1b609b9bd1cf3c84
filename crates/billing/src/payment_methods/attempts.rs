//! A brake on card testing: whoever has a list of stolen numbers tries them where a refusal costs nothing. Counted in
//! the database, so that several instances agree; by address it is counted where requests come in.

use crate::{Billing, Error, Result};
use domain::ids::AccountId;
use domain::payment::Decline;
use domain::time::{DAY, HOUR, SECOND, Timestamp};

/// So many refused cards within an hour are an accident: one's own card mistyped, the other one empty, a third. More are
/// not one person's cards.
const DECLINES_AN_HOUR: i64 = 5;

impl Billing {
    /// Runs a use case that tries a card, unless this account has tried too many. A card that is refused counts.
    pub(crate) async fn watching_declines<T>(
        &self,
        account: &AccountId,
        attempt: &str,
        call: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let wall = self.wall();
        let since = wall.minus(HOUR);
        let declines = store::card_declines::since(&mut self.db.reader(), account, since).await?;
        if let Some(retry_after_seconds) = pause(&declines, wall) {
            return Err(Error::TooManyDeclines { retry_after_seconds });
        }
        let result = call.await;
        if let Err(Error::CardDeclined { decline, .. }) = &result
            && decline.code != "authentication_required"
        {
            self.note_decline(account, attempt, decline).await?;
        }
        result
    }

    async fn note_decline(&self, account: &AccountId, attempt: &str, decline: &Decline) -> Result<()> {
        let id = format!("dec_{}", self.new_uuid()?.simple());
        let code = decline.decline_code.as_deref().unwrap_or(&decline.code);
        let mut tx = self.db.begin().await?;
        store::card_declines::insert(&mut tx, &id, account, attempt, code, self.wall()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// For retention: what no limit looks at any more.
    pub(crate) fn declines_forgotten_before(&self) -> Timestamp {
        self.wall().minus(DAY)
    }
}

/// How long until the next card may be tried, in seconds: until the oldest that counts is an hour old. `declines` are
/// those of the last hour, newest first.
fn pause(declines: &[Timestamp], wall: Timestamp) -> Option<i64> {
    let last_that_counts = usize::try_from(DECLINES_AN_HOUR - 1).ok()?;
    let oldest = declines.get(last_that_counts)?;
    Some(((oldest.plus(HOUR).0 - wall.0) / SECOND).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fifth_refusal_within_an_hour_is_the_last() {
        let at = |minutes: i64| Timestamp(minutes * 60 * SECOND);
        let four = [at(50), at(40), at(30), at(20)];
        assert_eq!(pause(&four, at(51)), None);
        let five = [at(50), at(40), at(30), at(20), at(10)];
        assert_eq!(pause(&five, at(51)), Some(19 * 60));
    }
}
