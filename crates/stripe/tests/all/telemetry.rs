//! What is counted and what is logged: endpoints and outcomes, never what a request says.

use crate::samples;
use crate::support::{FakeStripe, Reply, failing, ok, payment_intent};
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};
use stripe::requests::Confirmation;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};

/// Counts, by the metric's name and labels.
#[derive(Clone, Default)]
struct Counts(Arc<Mutex<BTreeMap<String, u64>>>);

struct One {
    name: String,
    counts: Counts,
}

impl Counts {
    fn one(&self, key: &Key) -> Arc<One> {
        let labels: Vec<String> =
            key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        Arc::new(One { name: format!("{}{{{}}}", key.name(), labels.join(",")), counts: self.clone() })
    }
}

impl One {
    fn add(&self, count: u64) {
        *self.counts.0.lock().unwrap().entry(self.name.clone()).or_default() += count;
    }
}

impl metrics::CounterFn for One {
    fn increment(&self, value: u64) {
        self.add(value);
    }

    fn absolute(&self, _: u64) {}
}

impl metrics::HistogramFn for One {
    fn record(&self, _: f64) {
        self.add(1);
    }
}

impl Recorder for Counts {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.one(key))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.one(key))
    }
}

/// Every field of every span and event, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        writeln!(self.0.lock().unwrap(), "{}={value:?}", field.name()).unwrap();
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test(start_paused = true)]
async fn every_try_is_counted_by_endpoint_and_outcome() {
    let counts = Counts::default();
    let _guard = metrics::set_default_local_recorder(&counts);
    let stripe = FakeStripe::saying([failing(500), ok(payment_intent("pi_1", "succeeded")), failing(404)]);
    let gateway = stripe.gateway();
    gateway.retrieve_payment_intent(&"pi_1".into()).await.unwrap();
    gateway.retrieve_payment_intent(&"pi_2".into()).await.unwrap_err();
    let expected = [
        ("stripe_request_seconds{endpoint=/v1/payment_intents/{id}}", 3),
        ("stripe_requests_total{endpoint=/v1/payment_intents/{id},outcome=not_found}", 1),
        ("stripe_requests_total{endpoint=/v1/payment_intents/{id},outcome=ok}", 1),
        ("stripe_requests_total{endpoint=/v1/payment_intents/{id},outcome=unavailable}", 1),
    ];
    let counted = counts.0.lock().unwrap().clone();
    assert_eq!(counted.iter().map(|(name, count)| (name.as_str(), *count)).collect::<Vec<_>>(), expected);
}

#[tokio::test(start_paused = true)]
async fn the_log_has_request_ids_and_no_secrets_and_no_bodies() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let stripe = FakeStripe::saying([
        failing(500),
        Reply::Lost,
        Reply::Json(
            402,
            vec![("request-id", "req_3")],
            json!({"error": {"message": "pi_1_secret_hidden", "payment_intent": payment_intent("pi_1", "canceled")}}),
        ),
    ]);
    let request = samples::new_payment_intent(Confirmation::Browser, false);
    stripe.gateway().send_create_payment_intent(&request).await.unwrap_err();
    let said = log.0.lock().unwrap().clone();
    for wanted in ["req_bad", "req_3", "/v1/payment_intents", "attempt=3", "method=\"POST\""] {
        assert!(said.contains(wanted), "{wanted} is missing: {said}");
    }
    for hidden in ["hidden", "Starter", "metadata", "acc_1", "cus_1"] {
        assert!(!said.contains(hidden), "{hidden}: {said}");
    }
}
