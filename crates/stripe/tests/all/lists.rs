//! Lists of several pages, and calls that are made of two.

use crate::support::{FakeStripe, Reply, failing, invoice, ok, payment_intent, subscription};
use domain::invoice::InvoiceStatus;
use serde_json::{Value, json};
use stripe::requests::{Created, Product};
use stripe::{EVENT_TYPES, Error, Key};

fn list(items: &[Value], more: bool) -> Reply {
    ok(json!({"object": "list", "data": items, "has_more": more}))
}

fn refused(status: u16, code: &str) -> Reply {
    Reply::Json(
        status,
        vec![],
        json!({"error": {"type": "invalid_request_error", "code": code, "message": "No."}}),
    )
}

#[tokio::test(start_paused = true)]
async fn a_customers_list_is_read_to_its_end() {
    let stripe = FakeStripe::saying([
        list(&[payment_intent("pi_3", "succeeded"), payment_intent("pi_2", "processing")], true),
        list(&[payment_intent("pi_1", "canceled")], false),
    ]);
    let all = stripe.gateway().list_payment_intents_of(&"cus_1".into(), Created::default()).await.unwrap();
    assert_eq!(all.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["pi_3", "pi_2", "pi_1"]);
    let asked = stripe.asked();
    assert!(!asked[0].target.contains("starting_after"));
    assert!(asked[1].target.ends_with("&starting_after=pi_2"), "{}", asked[1].target);
}

#[tokio::test(start_paused = true)]
async fn trap_40_subscriptions_of_another_product_are_left_out_and_the_cursor_goes_past_them() {
    let mut metered = subscription("sub_metered", "active");
    metered["items"]["data"][0]["price"]["unit_amount"] = Value::Null;
    let mut two = subscription("sub_two", "active");
    let item = two["items"]["data"][0].clone();
    two["items"]["data"].as_array_mut().unwrap().push(item);
    let stripe = FakeStripe::saying([
        list(&[subscription("sub_1", "active"), metered, two.clone()], true),
        list(&[], false),
        ok(two.clone()),
        ok(two),
    ]);
    let gateway = stripe.gateway();
    let all = gateway.list_subscriptions().await.unwrap();
    assert_eq!(all.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["sub_1"]);
    assert!(stripe.asked()[1].target.contains("&starting_after=sub_two"));
    let error = gateway.retrieve_subscription(&"sub_two".into()).await.unwrap_err();
    assert_eq!(error, Error::Foreign { id: "sub_two".into(), reason: "it has not exactly one item" });
    assert!(!error.is_unclear());
    let error = gateway.cancel_at_period_end(&"sub_two".into(), None, None, &Key::of("k")).await.unwrap_err();
    assert!(error.is_unclear(), "what was done to it was done: {error:?}");
}

