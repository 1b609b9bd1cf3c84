//! Every kind of refusal, and what it is to the caller.

use crate::samples;
use crate::support::{FakeStripe, Reply, payment_intent};
use domain::payment::{Decline, IntentStatus};
use serde_json::{Value, json};
use stripe::requests::{self, Confirmation};
use stripe::{Error, Key};

async fn refused(status: u16, error: Value) -> Error {
    let reply = Reply::Json(status, vec![("request-id", "req_7")], json!({"error": error}));
    let stripe = FakeStripe::saying([reply]);
    let method = samples::method();
    let request = samples::new_payment_intent(Confirmation::Server { payment_method: &method }, false);
    let error = stripe.gateway().send_create_payment_intent(&request).await.unwrap_err();
    assert_eq!(error.request_id(), Some("req_7"), "{error:?}");
    assert!(error.to_string().contains("req_7"), "{error}");
    error
}

#[tokio::test(start_paused = true)]
async fn a_declined_card_carries_the_intent_that_was_made_all_the_same() {
    let mut intent = payment_intent("pi_1", "requires_payment_method");
    intent["last_payment_error"] =
        json!({"code": "card_declined", "decline_code": "insufficient_funds", "message": "No."});
    let error = refused(
        402,
        json!({
            "type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds",
            "message": "Your card has insufficient funds.", "payment_intent": intent,
        }),
    )
    .await;
    let Error::Declined { decline, payment_intent: Some(intent), setup_intent: None, .. } = error else {
        panic!("{error:?}");
    };
    let expected = Decline {
        code: "card_declined".into(),
        decline_code: Some("insufficient_funds".into()),
        message: "Your card has insufficient funds.".into(),
    };
    assert_eq!(decline, expected);
    assert_eq!((intent.id.as_str(), intent.status), ("pi_1", IntentStatus::RequiresPaymentMethod));
    assert_eq!(intent.last_payment_error.unwrap().message, "No.");
}

#[tokio::test(start_paused = true)]
async fn a_declined_set_up_carries_its_setup_intent() {
    let error = refused(
        402,
        json!({
            "type": "card_error", "code": "expired_card", "message": "Expired.",
            "setup_intent": {"id": "seti_1", "status": "requires_payment_method", "payment_method": "pm_1"},
        }),
    )
    .await;
    let Error::Declined { setup_intent: Some(setup), .. } = error else { panic!("{error:?}") };
    assert_eq!((setup.id.as_str(), setup.payment_method), ("seti_1", None));
}

#[tokio::test(start_paused = true)]
async fn an_intent_that_cannot_be_read_does_not_hide_the_decline() {
    let error =
        refused(402, json!({"type": "card_error", "code": "card_declined", "payment_intent": {"id": 7}}))
            .await;
    assert!(matches!(error, Error::Declined { payment_intent: None, .. }), "{error:?}");
    let error = refused(402, json!({})).await;
    assert!(matches!(error, Error::Declined { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn authentication_required_is_a_kind_of_its_own() {
    let error = refused(402, json!({"type": "card_error", "code": "authentication_required"})).await;
    assert!(matches!(error, Error::AuthenticationRequired { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn an_invoice_that_wants_3d_secure_is_known_by_its_code_under_any_kind() {
    for kind in ["card_error", "invalid_request_error"] {
        let error =
            refused(402, json!({"type": kind, "code": "invoice_payment_intent_requires_action"})).await;
        assert!(matches!(error, Error::InvoiceRequiresAction { .. }), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_object_in_the_path_is_not_found_and_in_a_parameter_invalid() {
    let missing = json!({"type": "invalid_request_error", "code": "resource_missing", "param": "id", "message": "No such x."});
    assert!(
        matches!(refused(404, missing).await, Error::NotFound { message, .. } if message == "No such x.")
    );
    let price =
        json!({"type": "invalid_request_error", "code": "resource_missing", "param": "items[0][price]"});
    let error = refused(400, price).await;
    assert_eq!(error.code(), Some("resource_missing"));
    assert!(error.to_string().contains("items[0][price]"), "{error}");
    assert!(matches!(error, Error::Invalid { status: 400, .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_state_carries_the_intent() {
    let error = refused(
        400,
        json!({"code": "payment_intent_unexpected_state", "payment_intent": payment_intent("pi_1", "succeeded")}),
    )
    .await;
    let Error::Invalid { payment_intent: Some(intent), .. } = error else { panic!("{error:?}") };
    assert_eq!(intent.status, IntentStatus::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn another_body_under_the_same_key_is_told_apart() {
    let error =
        refused(400, json!({"type": "idempotency_error", "message": "Keys for idempotent requests..."}))
            .await;
    assert!(matches!(error, Error::IdempotencyMismatch { .. }), "{error:?}");
    assert!(!error.is_temporary() && !error.is_unclear());
}

#[tokio::test(start_paused = true)]
async fn a_key_still_in_flight_is_unavailable_and_unclear() {
    let busy = || {
        Reply::Json(
            409,
            vec![],
            json!({"error": {"type": "idempotency_error", "code": "idempotency_key_in_use"}}),
        )
    };
    let stripe = FakeStripe::saying((0..4).map(|_| busy()));
    let request = requests::pay_invoice(&"in_1".into(), None, &Key::of("k"));
    let error = stripe.gateway().send_pay_invoice(&request).await.unwrap_err();
    assert_eq!((stripe.asked().len(), error.is_unclear()), (4, true));
}

#[tokio::test(start_paused = true)]
async fn a_bad_key_names_the_setting() {
    for status in [401, 403] {
        let error = refused(status, json!({"message": "Invalid API Key provided: sk_test_***abc"})).await;
        assert!(matches!(error, Error::Authentication { .. }), "{error:?}");
        assert!(error.to_string().contains("STRIPE_SECRET_KEY"), "{error}");
        assert!(!error.to_string().contains("abc"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_json_is_handled_by_its_status() {
    let stripe = FakeStripe::saying([Reply::Text(404, "<html>")]);
    assert!(matches!(stripe.gateway().ping().await, Err(Error::NotFound { .. })));

    let stripe = FakeStripe::saying([Reply::Text(200, "<html>")]);
    let error = stripe.gateway().void_invoice(&"in_1".into(), &Key::of("k")).await.unwrap_err();
    assert!(matches!(&error, Error::UnexpectedShape { path, .. } if path == "$"), "{error:?}");
    assert!(error.is_unclear(), "it was done, and nobody knows what");
}
