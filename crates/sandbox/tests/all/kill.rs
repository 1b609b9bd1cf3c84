//! `kill -9` in the middle of everything, again and again: what was answered is there, whole, and goes on.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

use crate::harness::process::{Process, start};
use crate::harness::receiver::{Delivery, Receiver};
use crate::harness::{id, text};

const DAY: i64 = 86_400;
/// How many answers are heard in each life of the process, and two moves of its clocks, before it is killed.
const LIVES: [usize; 5] = [10, 85, 31, 140, 57];
const WORKERS: usize = 6;

type Form = Vec<(&'static str, String)>;

/// A request under an idempotency key, which is also written on what it makes.
#[derive(Clone, Debug)]
struct Ask {
    path: &'static str,
    key: String,
    form: Form,
}

impl Ask {
    fn new(path: &'static str, key: String, form: &[(&'static str, &str)]) -> Self {
        let mut form: Form = form.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        form.push(("metadata[key]", key.clone()));
        Self { path, key, form }
    }

    /// The answer, if the process lived long enough to give it.
    async fn send(&self, client: &reqwest::Client, base: &str) -> Option<Value> {
        let request = client.post(format!("{base}{}", self.path)).bearer_auth("sk_test_sandbox");
        let answer = request.header("idempotency-key", &self.key).form(&self.form).send().await.ok()?;
        let status = answer.status();
        let body = answer.json::<Value>().await.ok()?;
        assert_eq!(status, 200, "{body}");
        Some(body)
    }
}

/// What the clients know: what was answered, and what was asked without an answer.
#[derive(Debug, Default)]
struct Known {
    answered: Vec<(Ask, Value)>,
    open: Vec<Ask>,
}

/// How much was heard of one life.
#[derive(Clone, Copy, Debug, Default)]
struct Heard {
    answers: usize,
    moves: usize,
}
type Hearing = Arc<watch::Sender<Heard>>;

/// Customers, subscriptions and payments, until the process is gone.
async fn buy(client: reqwest::Client, base: String, price: String, name: String, hearing: Hearing) -> Known {
    let mut known = Known::default();
    let hear = || hearing.send_modify(|heard| heard.answers += 1);
    for number in 0.. {
        let key = |what: &str| format!("{what}-{name}-{number}");
        let card = [
            ("payment_method", "pm_card_visa"),
            ("invoice_settings[default_payment_method]", "pm_card_visa"),
        ];
        let customer = Ask::new("/v1/customers", key("customer"), &card);
        let Some(made) = customer.send(&client, &base).await else {
            known.open.push(customer);
            break;
        };
        let owner = id(&made);
        known.answered.push((customer, made));
        hear();
        let items = [("customer", &*owner), ("items[0][price]", &*price)];
        let money = [
            ("amount", "500"),
            ("currency", "usd"),
            ("confirm", "true"),
            ("payment_method", "pm_card_visa"),
            ("return_url", "https://example.com"),
        ];
        for ask in [
            Ask::new("/v1/subscriptions", key("subscription"), &items),
            Ask::new("/v1/payment_intents", key("intent"), &money),
        ] {
            let Some(made) = ask.send(&client, &base).await else {
                known.open.push(ask);
                return known;
            };
            known.answered.push((ask, made));
            hear();
        }
    }
    known
}

/// Moves a test clock and the business clock, until the process is gone. Keeps the last time that was promised.
async fn pass(process: Process, clock: String, promised: Arc<AtomicI64>, hearing: Hearing) {
    let path = format!("/v1/test_helpers/test_clocks/{clock}/advance");
    loop {
        let next = promised.load(Ordering::SeqCst) + 10 * DAY;
        if process.try_post(&path, &[("frozen_time", &next.to_string())]).await.is_none() {
            return;
        }
        promised.store(next, Ordering::SeqCst);
        hearing.send_modify(|heard| heard.moves += 1);
        if process.try_advance(3600).await.is_none() {
            return;
        }
    }
}

async fn all(process: &Process, path: &str) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    loop {
        let sign = if path.contains('?') { '&' } else { '?' };
        let cursor = found.last().map(|last| format!("&starting_after={}", id(last))).unwrap_or_default();
        let page = process.get(&format!("{path}{sign}limit=100{cursor}")).await;
        found.extend(page["data"].as_array().unwrap().iter().cloned());
        if page["has_more"] == false {
            return found;
        }
    }
}

/// Every key that was answered has made one thing, the thing of its answer; no key has made two.
async fn made_once(process: &Process, known: &[(Ask, Value)]) {
    for (path, list) in [
        ("/v1/customers", "/v1/customers"),
        ("/v1/subscriptions", "/v1/subscriptions?status=all"),
        ("/v1/payment_intents", "/v1/payment_intents"),
    ] {
        let mut made: HashMap<String, Vec<String>> = HashMap::new();
        for object in all(process, list).await {
            if let Some(key) = object["metadata"]["key"].as_str() {
                made.entry(key.to_owned()).or_default().push(id(&object));
            }
        }
        for (ask, answer) in known.iter().filter(|(ask, _)| ask.path == path) {
            assert_eq!(made.get(&ask.key), Some(&vec![id(answer)]), "{}", ask.key);
        }
        for (key, ids) in made {
            assert_eq!(ids.len(), 1, "{key}");
        }
    }
}

