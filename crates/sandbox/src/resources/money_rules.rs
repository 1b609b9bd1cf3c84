//! Rules about money that hold whatever is asked, in whatever order: played with random requests and time.

use std::collections::HashMap;

use crate::core::value::Value;
use proptest::prelude::*;

use crate::core::json::Json;
use crate::core::render;
use crate::core::state::Account;
use crate::core::story::Story;

/// One step of a story. Indexes choose among what is there.
#[derive(Clone, Debug)]
enum Step {
    Pay {
        card: &'static str,
        amount: u32,
        manual: bool,
    },
    Charge {
        card: &'static str,
        amount: u32,
        capture: bool,
    },
    Capture {
        which: usize,
        amount: u32,
    },
    CaptureCharge {
        which: usize,
        amount: u32,
    },
    Cancel {
        which: usize,
    },
    /// The whole of what is left, without an amount.
    Refund {
        which: usize,
        amount: Option<u32>,
    },
    Evidence {
        which: usize,
        text: &'static str,
        submit: bool,
    },
    Close {
        which: usize,
    },
    Balance {
        which: usize,
        amount: i32,
    },
    Invoice {
        which: usize,
        amount: i32,
    },
    Void {
        which: usize,
    },
    Later(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let card = prop::sample::select(vec![
        "tok_visa",
        "tok_createDispute",
        "tok_createDisputeInquiry",
        "tok_createMultipleDisputes",
        "tok_pendingRefund",
        "tok_refundFail",
        "tok_chargeCustomerFail",
        "tok_bypassPending",
    ]);
    let which = 0..4_usize;
    let amount = prop_oneof![1..6000_u32, 1..100_u32];
    prop_oneof![
        3 => (card.clone(), 50..6000_u32, any::<bool>()).prop_map(|(card, amount, manual)| Step::Pay { card, amount, manual }),
        1 => (card, 50..6000_u32, any::<bool>()).prop_map(|(card, amount, capture)| Step::Charge { card, amount, capture }),
        2 => (which.clone(), amount.clone()).prop_map(|(which, amount)| Step::Capture { which, amount }),
        1 => (which.clone(), amount.clone()).prop_map(|(which, amount)| Step::CaptureCharge { which, amount }),
        1 => which.clone().prop_map(|which| Step::Cancel { which }),
        6 => (which.clone(), prop::option::of(amount)).prop_map(|(which, amount)| Step::Refund { which, amount }),
        3 => (
            which.clone(),
            prop::sample::select(vec!["winning_evidence", "losing_evidence", "escalate_inquiry_evidence", "words"]),
            any::<bool>()
        ).prop_map(|(which, text, submit)| Step::Evidence { which, text, submit }),
        1 => which.clone().prop_map(|which| Step::Close { which }),
        1 => (which.clone(), -3000..3000_i32).prop_map(|(which, amount)| Step::Balance { which, amount }),
        2 => (which.clone(), -3000..3000_i32).prop_map(|(which, amount)| Step::Invoice { which, amount }),
        1 => which.prop_map(|which| Step::Void { which }),
        3 => prop_oneof![0..90_i64, 0..20 * 86_400_i64].prop_map(Step::Later),
    ]
}

struct Player {
    story: Story,
}

impl Player {
    fn new() -> Self {
        let mut player = Self { story: Story::new(1_800_000_000) };
        for name in ["a", "b"] {
            let body = format!(
                "name={name}&payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa"
            );
            player.ask("customers", &body);
        }
        player
    }

    fn account(&self) -> &Account {
        &self.story.state.accounts["test"]
    }

    fn ids(&self, kind: &str) -> Vec<String> {
        self.account().of_kind(kind).map(|object| object.id()).collect()
    }

    fn pick(&self, kind: &str, which: usize) -> String {
        let ids = self.ids(kind);
        if ids.is_empty() { "none".to_owned() } else { ids[which % ids.len()].clone() }
    }

    fn ask(&mut self, path: &str, body: &str) -> Value {
        let (status, answer) = self.story.ask("POST", path, body);
        assert!(status < 500);
        answer
    }

    fn play(&mut self, step: &Step) {
        match step {
            Step::Pay { card, amount, manual } => {
                let capture = if *manual { "manual" } else { "automatic_async" };
                let body = format!(
                    "amount={amount}&currency=usd&payment_method_data[type]=card&payment_method_data[card][token]={card}\
                     &confirm=true&payment_method_types[]=card&capture_method={capture}"
                );
                self.ask("payment_intents", &body);
            }
            Step::Charge { card, amount, capture } => {
                let body = format!("amount={amount}&currency=usd&source={card}&capture={capture}");
                self.ask("charges", &body);
            }
            Step::Capture { which, amount } => {
                let path = format!("payment_intents/{}/capture", self.pick("payment_intent", *which));
                self.ask(&path, &format!("amount_to_capture={amount}"));
            }
            Step::CaptureCharge { which, amount } => {
                let path = format!("charges/{}/capture", self.pick("charge", *which));
                self.ask(&path, &format!("amount={amount}"));
            }
            Step::Cancel { which } => {
                let path = format!("payment_intents/{}/cancel", self.pick("payment_intent", *which));
                self.ask(&path, "");
            }
            Step::Refund { which, amount } => {
                let amount = amount.map(|amount| format!("&amount={amount}")).unwrap_or_default();
                let body = format!("charge={}{amount}", self.pick("charge", *which));
                self.ask("refunds", &body);
            }
            Step::Evidence { which, text, submit } => {
                let path = format!("disputes/{}", self.pick("dispute", *which));
                self.ask(&path, &format!("evidence[uncategorized_text]={text}&submit={submit}"));
            }
            Step::Close { which } => {
                let path = format!("disputes/{}/close", self.pick("dispute", *which));
                self.ask(&path, "");
            }
            Step::Balance { which, amount } => {
                let path = format!("customers/{}/balance_transactions", self.pick("customer", *which));
                self.ask(&path, &format!("amount={amount}&currency=usd"));
            }
            Step::Invoice { which, amount } => {
                let customer = self.pick("customer", *which);
                self.ask("invoiceitems", &format!("customer={customer}&amount={amount}&currency=usd"));
                let body = format!("customer={customer}&pending_invoice_items_behavior=include");
                let draft = self.ask("invoices", &body).id();
                self.ask(&format!("invoices/{draft}/finalize"), "");
            }
            Step::Void { which } => {
                let path = format!("invoices/{}/void", self.pick("invoice", *which));
                self.ask(&path, "");
            }
            Step::Later(seconds) => self.story.later(*seconds),
        }
    }

