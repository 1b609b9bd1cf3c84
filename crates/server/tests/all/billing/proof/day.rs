//! One day of several members, chosen by a seed: they subscribe, buy, are declined, cancel, spend and give up; others
//! act at Stripe behind our back.

use super::super::support::{DAY, at, balance, list, paid_now};
use super::chance::Chance;
use super::faults;
use axum::http::Method;
use domain::time::Timestamp;
use serde_json::{Value, json};
use testkit::{App, Client, Reply};

const MEMBERS: usize = 4;
const ACTIONS: u64 = 48;

pub(super) struct Member {
    pub(super) client: Client,
    pub(super) account: String,
}

pub(super) struct Day<'a> {
    app: &'a App,
    chance: Chance,
    members: Vec<Member>,
    /// A key of its own for each wish.
    wishes: u64,
    told: Vec<String>,
    began: Timestamp,
}

impl<'a> Day<'a> {
    /// Faults begin when the members are there.
    pub(super) async fn begin(app: &'a App, mut chance: Chance) -> Self {
        let mut members = Vec::new();
        for _ in 0..MEMBERS {
            let client = app.register().await;
            let account = balance(&client).await["account_id"].as_str().unwrap().to_owned();
            members.push(Member { client, account });
        }
        let now = app.stripe().get("/_sandbox/clock").await.expect(200)["now"].as_i64().unwrap();
        let request = |when: &str, more: Value| {
            let mut rule = json!({"target": "request", "share": 0.1, "when": when});
            rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            rule
        };
        let rules = json!({"seed": chance.below(1 << 30), "rules": [
            request("before", json!({"status": 500})),
            request("before", json!({"drop": true})),
            request("after", json!({"status": 503})),
            request("after", json!({"drop": true})),
            {"target": "webhook", "share": 1, "drop": true, "from": now, "until": now + DAY},
            {"target": "webhook", "share": 0.2, "duplicate": true, "shuffle": true, "delay_ms": 200},
        ]});
        faults(app, rules).await;
        let began = Timestamp::from_seconds(now);
        Self { app, chance, members, wishes: 0, told: Vec::new(), began }
    }

    pub(super) fn members(&self) -> &[Member] {
        &self.members
    }

    pub(super) fn began(&self) -> Timestamp {
        self.began
    }

    pub(super) fn told(&self) -> String {
        self.told.join("\n")
    }

    /// A day without webhooks, then a quarter in which subscriptions renew and webhooks come again.
    pub(super) async fn pass(&mut self) {
        let mut passed = 0;
        for _ in 0..ACTIONS {
            self.act().await;
            if self.chance.happens(40) {
                let seconds = i64::try_from(self.chance.below(3_000)).unwrap();
                self.app.advance(seconds).await;
                passed += seconds;
            }
        }
        self.app.advance((DAY - passed).max(0) + 60).await;
        self.app.advance(93 * DAY).await;
    }

    async fn act(&mut self) {
        let who = usize::try_from(self.chance.below(MEMBERS as u64)).unwrap();
        let told = match self.chance.below(100) {
            0..20 => self.subscribe(who).await,
            20..42 => self.buy(who).await,
            42..52 => self.pay_in_the_browser(who).await,
            52..62 => self.spend(who).await,
            62..70 => self.cancel(who).await,
            70..74 => self.resume(who).await,
            74..83 => self.refund_in_the_dashboard().await,
            83..91 => self.answer_a_dispute().await,
            91..96 => self.cancel_in_the_dashboard().await,
            _ => self.second_tab(who).await,
        };
        self.told.push(format!("member {who}: {told}"));
    }

    /// Under one key: after an error some try again, and some have had enough.
    async fn wish(&mut self, who: usize, path: &str, body: Value) -> String {
        self.wishes += 1;
        let member = self.members[who].client.key(&format!("wish-{}", self.wishes));
        let mut answers = Vec::new();
        loop {
            let Reply { status, body: answer, .. } = member.post(&at(path), body.clone()).await;
            let code = answer["code"].as_str().unwrap_or_default().to_owned();
            answers.push(format!("{status} {code}"));
            assert_ne!(status, 500, "{path} {body}: {answer:#}");
            let unclear = status == 503 || code == "idempotency_key_in_use";
            if !unclear || answers.len() == 4 || self.chance.happens(35) {
                break;
            }
        }
        format!("{path} {body} → {}", answers.join(", "))
    }

    async fn subscribe(&mut self, who: usize) -> String {
        let tier = *self.chance.one_of(&["community-pro", "pro-learn"]);
        let card = *self.chance.one_of(&[
            "pm_card_visa",
            "pm_card_visa",
            "pm_card_visa",
            "pm_card_chargeDeclined",
            "pm_card_createDispute",
        ]);
        let mut wish = paid_now(tier, card);
        if self.chance.happens(25) {
            wish["trial"] = json!(true);
        }
        self.wish(who, "subscribe/", wish).await
    }

    async fn buy(&mut self, who: usize) -> String {
        let package = *self.chance.one_of(&["starter", "booster"]);
        let card = *self.chance.one_of(&[
            "pm_card_visa",
            "pm_card_visa",
            "pm_card_visa",
            "pm_card_chargeDeclined",
            "pm_card_createDispute",
            "pm_card_createDisputeInquiry",
            "pm_card_createMultipleDisputes",
        ]);
        self.wish(who, "tokens/purchase/", json!({"package_slug": package, "payment_method_id": card})).await
    }

