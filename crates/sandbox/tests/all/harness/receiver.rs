//! A webhook endpoint that keeps what it gets, and can be told to fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use tokio::sync::watch;

#[derive(Clone, Debug)]
pub struct Delivery {
    pub signature: String,
    pub body: String,
    pub event: Value,
}

#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    seen: watch::Sender<Vec<Delivery>>,
    answer: Arc<AtomicU16>,
}

impl Receiver {
    pub async fn start(answer: u16) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let receiver = Self { url, seen: watch::Sender::default(), answer: Arc::new(AtomicU16::new(answer)) };
        let router = Router::new().route("/hook", post(take)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        receiver
    }

    pub fn answer(&self, status: u16) {
        self.answer.store(status, Ordering::SeqCst);
    }

    pub fn seen(&self) -> Vec<Delivery> {
        self.seen.borrow().clone()
    }

    /// Waits until this many deliveries came.
    pub async fn wait_for(&self, count: usize) -> Vec<Delivery> {
        self.wait_until(|seen| seen.len() >= count).await
    }

    /// Waits until the deliveries that came are as they should be (20 s at most).
    pub async fn wait_until(&self, wanted: impl Fn(&[Delivery]) -> bool) -> Vec<Delivery> {
        let mut seen = self.seen.subscribe();
        let waiting = seen.wait_for(|seen| wanted(seen));
        let Ok(came) = tokio::time::timeout(Duration::from_secs(20), waiting).await else {
            panic!("only {} deliveries came", self.seen().len());
        };
        came.unwrap().clone()
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let body = String::from_utf8(body.to_vec()).unwrap();
    let event = serde_json::from_str(&body).unwrap();
    let signature = headers["stripe-signature"].to_str().unwrap().to_owned();
    // Who waits for this delivery may tell the next one's answer at once.
    let answer = receiver.answer.load(Ordering::SeqCst);
    receiver.seen.send_modify(|seen| seen.push(Delivery { signature, body, event }));
    StatusCode::from_u16(answer).unwrap()
}
