//! Ends a hold by what the request has really used, also shortly after its time. Only here is it counted as a request.

use super::{HoldAnswer, Named, count};
use crate::usage::Keyed;
use crate::{Billing, Error, Result};
use domain::allowance::Window;
use domain::hold::{Hold, Source, State, Usage};
use store::Tx;

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
    /// Errors: [`Error::NotFound`], [`Error::HoldNotHeld`], [`Error::IdempotencyKeyReused`].
    pub async fn capture_hold(&self, command: CaptureHold) -> Result<HoldAnswer, Error> {
        let now = self.now();
        let keyed = command.key.as_ref();
        let mut tx = self.db.begin().await?;
        let hold = self.lock_hold(&mut tx, &command.named).await?;
        if let Some(earlier) = self.kept_answer::<HoldAnswer>(&mut tx, keyed).await? {
            return Ok(HoldAnswer { replayed: true, ..earlier });
        }
        let before = store::tokens::balance(&mut tx, &hold.account).await?;
        if is_done(&hold, command.usage) {
            return self.hold_answer(&mut tx, &hold, &before).await;
        }
        let unit_again = self.window_to_take_from(&mut tx, &hold).await?;
        let over = self.catalog.over_hold;
        let ended = hold.clone().capture(command.usage, over, unit_again.is_some(), before, now);
        let (ended, after, posting) = ended.map_err(|cannot| self.cannot_end(&hold, cannot))?;
        store::holds::end(&mut tx, &hold.state, &ended).await?;
        let mut told = false;
        if let Some(window) = unit_again {
            store::usage::use_one(&mut tx, &hold.account, window).await?;
        }
        if let Source::Allowance { window, .. } = &hold.source
            && (unit_again.is_some() || !hold.is_late(now))
        {
            told = self.tell_of_captured(&mut tx, &hold.account, window).await?;
        }
        let (account, label, paid) = (&ended.account, &ended.label, -posting.delta);
        if paid > 0 {
            told |= self.pay_with_tokens(&mut tx, account, before, after, posting, &label.feature).await?;
        }
        store::usage::count(&mut tx, account, &now.date(), label, paid).await?;
        let answer = self.hold_answer(&mut tx, &ended, &after).await?;
        self.keep_answer(&mut tx, keyed, &answer).await?;
        tx.commit().await?;
        if told {
            self.outbox_wake();
        }
        count(&ended);
        Ok(answer)
    }

    /// Of a hold whose unit went back to its window, that window, if it has a unit left.
    async fn window_to_take_from<'a>(&self, tx: &mut Tx, hold: &'a Hold) -> Result<Option<&'a Window>> {
        let now = self.now();
        match &hold.source {
            Source::Allowance { window, .. } if hold.is_late(now) => {
                let limit = self.allowance(tx, &hold.account, now).await?.allowance.terms.limit;
                let used = store::usage::used(tx, &hold.account, window).await?;
                Ok((used < limit).then_some(window))
            }
            _ => Ok(None),
        }
    }
}

fn is_done(hold: &Hold, usage: Usage) -> bool {
    matches!(&hold.state, State::Captured { used, .. } if *used == hold.used(usage))
}
