//! Real answers of Stripe's, recorded by others. `STRIPE_RECORDINGS` names the folder of `*.jsonl` files, of
//! which each line is one exchange: method, path, params, status, headers, body. Without it there is nothing
//! to read, and the test says so.

use crate::samples;
use crate::support::{FakeStripe, Reply};
use domain::payment::IntentStatus;
use domain::subscription::Status;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use stripe::requests::{self, Confirmation, Start};
use stripe::types::Subscribed;
use stripe::{Error, Gateway, Key};

struct Recording {
    cassette: String,
    method: String,
    path: String,
    body: Value,
    gateway: Gateway,
}

fn recordings() -> Option<Vec<Recording>> {
    let Some(folder) = std::env::var_os("STRIPE_RECORDINGS").map(PathBuf::from) else {
        eprintln!("STRIPE_RECORDINGS is not set: no recorded answers were read");
        return None;
    };
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut all = Vec::new();
    for file in files.into_iter().filter(|file| file.extension().is_some_and(|ext| ext == "jsonl")) {
        let cassette = file.file_stem().unwrap().to_string_lossy().into_owned();
        for line in std::fs::read_to_string(&file).unwrap().lines() {
            let one: Value = serde_json::from_str(line).unwrap();
            let text = |name: &str| one[name].as_str().unwrap().to_owned();
            let status = u16::try_from(one["status"].as_u64().unwrap()).unwrap();
            let reply = Reply::Json(status, vec![("stripe-should-retry", "false")], one["body"].clone());
            let gateway = FakeStripe::saying([reply]).gateway();
            let (method, path, body) = (text("method"), text("path"), one["body"].clone());
            all.push(Recording { cassette: cassette.clone(), method, path, body, gateway });
        }
    }
    assert!(!all.is_empty(), "no recordings were found");
    Some(all)
}

impl Recording {
    fn is(&self, method: &str, template: &str) -> bool {
        let fits = |(part, known): (&str, &str)| known == "{id}" || part == known;
        self.method == method
            && self.path.split('/').count() == template.split('/').count()
            && self.path.split('/').zip(template.split('/')).all(fits)
    }

    fn id(&self) -> &str {
        self.path.split('/').nth(3).unwrap_or_default()
    }

    async fn subscribed(&self) -> Result<Subscribed, Error> {
        if self.method == "delete" {
            return self.gateway.cancel_incomplete_subscription(&self.id().into(), None).await;
        }
        self.gateway.send_create_subscription(&samples::new_subscription(Start::BrowserConfirms)).await
    }
}

