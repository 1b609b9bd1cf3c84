//! A Stripe that says what it was told to say, in this process, and remembers what it was asked.

use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use stripe::{Config, Gateway, NotSent, Transport};
use tokio::time::Instant;
use tower::BoxError;

/// What the next request is answered with.
pub(crate) enum Reply {
    Json(u16, Vec<(&'static str, &'static str)>, Value),
    /// Not JSON.
    Text(u16, &'static str),
    /// The connection is refused.
    Refused,
    /// The connection is lost after the request was sent.
    Lost,
    /// No answer, ever.
    Silence,
}

pub(crate) fn ok(body: Value) -> Reply {
    Reply::Json(200, vec![("request-id", "req_ok")], body)
}

pub(crate) fn failing(status: u16) -> Reply {
    Reply::Json(
        status,
        vec![("request-id", "req_bad")],
        json!({"error": {"type": "api_error", "message": "Oh."}}),
    )
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) at: Instant,
    pub(crate) target: String,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: String,
}

#[derive(Clone, Default)]
pub(crate) struct FakeStripe {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl FakeStripe {
    /// Answers with these in turn, then with an empty object.
    pub(crate) fn saying(replies: impl IntoIterator<Item = Reply>) -> Self {
        let fake = Self::default();
        fake.replies.lock().unwrap().extend(replies);
        fake
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn transport(&self) -> Transport {
        let fake = self.clone();
        Transport::in_process(tower::service_fn(move |request: http::Request<Vec<u8>>| {
            let fake = fake.clone();
            async move { fake.answer(request).await }
        }))
    }

    async fn answer(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<axum::body::Body>, BoxError> {
        self.asked.lock().unwrap().push(Asked {
            at: Instant::now(),
            target: request.uri().path_and_query().unwrap().to_string(),
            headers: request.headers().clone(),
            body: String::from_utf8(request.body().clone()).unwrap(),
        });
        let reply = self.replies.lock().unwrap().pop_front();
        match reply.unwrap_or_else(|| ok(json!({}))) {
            Reply::Json(status, headers, body) => {
                let mut response = http::Response::builder().status(status);
                for (name, value) in headers {
                    response = response.header(name, value);
                }
                Ok(response.body(body.to_string().into()).unwrap())
            }
            Reply::Text(status, text) => {
                Ok(http::Response::builder().status(status).body(text.into()).unwrap())
            }
            Reply::Refused => Err(NotSent.into()),
            Reply::Lost => Err("reset".into()),
            Reply::Silence => std::future::pending().await,
        }
    }

    /// Unlimited, and with pauses that are never shortened.
    pub(crate) fn config(&self) -> Config {
        let key = SecretString::from("sk_test_hidden");
        let mut config = Config::new("https://stripe.test", key, self.transport());
        config.limits = None;
        config.jitter = Arc::new(|| 1.0);
        config
    }

    pub(crate) fn gateway(&self) -> Gateway {
        Gateway::new(self.config()).unwrap()
    }
}

pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn payment_intent(id: &str, status: &str) -> Value {
    json!({
        "id": id, "object": "payment_intent", "status": status, "amount": 500, "amount_received": 0,
        "currency": "usd", "customer": "cus_1", "payment_method": null, "client_secret": format!("{id}_secret_hidden"),
        "created": 1_700_000_000, "last_payment_error": null,
        "metadata": {"purchase_id": "pur_1", "account_id": "acc_1"},
    })
}

pub(crate) fn subscription(id: &str, status: &str) -> Value {
    json!({
        "id": id, "object": "subscription", "status": status, "customer": "cus_1",
        "items": {"data": [{
            "id": "si_1", "current_period_start": 1_700_000_000, "current_period_end": 1_702_592_000, "quantity": 1,
            "price": {"id": "price_1", "unit_amount": 5400, "currency": "usd"},
        }]},
        "created": 1_700_000_000, "cancel_at_period_end": false, "latest_invoice": "in_1",
        "metadata": {"account_id": "acc_1", "subscribe_intent": "sint_1"},
    })
}

pub(crate) fn invoice(id: &str) -> Value {
    json!({
        "id": id, "object": "invoice", "status": "open", "currency": "usd", "subtotal": 5400, "total": 5400,
        "amount_due": 5400, "amount_paid": 0, "amount_remaining": 5400, "lines": {"data": []}, "created": 1_700_000_000, "customer": "cus_1",
    })
}
