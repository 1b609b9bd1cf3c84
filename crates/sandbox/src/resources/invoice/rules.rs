//! Rules about invoices that hold whatever is asked, in whatever order: played with random requests and time.

use std::collections::HashMap;

use crate::core::value::Value;
use proptest::prelude::*;

use crate::core::json::Json;
use crate::core::render;
use crate::core::state::Account;
use crate::core::story::Story;
use crate::resources::money;

const DAY: i64 = 86_400;

/// One step of a story. Indexes choose among what is there.
#[derive(Clone, Debug)]
enum Step {
    Item { who: usize, amount: i32, draft: Option<usize> },
    Draft { who: usize, more: &'static str },
    OfSubscription { which: usize },
    AddLine { which: usize, amount: i32, more: &'static str },
    ChangeLine { which: usize, line: usize, form: String },
    RemoveLine { which: usize, line: usize, behavior: &'static str },
    Change { which: usize, form: &'static str },
    Act { which: usize, action: &'static str, form: &'static str },
    Delete { which: usize },
    Revise { which: usize },
    Attach { which: usize, amount: u32, confirm: bool },
    Confirm { which: usize, card: &'static str },
    Balance { who: usize, amount: i32 },
    Subscribe { who: usize, form: &'static str },
    Reprice { which: usize, amount: u32, behavior: &'static str },
    CancelSubscription { which: usize },
    Later(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let which = 0..9_usize;
    let who = 0..3_usize;
    let amount = prop_oneof![-3000..4000_i32, -60..100_i32];
    let act = prop::sample::select(vec![
        ("finalize", ""),
        ("finalize", "auto_advance=true"),
        ("pay", ""),
        ("pay", "payment_method=pm_card_visa"),
        ("pay", "payment_method=pm_card_chargeCustomerFail"),
        ("pay", "payment_method=pm_card_authenticationRequired"),
        ("pay", "paid_out_of_band=true"),
        ("void", ""),
        ("mark_uncollectible", ""),
        ("send", ""),
    ]);
    let line = prop_oneof![
        (-2000..3000_i32).prop_map(|amount| format!("amount={amount}")),
        (0..5_u8).prop_map(|quantity| format!("quantity={quantity}")),
        Just("discounts[0][coupon]=third".to_owned()),
        Just("discounts=".to_owned()),
        Just("discountable=false".to_owned()),
        Just("description=x&metadata[a]=b".to_owned()),
    ];
    let changes = vec![
        "discounts[0][coupon]=third",
        "discounts[0][coupon]=some",
        "discounts=",
        "auto_advance=true",
        "auto_advance=false",
        "collection_method=send_invoice&days_until_due=3",
        "collection_method=charge_automatically",
        "metadata[a]=b",
    ];
    let drafts = vec![
        "",
        "&pending_invoice_items_behavior=include",
        "&pending_invoice_items_behavior=include&auto_advance=true",
        "&collection_method=send_invoice&days_until_due=5",
        "&discounts[0][coupon]=third",
    ];
    let subscriptions = vec![
        "",
        "&discounts[0][coupon]=third",
        "&billing_mode[type]=flexible&billing_mode[flexible][proration_discounts]=itemized&discounts[0][coupon]=some",
        "&collection_method=send_invoice&days_until_due=2",
        "&trial_period_days=4",
    ];
    let cards = vec!["pm_card_visa", "pm_card_chargeCustomerFail"];
    prop_oneof![
        2 => (who.clone(), amount.clone(), prop::option::of(which.clone()))
            .prop_map(|(who, amount, draft)| Step::Item { who, amount, draft }),
        3 => (who.clone(), prop::sample::select(drafts)).prop_map(|(who, more)| Step::Draft { who, more }),
        1 => which.clone().prop_map(|which| Step::OfSubscription { which }),
        5 => (which.clone(), amount.clone(), prop::sample::select(vec!["", "&lines[0][discounts][0][coupon]=some"]))
            .prop_map(|(which, amount, more)| Step::AddLine { which, amount, more }),
        2 => (which.clone(), 0..3_usize, line).prop_map(|(which, line, form)| Step::ChangeLine { which, line, form }),
        1 => (which.clone(), 0..3_usize, prop::sample::select(vec!["delete", "unassign"]))
            .prop_map(|(which, line, behavior)| Step::RemoveLine { which, line, behavior }),
        2 => (which.clone(), prop::sample::select(changes)).prop_map(|(which, form)| Step::Change { which, form }),
        8 => (which.clone(), act).prop_map(|(which, (action, form))| Step::Act { which, action, form }),
        1 => which.clone().prop_map(|which| Step::Delete { which }),
        2 => which.clone().prop_map(|which| Step::Revise { which }),
        2 => (which.clone(), 50..2000_u32, any::<bool>())
            .prop_map(|(which, amount, confirm)| Step::Attach { which, amount, confirm }),
        1 => (which.clone(), prop::sample::select(cards)).prop_map(|(which, card)| Step::Confirm { which, card }),
        1 => (who.clone(), -3000..3000_i32).prop_map(|(who, amount)| Step::Balance { who, amount }),
        2 => (who, prop::sample::select(subscriptions)).prop_map(|(who, form)| Step::Subscribe { who, form }),
        2 => (which.clone(), 100..9000_u32, prop::sample::select(vec!["create_prorations", "always_invoice", "none"]))
            .prop_map(|(which, amount, behavior)| Step::Reprice { which, amount, behavior }),
        1 => which.prop_map(|which| Step::CancelSubscription { which }),
        3 => prop_oneof![0..3 * 3600_i64, 0..40 * DAY].prop_map(Step::Later),
    ]
}

struct Player {
    story: Story,
}

impl Player {
    fn new() -> Self {
        let mut player = Self { story: Story::new(1_800_000_000) };
        for card in ["pm_card_visa", "pm_card_chargeCustomerFail"] {
            player.story.customer(card);
        }
        player.story.post("customers", "name=without");
        player.story.post("products", "id=p&name=Pro");
        player.story.post("coupons", "id=third&percent_off=33.33&duration=forever");
        player
            .story
            .post("coupons", "id=some&amount_off=450&currency=usd&duration=repeating&duration_in_months=2");
        for who in 0..3 {
            let customer = player.id("customer", who);
            for amount in [2000, 3000] {
                let invoice =
                    player.story.post("invoices", &format!("customer={customer}&currency=usd")).id();
                let form = format!("lines[0][amount]={amount}&lines[1][amount]=450");
                player.story.post(&format!("invoices/{invoice}/add_lines"), &form);
                if amount == 3000 {
                    player.story.post(&format!("invoices/{invoice}/finalize"), "");
                }
            }
        }
        player
    }

    fn account(&self) -> &Account {
        &self.story.state.accounts["test"]
    }

    /// One of a kind, if there is any; the newest comes first.
    fn one(&self, kind: &str, which: usize) -> Option<Value> {
        let all: Vec<Value> = self.account().of_kind(kind).map(|object| (**object).clone()).collect();
        (!all.is_empty()).then(|| all[which % all.len()].clone())
    }

    fn id(&self, kind: &str, which: usize) -> String {
        self.one(kind, which).map_or_else(|| "none".to_owned(), |object| object.id())
    }

    fn line(&self, invoice: usize, line: usize) -> (String, String) {
        let Some(invoice) = self.one("invoice", invoice) else { return ("none".into(), "none".into()) };
        let lines = invoice.list("lines.data");
        let line = lines.get(line % lines.len().max(1)).map_or_else(|| "none".to_owned(), Json::id);
        (invoice.id(), line)
    }

    fn ask(&mut self, path: &str, body: &str) {
        let (status, answer) = self.story.ask("POST", path, body);
        assert!(status < 500, "{path} {body}: {answer}");
    }

    fn play(&mut self, step: &Step) {
        match step {
            Step::Later(seconds) => self.story.later(*seconds),
            Step::Item { who, amount, draft } => {
                let on =
                    draft.map(|draft| format!("&invoice={}", self.id("invoice", draft))).unwrap_or_default();
                let customer = self.id("customer", *who);
                let body = format!("customer={customer}&amount={amount}&currency=usd{on}");
                self.ask("invoiceitems", &body);
            }
            Step::Draft { who, more } => {
                let body = format!("customer={}{more}", self.id("customer", *who));
                self.ask("invoices", &body);
            }
            Step::OfSubscription { which } => {
                if let Some(subscription) = self.one("subscription", *which) {
                    let customer = subscription.string("customer");
                    self.ask("invoices", &format!("customer={customer}&subscription={}", subscription.id()));
                }
            }
            Step::AddLine { which, amount, more } => {
                let path = format!("invoices/{}/add_lines", self.id("invoice", *which));
                self.ask(&path, &format!("lines[0][amount]={amount}{more}"));
            }
            Step::ChangeLine { which, line, form } => {
                let (invoice, line) = self.line(*which, *line);
                self.ask(&format!("invoices/{invoice}/lines/{line}"), form);
            }
            Step::RemoveLine { which, line, behavior } => {
                let (invoice, line) = self.line(*which, *line);
                let body = format!("lines[0][id]={line}&lines[0][behavior]={behavior}");
                self.ask(&format!("invoices/{invoice}/remove_lines"), &body);
            }
            Step::Change { which, form } => {
                let path = format!("invoices/{}", self.id("invoice", *which));
                self.ask(&path, form);
            }
            Step::Act { which, action, form } => {
                let path = format!("invoices/{}/{action}", self.id("invoice", *which));
                self.ask(&path, form);
            }
            Step::Delete { which } => {
                let path = format!("invoices/{}", self.id("invoice", *which));
                assert!(self.story.ask("DELETE", &path, "").0 < 500);
            }
            Step::Revise { which } => {
                let original = self.id("invoice", *which);
                self.ask(
                    "invoices",
                    &format!("from_invoice[action]=revision&from_invoice[invoice]={original}"),
                );
            }
            Step::Attach { which, amount, confirm } => {
                let Some(invoice) = self.one("invoice", *which) else { return };
                let body = format!(
                    "amount={amount}&currency=usd&customer={}&automatic_payment_methods[enabled]=true\
                     &automatic_payment_methods[allow_redirects]=never",
                    invoice.string("customer")
                );
                let intent = self.story.post("payment_intents", &body).id();
                if *confirm {
                    self.ask(&format!("payment_intents/{intent}/confirm"), "payment_method=pm_card_visa");
                }
                self.ask(
                    &format!("invoices/{}/attach_payment", invoice.id()),
                    &format!("payment_intent={intent}"),
                );
            }
            Step::Confirm { which, card } => {
                let path = format!("payment_intents/{}/confirm", self.id("payment_intent", *which));
                self.ask(&path, &format!("payment_method={card}"));
            }
            Step::Balance { who, amount } => {
                let path = format!("customers/{}/balance_transactions", self.id("customer", *who));
                self.ask(&path, &format!("amount={amount}&currency=usd"));
            }
            Step::Subscribe { who, form } => {
                let body = format!(
                    "customer={}&items[0][price_data][product]=p&items[0][price_data][currency]=usd\
                     &items[0][price_data][unit_amount]=2000&items[0][price_data][recurring][interval]=month{form}",
                    self.id("customer", *who)
                );
                self.ask("subscriptions", &body);
            }
            Step::Reprice { which, amount, behavior } => {
                let Some(subscription) = self.one("subscription", *which) else { return };
                let price = self.story.price(i64::from(*amount), "month", 1);
                let item = subscription.at("items.data.0").id();
                let body =
                    format!("items[0][id]={item}&items[0][price]={price}&proration_behavior={behavior}");
                self.ask(&format!("subscriptions/{}", subscription.id()), &body);
            }
            Step::CancelSubscription { which } => {
                let path = format!(
                    "subscriptions/{}?prorate=true&invoice_now=true",
                    self.id("subscription", *which)
                );
                assert!(self.story.ask("DELETE", &path, "").0 < 500);
            }
        }
    }
}

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
