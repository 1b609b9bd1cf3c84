//! What is understood of Stripe's answers: tolerant of what we do not use, exact about what we do.

use crate::samples;
use crate::support::{FakeStripe, invoice, ok, payment_intent, subscription};
use domain::dispute::DisputeStatus;
use domain::ids::StripePriceId;
use domain::invoice::{InvoiceLine, InvoicePreview};
use domain::money::{Currency, Money};
use domain::subscription::Status;
use domain::time::Timestamp;
use serde_json::{Value, json};
use stripe::requests::{NewSubscriptionPreview, Payer, Start};
use stripe::types::Subscribed;
use stripe::{Error, Key};

async fn subscribed(answer: Value) -> Result<Subscribed, Error> {
    let request = samples::new_subscription(Start::BrowserConfirms);
    FakeStripe::saying([ok(answer)]).gateway().send_create_subscription(&request).await
}

#[tokio::test(start_paused = true)]
async fn a_new_subscription_comes_with_what_its_first_payment_needs() {
    let mut answer = subscription("sub_1", "incomplete");
    answer["latest_invoice"] = invoice("in_1");
    answer["latest_invoice"]["parent"] = json!({"subscription_details": {"subscription": "sub_1"}});
    answer["latest_invoice"]["billing_reason"] = json!("subscription_create");
    answer["latest_invoice"]["confirmation_secret"] =
        json!({"client_secret": "pi_2_secret_x", "type": "payment_intent"});
    answer["latest_invoice"]["payments"] = json!({"data": [
        {"is_default": false, "status": "canceled", "amount_paid": null, "payment": {"payment_intent": "pi_1"}},
        {"is_default": true, "status": "open", "amount_paid": null, "payment": {"payment_intent": "pi_2"}},
    ]});
    let made = subscribed(answer).await.unwrap();
    assert_eq!(made.subscription.latest_invoice.unwrap().as_str(), "in_1");
    assert_eq!(made.subscription.amount, Money { amount: 5400, currency: Currency::USD });
    assert_eq!(made.subscription.subscribe_intent.as_deref(), Some("sint_1"));
    let invoice = made.latest_invoice.unwrap();
    assert_eq!(
        invoice.payments[0].payment_intent.as_ref().unwrap().as_str(),
        "pi_2",
        "the default one first"
    );
    assert_eq!(invoice.confirmation_secret.unwrap().expose(), "pi_2_secret_x");
    assert_eq!(invoice.billing_reason.as_deref(), Some("subscription_create"));
    assert_eq!(invoice.subscription.unwrap().as_str(), "sub_1");
}

#[tokio::test(start_paused = true)]
async fn nothing_due_and_no_card_is_a_pending_setup_intent() {
    let mut answer = subscription("sub_1", "active");
    answer["pending_setup_intent"] =
        json!({"id": "seti_1", "status": "requires_payment_method", "client_secret": "seti_1_secret_x"});
    let made = subscribed(answer).await.unwrap();
    assert_eq!(made.subscription.pending_setup_intent.unwrap().as_str(), "seti_1");
    assert_eq!(made.pending_setup_intent.unwrap().client_secret.unwrap().expose(), "seti_1_secret_x");
    assert_eq!(made.latest_invoice, None, "not expanded");
}

