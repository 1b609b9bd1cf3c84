//! What the host application is told: signed, retried, once more when asked for; and verified by a library of the
//! specification's own.

use super::support::{
    DAY, at, buy, overview, paid_now, quarterly, seeded, settled, subscribe, wait_for_subscription,
};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use store::{Query as _, args};
use testkit::tokio::io::AsyncWriteExt as _;
use testkit::tokio::{self, net::TcpListener, process::Command};
use testkit::{App, Database, wait_until};

testkit::on_both_databases!(
    the_host_is_told_of_subscription_access_and_tokens,
    a_webhook_is_verified_by_the_official_library,
    a_webhook_that_fails_is_tried_again_with_the_same_id_and_a_new_signature,
    a_host_that_is_gone_for_good_is_not_asked_again_until_somebody_replays,
    redirects_are_not_followed,
    access_that_ends_by_time_alone_is_told_once,
    without_a_host_nothing_is_written,
);

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEXT_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD4hy+5Rk8Qgg=";

/// The host application's end: it keeps what comes, and answers as it is told.
#[derive(Default)]
struct Receiver {
    answer: Mutex<Option<StatusCode>>,
    received: Mutex<Vec<(HeaderMap, String)>>,
}

impl Receiver {
    async fn start() -> (Arc<Self>, String) {
        let receiver = Arc::<Self>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let router = Router::new().fallback(receive).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, url)
    }

    fn answer(&self, status: u16) {
        *self.answer.lock().unwrap() = Some(StatusCode::from_u16(status).unwrap());
    }

    fn all(&self) -> Vec<(HeaderMap, String)> {
        self.received.lock().unwrap().clone()
    }

    /// Type and data of what has come, in its order.
    fn told(&self) -> Vec<(String, Value)> {
        let read = |(_, body): &(HeaderMap, String)| {
            let body: Value = serde_json::from_str(body).unwrap();
            (body["type"].as_str().unwrap().to_owned(), body["data"].clone())
        };
        self.all().iter().map(read).collect()
    }

    fn of(&self, kind: &str) -> Vec<Value> {
        self.told().into_iter().filter(|(told, _)| told == kind).map(|(_, data)| data).collect()
    }
}