#[tokio::test(start_paused = true)]
async fn events_are_asked_for_by_twenty_types_and_come_oldest_first() {
    let event = |id: &str, created: i64| {
        json!({"id": id, "type": "invoice.paid", "created": created, "livemode": false,
               "data": {"object": {"id": "in_1", "object": "invoice", "customer": "cus_1"}}})
    };
    let stripe = FakeStripe::saying([
        list(&[event("evt_3", 30), event("evt_2", 20)], true),
        list(&[event("evt_1", 10)], false),
        list(&[event("evt_4", 15)], false),
        list(&[], false),
    ]);
    let events = stripe.gateway().events_since(Created::default(), &EVENT_TYPES).await.unwrap();
    assert_eq!(
        events.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(),
        ["evt_1", "evt_4", "evt_2", "evt_3"]
    );
    assert_eq!(stripe.asked().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn prices_are_asked_for_by_ten_keys() {
    let price = |n: usize| {
        json!({"id": format!("price_{n}"), "lookup_key": format!("key_{n}"), "unit_amount": 100, "currency": "usd",
               "product": "prod_1", "active": true, "recurring": {"interval": "month", "interval_count": 3}})
    };
    let stripe = FakeStripe::saying([list(&[price(0)], false), list(&[price(11)], false)]);
    let keys: Vec<String> = (0..12).map(|n| format!("key_{n}")).collect();
    let found =
        stripe.gateway().find_prices(&keys.iter().map(String::as_str).collect::<Vec<_>>()).await.unwrap();
    assert_eq!(found.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["price_0", "price_11"]);
    assert_eq!(stripe.asked()[1].target.matches("lookup_keys").count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_product_that_exists_is_updated() {
    let stripe = FakeStripe::saying([refused(400, "resource_already_exists"), ok(json!({"id": "at_x"}))]);
    let product = Product { id: "at_x", name: "X", metadata: &[] };
    stripe.gateway().put_product(&product, &Key::of("seed_1")).await.unwrap();
    let asked = stripe.asked();
    assert_eq!(
        asked.iter().map(|one| one.target.as_str()).collect::<Vec<_>>(),
        ["/v1/products", "/v1/products/at_x"]
    );
    assert_ne!(asked[0].headers["idempotency-key"], asked[1].headers["idempotency-key"]);
}

#[tokio::test(start_paused = true)]
async fn canceling_what_has_ended_is_an_ordinary_answer() {
    let stripe =
        FakeStripe::saying([refused(404, "resource_missing"), ok(subscription("sub_1", "canceled"))]);
    let seen = stripe.gateway().cancel_subscription_now(&"sub_1".into()).await.unwrap();
    assert!(!seen.status.is_live());

    let stripe = FakeStripe::saying([
        refused(404, "resource_missing"),
        ok(subscription("sub_1", "incomplete_expired")),
    ]);
    let seen = stripe.gateway().cancel_incomplete_subscription(&"sub_1".into(), None).await.unwrap();
    assert!(!seen.subscription.status.is_live());

    let stripe = FakeStripe::saying([refused(400, "other"), ok(subscription("sub_1", "active"))]);
    let error = stripe.gateway().cancel_subscription_now(&"sub_1".into()).await.unwrap_err();
    assert_eq!(error.code(), Some("other"), "still live: the refusal stands");
}

#[tokio::test(start_paused = true)]
async fn releasing_a_schedule_that_let_go_already_is_an_ordinary_answer() {
    let schedule = |status: &str| {
        ok(json!({"id": "sub_sched_1", "status": status, "end_behavior": "release", "phases": []}))
    };
    for status in ["released", "completed", "canceled"] {
        let stripe = FakeStripe::saying([refused(400, "x"), schedule(status)]);
        stripe.gateway().release_schedule("sub_sched_1", &Key::of("k")).await.unwrap();
    }
    let stripe = FakeStripe::saying([refused(400, "x"), schedule("active")]);
    assert_eq!(
        stripe.gateway().release_schedule("sub_sched_1", &Key::of("k")).await.unwrap_err().code(),
        Some("x")
    );
}

#[tokio::test(start_paused = true)]
async fn a_resume_clears_whichever_sign_is_set() {
    for (flag, at, body) in [
        (true, json!(1_702_592_000), Some("cancel_at_period_end=false")),
        (false, json!(1_702_592_000), Some("cancel_at=")),
        (false, Value::Null, None),
    ] {
        let mut pending = subscription("sub_1", "active");
        pending["cancel_at_period_end"] = json!(flag);
        pending["cancel_at"] = at;
        let stripe = FakeStripe::saying([ok(pending), ok(subscription("sub_1", "active"))]);
        let gateway = stripe.gateway();
        let seen = gateway.retrieve_subscription(&"sub_1".into()).await.unwrap();
        let resumed = gateway.resume_subscription(&seen, &Key::of("k")).await.unwrap();
        assert_eq!(resumed.cancel_at, None);
        assert_eq!(stripe.asked().get(1).map(|one| one.body.clone()).as_deref(), body);
    }
}

#[tokio::test(start_paused = true)]
async fn our_webhook_endpoint_is_found_by_its_address() {
    let endpoint = |id: &str, url: &str| {
        json!({"id": id, "url": url, "status": "enabled", "api_version": "2026-05-27.dahlia",
               "enabled_events": ["invoice.paid"], "secret": "whsec_hidden"})
    };
    let stripe = FakeStripe::saying([
        list(&[endpoint("we_1", "https://other.example/")], true),
        list(&[endpoint("we_2", "https://ours.example/")], false),
        ok(endpoint("we_3", "https://ours.example/")),
    ]);
    let gateway = stripe.gateway();
    let found = gateway.find_webhook_endpoint("https://ours.example/").await.unwrap().unwrap();
    assert_eq!((found.id.as_str(), found.enabled), ("we_2", true));
    let made = gateway.create_webhook_endpoint("https://ours.example/", &Key::of("k")).await.unwrap();
    assert_eq!(secrecy::ExposeSecret::expose_secret(&made.secret), "whsec_hidden");
    assert!(!format!("{made:?}").contains("whsec_hidden"));
}

#[tokio::test(start_paused = true)]
async fn a_failure_in_the_middle_of_a_list_fails_the_list() {
    let mut replies = vec![list(&[invoice("in_2")], true)];
    replies.extend((0..4).map(|_| failing(500)));
    let stripe = FakeStripe::saying(replies);
    let error = stripe.gateway().list_invoices_of(&"sub_1".into(), InvoiceStatus::Open).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { unclear: false, .. }), "{error:?}");
}
