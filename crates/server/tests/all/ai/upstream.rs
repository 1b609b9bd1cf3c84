//! A stand-in for an OpenAI-compatible service. What it does is told by `act` in the metadata of the request itself, which the
//! gateway passes on like every other field: so that each request of a test has its own.

use axum::body::{Body, Bytes};
use axum::extract::connect_info::ConnectInfo;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use futures_util::stream;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// What it answers with, unless told how many words.
pub(super) const WORDS: u64 = 5;
/// Of every prompt, in its tokens; of these it has had 20 in its cache.
pub(super) const PROMPT: i64 = 100;
pub(super) const CACHED: i64 = 20;

pub(super) struct Upstream {
    pub(super) url: String,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<(HeaderMap, Value)>>,
    aborted: AtomicUsize,
    /// Requests whose answers are under way.
    open: AtomicUsize,
    /// Where each request came from.
    connections: Mutex<Vec<SocketAddr>>,
}

impl Upstream {
    pub(super) async fn start() -> Self {
        let seen = Arc::new(Seen::default());
        let router = Router::new()
            .route("/v1/chat/completions", post(chat))
            .route("/v1/embeddings", post(embeddings))
            .route("/v1/images/generations", post(images))
            .layer(middleware::from_fn_with_state(seen.clone(), connected))
            .with_state(seen.clone())
            .into_make_service_with_connect_info::<SocketAddr>();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, seen }
    }

    /// The bodies of all requests.
    pub(super) fn requests(&self) -> Vec<Value> {
        self.seen.requests.lock().unwrap().iter().map(|(_, body)| body.clone()).collect()
    }

    pub(super) fn last_header(&self, name: &str) -> Option<String> {
        let requests = self.seen.requests.lock().unwrap();
        requests.last()?.0.get(name).map(|value| value.to_str().unwrap().to_owned())
    }

    /// Whether the last request came by the connection of the one before.
    pub(super) fn last_used_a_connection_again(&self) -> bool {
        let connections = self.seen.connections.lock().unwrap();
        matches!(&connections[..], [.., before, last] if before == last)
    }

    /// Answers that were given up by who had asked.
    pub(super) fn aborted(&self) -> usize {
        self.seen.aborted.load(Ordering::SeqCst)
    }

    pub(super) fn open(&self) -> usize {
        self.seen.open.load(Ordering::SeqCst)
    }
}

/// An answer under way; one that is dropped before it has ended was given up.
struct Under {
    seen: Arc<Seen>,
    ended: bool,
}

impl Under {
    fn way(seen: &Arc<Seen>) -> Self {
        seen.open.fetch_add(1, Ordering::SeqCst);
        Self { seen: seen.clone(), ended: false }
    }

    fn end(&mut self) {
        self.ended = true;
    }
}

impl Drop for Under {
    fn drop(&mut self) {
        self.seen.open.fetch_sub(1, Ordering::SeqCst);
        if !self.ended {
            self.seen.aborted.fetch_add(1, Ordering::SeqCst);
        }
    }
}

async fn connected(
    State(seen): State<Arc<Seen>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    seen.connections.lock().unwrap().push(from);
    next.run(request).await
}

fn noted(seen: &Seen, headers: HeaderMap, body: &Value) -> Option<Response> {
    seen.requests.lock().unwrap().push((headers, body.clone()));
    let fail = body["metadata"]["act"]["fail"].as_u64()?;
    let status = StatusCode::from_u16(u16::try_from(fail).unwrap()).unwrap();
    if fail == 200 {
        // As some services pass on what another one says.
        let error = json!({"error": {"message": "Provider returned error", "code": 429}, "choices": null, "data": null});
        return Some(Json(error).into_response());
    }
    let error = json!({"error": {"message": "The service says no.", "type": "invalid_request_error",
                                 "param": "messages", "code": "context_length_exceeded"}});
    Some((status, [(header::RETRY_AFTER, "9")], Json(error)).into_response())
}

/// As it reports it; `act.usage` says another, or null for none.
fn usage(body: &Value, words: u64) -> Value {
    body["metadata"]["act"].get("usage").cloned().unwrap_or_else(|| {
        json!({"prompt_tokens": PROMPT, "completion_tokens": words,
               "total_tokens": PROMPT + i64::try_from(words).unwrap(),
               "prompt_tokens_details": {"cached_tokens": CACHED}})
    })
}

