//! Deliveries: whose they are, and what they are about.

use domain::time::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};
use stripe::webhook::{Event, SignatureError, sign, verify};

const BODY: &[u8] = br#"{"id":"evt_1","object":"event","type":"invoice.paid"}"#;
/// Stripe docs: webhooks/signature; the official Python library agrees.
const VECTOR: &str = "dfb4777aaaec4ea29ff455dd4df7fe6b2ef71096ad3a93a158db7e100109ea91";
const SIGNED_AT: i64 = 1_700_000_000;

fn secret() -> SecretString {
    SecretString::from("whsec_test_secret")
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(SIGNED_AT + seconds)
}

fn event(object: &Value) -> Value {
    json!({
        "id": "evt_1", "object": "event", "type": "a.type", "created": SIGNED_AT, "livemode": false,
        "api_version": "2026-05-27.dahlia", "data": {"object": object},
    })
}

fn delivered(event: &Value) -> Result<Event, SignatureError> {
    let body = event.to_string();
    verify(body.as_bytes(), &sign(body.as_bytes(), &secret(), at(0)), &[secret()], at(1), 300)
}

/// Whether the signature was found good: the vector's body is signed and too short to be an event.
fn accepted(
    header: &str,
    secrets: &[SecretString],
    now: Timestamp,
    tolerance: i64,
) -> Result<(), SignatureError> {
    match verify(BODY, header, secrets, now, tolerance) {
        Ok(_) | Err(SignatureError::NotAnEvent { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

#[test]
fn the_vector_is_signed_as_stripe_signs() {
    assert_eq!(sign(BODY, &secret(), at(0)), format!("t={SIGNED_AT},v1={VECTOR}"));
}

#[test]
fn any_signature_may_match_any_secret_and_other_schemes_are_ignored() {
    let old = SecretString::from("whsec_old");
    let zeros = "0".repeat(64);
    for header in [
        format!("t={SIGNED_AT},v1={VECTOR}"),
        format!("t={SIGNED_AT},v1={zeros},v1={VECTOR},v0=abc"),
        format!("v1={VECTOR}, t={SIGNED_AT}"),
        format!("t={SIGNED_AT},v1=nonsense,v1={VECTOR},later"),
    ] {
        assert_eq!(accepted(&header, &[old.clone(), secret()], at(0), 300), Ok(()), "{header}");
    }
}

#[test]
fn a_signature_of_another_secret_body_time_or_scheme_does_not_match() {
    let good = format!("t={SIGNED_AT},v1={VECTOR}");
    assert_eq!(
        accepted(&good, &[SecretString::from("whsec_other")], at(0), 300),
        Err(SignatureError::NoMatch)
    );
    assert_eq!(accepted(&good, &[], at(0), 300), Err(SignatureError::NoMatch));
    let altered = verify(b"{}", &good, &[secret()], at(0), 300);
    assert_eq!(altered, Err(SignatureError::NoMatch));
    for header in [
        format!("t={},v1={VECTOR}", SIGNED_AT + 1),
        format!("t={SIGNED_AT},v1={}", &VECTOR[..62]),
        format!("t={SIGNED_AT},v1="),
        format!("t={SIGNED_AT},v1={}", VECTOR.replace('d', "e")),
    ] {
        assert_eq!(accepted(&header, &[secret()], at(0), 300), Err(SignatureError::NoMatch), "{header}");
    }
    let v0 = format!("t={SIGNED_AT},v0={VECTOR}");
    assert_eq!(accepted(&v0, &[secret()], at(0), 300), Err(SignatureError::Malformed));
}

#[test]
fn an_empty_secret_opens_nothing() {
    let empty = SecretString::from("");
    let header = sign(BODY, &empty, at(0));
    assert_eq!(accepted(&header, &[empty], at(0), 300), Err(SignatureError::NoMatch));
}

#[test]
fn a_header_of_another_form_is_malformed() {
    for header in [
        "",
        "t=",
        "v1=00",
        "t=x,v1=00",
        "t=-1,v1=00",
        "t=1,t=1,v1=00",
        "t=99999999999999999999,v1=00",
        "nonsense",
    ] {
        assert_eq!(accepted(header, &[secret()], at(0), 300), Err(SignatureError::Malformed), "{header}");
    }
}

#[test]
fn a_signature_is_good_for_five_minutes_on_either_side() {
    let header = format!("t={SIGNED_AT},v1={VECTOR}");
    let now = |seconds| accepted(&header, &[secret()], at(seconds), 300);
    assert_eq!((now(300), now(-300)), (Ok(()), Ok(())));
    assert_eq!(now(301), Err(SignatureError::TooOld { age: 301 }));
    assert_eq!(now(-301), Err(SignatureError::FromTheFuture { ahead: 301 }));
    assert_eq!(accepted(&header, &[secret()], at(1_000_000), 0), Ok(()), "0 skips the check");
    let forged = format!("t={SIGNED_AT},v1={}", "0".repeat(64));
    assert_eq!(
        accepted(&forged, &[secret()], at(301), 300),
        Err(SignatureError::NoMatch),
        "whose comes before when"
    );
}

#[test]
fn what_is_signed_and_not_an_event_says_what_is_missing() {
    let read = verify(BODY, &sign(BODY, &secret(), at(0)), &[secret()], at(0), 300).unwrap_err();
    assert!(matches!(read, SignatureError::NotAnEvent { path, .. } if path == "data"));
    let read = verify(b"<html>", &sign(b"<html>", &secret(), at(0)), &[secret()], at(0), 300).unwrap_err();
    assert!(matches!(read, SignatureError::NotAnEvent { path, .. } if path == "$"));
}

#[test]
fn an_event_is_read_narrowly() {
    let subscription =
        json!({"id": "sub_1", "object": "subscription", "customer": "cus_1", "status": 7, "items": "?"});
    let read = delivered(&event(&subscription)).unwrap();
    let expected = Event {
        id: "evt_1".into(),
        kind: "a.type".into(),
        created: at(0),
        livemode: false,
        api_version: Some("2026-05-27.dahlia".into()),
        object_id: Some("sub_1".into()),
        object_type: "subscription".into(),
        customer: Some("cus_1".into()),
        payment_intent: None,
        subscription: Some("sub_1".into()),
        invoice: None,
    };
    assert_eq!(read, expected);
}

#[test]
fn every_object_leads_to_whom_it_concerns() {
    let about = |object: Value| {
        let read = delivered(&event(&object)).unwrap();
        let text = |id: Option<String>| id.unwrap_or_default();
        [
            text(read.customer.map(|id| id.0)),
            text(read.payment_intent.map(|id| id.0)),
            text(read.subscription.map(|id| id.0)),
            text(read.invoice),
        ]
    };
    assert_eq!(about(json!({"id": "cus_1", "object": "customer"})), ["cus_1", "", "", ""]);
    assert_eq!(
        about(json!({"id": "pi_1", "object": "payment_intent", "customer": null})),
        ["", "pi_1", "", ""]
    );
    assert_eq!(
        about(json!({"id": "re_1", "object": "refund", "payment_intent": "pi_1"})),
        ["", "pi_1", "", ""]
    );
    assert_eq!(
        about(json!({"id": "dp_1", "object": "dispute", "payment_intent": {"id": "pi_1"}})),
        ["", "pi_1", "", ""]
    );
    assert_eq!(
        about(json!({"id": "ch_1", "object": "charge", "customer": "cus_1", "payment_intent": "pi_1"})),
        ["cus_1", "pi_1", "", ""]
    );
    assert_eq!(
        about(json!({"id": "in_1", "object": "invoice", "customer": {"id": "cus_1"},
                     "parent": {"subscription_details": {"subscription": "sub_1"}}})),
        ["cus_1", "", "sub_1", "in_1"]
    );
    assert_eq!(
        about(json!({"id": "inpay_1", "object": "invoice_payment", "invoice": "in_1",
                     "payment": {"type": "payment_intent", "payment_intent": "pi_1"}})),
        ["", "pi_1", "", "in_1"]
    );
    assert_eq!(
        about(
            json!({"id": "sub_sched_1", "object": "subscription_schedule", "customer": "cus_1", "subscription": "sub_1"})
        ),
        ["cus_1", "", "sub_1", ""]
    );
    assert_eq!(about(json!({"object": "balance", "customer": 7})), ["", "", "", ""]);
}

#[test]
fn a_detached_card_leads_to_the_customer_that_it_left() {
    let mut detached = event(&json!({"id": "pm_1", "object": "payment_method", "customer": null}));
    detached["data"]["previous_attributes"] = json!({"customer": "cus_1"});
    assert_eq!(delivered(&detached).unwrap().customer.unwrap().as_str(), "cus_1");
}
