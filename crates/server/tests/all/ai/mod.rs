//! The AI gateway, before a stand-in for the service that answers.

#![allow(clippy::needless_pass_by_value, reason = "`json!` makes values")]

mod chat;
mod failures;
mod first_byte;
mod idempotency;
mod leaving;
mod limits;
mod mixed;
mod models;
mod others;
mod own_form;
mod sdks;
mod streams;
mod upstream;

use crate::billing::support::{at, backend, books_agree, buy, consume, count, seeded};
use reqwest::Method;
use serde_json::{Value, json};
use store::{Query as _, args};
use testkit::{App, Client, Database, Reply, wait_until};
use upstream::Upstream;

const CHAT: &str = "/v1/chat/completions";
const CATALOG: &str = include_str!("../../../../../catalog.toml");

/// A shop whose AI models are answered for by `upstream`. No tier is limited.
async fn shop(database: Database, upstream: &Upstream) -> App {
    shop_with(database, upstream, &unlimited(), &[]).await
}

async fn shop_with(
    database: Database,
    upstream: &Upstream,
    catalog: &str,
    settings: &[(&'static str, &str)],
) -> App {
    let path = database.folder().join("catalog.toml");
    std::fs::write(&path, catalog).unwrap();
    let ours = [("AI_UPSTREAM_URL", upstream.url.as_str()), ("CATALOG", path.to_str().unwrap())];
    seeded(App::start_with(database, &[&ours[..], settings].concat()).await).await
}

fn unlimited() -> String {
    CATALOG.lines().filter(|line| !line.starts_with("ai_limits")).collect::<Vec<_>>().join("\n")
}

/// A member whose allowance is used up, with a hundred thousand tokens.
async fn with_tokens(app: &App) -> Client {
    let member = app.register().await;
    buy(&member, "starter").await;
    for _ in 0..3 {
        consume(&member).await.expect(200);
    }
    member
}

/// A question, and what the stand-in is to do with it.
fn asking(act: Value) -> Value {
    let messages = json!([{"role": "user", "content": "Hi"}]);
    json!({"model": "gpt-5-mini", "messages": messages, "max_tokens": 1_000, "metadata": {"act": act}})
}

fn streaming(act: Value) -> Value {
    let mut body = asking(act);
    body["stream"] = json!(true);
    body
}

async fn ask(who: &Client, body: Value) -> Reply {
    who.post(CHAT, body).await
}

/// The error in OpenAI's form, when status and code are these.
#[track_caller]
fn error(reply: Reply, status: u16, code: &str) -> Value {
    let error = &reply.body["error"];
    assert_eq!((reply.status, error["code"].as_str()), (status, Some(code)), "{:#}", reply.body);
    assert_eq!(reply.headers["content-type"], "application/json");
    assert!(error["message"].is_string() && error["type"].is_string() && error.get("param").is_some());
    error.clone()
}

/// What gpt-5-mini costs by the catalog: 250, 25 and 1,000 of ours for a thousand of its tokens, rounded up once.
fn price(input: i64, cached: i64, output: i64) -> i64 {
    ((input - cached) * 250 + cached * 25 + output * 1_000 + 999) / 1_000
}

/// Of an answer of so many words, by the stand-in's own report.
fn reported(words: u64) -> i64 {
    price(upstream::PROMPT, upstream::CACHED, i64::try_from(words).unwrap())
}

async fn nothing_is_held(app: &App) {
    let held = async || {
        let open = "SELECT COUNT(*) FROM token_holds WHERE status = 'held'";
        (count(app, open).await == 0).then_some(())
    };
    wait_until("nothing is held", held).await;
    books_agree(app).await;
}

async fn available(member: &Client) -> i64 {
    member.get(&at("tokens/balance/")).await.expect(200)["available"].as_i64().unwrap()
}

/// The data of a stream's events.
fn events(text: &str) -> Vec<String> {
    let event = |block: &str| block.strip_prefix("data: ").unwrap().to_owned();
    text.split("\n\n").filter(|block| !block.is_empty()).map(event).collect()
}

/// An answer that is being read, and what was read of it.
struct Reader {
    response: reqwest::Response,
    read: String,
}

impl Reader {
    async fn open(who: &Client, path: &str, body: Value) -> Self {
        let response = who.request(Method::POST, path).json(&body).send().await.unwrap();
        assert_eq!(response.status(), 200);
        Self { response, read: String::new() }
    }

    /// Reads until there are so many of these.
    async fn until(&mut self, what: &str, times: usize) {
        while self.read.matches(what).count() < times {
            self.read += std::str::from_utf8(&self.response.chunk().await.unwrap().unwrap()).unwrap();
        }
    }
}