async fn receive(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> Response {
    let body = String::from_utf8(body.to_vec()).unwrap();
    receiver.received.lock().unwrap().push((headers, body));
    let status = receiver.answer.lock().unwrap().unwrap_or(StatusCode::NO_CONTENT);
    (status, [("location", "/elsewhere")]).into_response()
}

async fn shop(database: Database, url: &str) -> App {
    let secrets = format!("{SECRET}, {NEXT_SECRET}");
    let settings = [("HOST_WEBHOOK_URL", url), ("HOST_WEBHOOK_SECRET", &secrets)];
    seeded(App::start_with(database, &settings).await).await
}

async fn nothing_pending(app: &App) {
    let sql = "SELECT COUNT(*) FROM outbox_messages WHERE status = 'pending'";
    wait_until("everything is told", async || (super::support::count(app, sql).await == 0).then_some(()))
        .await;
}

async fn the_host_is_told_of_subscription_access_and_tokens(database: Database) {
    let (host, url) = Receiver::start().await;
    let app = shop(database, &url).await;
    let member = app.register().await;
    subscribe(&member, paid_now("community-pro", "pm_card_visa")).await;
    buy(&member, "starter").await;
    for _ in 0..3 {
        member.post(&at("usage/consume/"), json!({"tokens": 32_000})).await.expect(200);
    }
    member.post(&at("cancel/"), json!({"at": "now"})).await.expect(200);
    settled(&app).await;
    nothing_pending(&app).await;

    let user = member.get("/api/v1/auth/me/").await.expect(200)["user"]["id"].clone();
    for (kind, data) in host.told() {
        assert_eq!(data["user"], json!({"issuer": "local", "subject": user}), "{kind}");
        assert!(data["account_id"].as_str().unwrap().starts_with("acc_"), "{kind}");
    }
    let changes: Vec<_> =
        host.of("subscription.changed").iter().map(|data| data["changes"].clone()).collect();
    assert_eq!(changes, [json!(["activated"]), json!(["canceled"])]);
    let access: Vec<_> = host.of("entitlement.changed");
    let access: Vec<_> = access.iter().map(|data| (&data["from_tier"], &data["tier_slug"])).collect();
    let (free, pro) = (&json!("free"), &json!("community-pro"));
    assert_eq!(access, [(free, pro), (pro, free)]);
    let granted = host.of("tokens.granted");
    assert_eq!(
        (granted.len(), &granted[0]["tokens"], &granted[0]["available"]),
        (1, &json!(100_000), &json!(100_000))
    );
    // 100,000, 68,000, 36,000, 4,000: below 10,000 once.
    let low = host.of("balance.low");
    assert_eq!(low.len(), 1);
    let told = (&low[0]["available"], &low[0]["held"], &low[0]["below"]);
    assert_eq!(told, (&json!(4_000), &json!(0), &json!(10_000)));
}

async fn a_webhook_is_verified_by_the_official_library(database: Database) {
    let (host, url) = Receiver::start().await;
    let app = shop(database, &url).await;
    let member = app.register().await;
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    settled(&app).await;
    nothing_pending(&app).await;
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/oracles/bin/python");
    assert!(python.exists(), "run scripts/oracles.sh first");
    for (headers, body) in host.all() {
        let of = |name: &str| headers[name].to_str().unwrap().to_owned();
        for secret in [SECRET, NEXT_SECRET] {
            let mut verify = Command::new(&python);
            verify.arg("-c").arg(
                "import sys, json, standardwebhooks
secret, id, at, signature = sys.argv[1:]
headers = {'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature}
body = sys.stdin.read()
print(standardwebhooks.Webhook(secret).verify(body, headers)['type'])
try:
    standardwebhooks.Webhook(secret).verify(body + ' ', headers)
except standardwebhooks.WebhookVerificationError:
    print('and nothing else')",
            );
            verify.args([secret, &of("webhook-id"), &of("webhook-timestamp"), &of("webhook-signature")]);
            verify.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut running = verify.spawn().unwrap();
            running.stdin.take().unwrap().write_all(body.as_bytes()).await.unwrap();
            let done = running.wait_with_output().await.unwrap();
            let said = String::from_utf8(done.stdout).unwrap();
            let kind: Value = serde_json::from_str::<Value>(&body).unwrap()["type"].clone();
            let expected = format!("{}\nand nothing else\n", kind.as_str().unwrap());
            assert_eq!(said, expected, "{}", String::from_utf8_lossy(&done.stderr));
        }
    }
    assert!(host.all().len() >= 2);
}

/// The newest webhook, once it has failed.
async fn failed(app: &App) -> billing::outbox::Message {
    let newest =
        async || app.billing().webhooks(None, 1).await.unwrap().pop().filter(|it| it.last_error.is_some());
    wait_until("it has failed", newest).await
}

async fn make_due(app: &App) {
    super::support::run_sql(app, "UPDATE outbox_messages SET next_attempt_at = 0 WHERE status = 'pending'")
        .await;
    app.billing().outbox_wake();
}

async fn a_webhook_that_fails_is_tried_again_with_the_same_id_and_a_new_signature(database: Database) {
    let (host, url) = Receiver::start().await;
    host.answer(503);
    let app = shop(database, &url).await;
    let id = app.billing().send_test_webhook().await.unwrap();
    let first = failed(&app).await;
    assert_eq!((first.id.as_str(), first.status.as_str(), first.attempts), (id.as_str(), "pending", 1));
    assert_eq!(first.response_status, Some(503));
    let due =
        store::outbox_messages::next_due(&mut app.database.db.reader(), "webhook").await.unwrap().unwrap();
    assert!(due > first.created_at.plus(20_000), "{due}");
    host.answer(200);
    make_due(&app).await;
    nothing_pending(&app).await;
    let sent = app.billing().webhooks(Some("sent"), 10).await.unwrap().remove(0);
    assert_eq!((sent.attempts, sent.response_status, sent.last_error), (2, Some(200), None));
    let all = host.all();
    assert_eq!(all.len(), 2);
    assert_eq!((&all[0].0["webhook-id"], &all[0].1), (&all[1].0["webhook-id"], &all[1].1));
    assert_eq!(all[0].0["webhook-id"], id.as_str());
    // By both secrets, while one is being replaced.
    assert_eq!(all[1].0["webhook-signature"].to_str().unwrap().split(' ').count(), 2);
}

async fn a_host_that_is_gone_for_good_is_not_asked_again_until_somebody_replays(database: Database) {
    let (host, url) = Receiver::start().await;
    host.answer(410);
    let app = shop(database, &url).await;
    let id = app.billing().send_test_webhook().await.unwrap();
    let gone = failed(&app).await;
    assert_eq!((gone.status.as_str(), gone.response_status), ("failed", Some(410)));
    host.answer(204);
    assert_eq!(app.billing().replay_failed_webhooks().await.unwrap(), 1);
    nothing_pending(&app).await;
    app.billing().replay_webhook(&id).await.unwrap();
    nothing_pending(&app).await;
    assert_eq!(host.all().len(), 3);
    let none = app.billing().replay_webhook(&domain::ids::MessageId::from_stored("msg_none")).await;
    assert!(matches!(none, Err(billing::Error::NotFound)));
}

async fn redirects_are_not_followed(database: Database) {
    let (host, url) = Receiver::start().await;
    host.answer(307);
    let app = shop(database, &url).await;
    app.billing().send_test_webhook().await.unwrap();
    assert_eq!(failed(&app).await.response_status, Some(307));
    assert_eq!(host.all().len(), 1);
}

async fn access_that_ends_by_time_alone_is_told_once(database: Database) {
    let (host, url) = Receiver::start().await;
    let app = shop(database, &url).await;
    let member = app.register().await;
    subscribe(&member, quarterly("community-pro", "pm_card_chargeCustomerFail")).await;
    app.advance(7 * DAY + 2 * 3_600).await;
    wait_for_subscription(&member, "status", json!("past_due")).await;
    app.advance(3 * DAY).await;
    app.advance(4 * DAY + 3_600).await;
    settled(&app).await;
    wait_until("it is told", async || (host.of("entitlement.changed").len() > 1).then_some(())).await;
    assert_eq!(overview(&member).await["tier"]["slug"], "free");
    for _ in 0..3 {
        app.billing().tell_due_entitlements().await.unwrap();
    }
    nothing_pending(&app).await;
    let told = host.of("entitlement.changed");
    let told: Vec<_> = told.iter().map(|data| data["tier_slug"].as_str().unwrap()).collect();
    assert_eq!(told, ["community-pro", "free"]);
}

async fn without_a_host_nothing_is_written(database: Database) {
    let app = super::support::shop(database).await;
    let member = app.register().await;
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    settled(&app).await;
    let sql = "SELECT COUNT(*) FROM outbox_messages WHERE kind = 'webhook'";
    assert_eq!(app.database.db.reader().one::<(i64,)>(sql, args![]).await.unwrap().0, 0);
    let refused = app.billing().send_test_webhook().await;
    assert!(matches!(refused, Err(billing::Error::Invalid { field: "HOST_WEBHOOK_URL", .. })));
}
