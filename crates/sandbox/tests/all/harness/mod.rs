//! A sandbox on a port of its own, and short ways to talk to it.

pub mod process;
pub mod receiver;

use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use sandbox::{Config, Sandbox};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// Declares stories: each is a test, and all can be told one after the other to one recorder.
macro_rules! stories {
    ($(async fn $name:ident($world:ident) $story:block)*) => {
        $(pub async fn $name($world: &crate::harness::World) $story)*

        pub async fn tell_all(recorder: &crate::harness::Recorder) {
            $($name(&crate::harness::World::recorded(Some(recorder.clone())).await).await;)*
        }

        mod told {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(&crate::harness::World::start().await).await;
                }
            )*
        }
    };
}

/// Where exchanges are written, one JSON line each.
#[derive(Clone)]
pub struct Recorder(Arc<Mutex<File>>);

impl Recorder {
    pub fn new(path: &std::path::Path) -> Self {
        Self(Arc::new(Mutex::new(File::create(path).unwrap())))
    }
}

pub struct World {
    pub base: String,
    pub key: String,
    pub client: reqwest::Client,
    shutdown: CancellationToken,
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// An answer: its status, headers and JSON.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The answer of a request that must succeed.
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }

    /// `error` of a request that must fail with this status and code.
    pub fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.body["error"]["code"], code, "{}", self.body);
        self.body["error"].clone()
    }
}

pub type Form<'a> = &'a [(&'a str, &'a str)];

impl World {
    pub async fn start() -> Self {
        Self::recorded(None).await
    }

    pub async fn recorded(recorder: Option<Recorder>) -> Self {
        Self::with(Config::default(), recorder).await
    }

    pub async fn with(config: Config, recorder: Option<Recorder>) -> Self {
        let config = Config { strict: true, ..config };
        let shutdown = config.shutdown.clone();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let mut router = Sandbox::open(config).unwrap().router();
        if let Some(recorder) = recorder {
            router = router
                .layer(middleware::from_fn(move |request, next| record(recorder.clone(), request, next)));
        }
        let stop = shutdown.clone();
        tokio::spawn(async move {
            axum::serve(listener, router)
                .with_graceful_shutdown(async move { stop.cancelled().await })
                .await
                .unwrap();
        });
        Self { base, key: "sk_test_sandbox".into(), client: client(), shutdown }
    }

    pub async fn call(&self, request: reqwest::RequestBuilder) -> Reply {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Reply { status, headers, text, body }
    }

    pub async fn try_post(&self, path: &str, form: Form<'_>) -> Reply {
        self.call(self.client.post(format!("{}{path}", self.base)).bearer_auth(&self.key).form(form)).await
    }

    pub async fn post(&self, path: &str, form: Form<'_>) -> Value {
        self.try_post(path, form).await.ok()
    }

    pub async fn keyed(&self, idempotency: &str, path: &str, form: Form<'_>) -> Reply {
        let request = self.client.post(format!("{}{path}", self.base)).bearer_auth(&self.key);
        self.call(request.header("idempotency-key", idempotency).form(form)).await
    }

    pub async fn try_get(&self, path: &str) -> Reply {
        self.call(self.client.get(format!("{}{path}", self.base)).bearer_auth(&self.key)).await
    }

    pub async fn get(&self, path: &str) -> Value {
        self.try_get(path).await.ok()
    }

    pub async fn try_delete(&self, path: &str) -> Reply {
        self.call(self.client.delete(format!("{}{path}", self.base)).bearer_auth(&self.key)).await
    }

    pub async fn delete(&self, path: &str) -> Value {
        self.try_delete(path).await.ok()
    }

    pub async fn advance(&self, seconds: i64) -> Value {
        let url = format!("{}/_sandbox/clock/advance", self.base);
        self.call(self.client.post(url).json(&json!({ "seconds": seconds }))).await.ok()
    }

