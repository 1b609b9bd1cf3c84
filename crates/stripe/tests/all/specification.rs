//! Every request against Stripe's own specification of the pinned version: nobody here wrote that.

use crate::samples;
use domain::dispute::DisputeStatus;
use domain::invoice::InvoiceStatus;
use domain::payment::IntentStatus;
use domain::subscription::Status;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Command;
use stripe::Request;
use stripe::requests::{self, Feedback};
use stripe::types::Interval;

/// `ORACLES_PYTHON`, else the environment that `scripts/oracles.sh` makes.
fn python() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let named = std::env::var_os("ORACLES_PYTHON").map(PathBuf::from);
    let python = named.unwrap_or_else(|| root.join(".tools/oracles/bin/python"));
    assert!(python.exists(), "{} is missing: run scripts/oracles.sh", python.display());
    python
}

/// Runs a script of ours that judges a file by the specification; answers what it said.
fn judged(script: &str, arguments: &[&Path], name: &str, content: &serde_json::Value) -> String {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, serde_json::to_vec(content).unwrap()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(script);
    let output = Command::new(python()).arg(script).args(arguments).arg(&file).output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    said
}

fn source(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder)
}

/// Beside the samples: every word of every choice, and what may be left out left out.
fn variants() -> Vec<(&'static str, Request)> {
    let (subscription, key) = ("sub_1".into(), samples::key("variant"));
    let mut all = vec![
        ("leave without a word", requests::cancel_at_period_end(&subscription, None, None, &key)),
        ("cancel incomplete without a word", requests::cancel_incomplete(&subscription, None)),
        ("pay by the default card", requests::pay_invoice(&"in_1".into(), None, &key)),
        ("list all customers", requests::list_customers(requests::Created::default(), None)),
        ("list all payments", requests::list_payment_intents(None, requests::Created::default(), None)),
        ("list all disputes", requests::list_disputes(requests::Created::default(), None)),
        ("list all refunds", requests::list_refunds(requests::Created::default(), None)),
        ("list all events", requests::list_events(requests::Created::default(), &[], None)),
        ("list next cards", requests::list_payment_methods(&samples::customer(), Some("pm_0"))),
        ("list next endpoints", requests::list_webhook_endpoints(Some("we_0"))),
        ("list next refunds", requests::list_refunds_of(&"pi_1".into(), Some("re_0"))),
    ];
    all.extend(Feedback::ALL.into_iter().map(|feedback| {
        ("leave", requests::cancel_at_period_end(&subscription, Some(feedback), None, &key))
    }));
    all.extend(
        InvoiceStatus::ALL.into_iter().map(|status| {
            ("list invoices of a status", requests::list_invoices(&subscription, status, None))
        }),
    );
    all
}

#[test]
fn every_request_is_one_that_stripes_specification_allows() {
    let requests: Vec<_> = samples::all()
        .into_iter()
        .chain(variants())
        .map(|(name, request)| {
            json!({"name": name, "method": request.method, "path": request.path, "form": request.body, "version": request.version})
        })
        .collect();
    let said = judged("validate_requests.py", &[], "requests.json", &json!(requests));
    assert!(said.contains(&format!("{} requests", requests.len())), "{said}");
}

/// What has no sample is judged by nobody.
#[test]
fn every_builder_of_a_request_has_a_sample() {
    let samples = include_str!("samples.rs");
    let mut builders = 0;
    for file in std::fs::read_dir(source("requests")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for line in text.lines().filter_map(|line| line.strip_prefix("pub fn ")) {
            let name = line.split(['(', '<']).next().unwrap();
            assert!(samples.contains(&format!("requests::{name}(")), "requests::{name} has no sample");
            builders += 1;
        }
    }
    assert!(builders > 30, "{builders}");
}

#[test]
fn every_member_that_is_read_and_every_word_that_is_known_is_stripes() {
    let intents: Vec<&str> = IntentStatus::ALL.iter().map(|status| status.as_str()).collect();
    let of_setups = |word: &&str| *word != "requires_capture";
    let words = json!({
        "subscription.status": Status::ALL.map(Status::as_str),
        "payment_intent.status": intents,
        "setup_intent.status": intents.iter().copied().filter(of_setups).collect::<Vec<_>>(),
        "price.recurring.interval": Interval::ALL.map(Interval::as_str),
        "dispute.status": DisputeStatus::ALL.map(DisputeStatus::as_str),
        "invoice.status": InvoiceStatus::ALL.map(InvoiceStatus::as_str),
        "subscription.cancellation_details.feedback": Feedback::ALL.map(Feedback::as_str),
    });
    let said = judged("validate_readers.py", &[&source("read")], "words.json", &words);
    assert!(said.contains("members are where"), "{said}");
}