async fn chat(State(seen): State<Arc<Seen>>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    if let Some(failure) = noted(&seen, headers, &body) {
        return failure;
    }
    let mut under = Under::way(&seen);
    let act = &body["metadata"]["act"];
    if act["stall"] == true {
        std::future::pending::<()>().await;
    }
    let words = act["words"].as_u64().unwrap_or(WORDS);
    if body["stream"] != true {
        under.end();
        let message =
            json!({"role": "assistant", "content": "word ".repeat(usize::try_from(words).unwrap())});
        return Json(json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage(&body, words),
        }))
        .into_response();
    }
    let body =
        Body::from_stream(stream::unfold((under, steps(&body, words)), |(mut under, mut left)| async {
            match left.pop_front() {
                Some(Step::Say(text)) => Some((Ok(Bytes::from(text)), (under, left))),
                Some(Step::Stall) => std::future::pending().await,
                Some(Step::Cut) => {
                    // So that what was said before goes out.
                    tokio::task::yield_now().await;
                    under.end();
                    Some((Err("cut"), (under, left)))
                }
                None => {
                    under.end();
                    None
                }
            }
        }));
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}

enum Step {
    Say(String),
    /// Nothing more, for ever.
    Stall,
    /// The connection ends in the middle.
    Cut,
}

fn steps(body: &Value, words: u64) -> VecDeque<Step> {
    let act = &body["metadata"]["act"];
    let chunk = |choices: Value, more: Value| {
        let mut chunk = json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1,
                               "model": body["model"], "choices": choices});
        chunk.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let mut data = chunk.to_string();
        if act["lines"] == true {
            data = serde_json::to_string_pretty(&chunk).unwrap().replace('\n', "\ndata: ");
        }
        Step::Say(format!("data: {data}\n\n"))
    };
    let part = |delta: Value, finish: Value| {
        // Some services name one with every part.
        let finish = act.get("reason").filter(|_| finish.is_null()).cloned().unwrap_or(finish);
        chunk(json!([{"index": 0, "delta": delta, "finish_reason": finish}]), json!({"usage": null}))
    };
    let mut steps = VecDeque::from([part(json!({"role": "assistant", "content": ""}), Value::Null)]);
    for word in 0..words {
        if act["stall_after"] == word {
            steps.push_back(Step::Stall);
        }
        if act["cut_after"] == word {
            steps.push_back(Step::Cut);
        }
        if act["error_after"] == word {
            steps.push_back(Step::Say("data: {\"error\":{\"message\":\"overloaded\"}}\n\n".to_owned()));
        }
        steps.push_back(part(json!({"content": "word "}), Value::Null));
    }
    steps.push_back(part(json!({}), json!("stop")));
    let usage = usage(body, words);
    if !usage.is_null() && body["stream_options"]["include_usage"] == true {
        steps.push_back(chunk(json!([]), json!({ "usage": usage })));
    }
    steps.push_back(Step::Say("data: [DONE]\n\n".to_owned()));
    steps
}

async fn embeddings(State(seen): State<Arc<Seen>>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    if let Some(failure) = noted(&seen, headers, &body) {
        return failure;
    }
    // As OpenAI's clients ask for it: two numbers, 1 and -2.
    let vector = if body["encoding_format"] == "base64" { json!("AACAPwAAAMA=") } else { json!([1.0, -2.0]) };
    let data = json!([{"object": "embedding", "index": 0, "embedding": vector}]);
    let usage = json!({"prompt_tokens": PROMPT, "total_tokens": PROMPT});
    Json(json!({"object": "list", "data": data, "model": body["model"], "usage": usage})).into_response()
}

async fn images(State(seen): State<Arc<Seen>>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    if let Some(failure) = noted(&seen, headers, &body) {
        return failure;
    }
    let count = body["metadata"]["act"]["images"].as_u64().or_else(|| body["n"].as_u64()).unwrap_or(1);
    let data: Vec<_> = (0..count).map(|_| json!({"b64_json": "aW1hZ2U="})).collect();
    let quality = &body["metadata"]["act"]["quality"];
    Json(json!({"created": 1, "data": data, "quality": quality})).into_response()
}