    /// To the end of a subscription's current period, and past the hour for which its renewal is a draft.
    pub async fn renew(&self, subscription: &Value) {
        let now = self.get(&format!("/v1/subscriptions/{}", id(subscription))).await;
        let end = now["items"]["data"][0]["current_period_end"].as_i64().unwrap();
        self.advance(end - self.now().await + 3700).await;
    }

    pub async fn now(&self) -> i64 {
        self.get("/_sandbox/clock").await["now"].as_i64().unwrap()
    }

    /// Types of all events, oldest first (at most 100).
    pub async fn events(&self) -> Vec<String> {
        let list = self.get("/v1/events?limit=100").await;
        list["data"].as_array().unwrap().iter().rev().map(|event| text(&event["type"])).collect()
    }

    /// Types of the events of what is done in between.
    pub async fn events_of<T>(&self, work: impl Future<Output = T>) -> (T, Vec<String>) {
        let newest = self.get("/v1/events?limit=1").await["data"][0]["id"].as_str().map(str::to_owned);
        let done = work.await;
        let cursor = newest.map(|id| format!("&ending_before={id}")).unwrap_or_default();
        let list = self.get(&format!("/v1/events?limit=100{cursor}")).await;
        (done, list["data"].as_array().unwrap().iter().rev().map(|event| text(&event["type"])).collect())
    }

    /// A customer with this card as the default.
    pub async fn customer(&self, card: &str) -> String {
        let customer = id(&self.post("/v1/customers", &[("email", "jenny@example.com")]).await);
        if !card.is_empty() {
            let method =
                self.post(&format!("/v1/payment_methods/{card}/attach"), &[("customer", &customer)]).await;
            let form = [("invoice_settings[default_payment_method]", method["id"].as_str().unwrap())];
            self.post(&format!("/v1/customers/{customer}"), &form).await;
        }
        customer
    }

    /// A recurring price in USD.
    pub async fn price(&self, amount: i64, interval: &str, count: i64) -> String {
        let (amount, count) = (amount.to_string(), count.to_string());
        id(&self
            .post(
                "/v1/prices",
                &[
                    ("currency", "usd"),
                    ("unit_amount", &amount),
                    ("recurring[interval]", interval),
                    ("recurring[interval_count]", &count),
                    ("product_data[name]", "Community Pro"),
                    ("tax_behavior", "exclusive"),
                ],
            )
            .await)
    }

    /// A subscription of a price, with further parameters.
    pub async fn subscribe(&self, customer: &str, price: &str, more: Form<'_>) -> Value {
        let mut form = vec![
            ("customer", customer),
            ("items[0][price]", price),
            ("expand[0]", "latest_invoice.payments"),
            ("expand[1]", "latest_invoice.confirmation_secret"),
        ];
        form.extend_from_slice(more);
        self.post("/v1/subscriptions", &form).await
    }
}

pub fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(1)).build().unwrap()
}

/// Asks again and again until there is an answer, 20 s at most. For what tells nobody that it has come. (`testkit` has
/// the same for the server, on which these tests do not stand.)
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), asking)
        .await
        .unwrap_or_else(|_| panic!("never came: {what}"))
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

pub fn id(value: &Value) -> String {
    text(&value["id"])
}

/// Asserts that these events are among those seen, in any order: Stripe promises none.
#[track_caller]
pub fn saw(seen: &[String], expected: &[&str]) {
    for event in expected {
        assert!(seen.iter().any(|other| other == event), "{event} is missing in {seen:?}");
    }
}

async fn record(recorder: Recorder, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().to_string(), request.uri().to_string());
    let (parts, body) = next.run(request).await.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    if let Ok(body) = serde_json::from_slice::<Value>(&bytes) {
        let line = json!({ "method": method, "path": path, "status": parts.status.as_u16(), "body": body });
        let mut file = recorder.0.lock().unwrap();
        writeln!(file, "{line}").unwrap();
    }
    Response::from_parts(parts, Body::from(bytes))
}
