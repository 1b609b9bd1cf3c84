//! Requests share a transaction, and still stand for themselves.

use super::support::{at, available, buy, consume, paid_now, shop, shop_with, subscribe};
use futures_util::future::join_all;
use serde_json::json;
use store::args;
use store::db::{Dialect, Query as _, built};
use testkit::{App, Client, Database};

testkit::on_both_databases!(
    a_request_that_fails_does_not_take_its_batch_with_it,
    what_many_members_ask_at_once_is_counted_for_each_of_them,
    the_last_tokens_go_to_exactly_as_many_requests_as_they_pay_for,
    a_new_plan_begins_with_its_own_window,
    an_old_key_among_new_ones_gets_its_old_answer,
    what_a_key_has_paid_for_is_answered_when_nothing_is_left,
    a_key_that_counts_no_more_gives_its_place_to_the_next,
);

async fn members(app: &App, count: usize) -> Vec<Client> {
    let mut members = Vec::new();
    for _ in 0..count {
        let member = app.register().await;
        buy(&member, "starter").await;
        for _ in 0..3 {
            consume(&member).await.expect(200);
        }
        members.push(member);
    }
    members
}

/// From now on the database refuses what this account would spend.
async fn poison(app: &App, account: &str) {
    let db = &app.database.db;
    let statements = match db.dialect() {
        Dialect::Sqlite => vec![format!(
            "CREATE TRIGGER poisoned BEFORE INSERT ON token_transactions WHEN NEW.account_id = '{account}'
             BEGIN SELECT RAISE(ABORT, 'poisoned'); END"
        )],
        Dialect::Postgres => vec![
            "CREATE FUNCTION poisoned() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'poisoned'; END $$ LANGUAGE plpgsql"
                .to_owned(),
            format!(
                "CREATE TRIGGER poisoned BEFORE INSERT ON token_transactions
                 FOR EACH ROW WHEN (NEW.account_id = '{account}') EXECUTE FUNCTION poisoned()"
            ),
        ],
    };
    let mut tx = db.begin().await.unwrap();
    for sql in statements {
        tx.run(built(sql), args![]).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn a_request_that_fails_does_not_take_its_batch_with_it(database: Database) {
    let app = shop(database).await;
    let members = members(&app, 4).await;
    let balance = members[0].get(&at("tokens/balance/")).await.expect(200);
    poison(&app, balance["account_id"].as_str().unwrap()).await;
    let asked = (0..40).map(|number| {
        let member = &members[number % 4];
        async move { (number % 4, member.post(&at("usage/consume/"), json!({"tokens": 1})).await) }
    });
    for (member, answer) in join_all(asked).await {
        if member == 0 {
            answer.problem(500, "internal");
        } else {
            answer.expect(200);
        }
    }
    let mut left = Vec::new();
    for member in &members {
        left.push(available(member).await);
    }
    assert_eq!(left, [100_000, 99_990, 99_990, 99_990]);
}

async fn what_many_members_ask_at_once_is_counted_for_each_of_them(database: Database) {
    let app = shop(database).await;
    let members = members(&app, 6).await;
    let asked = (0..120).map(|number| {
        let member = &members[number % 6];
        let body = json!({"tokens": number % 6 + 1, "feature": format!("f{}", number % 2), "model": "small"});
        async move { member.post(&at("usage/consume/"), body).await.expect(200) }
    });
    join_all(asked).await;
    for (number, member) in (1..).zip(&members) {
        assert_eq!(available(member).await, 100_000 - 20 * number);
        let history = member.get(&at("tokens/history/")).await.expect(200);
        let lines = history["data"].as_array().unwrap();
        let after: Vec<_> = lines.iter().map(|line| line["balance_after"].as_i64().unwrap()).collect();
        assert!(after.windows(2).all(|pair| pair[0] == pair[1] - number || pair[1] == 100_000), "{after:?}");
    }
    let labels = "SELECT COUNT(*) FROM usage_days WHERE model = 'small' AND ai_requests = 20";
    let (labels,): (i64,) = app.database.db.reader().one(labels, args![]).await.unwrap();
    assert_eq!(labels, 6);
}

async fn the_last_tokens_go_to_exactly_as_many_requests_as_they_pay_for(database: Database) {
    let app = shop(database).await;
    let members = members(&app, 1).await;
    let member = &members[0];
    let asked = (0..60).map(|_| async { member.post(&at("usage/consume/"), json!({"tokens": 2_500})).await });
    let answers = join_all(asked).await;
    let (paid, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((paid.len(), refused.len()), (40, 20));
    for answer in refused {
        let problem = answer.problem(403, "out_of_ai_requests");
        assert_eq!(problem["balance"]["available"], 0);
    }
    assert_eq!(available(member).await, 0);
}

/// Whose use a batch reads is guessed from the plan before: nothing may be decided by the guess.
async fn a_new_plan_begins_with_its_own_window(database: Database) {
    let by_period = "{ limit = 2, window = \"billing_period\"";
    let app = shop_with(database, "{ limit = 200, window = \"day\"", by_period).await;
    let member = app.register().await;
    for used in 1..=3 {
        assert_eq!(consume(&member).await.expect(200)["allowance"]["used"], used);
    }
    consume(&member).await.expect(403);
    subscribe(&member, paid_now("community-pro", "pm_card_visa")).await;
    for used in 1..=2 {
        let allowance = consume(&member).await.expect(200)["allowance"].clone();
        assert_eq!((&allowance["window"], &allowance["used"]), (&json!("billing_period"), &json!(used)));
    }
    consume(&member).await.expect(403);
}

/// A batch does not look at its keys before one of them turns out to be old.
async fn an_old_key_among_new_ones_gets_its_old_answer(database: Database) {
    let app = shop(database).await;
    let members = members(&app, 2).await;
    let old: Vec<_> = members.iter().map(|member| member.key("old")).collect();
    let mut first = Vec::new();
    for member in &old {
        first.push(consume(member).await.expect(200));
    }
    let asked = (0..40).map(|number| {
        let asks =
            if number < 2 { old[number].clone() } else { members[number % 2].key(&format!("new {number}")) };
        async move { consume(&asks).await.expect(200) }
    });
    let answers = join_all(asked).await;
    assert_eq!(answers[..2], first);
    for member in &members {
        assert_eq!(available(member).await, 100_000 - 20);
    }
    let other = old[0].post(&at("usage/consume/"), json!({"tokens": 2})).await;
    other.problem(409, "idempotency_key_reused");
}

async fn what_a_key_has_paid_for_is_answered_when_nothing_is_left(database: Database) {
    let app = shop(database).await;
    let members = members(&app, 1).await;
    let all = async |member: &Client| member.post(&at("usage/consume/"), json!({"tokens": 100_000})).await;
    let paid = members[0].key("all");
    let first = all(&paid).await.expect(200);
    all(&members[0].key("more")).await.problem(403, "out_of_ai_requests");
    assert_eq!(all(&paid).await.expect(200), first);
    assert_eq!(available(&members[0]).await, 0);
}

async fn a_key_that_counts_no_more_gives_its_place_to_the_next(database: Database) {
    let app = shop(database).await;
    let members = members(&app, 1).await;
    let keyed = members[0].key("again");
    consume(&keyed).await.expect(200);
    let mut tx = app.database.db.begin().await.unwrap();
    let sql = "UPDATE idempotency_keys SET expires_at = 1 WHERE idempotency_key = 'again'";
    tx.run_one(sql, args![]).await.unwrap();
    tx.commit().await.unwrap();
    for _ in 0..2 {
        consume(&keyed).await.expect(200);
        assert_eq!(available(&members[0]).await, 100_000 - 2);
    }
}
