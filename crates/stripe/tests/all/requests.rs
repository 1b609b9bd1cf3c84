//! What is sent, byte for byte.

use crate::samples;
use std::fmt::Write as _;
use stripe::{API_VERSION, EVENT_TYPES, Key, Method, Request, requests};

/// The whole of `requests.txt`, which is read against Stripe's reference by people. After a change that is meant:
/// `UPDATE_REQUESTS=1 cargo test -p stripe --test all`, and read the difference.
#[test]
fn every_request_is_as_it_was_agreed() {
    let mut text = String::new();
    for (name, request) in samples::all() {
        let key = request.idempotency_key.as_ref().map_or("-", Key::as_str);
        writeln!(text, "# {name} [{key}]\n{} {}", request.method.as_str(), request.path).unwrap();
        for pair in request.body.split('&').filter(|pair| !pair.is_empty()) {
            writeln!(text, "    {pair}").unwrap();
        }
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/all/requests.txt");
    if std::env::var_os("UPDATE_REQUESTS").is_some() {
        std::fs::write(file, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(file).unwrap());
}

#[test]
fn every_post_has_a_key_and_every_request_the_pinned_version() {
    for (name, request) in samples::all() {
        assert_eq!(request.idempotency_key.is_some(), request.method == Method::Post, "{name}");
        assert_eq!(request.version, API_VERSION, "{name}");
        assert!(!request.body.contains("payment_method_types"), "{name}: removed in a later version");
    }
}

#[test]
fn a_request_is_stored_and_comes_back_the_same() {
    for (name, request) in samples::all() {
        let stored = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<Request>(&stored).unwrap(), request, "{name}");
    }
}

#[test]
fn the_same_arguments_give_the_same_bytes() {
    assert_eq!(samples::all(), samples::all());
}

#[test]
fn no_call_asks_for_more_than_stripe_takes() {
    let many: Vec<String> = (0..15).map(|n| format!("key_{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(requests::list_prices(&many).body.matches("lookup_keys").count(), requests::LOOKUP_KEYS);
    let events = requests::list_events(requests::Created::default(), &EVENT_TYPES, None);
    assert_eq!(events.body.matches("types[").count(), requests::EVENT_TYPES_A_CALL);
}

#[test]
fn there_are_42_event_types_and_no_twins() {
    let mut types = EVENT_TYPES.to_vec();
    types.sort_unstable();
    types.dedup();
    assert_eq!(types.len(), 42);
}