/// Nothing is half: what is paid has a payment, what is subscribed an invoice, what is there was told of.
async fn whole(process: &Process) {
    let list = "/v1/subscriptions?status=all&expand[]=data.latest_invoice.payments";
    for subscription in all(process, list).await {
        let invoice = &subscription["latest_invoice"];
        assert_eq!((&subscription["status"], &invoice["object"]), (&"active".into(), &"invoice".into()));
        if invoice["status"] == "paid" {
            let payment = &invoice["payments"]["data"][0];
            assert_eq!(payment["status"], "paid", "{invoice}");
            let intent = text(&payment["payment"]["payment_intent"]);
            let intent = process.get(&format!("/v1/payment_intents/{intent}?expand[]=latest_charge")).await;
            assert_eq!(
                (&intent["status"], &intent["latest_charge"]["paid"]),
                (&"succeeded".into(), &true.into())
            );
        }
    }
    for (list, created) in [
        ("/v1/customers", "customer.created"),
        ("/v1/subscriptions?status=all", "customer.subscription.created"),
        ("/v1/payment_intents", "payment_intent.created"),
    ] {
        let events = all(process, &format!("/v1/events?type={created}")).await;
        let told: Vec<String> = events.iter().map(|event| id(&event["data"]["object"])).collect();
        let told_once: HashSet<&String> = told.iter().collect();
        assert_eq!(told_once.len(), told.len(), "{created} twice");
        for object in all(process, list).await {
            assert!(told_once.contains(&id(&object)), "no {created} of {object}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_amid_load_again_and_again_it_keeps_what_it_answered_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(200).await;
    let process = start(folder.path());
    process
        .post("/v1/webhook_endpoints", &[("url", &receiver.url), ("enabled_events[0]", "customer.created")])
        .await;
    let price = [
        ("currency", "usd"),
        ("unit_amount", "2000"),
        ("recurring[interval]", "month"),
        ("product_data[name]", "Pro"),
    ];
    let price = id(&process.post("/v1/prices", &price).await);
    let frozen = process.now().await;
    let clock =
        id(&process.post("/v1/test_helpers/test_clocks", &[("frozen_time", &frozen.to_string())]).await);
    let card = [
        ("test_clock", &*clock),
        ("payment_method", "pm_card_visa"),
        ("invoice_settings[default_payment_method]", "pm_card_visa"),
    ];
    let timed = id(&process.post("/v1/customers", &card).await);
    let timed =
        id(&process.post("/v1/subscriptions", &[("customer", &timed), ("items[0][price]", &price)]).await);
    process.kill();

    let (mut known, promised) = (Known::default(), Arc::new(AtomicI64::new(frozen)));
    for (life, answers) in LIVES.into_iter().enumerate() {
        let process = start(folder.path());
        let client = crate::harness::client();
        // What was asked and not answered is asked again, under its key.
        for ask in std::mem::take(&mut known.open) {
            let made = ask.send(&client, &process.base).await.unwrap();
            known.answered.push((ask, made));
        }
        let state = process.get(&format!("/v1/test_helpers/test_clocks/{clock}")).await;
        let reached = state["frozen_time"].as_i64().unwrap();
        assert_eq!(state["status"], "ready");
        assert!(reached >= promised.load(Ordering::SeqCst), "a clock does not go back");
        promised.store(reached, Ordering::SeqCst);
        let hearing = Hearing::default();
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let name = format!("{life}-{worker}");
                tokio::spawn(buy(client.clone(), process.base.clone(), price.clone(), name, hearing.clone()))
            })
            .collect();
        let mover = tokio::spawn(pass(process.at(), clock.clone(), promised.clone(), hearing.clone()));
        let mut heard = hearing.subscribe();
        let enough = heard.wait_for(|heard| heard.answers >= answers && heard.moves >= 2);
        let enough = tokio::time::timeout(Duration::from_mins(1), enough).await;
        enough.expect("it answers under load").unwrap();
        process.kill();
        for worker in workers {
            let heard = worker.await.unwrap();
            known.answered.extend(heard.answered);
            known.open.extend(heard.open);
        }
        mover.await.unwrap();
    }

    let process = start(folder.path());
    for ask in std::mem::take(&mut known.open) {
        let made = ask.send(&crate::harness::client(), &process.base).await.unwrap();
        known.answered.push((ask, made));
    }
    made_once(&process, &known.answered).await;
    whole(&process).await;
    let timed = process.get(&format!("/v1/subscriptions/{timed}")).await;
    let end = timed["items"]["data"][0]["current_period_end"].as_i64().unwrap();
    let reached = process.get(&format!("/v1/test_helpers/test_clocks/{clock}")).await["frozen_time"].as_i64();
    assert!(end > reached.unwrap() && end <= reached.unwrap() + 31 * DAY, "renewed up to the clock's time");
    // Each customer is told of, whichever life it was made in.
    let customers = all(&process, "/v1/customers").await.len() + 1;
    let told = |seen: &[Delivery]| {
        seen.iter().map(|delivery| id(&delivery.event["data"]["object"])).collect::<HashSet<_>>().len()
    };
    let seen = receiver.wait_until(|seen| told(seen) >= customers).await;
    assert_eq!(told(&seen), customers);
}
