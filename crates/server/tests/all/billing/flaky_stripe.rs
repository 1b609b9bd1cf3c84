//! A Stripe between which and the application things go wrong: a sandbox of its own, and a proxy before it that
//! loses answers, holds them back, or never asks.

use super::support::seeded;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use std::sync::{Arc, Mutex};
use testkit::{App, Database};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Stripe does it, and nobody hears the answer.
    LoseAnswer,
    /// Stripe does it, and its answer waits for [`FlakyStripe::release`].
    HoldAnswer,
    /// Stripe is never asked: 500.
    Refuse,
    /// Stripe begins and fails: 500, and the same whenever it is asked under the same key, also once it is healed.
    Fail,
    /// Something else answers, with what cannot be read.
    Garble,
    /// Stripe does it, although it was asked before: a day later it has forgotten the key.
    Forget,
}

pub(crate) struct FlakyStripe {
    pub(crate) url: String,
    /// The sandbox behind it, without faults.
    pub(crate) behind: String,
    proxy: Arc<Proxy>,
    _stop: DropGuard,
}

struct Proxy {
    behind: String,
    client: reqwest::Client,
    rule: Mutex<Option<(Method, &'static str, Fault)>>,
    /// How many requests have met the rule.
    met: watch::Sender<usize>,
    released: watch::Sender<bool>,
    /// Keys under which a failure is saved.
    failed: Mutex<Vec<HeaderValue>>,
}

impl FlakyStripe {
    pub(crate) async fn start() -> Self {
        let stop = CancellationToken::new();
        let config = sandbox::Config { shutdown: stop.clone(), ..sandbox::Config::default() };
        let (listener, behind) = listen().await;
        tokio::spawn(sandbox::serve(listener, config));
        let proxy = Arc::new(Proxy {
            behind: behind.clone(),
            client: reqwest::Client::new(),
            rule: Mutex::new(None),
            met: watch::Sender::new(0),
            released: watch::Sender::new(false),
            failed: Mutex::default(),
        });
        let (listener, url) = listen().await;
        let router = Router::new().fallback(pass).with_state(proxy.clone());
        let stopped = stop.clone().cancelled_owned();
        tokio::spawn(async move {
            tokio::select! {
                served = axum::serve(listener, router) => served.unwrap(),
                () = stopped => {}
            }
        });
        Self { url, behind, proxy, _stop: stop.drop_guard() }
    }

    /// The application with this Stripe, which delivers to it.
    pub(crate) async fn shop(&self, database: Database) -> App {
        self.shop_with(database, &[]).await
    }

    /// The same, but nothing is delivered: the test does that.
    pub(crate) async fn quiet_shop(&self, database: Database) -> App {
        self.shop_with(database, &[("STRIPE_WEBHOOK_SECRET", "whsec_of_this_test")]).await
    }

    pub(crate) async fn shop_with(&self, database: Database, more: &[(&'static str, &str)]) -> App {
        let settings = [&[("SANDBOX_URL", self.url.as_str())], more].concat();
        let mut app = App::start_with(database, &settings).await;
        app.sandbox_url.clone_from(&self.behind);
        seeded(app).await
    }

    /// From now on every request of this method, whose path starts so, meets the fault.
    pub(crate) fn set(&self, method: Method, path: &'static str, fault: Fault) {
        self.proxy.released.send_replace(false);
        self.proxy.met.send_replace(0);
        *self.proxy.rule.lock().unwrap() = Some((method, path, fault));
    }

    /// Everything works again; what was held back still is.
    pub(crate) fn heal(&self) {
        *self.proxy.rule.lock().unwrap() = None;
    }

    /// Waits until so many requests have met the fault.
    pub(crate) async fn met(&self, times: usize) {
        self.proxy.met.subscribe().wait_for(|met| *met >= times).await.unwrap();
    }

    /// How many requests have met the fault until now.
    pub(crate) fn times_met(&self) -> usize {
        *self.proxy.met.borrow()
    }

    /// Lets the answers go that were held back.
    pub(crate) fn release(&self) {
        self.proxy.released.send_replace(true);
    }
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

async fn pass(State(proxy): State<Arc<Proxy>>, mut request: Request) -> Response {
    let rule = proxy.rule.lock().unwrap().clone();
    let fault = rule.and_then(|(method, path, fault)| {
        (request.method() == method && request.uri().path().starts_with(path)).then_some(fault)
    });
    if fault == Some(Fault::Forget) {
        request.headers_mut().remove("idempotency-key");
    }
    if fault == Some(Fault::Fail) {
        proxy.failed.lock().unwrap().extend(request.headers().get("idempotency-key").cloned());
    }
    let answer = match fault {
        _ if proxy.has_failed(&request) => begun_and_failed(),
        Some(Fault::Refuse) => answer(StatusCode::INTERNAL_SERVER_ERROR, Body::from("{}")),
        Some(Fault::Garble) => answer(StatusCode::OK, Body::from("{\"object\": 5}")),
        _ => proxy.ask(request).await,
    };
    if fault.is_some() {
        proxy.met.send_modify(|met| *met += 1);
    }
    match fault {
        Some(Fault::LoseAnswer) => {
            let lost = std::io::Error::other("lost on the way");
            answer.map(|_| Body::from_stream(futures_util::stream::iter([Err::<Bytes, _>(lost)])))
        }
        Some(Fault::HoldAnswer) => {
            proxy.released.subscribe().wait_for(|released| *released).await.unwrap();
            answer
        }
        _ => answer,
    }
}

fn answer(status: StatusCode, body: Body) -> Response {
    Response::builder().status(status).header(header::CONTENT_TYPE, "application/json").body(body).unwrap()
}

fn begun_and_failed() -> Response {
    let mut failed = answer(StatusCode::INTERNAL_SERVER_ERROR, Body::from("{}"));
    failed.headers_mut().insert("stripe-should-retry", HeaderValue::from_static("false"));
    failed
}

impl Proxy {
    fn has_failed(&self, request: &Request) -> bool {
        let key = request.headers().get("idempotency-key");
        key.is_some_and(|key| self.failed.lock().unwrap().contains(key))
    }

    async fn ask(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let url = format!("{}{}", self.behind, parts.uri.path_and_query().unwrap());
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let mut headers = parts.headers;
        headers.remove(header::HOST);
        let Ok(answered) = self.client.request(parts.method, url).headers(headers).body(body).send().await
        else {
            return answer(StatusCode::BAD_GATEWAY, Body::empty());
        };
        let mut passed = Response::builder().status(answered.status());
        for name in
            ["content-type", "request-id", "idempotent-replayed", "stripe-should-retry", "retry-after"]
        {
            if let Some(value) = answered.headers().get(name) {
                passed = passed.header(HeaderName::from_static(name), value);
            }
        }
        passed.body(Body::from(answered.bytes().await.unwrap_or_default())).unwrap()
    }
}
