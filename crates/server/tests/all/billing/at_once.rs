//! Everything that moves tokens, at once and in no order: nothing is lost, nothing is made, nothing is below zero.

use super::proof::chance::Chance;
use super::support::{at, backend, books_agree, buy, consume, count, shop};
use billing::admin_actions::Actor;
use billing::tokens::GrantTokens;
use domain::ids::AccountId;
use futures_util::{StreamExt as _, stream};
use ledger::Tokens;
use serde_json::{Value, json};
use testkit::{App, Client, Database, wait_until};

testkit::on_both_databases!(trap_13_whatever_moves_tokens_at_once_the_books_agree);

const MEMBERS: usize = 3;
const MOVES: u64 = 240;

/// A member by way of a backend, their account, and the payments that gave them tokens.
struct One {
    host: Client,
    account: AccountId,
    payments: Vec<String>,
}

/// What the requests of one member were answered.
#[derive(Debug, Default)]
struct Answered {
    requests: i64,
    paid: i64,
}

async fn one(app: &App) -> One {
    let member = app.register().await;
    for _ in 0..2 {
        consume(&member).await.expect(200);
    }
    let mut payments = Vec::new();
    for _ in 0..2 {
        let bought = buy(&member, "starter").await;
        payments.push(bought["stripe_payment_intent_id"].as_str().unwrap().to_owned());
    }
    let me = member.get(&at("subscription/")).await.expect(200);
    let account = AccountId::from_stored(me["account_id"].as_str().unwrap());
    One { host: backend(app, &member).await, account, payments }
}

/// One move, decided by its number. Refusals are part of the game; every other answer than these is not.
async fn play(app: &App, members: &[One], number: u64) -> (usize, Answered) {
    let mut chance = Chance::new(number);
    let who = usize::try_from(chance.below(MEMBERS as u64)).unwrap();
    let One { host, account, payments } = &members[who];
    let mut answered = Answered::default();
    let mut allowed = |body: &Value, paid: &Value| {
        if paid.is_i64() {
            answered.requests += 1;
            answered.paid += paid.as_i64().unwrap();
        } else {
            assert!(
                ["out_of_tokens", "out_of_ai_requests", "hold_not_held"]
                    .contains(&body["code"].as_str().unwrap()),
                "{body:#}"
            );
        }
    };
    match chance.below(10) {
        0..=3 => {
            let cost = i64::try_from(chance.below(9_000)).unwrap() + 1;
            let answer =
                host.key(&number.to_string()).post(&at("usage/consume/"), json!({"tokens": cost})).await;
            let again =
                host.key(&number.to_string()).post(&at("usage/consume/"), json!({"tokens": cost})).await;
            if answer.status == 200 {
                assert_eq!(again.body, answer.body, "the same key, the same answer");
            }
            allowed(&answer.body, &answer.body["tokens"]);
            // Refused first and admitted then, because tokens came between.
            if answer.status != 200 && again.status == 200 {
                allowed(&again.body, &again.body["tokens"]);
            }
        }
        4..=7 => {
            let hold = json!({"tokens": chance.below(9_000) + 1, "expires_in": 60});
            let answer = host.post(&at("holds/"), hold).await;
            let Some(id) = answer.body["hold"]["id"].as_str().map(str::to_owned) else {
                allowed(&answer.body, &Value::Null);
                return (who, answered);
            };
            match chance.below(4) {
                0 => {
                    let body = host.post(&at(&format!("holds/{id}/void/")), json!({})).await.body;
                    assert!(
                        body["hold"]["status"] == "voided" || body["code"] == "hold_not_held",
                        "{body:#}"
                    );
                }
                // Nobody ends it.
                1 => {}
                _ => {
                    let used = json!({"tokens": chance.below(12_000) + 1});
                    let body = host.post(&at(&format!("holds/{id}/capture/")), used).await.body;
                    allowed(&body, &body["hold"]["paid"]);
                }
            }
        }
        8 => {
            let grant = GrantTokens {
                account: account.clone(),
                tokens: Tokens::new(500).unwrap(),
                actor: Actor::command_line(),
                reason: "a gift".to_owned(),
                request_key: format!("gift-{number}"),
            };
            app.billing().grant_tokens(grant).await.unwrap();
        }
        _ if chance.happens(50) => app.advance(30).await,
        _ => {
            let form = [("payment_intent", chance.one_of(payments).as_str()), ("amount", "40")];
            // Refused once everything went back.
            app.stripe().post_form("/v1/refunds", &form).await;
        }
    }
    (who, answered)
}

async fn trap_13_whatever_moves_tokens_at_once_the_books_agree(database: Database) {
    let app = shop(database).await;
    let mut members = Vec::new();
    for _ in 0..MEMBERS {
        members.push(one(&app).await);
    }
    let (app, members) = (&app, &members);
    let played = stream::iter(0..MOVES).map(|number| play(app, members, number)).buffer_unordered(24);
    let mut by_member: Vec<Answered> = (0..MEMBERS).map(|_| Answered { requests: 2, paid: 0 }).collect();
    for (who, answered) in played.collect::<Vec<_>>().await {
        by_member[who].requests += answered.requests;
        by_member[who].paid += answered.paid;
    }
    app.advance(3_600).await;
    let settled = async || {
        let held = count(app, "SELECT COUNT(*) FROM token_holds WHERE status = 'held'").await;
        let pending = count(app, "SELECT COUNT(*) FROM stripe_events WHERE state = 'pending'").await;
        (held + pending == 0).then_some(())
    };
    wait_until("holds have expired, and refunds are heard of", settled).await;
    books_agree(app).await;
    for (one, answered) in members.iter().zip(&by_member) {
        let usage = one.host.get(&at("usage/")).await.expect(200);
        let days = usage["days"].as_array().unwrap();
        let sum = |field: &str| days.iter().map(|day| day[field].as_i64().unwrap()).sum::<i64>();
        let counted = (sum("ai_requests"), sum("tokens"));
        assert_eq!(counted, (answered.requests, answered.paid), "the statistics say what was answered");
    }
    let paid: i64 = by_member.iter().map(|answered| answered.paid).sum();
    for sql in [
        "SELECT CAST(SUM(spent) AS BIGINT) FROM user_token_balances",
        "SELECT CAST(-SUM(tokens) AS BIGINT) FROM token_transactions WHERE kind = 'usage'",
    ] {
        assert_eq!(count(app, sql).await, paid, "{sql}");
    }
    let too_many = "SELECT COUNT(*) FROM usage_windows WHERE used > 3";
    assert_eq!(count(app, too_many).await, 0, "more units than an allowance has");
}
