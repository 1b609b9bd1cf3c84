//! Rules about invoices that hold whatever is asked, in whatever order: played with random requests and time.

mod player;
mod step;

use std::collections::HashMap;

use proptest::prelude::*;

use self::player::Player;
use self::step::step;
use crate::core::json::Json;
use crate::core::render;
use crate::core::value::Value;
use crate::resources::money;

fn sum(list: &[Value], member: &str) -> i64 {
    list.iter().map(|one| one.num(member)).sum()
}

/// The amounts of an invoice follow from its lines.
fn check_lines(player: &Player, invoice: &Value) {
    let lines = invoice.list("lines.data");
    let gross = sum(lines, "amount");
    let (mut own, mut all) = (0, 0);
    for line in lines {
        assert_eq!(line.text("invoice"), invoice.text("id"));
        for off in line.list("discount_amounts") {
            all += off.num("amount");
            if line.list("discounts").contains(off.at("discount")) {
                own += off.num("amount");
            }
        }
        if let Some(item) = super::lines::invoice_item_of(line).and_then(|id| player.account().get(id)) {
            assert_eq!(
                (item.at("invoice"), item.at("amount")),
                (invoice.at("id"), line.at("amount")),
                "{item}"
            );
        }
    }
    assert_eq!(invoice.num("subtotal"), gross - own, "{invoice}");
    assert_eq!(invoice.num("total"), gross - all, "{invoice}");
    assert_eq!(sum(invoice.list("total_discount_amounts"), "amount"), all, "{invoice}");
    assert_eq!(invoice.num("lines.total_count"), i64::try_from(lines.len()).unwrap());
}

/// What is due, paid and left, with the customer's balance.
fn check_amounts(player: &Player, invoice: &Value) {
    let amount = |name: &str| invoice.num(name);
    let owed = amount("total") + amount("starting_balance");
    let (due, paid, left) = (amount("amount_due"), amount("amount_paid"), amount("amount_remaining"));
    assert_eq!(due, money::charged(owed, "usd"), "{invoice}");
    assert_eq!(left, due - paid, "{invoice}");
    assert!(left >= 0 && paid >= 0, "{invoice}");
    let status = invoice.string("status");
    let finalized = invoice.has("status_transitions.finalized_at");
    assert_eq!(finalized, status != "draft");
    assert_eq!(finalized, invoice.has("hosted_invoice_url") && invoice.has("ending_balance"));
    if finalized {
        assert_eq!(amount("ending_balance"), owed - due, "{invoice}");
    }
    match status.as_str() {
        "paid" => assert_eq!((left, invoice.has("status_transitions.paid_at")), (0, true)),
        "open" => assert!(left > 0, "{invoice}"),
        "draft" => assert_eq!(paid, 0),
        _ => {}
    }
    if status != "open" && status != "draft" {
        assert!(!invoice.flag("auto_advance") && !invoice.has("next_payment_attempt"), "{invoice}");
    }
    let taken: i64 = player
        .account()
        .of_kind("customer_balance_transaction")
        .filter(|moved| moved.at("invoice") == invoice.at("id"))
        .map(|moved| moved.num("amount"))
        .sum();
    let expected = match status.as_str() {
        "draft" | "void" => 0,
        _ => amount("ending_balance") - amount("starting_balance") - amount("amount_overpaid"),
    };
    assert_eq!(taken, expected, "{invoice}");
}

/// What was paid is what its payments brought.
fn check_payments(player: &Player, invoice: &Value) {
    let all: Vec<&Value> = player
        .account()
        .of_kind("invoice_payment")
        .filter(|payment| payment.at("invoice") == invoice.at("id"))
        .map(AsRef::as_ref)
        .collect();
    let mut brought = 0;
    for payment in all.iter().filter(|payment| payment.is("status", "paid")) {
        let intent = player.account().get(&payment.string("payment.payment_intent")).unwrap();
        assert!(intent.is("status", "succeeded"), "{intent}");
        assert_eq!(intent.at("amount_received"), payment.at("amount_paid"), "{invoice}");
        brought += payment.num("amount_paid");
    }
    let paid = invoice.num("amount_paid") + invoice.num("amount_overpaid");
    assert_eq!(brought + invoice.num("amount_paid_off_stripe"), paid, "{invoice}");
    let default: Vec<_> = all.iter().filter(|payment| payment.flag("is_default")).collect();
    assert_eq!(default.len(), usize::from(invoice.has("ending_balance") && invoice.num("amount_due") > 0));
    if let [payment] = default[..]
        && matches!(invoice.text("status"), Some("open" | "uncollectible"))
    {
        let intent = player.account().get(&payment.string("payment.payment_intent")).unwrap();
        assert!(payment.is("status", "open"), "{payment}");
        assert_eq!(payment.at("amount_requested"), invoice.at("amount_remaining"), "{invoice}");
        assert_eq!(intent.at("amount"), invoice.at("amount_remaining"), "{invoice}");
    } else {
        assert!(all.iter().all(|payment| !payment.is("status", "open")), "{invoice}");
    }
}

/// The last event about an invoice shows it as it is.
fn check_events(player: &Player) {
    let mut told: HashMap<String, Value> = HashMap::new();
    for event in player.account().of_kind("event").collect::<Vec<_>>().into_iter().rev() {
        let object = event.at("data.object");
        told.insert(object.id(), object.clone());
    }
    for kind in ["invoice", "customer", "subscription"] {
        for object in player.account().of_kind(kind) {
            assert_eq!(told.get(&object.id()), Some(&render::public(object)), "an event is missing");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_an_invoice_equals_its_lines_and_its_payments(steps in prop::collection::vec(step(), 0..45)) {
        let mut player = Player::new();
        for step in &steps {
            player.play(step);
            for invoice in player.account().of_kind("invoice") {
                check_lines(&player, invoice);
                check_amounts(&player, invoice);
                check_payments(&player, invoice);
            }
        }
        check_events(&player);
        for customer in player.account().of_kind("customer") {
            let moved: i64 = player
                .account()
                .of_kind("customer_balance_transaction")
                .filter(|moved| moved.at("customer") == customer.at("id"))
                .map(|moved| moved.num("amount"))
                .sum();
            prop_assert_eq!(customer.num("balance"), moved);
        }
    }
}
