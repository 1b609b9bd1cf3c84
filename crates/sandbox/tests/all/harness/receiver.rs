//! A webhook endpoint that keeps what it gets, and can be told to fail.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;

#[derive(Clone, Debug)]
pub struct Delivery {
    pub signature: String,
    pub body: String,
    pub event: Value,
}

#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    seen: Arc<Mutex<Vec<Delivery>>>,
    answer: Arc<AtomicU16>,
}

impl Receiver {
    pub async fn start(answer: u16) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let receiver = Self { url, seen: Arc::default(), answer: Arc::new(AtomicU16::new(answer)) };
        let router = Router::new().route("/hook", post(take)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        receiver
    }

    pub fn answer(&self, status: u16) {
        self.answer.store(status, Ordering::SeqCst);
    }

    pub fn seen(&self) -> Vec<Delivery> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until this many deliveries came (10 s at most).
    pub async fn wait_for(&self, count: usize) -> Vec<Delivery> {
        for _ in 0..500 {
            if self.seen().len() >= count {
                return self.seen();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("only {} of {count} deliveries came", self.seen().len());
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let body = String::from_utf8(body.to_vec()).unwrap();
    let event = serde_json::from_str(&body).unwrap();
    let signature = headers["stripe-signature"].to_str().unwrap().to_owned();
    receiver.seen.lock().unwrap().push(Delivery { signature, body, event });
    StatusCode::from_u16(receiver.answer.load(Ordering::SeqCst)).unwrap()
}
