//! From Stripe's error object to ours.

use crate::error::{Error, RequestId, scrub};
use crate::json::{Misread, Node};
use crate::read::payment_intents::{decline, payment_intent, setup_intent};
use domain::payment::Decline;
use serde_json::Value;
use std::time::Duration;

/// An answer that is not a success.
pub(super) struct Refusal<'a> {
    pub(super) status: u16,
    /// `None` when it was not JSON, as from a proxy.
    pub(super) body: Option<&'a Value>,
    pub(super) request_id: RequestId,
}

impl<'a> Refusal<'a> {
    fn error_object(&self) -> Option<Node<'a>> {
        self.body.and_then(|body| Node::root(body).opt("error"))
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.error_object()?.opt(name)?.text().ok()
    }

    pub(super) fn code(&self) -> Option<&'a str> {
        self.text("code")
    }

    /// An object inside the error; one that cannot be read is as if it were not there.
    fn object<T>(&self, name: &str, read: fn(&Node<'_>) -> Result<T, Misread>) -> Option<Box<T>> {
        self.error_object()?.opt(name).and_then(|node| read(&node).ok()).map(Box::new)
    }

    fn decline(&self) -> Decline {
        let read = self.error_object().and_then(|node| decline(&node).ok());
        read.unwrap_or_else(|| Decline {
            code: "card_declined".to_owned(),
            decline_code: None,
            message: "The card was declined.".to_owned(),
        })
    }

    /// Codes go before kinds and statuses: Stripe has sent the same code under several.
    pub(super) fn error(self, unclear: bool, retry_after: Duration) -> Error {
        let kind = self.text("type");
        let message = scrub(self.text("message").unwrap_or("no message"));
        match (self.status, self.code(), kind) {
            (
                _,
                Some(
                    "invoice_payment_intent_requires_action" | "subscription_payment_intent_requires_action",
                ),
                _,
            ) => Error::InvoiceRequiresAction { decline: self.decline(), request_id: self.request_id },
            (402, Some("authentication_required"), _) => Error::AuthenticationRequired {
                decline: self.decline(),
                payment_intent: self.object("payment_intent", payment_intent),
                setup_intent: self.object("setup_intent", setup_intent),
                request_id: self.request_id,
            },
            (402, ..) | (400, _, Some("card_error")) => Error::Declined {
                decline: self.decline(),
                payment_intent: self.object("payment_intent", payment_intent),
                setup_intent: self.object("setup_intent", setup_intent),
                request_id: self.request_id,
            },
            (401 | 403, ..) => Error::Authentication { status: self.status, request_id: self.request_id },
            (404, ..) => Error::NotFound { message, request_id: self.request_id },
            (429, ..) => Error::RateLimited { retry_after, request_id: self.request_id },
            (409, Some("idempotency_key_in_use") | None, _) | (500.., ..) => {
                self.unavailable(unclear, retry_after)
            }
            (_, _, Some("idempotency_error")) if self.status != 409 => {
                Error::IdempotencyMismatch { message, request_id: self.request_id }
            }
            (409, ..) => self.unavailable(unclear, retry_after),
            _ => Error::Invalid {
                code: self.code().map(str::to_owned),
                param: self.text("param").filter(|param| !param.is_empty()).map(str::to_owned),
                message,
                status: self.status,
                payment_intent: self.object("payment_intent", payment_intent),
                request_id: self.request_id,
            },
        }
    }

    fn unavailable(self, unclear: bool, retry_after: Duration) -> Error {
        let reason = format!("HTTP {}", self.status);
        Error::Unavailable { unclear, retry_after, reason, request_id: self.request_id }
    }
}