    /// The sum of a member over the objects of a kind for which `which` holds.
    fn sum(&self, kind: &str, member: &str, which: impl Fn(&Value) -> bool) -> i64 {
        self.account().of_kind(kind).filter(|object| which(object)).map(|object| object.num(member)).sum()
    }
}

fn counts(refund: &Value) -> bool {
    matches!(refund.text("status"), Some("succeeded" | "pending"))
}

/// A charge's refunds are those that it counts, no more than was paid; and its movements are what is left of it.
fn check_charge(player: &Player, charge: &Value) {
    let id = charge.id();
    let of_it = |object: &Value| object.is("charge", &id);
    let (amount, captured) = (charge.num("amount"), charge.num("amount_captured"));
    let refunded = player.sum("refund", "amount", |refund| of_it(refund) && counts(refund));
    assert_eq!(charge.num("amount_refunded"), refunded, "{charge}");
    assert_eq!(charge.flag("refunded"), refunded == amount, "{charge}");
    assert!(refunded <= amount && captured <= amount, "{charge}");
    let taken = player.sum("dispute", "amount", |dispute| {
        of_it(dispute) && matches!(dispute.text("status"), Some("needs_response" | "under_review" | "lost"))
    });
    assert!(taken <= captured, "{charge}");
    let paid_out = player.sum("refund", "amount", |refund| {
        of_it(refund) && counts(refund) && refund.has("balance_transaction")
    });
    let settled = if charge.has("balance_transaction") { captured } else { 0 };
    let movers: Vec<String> = ["refund", "dispute"]
        .iter()
        .flat_map(|kind| player.account().of_kind(kind))
        .filter(|mover| of_it(mover))
        .map(|mover| mover.id())
        .chain([id.clone()])
        .collect();
    let moved = player.sum("balance_transaction", "amount", |entry| movers.contains(&entry.string("source")));
    assert_eq!(moved, settled - paid_out - taken, "{charge}");
    if let Some(intent) = charge.text("payment_intent").and_then(|intent| player.account().get(intent)) {
        let is_newest = intent.is("latest_charge", &id);
        assert!(!is_newest || intent.num("amount_received") == captured, "{intent}");
        let held = if intent.is("status", "requires_capture") { amount } else { 0 };
        assert!(!is_newest || intent.num("amount_capturable") == held, "{intent}");
    }
}

/// A customer's balance is the end of an unbroken chain of transactions.
fn check_customer(player: &Player, customer: &Value) {
    let mut balance = 0;
    for entry in player.account().of_kind_after("customer_balance_transaction", 0) {
        if entry.is("customer", &customer.id()) {
            balance += entry.num("amount");
            assert_eq!(entry.num("ending_balance"), balance, "{entry}");
        }
    }
    assert_eq!(customer.num("balance"), balance, "{customer}");
}

/// Whoever follows the events knows each object as it is.
fn check_events(player: &Player) {
    let mut told: HashMap<String, Value> = HashMap::new();
    for event in player.account().of_kind_after("event", 0) {
        let object = event.at("data.object");
        told.insert(object.id(), object.clone());
    }
    for kind in ["refund", "dispute", "customer", "radar.early_fraud_warning"] {
        for object in player.account().of_kind(kind) {
            assert_eq!(told.get(&object.id()), Some(&render::public(object)), "an event is missing");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_the_money_adds_up(steps in prop::collection::vec(step(), 0..30)) {
        let mut player = Player::new();
        for step in &steps {
            player.play(step);
            for charge in player.account().of_kind("charge") {
                check_charge(&player, charge);
            }
            for customer in player.account().of_kind("customer") {
                check_customer(&player, customer);
            }
            check_events(&player);
        }
        let balance = player.story.get("balance");
        let shown: i64 = ["available", "pending"]
            .iter()
            .flat_map(|part| balance.list(part))
            .map(|entry| entry.num("amount"))
            .sum();
        prop_assert_eq!(shown, player.sum("balance_transaction", "net", |_| true));
        prop_assert_eq!(
            player.sum("balance_transaction", "net", |_| true),
            player.sum("balance_transaction", "amount", |_| true) - player.sum("balance_transaction", "fee", |_| true)
        );
    }
}
