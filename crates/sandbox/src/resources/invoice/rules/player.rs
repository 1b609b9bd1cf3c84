//! Who plays the steps.

use super::step::Step;
use crate::core::json::Json;
use crate::core::state::Account;
use crate::core::story::Story;
use crate::core::value::Value;

/// A story of one account, with a few customers and their invoices.
pub(super) struct Player {
    story: Story,
}

impl Player {
    pub(super) fn new() -> Self {
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

    pub(super) fn account(&self) -> &Account {
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

    pub(super) fn play(&mut self, step: &Step) {
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
