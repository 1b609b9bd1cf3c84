//! News for the host application, put into the outbox in the transaction of the change.

use super::carrier::WEBHOOK;
use crate::{Billing, Error, Result};
use domain::catalog::TierSlug;
use domain::entitlement::Entitlement;
use domain::ids::{AccountId, MessageId};
use domain::subscription::{Change, UserSubscription};
use domain::time::Timestamp;
use serde_json::{Value, json};
use store::Tx;
use store::outbox_messages::{self, NewMessage};

/// What the host application is told. Its types and fields are an interface: docs/operations/messages.md.
#[derive(Debug)]
pub(crate) enum Announcement<'a> {
    SubscriptionChanged {
        changes: &'a [Change],
        subscription: &'a UserSubscription,
    },
    EntitlementChanged {
        from: &'a TierSlug,
        to: &'a Entitlement,
    },
    TokensGranted {
        tokens: i64,
        available: i64,
        /// `purchase` or `grant`, and our id of it.
        source: (&'static str, &'a str),
    },
    BalanceLow {
        available: i64,
        held: i64,
        below: i64,
    },
    UsageThreshold {
        percent: i64,
        used: i64,
        limit: i64,
        resets_at: Option<Timestamp>,
    },
    /// Sent by hand, to see whether it gets there.
    Test,
}

impl Announcement<'_> {
    const fn kind(&self) -> &'static str {
        match self {
            Self::SubscriptionChanged { .. } => "subscription.changed",
            Self::EntitlementChanged { .. } => "entitlement.changed",
            Self::TokensGranted { .. } => "tokens.granted",
            Self::BalanceLow { .. } => "balance.low",
            Self::UsageThreshold { .. } => "usage.threshold",
            Self::Test => "webhook.test",
        }
    }

    fn data(&self) -> Value {
        match self {
            Self::SubscriptionChanged { changes, subscription } => {
                let (plan, seen) = (&subscription.plan, &subscription.seen);
                json!({
                    "changes": changes.iter().map(|change| change.as_str()).collect::<Vec<_>>(),
                    "subscription": {
                        "id": subscription.id.as_str(),
                        "stripe_subscription_id": seen.id.as_str(),
                        "tier_slug": plan.tier.as_str(),
                        "billing_period": plan.billing_period.as_str(),
                        "status": seen.status.as_str(),
                        "amount": seen.amount.amount,
                        "currency": seen.amount.currency.as_str(),
                        "current_period_start": seen.period_start.to_string(),
                        "current_period_end": seen.period_end.to_string(),
                        "trial_end": seen.trial_end.map(|at| at.to_string()),
                        "cancel_at": seen.cancel_at.map(|at| at.to_string()),
                        "ended_at": seen.ended_at.map(|at| at.to_string()),
                    },
                })
            }
            Self::EntitlementChanged { from, to } => json!({
                "from_tier": from.as_str(),
                "tier_slug": to.tier.as_str(),
                "valid_until": to.valid_until.map(|at| at.to_string()),
            }),
            Self::TokensGranted { tokens, available, source: (kind, id) } => json!({
                "tokens": tokens, "available": available, "source": {"type": kind, "id": id},
            }),
            Self::BalanceLow { available, held, below } => {
                json!({"available": available, "held": held, "below": below})
            }
            Self::UsageThreshold { percent, used, limit, resets_at } => json!({
                "percent": percent, "used": used, "limit": limit,
                "resets_at": resets_at.map(|at| at.to_string()),
            }),
            Self::Test => json!({}),
        }
    }
}

impl Billing {
    /// Does nothing where no host application listens. The same news under the same `dedupe_key` is told once.
    /// Call [`Billing::outbox_wake`] after the commit.
    pub(crate) async fn announce(
        &self,
        tx: &mut Tx,
        account: &AccountId,
        news: &Announcement<'_>,
        dedupe_key: Option<&str>,
    ) -> Result<()> {
        if !self.options.host_listens {
            return Ok(());
        }
        let owner = store::accounts::identity(tx, account).await?.ok_or(Error::NotFound)?;
        let mut data = json!({
            "account_id": account.as_str(),
            "user": {"issuer": owner.issuer, "subject": owner.subject},
        });
        if let (Value::Object(data), Value::Object(more)) = (&mut data, news.data()) {
            data.extend(more);
        }
        self.post_webhook(tx, Some(account), news, &data, dedupe_key).await?;
        Ok(())
    }

    /// A webhook that tells of nothing. Answers its id; [`Error::Invalid`] where no host application listens.
    pub async fn send_test_webhook(&self) -> Result<MessageId> {
        if !self.options.host_listens {
            let reason = "is not set, so there is nobody to send it to".to_owned();
            return Err(Error::Invalid { field: "HOST_WEBHOOK_URL", reason });
        }
        let mut tx = self.db.begin().await?;
        let id = self.post_webhook(&mut tx, None, &Announcement::Test, &json!({}), None).await?;
        tx.commit().await?;
        self.outbox_wake();
        Ok(id)
    }

    async fn post_webhook(
        &self,
        tx: &mut Tx,
        account: Option<&AccountId>,
        news: &Announcement<'_>,
        data: &Value,
        dedupe_key: Option<&str>,
    ) -> Result<MessageId> {
        let id = MessageId::new(self.new_uuid()?);
        let body = json!({"type": news.kind(), "timestamp": self.now().to_string(), "data": data});
        let dedupe_key = dedupe_key.map(|key| format!("webhook:{}:{key}", news.kind()));
        let new = NewMessage {
            id: &id,
            account,
            kind: WEBHOOK,
            recipient: "",
            subject: news.kind(),
            body_text: &body.to_string(),
            body_html: "",
            dedupe_key: dedupe_key.as_deref(),
        };
        outbox_messages::insert(tx, &new, self.wall()).await?;
        Ok(id)
    }
}
