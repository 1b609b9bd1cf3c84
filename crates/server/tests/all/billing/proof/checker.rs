//! Looks at Stripe's raw objects and at the raw tables, and at nothing else: it shares no code with reconciliation.
//! Answers a sentence for everything that is not where it belongs.

use super::super::support::{DAY, overview};
use super::day::Member;
use serde_json::Value;
use std::collections::BTreeMap;
use store::{Query as _, args};
use testkit::App;

pub(super) async fn check(app: &App, members: &[Member]) -> Vec<String> {
    let stripe = Stripe::read(app).await;
    let mut wrong = Vec::new();
    for member in members {
        access(&stripe, member, &mut wrong).await;
    }
    purchases(app, &stripe, &mut wrong).await;
    subscriptions(app, &stripe, &mut wrong).await;
    ledger(app, &mut wrong).await;
    wrong
}

struct Stripe {
    subscriptions: Vec<Value>,
    payments: BTreeMap<String, Value>,
    refunds: Vec<Value>,
    disputes: Vec<Value>,
    invoice_payments: Vec<Value>,
    /// Tier by price.
    tiers: BTreeMap<String, String>,
    now: i64,
}

/// A whole list, page by page.
async fn list(app: &App, path: &str) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    loop {
        let joint = if path.contains('?') { '&' } else { '?' };
        let after =
            all.last().map(|last| format!("&starting_after={}", text(last, "id"))).unwrap_or_default();
        let page = app.stripe().get(&format!("{path}{joint}limit=100{after}")).await.expect(200);
        all.extend(page["data"].as_array().unwrap().iter().cloned());
        if page["has_more"] != true {
            return all;
        }
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn number(value: &Value, name: &str) -> i64 {
    value[name].as_i64().unwrap_or_default()
}

impl Stripe {
    async fn read(app: &App) -> Self {
        let payments = list(app, "/v1/payment_intents").await;
        let prices = list(app, "/v1/prices").await;
        let tier = |price: &Value| {
            let (slug, _) = text(price, "lookup_key").split_once('_')?;
            Some((text(price, "id").to_owned(), slug.to_owned()))
        };
        Self {
            subscriptions: list(app, "/v1/subscriptions?status=all").await,
            payments: payments.into_iter().map(|it| (text(&it, "id").to_owned(), it)).collect(),
            refunds: list(app, "/v1/refunds").await,
            disputes: list(app, "/v1/disputes").await,
            invoice_payments: list(app, "/v1/invoice_payments?status=paid&expand[]=data.invoice").await,
            tiers: prices.iter().filter_map(tier).collect(),
            now: app.stripe().get("/_sandbox/clock").await.expect(200)["now"].as_i64().unwrap(),
        }
    }

    fn refunded(&self, payment: &str) -> i64 {
        let counts = |refund: &&Value| {
            text(refund, "payment_intent") == payment
                && !["failed", "canceled"].contains(&text(refund, "status"))
        };
        self.refunds.iter().filter(counts).map(|refund| number(refund, "amount")).sum()
    }

    fn disputed(&self, payment: &str, statuses: &[&str]) -> Option<i64> {
        let all = self.disputes.iter().filter(|it| text(it, "payment_intent") == payment);
        let mut all = all.filter(|it| statuses.contains(&text(it, "status"))).peekable();
        all.peek()?;
        Some(all.map(|it| number(it, "amount")).sum())
    }

    /// Whether somebody has the money of this payment who did not want to give it: it was neither refunded whole, nor
    /// is it with the bank.
    fn is_kept(&self, payment: &str) -> bool {
        let Some(intent) = self.payments.get(payment) else { return false };
        let with_the_bank = self.disputed(payment, &["needs_response", "under_review", "lost"]);
        text(intent, "status") == "succeeded"
            && self.refunded(payment) < number(intent, "amount_received")
            && with_the_bank.is_none()
    }
}

fn is_live(subscription: &Value) -> bool {
    !["canceled", "incomplete_expired"].contains(&text(subscription, "status"))
}

/// What the member may do is what the one live subscription at Stripe says.
async fn access(stripe: &Stripe, member: &Member, wrong: &mut Vec<String>) {
    let account = &member.account;
    let mine = |subscription: &&Value| {
        is_live(subscription) && subscription["metadata"]["account_id"] == account.as_str()
    };
    let live: Vec<_> = stripe.subscriptions.iter().filter(mine).collect();
    if live.len() > 1 {
        wrong.push(format!("{account} has {} live subscriptions", live.len()));
        return;
    }
    let paid = live
        .iter()
        .filter(|it| ["active", "trialing", "past_due"].contains(&text(it, "status")))
        .find(|it| {
            // A bank refuses for at most three weeks; access ends seven days after the first refusal.
            let end = number(&it["items"]["data"][0], "current_period_start");
            text(it, "status") != "past_due" || stripe.now <= end + 7 * DAY
        });
    let expected = paid.map_or("free", |it| &stripe.tiers[text(&it["items"]["data"][0]["price"], "id")]);
    let seen = overview(&member.client).await;
    if seen["tier"]["slug"] != expected {
        wrong
            .push(format!("{account} has the tier {} instead of {expected}: {live:?}", seen["tier"]["slug"]));
    }
    let shown = seen["subscription"]["stripe_subscription_id"].as_str();
    if shown != live.first().map(|it| text(it, "id")) {
        wrong.push(format!("{account} sees the subscription {shown:?}, Stripe has {live:?}"));
    }
}

type PurchaseRow = (String, String, i64, i64, i64, Option<String>);

/// Every paid intent has one grant of the right size, less what went back; every grant has a paid intent.
async fn purchases(app: &App, stripe: &Stripe, wrong: &mut Vec<String>) {
    let mut reader = app.database.db.reader();
    let rows: Vec<PurchaseRow> = reader
        .all("SELECT id, status, tokens, amount, tokens_taken_back, stripe_payment_intent_id FROM token_purchases", args![])
        .await
        .unwrap();
    let moved: Vec<(String, i64, Option<String>, Option<String>)> = reader
        .all(
            "SELECT kind, tokens, source, purchase_id FROM token_transactions WHERE kind <> 'usage'",
            args![],
        )
        .await
        .unwrap();
    for (id, intent) in &stripe.payments {
        let Some(purchase) = intent["metadata"]["purchase_id"].as_str() else { continue };
        let grants: Vec<i64> = moved
            .iter()
            .filter(|(kind, _, source, _)| kind == "purchase" && source.as_deref() == Some(id))
            .map(|(_, tokens, _, _)| *tokens)
            .collect();
        let row = rows.iter().find(|row| row.0 == purchase);
        if text(intent, "status") != "succeeded" {
            if !grants.is_empty() {
                wrong.push(format!("{id} is {} and has granted {grants:?}", text(intent, "status")));
            }
            continue;
        }
        let Some((_, status, tokens, amount, _, _)) = row else {
            wrong.push(format!("{id} was paid for {purchase}, which is not there"));
            continue;
        };
        if number(intent, "amount_received") != *amount {
            wrong.push(format!("{id} is of another amount than {purchase}"));
        }
        if status == "canceled" {
            if stripe.is_kept(id) {
                wrong.push(format!("{purchase} was given up, and the money of {id} was not given back"));
            }
            if !grants.is_empty() {
                wrong.push(format!("{purchase} was given up, and granted {grants:?}"));
            }
            continue;
        }
        if grants != [*tokens] {
            wrong.push(format!(
                "{id} is paid for {tokens} tokens of {purchase} ({status}), and granted {grants:?}"
            ));
        }
        let frozen = stripe.disputed(id, &["needs_response", "under_review"]).is_some();
        let gone = stripe.refunded(id) + stripe.disputed(id, &["lost"]).unwrap_or(0);
        let share = (i128::from(*tokens) * i128::from(gone.min(*amount)) + i128::from(*amount) - 1)
            / i128::from(*amount);
        let due = if frozen { *tokens } else { i64::try_from(share).unwrap() };
        let of_this = |(kind, _, _, of): &&(String, i64, Option<String>, Option<String>)| {
            kind != "purchase" && of.as_deref() == Some(purchase)
        };
        let taken: i64 = moved.iter().filter(of_this).map(|(_, tokens, _, _)| -tokens).sum();
        if taken != due {
            wrong.push(format!("{due} tokens of {purchase} are to be taken back, {taken} are"));
        }
    }
    for (kind, tokens, source, purchase) in &moved {
        let paid = source.as_ref().and_then(|source| stripe.payments.get(source));
        let is_paid = paid.is_some_and(|it| {
            text(it, "status") == "succeeded" && it["metadata"]["purchase_id"].as_str() == purchase.as_deref()
        });
        if kind == "purchase" && !is_paid {
            wrong.push(format!(
                "{tokens} tokens were granted for {source:?} and {purchase:?}, which is not paid"
            ));
        }
    }
    // For one wish at most one payment is kept.
    let mut kept: BTreeMap<&str, usize> = BTreeMap::new();
    for (id, intent) in &stripe.payments {
        if let Some(purchase) = intent["metadata"]["purchase_id"].as_str() {
            *kept.entry(purchase).or_default() += usize::from(stripe.is_kept(id));
        }
    }
    wrong.extend(
        kept.iter()
            .filter(|(_, count)| **count > 1)
            .map(|(id, count)| format!("{id} is charged {count} times")),
    );
    for (id, status, ..) in &rows {
        if ["pending", "failed"].contains(&status.as_str()) {
            wrong.push(format!("{id} is still {status} after months"));
        }
    }
}

/// Of every wish to subscribe at most one subscription was kept, each of its periods is paid once, and what was not
/// wanted cost nothing.
async fn subscriptions(app: &App, stripe: &Stripe, wrong: &mut Vec<String>) {
    let mut payments: BTreeMap<&str, Vec<(&Value, &str)>> = BTreeMap::new();
    for paid in stripe.invoice_payments.iter().filter(|it| number(it, "amount_paid") > 0) {
        let invoice = &paid["invoice"];
        let of = text(&invoice["parent"]["subscription_details"], "subscription");
        payments.entry(of).or_default().push((invoice, text(&paid["payment"], "payment_intent")));
    }
    for (subscription, paid) in &payments {
        let mut periods: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
        for (invoice, payment) in paid.iter().filter(|(_, payment)| stripe.is_kept(payment)) {
            let start = number(&invoice["lines"]["data"][0]["period"], "start");
            periods.entry(start).or_default().push(payment);
        }
        wrong.extend(
            periods.iter().filter(|(_, paid)| paid.len() > 1).map(|(start, paid)| {
                format!("the period of {subscription} from {start} is paid by {paid:?}")
            }),
        );
    }
    let mut reader = app.database.db.reader();
    let rows: Vec<(String, bool, String)> = reader
        .all("SELECT stripe_subscription_id, is_primary, status FROM user_subscriptions", args![])
        .await
        .unwrap();
    let intents: Vec<(String, String)> =
        reader.all("SELECT id, state FROM subscribe_intents", args![]).await.unwrap();
    let mut of_wishes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for subscription in &stripe.subscriptions {
        let id = text(subscription, "id");
        let kept =
            payments.get(id).is_some_and(|paid| paid.iter().any(|(_, payment)| stripe.is_kept(payment)));
        let row = rows.iter().find(|row| row.0 == id);
        match row {
            Some((_, primary, status)) => {
                if status != text(subscription, "status") {
                    wrong.push(format!("{id} is {status} here, {} at Stripe", text(subscription, "status")));
                }
                if !primary && (kept || is_live(subscription)) {
                    wrong.push(format!("{id} is not the one that counts, and is not given back"));
                }
            }
            None if is_live(subscription) || kept => wrong.push(format!("{id} is unknown here")),
            None => {}
        }
        let Some(intent) = subscription["metadata"]["subscribe_intent"].as_str() else { continue };
        let state = intents.iter().find(|(known, _)| known == intent).map(|(_, state)| state.as_str());
        if kept && !matches!(state, Some("done")) {
            wrong.push(format!("{id} was paid, and its wish {intent} is {state:?}"));
        }
        if kept || is_live(subscription) {
            of_wishes.entry(intent).or_default().push(id);
        }
    }
    wrong.extend(
        of_wishes
            .iter()
            .filter(|(_, made)| made.len() > 1)
            .map(|(wish, made)| format!("{wish} made {made:?}")),
    );
    wrong.extend(
        intents
            .iter()
            .filter(|(_, state)| ["calling", "unclear", "voiding"].contains(&state.as_str()))
            .map(|(id, state)| format!("{id} is still {state}")),
    );
    let promises: Vec<(String,)> = reader
        .all("SELECT stripe_subscription_id FROM promised_refunds WHERE done_at IS NULL", args![])
        .await
        .unwrap();
    wrong.extend(promises.iter().map(|(id,)| format!("{id} is still to be ended")));
}

/// Each balance is the sum of its transactions, and what it holds the sum of its open holds; nothing is negative; nothing
/// was given up.
async fn ledger(app: &App, wrong: &mut Vec<String>) {
    let mut reader = app.database.db.reader();
    let balances: Vec<(String, i64, i64, i64)> = reader
        .all("SELECT account_id, available, held, debt FROM user_token_balances", args![])
        .await
        .unwrap();
    let moved: Vec<(String, i64)> =
        reader.all("SELECT account_id, tokens FROM token_transactions", args![]).await.unwrap();
    let holds: Vec<(String, i64)> = reader
        .all(
            "SELECT account_id, tokens FROM token_holds WHERE status = 'held' AND source = 'tokens'",
            args![],
        )
        .await
        .unwrap();
    for (account, _, held, _) in &balances {
        let reserved: i64 = holds.iter().filter(|(of, _)| of == account).map(|(_, tokens)| tokens).sum();
        if *held != reserved {
            wrong.push(format!("{account} holds {held}, and its open holds reserve {reserved}"));
        }
    }
    for (account, available, held, debt) in &balances {
        let sum: i64 = moved.iter().filter(|(of, _)| of == account).map(|(_, tokens)| tokens).sum();
        if available + held - debt != sum || *available < 0 || (*debt > 0 && *available > 0) {
            wrong.push(format!("{account}: {available} + {held} - {debt} is not {sum}"));
        }
    }
    wrong.extend(
        moved
            .iter()
            .filter(|(of, _)| !balances.iter().any(|(account, ..)| account == of))
            .map(|(of, tokens)| format!("{of} has no balance, and {tokens} moved")),
    );
    // None was pending a moment ago; a worker may have asked for one since.
    let lost: Vec<(String,)> =
        reader.all("SELECT id FROM stripe_events WHERE state = 'dead'", args![]).await.unwrap();
    wrong.extend(lost.iter().map(|(id,)| format!("the event {id} was given up")));
}