/// Every answer that one of our calls could receive is read by that call.
#[tokio::test(start_paused = true)]
async fn every_recorded_answer_is_understood() {
    let Some(recordings) = recordings() else { return };
    let mut read: BTreeMap<&str, usize> = BTreeMap::new();
    for one in recordings {
        let gateway = &one.gateway;
        let id = one.id();
        let key = Key::of("k");
        let (noun, result) = if one.is("post", "/v1/customers") || one.is("post", "/v1/customers/{id}") {
            ("customer", gateway.set_customer_default(&id.into(), &"pm_1".into(), &key).await.map(|_| ()))
        } else if one.is("post", "/v1/payment_methods/{id}/attach") {
            let attached = gateway.attach_payment_method(&id.into(), &"cus_1".into(), &key).await;
            ("payment method", attached.map(|method| assert!(method.card.is_some())))
        } else if one.is("post", "/v1/subscriptions")
            || one.is("post", "/v1/subscriptions/{id}")
            || one.is("get", "/v1/subscriptions/{id}")
            || one.is("delete", "/v1/subscriptions/{id}")
        {
            ("subscription", one.subscribed().await.map(|_| ()))
        } else if one.is("post", "/v1/payment_intents") {
            let request = samples::new_payment_intent(Confirmation::Browser, false);
            ("payment intent", gateway.send_create_payment_intent(&request).await.map(|_| ()))
        } else if one.is("get", "/v1/payment_intents/{id}") {
            ("payment intent", gateway.retrieve_payment_intent(&id.into()).await.map(|_| ()))
        } else if one.is("post", "/v1/setup_intents") {
            ("setup intent", gateway.retrieve_setup_intent(&id.into()).await.map(|_| ()))
        } else if one.is("get", "/v1/invoices/{id}") {
            ("invoice", gateway.retrieve_invoice(&id.into()).await.map(|_| ()))
        } else if one.is("post", "/v1/refunds") {
            let new = requests::NewRefund { payment_intent: &"pi_1".into(), amount: None, metadata: &[] };
            ("refund", gateway.send_refund(&requests::create_refund(&new, &key)).await.map(|_| ()))
        } else {
            continue;
        };
        match result {
            Ok(()) => *read.entry(noun).or_default() += 1,
            Err(Error::Invalid { .. } | Error::Declined { .. }) => {
                assert!(one.body.get("error").is_some());
                *read.entry("refusal").or_default() += 1;
            }
            Err(error) => panic!("{} {} {}: {error:?}", one.cassette, one.method, one.path),
        }
    }
    eprintln!("read: {read:?}");
    for noun in [
        "customer",
        "payment method",
        "subscription",
        "payment intent",
        "setup intent",
        "invoice",
        "refund",
        "refusal",
    ] {
        assert!(read.contains_key(noun), "{read:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn recorded_subscriptions_have_the_values_that_were_recorded() {
    let Some(recordings) = recordings() else { return };
    for one in recordings
        .iter()
        .filter(|one| one.path.starts_with("/v1/subscriptions") && one.body.get("error").is_none())
    {
        let read = one.subscribed().await.unwrap();
        let seen = &read.subscription;
        let item = &one.body["items"]["data"][0];
        assert_eq!(seen.id.as_str(), one.body["id"].as_str().unwrap());
        assert_eq!(seen.status.as_str(), one.body["status"].as_str().unwrap());
        assert_eq!(seen.item_id, item["id"].as_str().unwrap());
        assert_eq!(Some(seen.amount.amount), item["price"]["unit_amount"].as_i64());
        assert_eq!(Some(seen.period_end.seconds()), item["current_period_end"].as_i64());
        assert_eq!(seen.cancel_at.map(domain::time::Timestamp::seconds), one.body["cancel_at"].as_i64());
        assert_eq!(seen.collection_paused, !one.body["pause_collection"].is_null());
        match (one.cassette.as_str(), seen.status) {
            ("cancel_now_when_on_trial", Status::Canceled) => {
                assert_eq!(seen.canceled_at, seen.ended_at);
                assert!(seen.ended_at.is_some());
            }
            ("cancel_now_when_on_trial", status) => {
                assert_eq!(status, Status::Trialing);
                assert_eq!(seen.trial_end, Some(seen.period_end));
                let invoice = read.latest_invoice.unwrap();
                assert_eq!((invoice.amount_due, invoice.payments.len()), (0, 0));
                assert_eq!((invoice.confirmation_secret, read.pending_setup_intent), (None, None));
            }
            ("fails_when_subscribing_with_SCA_card", status) => {
                assert_eq!(status, Status::Incomplete);
                let invoice = read.latest_invoice.unwrap();
                assert_eq!((invoice.attempt_count, invoice.amount_paid), (0, 0));
                assert!(invoice.confirmation_secret.is_some() && !invoice.payments[0].paid);
                assert!(invoice.payments[0].payment_intent.is_some());
            }
            ("can_create_a_subscription", status) => {
                assert_eq!(status, Status::Active);
                let invoice = read.latest_invoice.unwrap();
                assert_eq!(invoice.billing_reason.as_deref(), Some("subscription_create"));
                assert!(invoice.payments[0].paid && invoice.amount_paid == invoice.total);
                assert_eq!(invoice.subscription.unwrap(), seen.id);
            }
            _ => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn recorded_refusals_are_the_kinds_that_they_were() {
    let Some(recordings) = recordings() else { return };
    let the = |cassette: &str, method: &str, path: &str| {
        recordings.iter().find(|one| one.cassette == cassette && one.is(method, path)).unwrap()
    };

    let declined = the("handles_card_declined", "post", "/v1/payment_methods/{id}/attach");
    let error = declined
        .gateway
        .attach_payment_method(&"pm_1".into(), &"cus_1".into(), &Key::of("k"))
        .await
        .unwrap_err();
    let Error::Declined { decline, .. } = error else { panic!("{error:?}") };
    assert_eq!(
        (decline.code.as_str(), decline.decline_code.as_deref()),
        ("card_declined", Some("generic_decline"))
    );

    for (cassette, code) in [
        ("fails_when_subscribing_with_no_payment_method", "resource_missing"),
        ("handles_exception_when_creating_a_subscription", "resource_missing"),
    ] {
        let error = the(cassette, "post", "/v1/subscriptions").subscribed().await.unwrap_err();
        assert!(matches!(&error, Error::Invalid { status: 400, .. }), "{error:?}");
        assert_eq!(error.code(), Some(code), "{cassette}");
    }

    let nothing = the("handles_exception_when_creating_a_charge", "post", "/v1/payment_intents");
    let request = samples::new_payment_intent(Confirmation::Browser, false);
    let error = nothing.gateway.send_create_payment_intent(&request).await.unwrap_err();
    let Error::Invalid { code, param, .. } = error else { panic!("{error:?}") };
    assert_eq!((code.as_deref(), param.as_deref()), (Some("parameter_invalid_integer"), Some("amount")));

    let waiting = the("fails_when_subscribing_with_SCA_card", "get", "/v1/payment_intents/{id}");
    let intent = waiting.gateway.retrieve_payment_intent(&"pi_1".into()).await.unwrap();
    assert_eq!(intent.status, IntentStatus::RequiresAction);
    assert!(intent.client_secret.is_some() && intent.last_payment_error.is_none());
}

#[tokio::test(start_paused = true)]
async fn recorded_refunds_and_the_pause_have_their_values() {
    let Some(recordings) = recordings() else { return };
    let mut amounts = Vec::new();
    for one in recordings.iter().filter(|one| one.is("post", "/v1/refunds")) {
        let new = requests::NewRefund { payment_intent: &"pi_1".into(), amount: None, metadata: &[] };
        let refund = one.gateway.send_refund(&requests::create_refund(&new, &Key::of("k"))).await.unwrap();
        assert!(refund.counts && refund.payment_intent.is_some());
        amounts.push(refund.amount.amount);
    }
    assert_eq!(amounts, [1000, 500]);

    let mut pauses = Vec::new();
    for one in recordings.iter().filter(|one| one.cassette == "can_pause_and_resume_a_subscription") {
        if one.is("post", "/v1/subscriptions/{id}") {
            pauses.push(one.subscribed().await.unwrap().subscription.collection_paused);
        }
    }
    assert_eq!(pauses, [true, false]);
}
