//! A delivered event, stored durably and answered at once; applied afterwards (trap 10).

use super::is_gone;
use super::work::{Trigger, Work, work_of};
use crate::{Billing, Result};
use serde_json::Value;
use store::events::NewEvent;
use stripe::webhook::Event;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    New,
    /// Delivered before: nothing was changed.
    Duplicate,
}

impl Billing {
    /// `payload` is the delivered body, kept for people to look at; not of somebody who has left.
    pub async fn accept_event(&self, event: &Event, payload: &str) -> Result<Accepted> {
        let object_id = event.object_id.as_deref().unwrap_or_default();
        let work = work_of(Trigger {
            kind: &event.kind,
            object_id,
            subscription: event.subscription.as_ref(),
            payment_intent: event.payment_intent.as_ref(),
        });
        let ignored = match work {
            Work::Nothing(reason) => Some(reason),
            _ if event.livemode != self.options.live => Some("of the other mode: live and test do not mix"),
            _ if event.customer.is_none() && event.payment_intent.is_none() => {
                Some("names neither a customer nor a payment")
            }
            _ => None,
        };
        let wall = self.wall();
        let mut tx = self.db.begin().await?;
        let kept = match &event.customer {
            Some(customer) if is_gone(&mut tx, customer).await? => "{}".to_owned(),
            _ => without_secrets(payload),
        };
        let new = store::events::accept(
            &mut tx,
            &NewEvent {
                id: &event.id,
                kind: &event.kind,
                object_id,
                customer: event.customer.as_ref(),
                subscription: event.subscription.as_ref(),
                payment_intent: event.payment_intent.as_ref(),
                payload: &kept,
                ignored,
                created_at: event.created,
                received_at: wall,
            },
        )
        .await?;
        if let (true, None, Some(customer)) = (new, ignored, &event.customer) {
            store::customer_syncs::mark_dirty(&mut tx, customer, wall).await?;
        }
        tx.commit().await?;
        let outcome = if new { "new" } else { "duplicate" };
        metrics::counter!("stripe_events_received_total", "type" => event.kind.clone(), "outcome" => outcome)
            .increment(1);
        tracing::info!(
            event = %event.id,
            r#type = %event.kind,
            customer = event.customer.as_ref().map(tracing::field::display),
            ignored,
            outcome,
            "event received"
        );
        if new && ignored.is_none() {
            self.inbox_wake.notify_one();
        }
        Ok(if new { Accepted::New } else { Accepted::Duplicate })
    }
}

/// The payload as people may look at it later: client secrets let whoever has them act on a payment.
fn without_secrets(payload: &str) -> String {
    fn blank(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    if name.ends_with("client_secret") && field.is_string() {
                        *field = Value::from("(not kept)");
                    } else {
                        blank(field);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(blank),
            _ => {}
        }
    }
    match serde_json::from_str::<Value>(payload) {
        Ok(mut value) => {
            blank(&mut value);
            value.to_string()
        }
        // What is not JSON was refused before it came here.
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_secrets_are_not_kept() {
        let payload = r#"{"data":{"object":{"id":"pi_1","client_secret":"pi_1_secret_2","x":[{"client_secret":"s"}]}}}"#;
        let kept = without_secrets(payload);
        assert!(kept.contains("pi_1\"") && !kept.contains("secret_2") && !kept.contains("\"s\""), "{kept}");
    }
}