    async fn pay_in_the_browser(&mut self, who: usize) -> String {
        let told = self.wish(who, "tokens/purchase/", json!({"package_slug": "starter"})).await;
        let open = self.payments("requires_payment_method").await;
        if open.is_empty() || self.chance.happens(30) {
            return format!("{told}, and left the page");
        }
        let intent = self.chance.one_of(&open).clone();
        let form = [("payment_method", "pm_card_visa"), ("return_url", "https://example.com/")];
        let status = self.at_stripe(&format!("/v1/payment_intents/{intent}/confirm"), &form).await;
        format!("{told}, paid {intent} in the browser: {status}")
    }

    async fn spend(&mut self, who: usize) -> String {
        let tokens = 1 + self.chance.below(60_000);
        let body = json!({"tokens": tokens});
        let status = self.members[who].client.post(&at("usage/consume/"), body).await.status;
        format!("spent {tokens}: {status}")
    }

    async fn cancel(&mut self, who: usize) -> String {
        let body = match self.chance.below(3) {
            0 => json!({"at": "period_end"}),
            1 => json!({"at": "now"}),
            _ => json!({"at": "now", "refund": true}),
        };
        self.wish(who, "cancel/", body).await
    }

    async fn resume(&mut self, who: usize) -> String {
        self.wish(who, "resume/", json!({})).await
    }

    async fn refund_in_the_dashboard(&mut self) -> String {
        let paid = self.payments("succeeded").await;
        if paid.is_empty() {
            return "nothing to refund".to_owned();
        }
        let intent = self.chance.one_of(&paid).clone();
        let amount = (1 + self.chance.below(400)).to_string();
        let mut form = vec![("payment_intent", intent.as_str())];
        if self.chance.happens(60) {
            form.push(("amount", &amount));
        }
        let shown = format!("{form:?}");
        let status = self.at_stripe("/v1/refunds", &form).await;
        format!("refund in the dashboard {shown}: {status}")
    }

    async fn answer_a_dispute(&mut self) -> String {
        let disputes = self.all("/v1/disputes?limit=100").await;
        if disputes.is_empty() {
            return "nothing is disputed".to_owned();
        }
        let dispute = self.chance.one_of(&disputes)["id"].as_str().unwrap().to_owned();
        let evidence =
            *self.chance.one_of(&["winning_evidence", "losing_evidence", "escalate_inquiry_evidence"]);
        let form = [("evidence[uncategorized_text]", evidence)];
        let status = self.at_stripe(&format!("/v1/disputes/{dispute}"), &form).await;
        self.app.advance(10).await;
        format!("{dispute}: {evidence}: {status}")
    }

    async fn cancel_in_the_dashboard(&mut self) -> String {
        let live = self.all("/v1/subscriptions?limit=100").await;
        if live.is_empty() {
            return "nothing to cancel".to_owned();
        }
        let id = self.chance.one_of(&live)["id"].as_str().unwrap().to_owned();
        let stripe = self.app.stripe();
        for _ in 0..50 {
            let request = stripe.request(Method::DELETE, &format!("/v1/subscriptions/{id}"));
            if let Some(status) = status_of(request).await.filter(|status| *status < 500) {
                return format!("{id} canceled in the dashboard: {status}");
            }
        }
        unreachable!("fifty failures in a row")
    }

    /// As if a second tab had got through to Stripe.
    async fn second_tab(&mut self, who: usize) -> String {
        let sql = "SELECT stripe_customer_id FROM accounts WHERE id = $1";
        let account = self.members[who].account.clone();
        let mut reader = self.app.database.db.reader();
        let customer =
            store::Query::one::<(Option<String>,)>(&mut reader, sql, store::args![account.as_str()])
                .await
                .unwrap()
                .0;
        let Some(customer) = customer else { return "has no customer for a second tab".to_owned() };
        let prices = self.all("/v1/prices?lookup_keys[0]=community-pro_monthly_usd").await;
        let price = prices[0]["id"].as_str().unwrap().to_owned();
        let form = [
            ("customer", customer.as_str()),
            ("items[0][price]", price.as_str()),
            ("metadata[account_id]", account.as_str()),
        ];
        let status = self.at_stripe("/v1/subscriptions", &form).await;
        format!("a second tab subscribed: {status}")
    }

    async fn payments(&self, status: &str) -> Vec<String> {
        let all = self.all("/v1/payment_intents?limit=100").await;
        let of_purchases =
            all.iter().filter(|it| it["metadata"]["purchase_id"].is_string() && it["status"] == status);
        of_purchases.map(|it| it["id"].as_str().unwrap().to_owned()).collect()
    }

    /// Whoever looks at Stripe looks again until it answers.
    async fn all(&self, path: &str) -> Vec<Value> {
        read(self.app, path).await
    }

    /// The dashboard tries again under one key until it is answered.
    async fn at_stripe(&mut self, path: &str, form: &[(&str, &str)]) -> u16 {
        self.wishes += 1;
        let stripe = self.app.stripe().key(&format!("dashboard-{}", self.wishes));
        for _ in 0..50 {
            let request = stripe.request(Method::POST, path).form(form);
            if let Some(status) = status_of(request).await.filter(|status| *status < 500) {
                return status;
            }
        }
        unreachable!("fifty failures in a row")
    }
}

/// `None`: the connection was closed.
async fn status_of(request: reqwest::RequestBuilder) -> Option<u16> {
    request.send().await.ok().map(|answer| answer.status().as_u16())
}

async fn read(app: &App, path: &str) -> Vec<Value> {
    for _ in 0..50 {
        let Ok(answer) = app.stripe().request(Method::GET, path).send().await else { continue };
        if answer.status().as_u16() == 200 {
            let body: Value = answer.json().await.unwrap();
            return body["data"].as_array().unwrap().clone();
        }
    }
    list(app, path).await
}