#[tokio::test(start_paused = true)]
async fn every_status_is_understood() {
    for status in Status::ALL {
        let seen = subscribed(subscription("sub_1", status.as_str())).await.unwrap();
        assert_eq!(seen.subscription.status, status);
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_field_that_we_use_is_named_by_its_path() {
    let mut answer = subscription("sub_1", "active");
    answer["items"]["data"][0].as_object_mut().unwrap().remove("current_period_end");
    let error = subscribed(answer).await.unwrap_err();
    let Error::UnexpectedShape { endpoint, path, took_effect, .. } = &error else { panic!("{error:?}") };
    assert_eq!(
        (endpoint.as_str(), path.as_str(), *took_effect),
        ("/v1/subscriptions", "items.data[0].current_period_end", true)
    );

    let error = subscribed(subscription("sub_1", "ended")).await.unwrap_err();
    assert!(error.to_string().contains("status should be the status of a subscription"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn trap_22_fields_that_we_do_not_use_may_come_go_and_change() {
    let mut answer = payment_intent("pi_1", "succeeded");
    answer["amount_details"] = json!(["was an object"]);
    answer["a_field_of_next_year"] = json!({"a": 1});
    answer["customer"] = json!({"id": "cus_1", "object": "customer"});
    let read =
        FakeStripe::saying([ok(answer)]).gateway().retrieve_payment_intent(&"pi_1".into()).await.unwrap();
    assert_eq!(read.customer.unwrap().as_str(), "cus_1", "expanded or not");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_customer_is_an_answer() {
    let stripe = FakeStripe::saying([ok(json!({"id": "cus_1", "object": "customer", "deleted": true}))]);
    let customer = stripe.gateway().retrieve_customer(&"cus_1".into()).await.unwrap();
    assert!(customer.deleted && customer.created.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_refund_that_failed_does_not_count() {
    for (status, counts) in [
        ("succeeded", true),
        ("pending", true),
        ("requires_action", true),
        ("failed", false),
        ("canceled", false),
    ] {
        let refund = json!({"id": "re_1", "amount": 250, "currency": "usd", "status": status, "payment_intent": "pi_1"});
        let stripe = FakeStripe::saying([ok(json!({"data": [refund], "has_more": false}))]);
        let refunds = stripe.gateway().list_refunds_of(&"pi_1".into()).await.unwrap();
        assert_eq!(refunds[0].counts, counts, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_preview_tells_what_is_due_and_why() {
    let stripe = FakeStripe::saying([ok(json!({
        "id": "upcoming_in_1", "status": "draft", "currency": "usd", "amount_due": 4400, "total": 5400,
        "starting_balance": -1000, "total_discount_amounts": [{"amount": 300, "discount": "di_1"}],
        "total_taxes": [{"amount": 60, "tax_behavior": "exclusive"}, {"amount": 40, "tax_behavior": "exclusive"},
            {"amount": 7, "tax_behavior": "inclusive"}], "lines": {"data": [
            {"description": null, "amount": -100, "period": {"start": 1, "end": 2},
             "parent": {"subscription_item_details": {"proration": true}}},
            {"description": "1 × Community Pro", "amount": 5500, "quantity": 1, "period": {"start": 1, "end": 3},
             "pricing": {"price_details": {"price": "price_1"}}, "parent": null},
        ]},
    }))]);
    let new = NewSubscriptionPreview {
        payer: Payer::Customer(&samples::customer()),
        price: &StripePriceId::from("price_1"),
        trial_end: None,
        promotion_code: None,
        automatic_tax: false,
    };
    let preview = stripe.gateway().preview_new_subscription(&new, &Key::of("k")).await.unwrap();
    let (period_start, until) = (Timestamp::from_seconds(1), Timestamp::from_seconds);
    let credit = InvoiceLine {
        description: String::new(),
        amount: -100,
        quantity: None,
        period_start,
        period_end: until(2),
        price: None,
        proration: true,
    };
    let fee = InvoiceLine {
        description: "1 × Community Pro".to_owned(),
        amount: 5500,
        quantity: Some(1),
        period_start,
        period_end: until(3),
        price: Some("price_1".into()),
        proration: false,
    };
    let expected = InvoicePreview {
        currency: Currency::USD,
        amount_due: 4400,
        total: 5400,
        starting_balance: -1000,
        discount: 300,
        tax: 100,
        lines: vec![credit, fee],
    };
    assert_eq!(preview, expected);
}

#[tokio::test(start_paused = true)]
async fn every_status_of_a_dispute_is_understood() {
    for status in DisputeStatus::ALL {
        let answer = json!({"id": "du_1", "status": status.as_str(), "amount": 500, "currency": "usd", "reason": "fraudulent",
            "payment_intent": "pi_1", "evidence_details": {"due_by": 60}, "created": 1});
        let dispute =
            FakeStripe::saying([ok(answer)]).gateway().retrieve_dispute(&"du_1".into()).await.unwrap();
        assert_eq!((dispute.status, dispute.due_by), (status, Some(Timestamp(60_000))));
        assert_eq!(dispute.payment_intent.unwrap().as_str(), "pi_1");
    }
}

#[tokio::test(start_paused = true)]
async fn a_schedule_tells_what_comes_next_and_whether_it_has_done_its_work() {
    let phase = |start, end, price: &str| json!({"start_date": start, "end_date": end, "items": [{"price": price, "quantity": 1}]});
    let schedule = |current: Value, status: &str, end_behavior: &str| {
        ok(json!({
            "id": "sub_sched_1", "status": status, "end_behavior": end_behavior, "current_phase": current,
            "phases": [phase(1, 2, "price_1"), phase(2, 3, "price_2")], "metadata": {"plan_change": "plch_1"},
        }))
    };
    let first = json!({"start_date": 1, "end_date": 2});
    let last = json!({"start_date": 2, "end_date": 3});
    for (current, status, end_behavior, next, spent) in [
        (first.clone(), "active", "release", Some("price_2"), false),
        (last.clone(), "active", "release", None, true),
        // It ends the subscription, too: that is its work.
        (last.clone(), "active", "cancel", None, false),
        (Value::Null, "not_started", "release", None, false),
        (last, "released", "release", None, false),
    ] {
        let stripe = FakeStripe::saying([schedule(current, status, end_behavior)]);
        let read = stripe.gateway().retrieve_schedule("sub_sched_1").await.unwrap();
        let price = read.next().and_then(|phase| phase.price.as_ref()).map(StripePriceId::as_str);
        assert_eq!((price, read.is_spent()), (next, spent), "{status} {end_behavior}");
        assert_eq!(read.change.as_deref(), Some("plch_1"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_that_waits_for_its_payment_names_its_quote() {
    let mut waiting = subscription("sub_1", "active");
    waiting["pending_update"] = json!({"expires_at": 5, "metadata": {"quote_id": "quo_2"}});
    waiting["metadata"] = json!({"quote_id": "quo_1"});
    waiting["discounts"] = json!(["di_1", {"id": "di_2"}]);
    waiting["automatic_tax"] = json!({"enabled": true});
    waiting["pause_collection"] = json!({"behavior": "void", "resumes_at": 1_700_000_000});
    let stripe = FakeStripe::saying([ok(waiting)]);
    let read = stripe.gateway().retrieve_to_change(&"sub_1".into()).await.unwrap();
    assert_eq!((read.quote.as_deref(), read.pending_quote.as_deref()), (Some("quo_1"), Some("quo_2")));
    assert_eq!((read.discounts, read.automatic_tax), (vec!["di_1".to_owned(), "di_2".to_owned()], true));
    assert!(read.subscription.pending_update.is_some() && read.subscription.collection_paused);
    assert_eq!(read.subscription.resumes_at, Some(Timestamp::from_seconds(1_700_000_000)));
}
