//! A member leaves: ended at Stripe first, and only then forgotten here (trap 25). The ledger, the invoices and the
//! logs stay under the account's id, which names nobody any more.

use crate::outbox::templates;
use crate::subscriptions::unclear;
use crate::users::{self, LOCAL_ISSUER, User};
use crate::{Billing, Error, Result};
use domain::ids::AccountId;
use domain::subscription::SubscribeIntent;
use domain::subscription::intent::State;
use domain::time::MINUTE;
use store::Tx;
use store::sessions::Kind;

/// Longer than all calls to Stripe take, in milliseconds. A process that died leaves the account to a repetition
/// after this.
const LEAVING: i64 = 5 * MINUTE;

impl Billing {
    /// Users of our own login prove with their password that it is they. Any failure keeps the account as it is,
    /// but for what has ended at Stripe by then; repeating goes on from there.
    ///
    /// Errors: [`users::Error::Invalid`] for a wrong password; [`Error::EarlierAttemptUnclear`] while another call
    /// of the account may still charge; [`Error::StripeUnavailable`].
    pub async fn delete_user(&self, user: &User, password: Option<String>) -> users::Result<()> {
        if user.issuer == LOCAL_ISSUER {
            users::check_password(user, password).await?;
        }
        let account = &user.account_id;
        self.begin_leaving(account).await?;
        if let Err(error) = self.leave_stripe(account).await {
            tracing::error!(%account, %error, "an account could not be deleted: it stays");
            let mut tx = self.db.begin().await?;
            store::accounts::stop_leaving(&mut tx, account).await?;
            tx.commit().await?;
            return Err(match error {
                known @ (Error::StripeUnavailable { .. } | Error::EarlierAttemptUnclear { .. }) => known,
                _ => Error::StripeUnavailable { retry_after_seconds: 60, unclear: false },
            }
            .into());
        }
        self.bury(user).await?;
        self.outbox_wake();
        tracing::info!(%account, "an account was deleted");
        Ok(())
    }

    /// From here on nothing new is begun for the account; and nothing is under way whose outcome is not known.
    async fn begin_leaving(&self, account: &AccountId) -> Result<()> {
        let wall = self.wall();
        let mut tx = self.db.begin().await?;
        if !store::accounts::lock(&mut tx, account).await? {
            return Err(Error::NotFound);
        }
        self.refuse_leaving(&mut tx, account).await?;
        if store::accounts::has_call_under_way(&mut tx, account).await?
            || store::subscribe_intents::has_unmirrored(&mut tx, account).await?
            || store::plan_changes::open(&mut tx, account).await?.is_some()
        {
            return Err(unclear());
        }
        if let Some(waiting) = store::subscribe_intents::open(&mut tx, account).await? {
            // A card was being set up: nobody goes on from there.
            let to = SubscribeIntent { state: State::Failed, ..waiting.clone() };
            store::subscribe_intents::advance(&mut tx, &waiting, to, self.now()).await?;
        }
        store::accounts::begin_leaving(&mut tx, account, wall.plus(LEAVING)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// For whatever begins something new: not for somebody who is leaving, or has left. The account is locked by
    /// `tx`.
    pub(crate) async fn refuse_leaving(&self, tx: &mut Tx, account: &AccountId) -> Result<()> {
        if store::accounts::is_leaving(tx, account, self.wall()).await? {
            Err(Error::Leaving)
        } else {
            Ok(())
        }
    }

    /// What is left names nobody. That somebody had a trial is kept as a hash of the address.
    async fn bury(&self, user: &User) -> Result<()> {
        let (account, now) = (&user.account_id, self.wall());
        let mut tx = self.db.begin().await?;
        store::accounts::lock(&mut tx, account).await?;
        if let Some(customer) = store::accounts::customer(&mut tx, account).await? {
            store::accounts::forget_customer(&mut tx, account, &customer).await?;
        }
        store::tier_assignments::end(&mut tx, account, self.now()).await?;
        store::users::bury(&mut tx, &user.id, now).await?;
        for kind in [Kind::Session, Kind::VerifyEmail, Kind::ResetPassword] {
            store::sessions::end_all(&mut tx, kind, &user.id, now).await?;
        }
        store::sign_in_codes::end_all(&mut tx, &user.id, now).await?;
        store::invitations::withdraw(&mut tx, account, self.now()).await?;
        store::events::forget_payloads_of(&mut tx, account).await?;
        let address = user.email.as_deref().unwrap_or_default();
        store::outbox_messages::forget_person(&mut tx, account, address).await?;
        self.tell_entitlement(&mut tx, account).await?;
        if !address.is_empty() {
            self.post(&mut tx, None, address, templates::account_deleted(), None).await?;
        }
        tx.commit().await?;
        self.known_users.forget(&user.issuer, &user.subject);
        Ok(())
    }
}
