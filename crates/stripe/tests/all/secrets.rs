//! Keys and client secrets are shown to nobody.

use crate::samples;
use crate::support::{FakeStripe, Reply, ok, payment_intent};
use serde_json::json;
use std::fmt::Write as _;
use stripe::requests::Confirmation;

#[tokio::test(start_paused = true)]
async fn a_client_secret_is_in_no_debug_and_in_no_message() {
    let stripe = FakeStripe::saying([
        ok(payment_intent("pi_1", "requires_action")),
        Reply::Json(
            402,
            vec![],
            json!({"error": {
                "code": "card_declined", "message": "See pi_1_secret_hidden.",
                "payment_intent": payment_intent("pi_1", "requires_payment_method"),
            }}),
        ),
        Reply::Json(
            400,
            vec![],
            json!({"error": {"code": "x", "message": "Not pi_1_secret_hidden, not sk_test_hidden."}}),
        ),
    ]);
    let gateway = stripe.gateway();
    let request = samples::new_payment_intent(Confirmation::Browser, false);
    let intent = gateway.send_create_payment_intent(&request).await.unwrap();
    assert_eq!(intent.client_secret.as_ref().unwrap().expose(), "pi_1_secret_hidden");
    let mut shown = format!("{intent:?} {gateway:?} {:?}", stripe.config());
    for _ in 0..2 {
        let error = gateway.send_create_payment_intent(&request).await.unwrap_err();
        write!(shown, "{error:?} {error}").unwrap();
    }
    assert!(!shown.contains("_hidden"), "{shown}");
}

#[test]
fn the_form_of_a_stored_request_is_not_in_its_debug() {
    for (name, request) in samples::all() {
        let shown = format!("{request:?}");
        assert!(!shown.contains("example.org") && !shown.contains("metadata"), "{name}: {shown}");
    }
}
