//! Rules that hold whatever a program does.

use super::{NOW, account, begin, subscription, write};
use domain::ids::AccountId;
use domain::subscription::Status;
use domain::usage::Label;
use store::{Query as _, args, db::built};
use testkit::Database;

testkit::on_both_databases!(
    a_balance_is_never_negative,
    an_account_has_one_live_primary_subscription,
    a_source_moves_tokens_once,
    history_cannot_be_changed_or_deleted,
    an_account_has_one_open_wish_to_subscribe,
    a_payment_belongs_to_one_purchase,
    nothing_belongs_to_an_account_that_is_not_there,
);

async fn a_balance_is_never_negative(database: Database) {
    let account = account(&database.db, "ada").await;
    for column in ["available", "held", "debt", "spent", "purchased"] {
        let mut tx = begin(&database).await;
        let sql = built(format!(
            "INSERT INTO user_token_balances (account_id, {column}, updated_at) VALUES ($1, -1, 0)"
        ));
        let refused = tx.run(sql, args![&account]).await.unwrap_err();
        assert!(refused.is_check_violation(), "{column}: {refused}");
    }
    let mut tx = begin(&database).await;
    let insert = "INSERT INTO user_token_balances (account_id, available, updated_at) VALUES ($1, 5, 0)";
    tx.run_one(insert, args![&account]).await.unwrap();
    let spend = "UPDATE user_token_balances SET available = available - 6 WHERE account_id = $1";
    assert!(tx.run(spend, args![&account]).await.unwrap_err().is_check_violation());
}

async fn an_account_has_one_live_primary_subscription(database: Database) {
    let account = account(&database.db, "ada").await;
    let save = async |name: &str, status, primary| {
        let mut tx = begin(&database).await;
        store::subscriptions::save(&mut tx, &subscription(&account, name, status, primary), NOW).await?;
        tx.commit().await
    };
    save("ended", Status::Canceled, true).await.unwrap();
    save("expired", Status::IncompleteExpired, true).await.unwrap();
    save("first", Status::PastDue, true).await.unwrap();
    for status in [
        Status::Incomplete,
        Status::Trialing,
        Status::Active,
        Status::PastDue,
        Status::Unpaid,
        Status::Paused,
    ] {
        assert!(save("second", status, true).await.unwrap_err().is_unique_violation(), "{status:?}");
    }
    save("beside", Status::Active, false).await.unwrap();
    save("first", Status::Canceled, true).await.unwrap();
    save("second", Status::Active, true).await.unwrap();
    let mut reader = database.db.reader();
    let live = store::subscriptions::live(&mut reader, &account).await.unwrap().unwrap();
    assert_eq!(live, subscription(&account, "second", Status::Active, true));
    let all = store::subscriptions::live_of_customer(&mut reader, &"cus_ada".into()).await.unwrap();
    assert_eq!(all.len(), 2, "{all:?}");
    let found = store::subscriptions::find(&mut reader, &"sub_first".into()).await.unwrap().unwrap();
    assert_eq!(found.status(), Status::Canceled);
}

const TRANSACTION: &str = "INSERT INTO token_transactions
    (id, account_id, kind, tokens, balance_after, description, source, created_at)
    VALUES ($1, $2, $3, 1, 1, 'x', $4, 0)";

async fn transaction(
    database: &Database,
    account: &AccountId,
    id: &str,
    kind: &str,
    source: Option<&str>,
) -> store::Result<()> {
    let mut tx = begin(database).await;
    tx.run_one(TRANSACTION, args![id, account, kind, source.map(str::to_owned)]).await?;
    tx.commit().await
}

async fn a_source_moves_tokens_once(database: Database) {
    let account = account(&database.db, "ada").await;
    transaction(&database, &account, "ttx_1", "purchase", Some("pi_1")).await.unwrap();
    let again = transaction(&database, &account, "ttx_2", "purchase", Some("pi_1")).await;
    assert!(again.unwrap_err().is_unique_violation());
    // Usage has no source, and a refund of the same payment is another movement.
    transaction(&database, &account, "ttx_3", "refund", Some("pi_1")).await.unwrap();
    for id in ["ttx_4", "ttx_5"] {
        transaction(&database, &account, id, "usage", None).await.unwrap();
    }
    let odd = transaction(&database, &account, "ttx_6", "gift", None).await;
    assert!(odd.unwrap_err().is_check_violation());
}

async fn history_cannot_be_changed_or_deleted(database: Database) {
    let account = account(&database.db, "ada").await;
    transaction(&database, &account, "ttx_1", "grant", None).await.unwrap();
    let mut tx = begin(&database).await;
    store::subscriptions::save(&mut tx, &subscription(&account, "one", Status::Active, true), NOW)
        .await
        .unwrap();
    let change =
        "INSERT INTO subscription_changes (id, account_id, user_subscription_id, kind, to_tier, to_status,
         cause, created_at) VALUES ('chg_1', $1, 'usub_one', 'activated', 'pro-learn', 'active', 'test', 0)";
    tx.run_one(change, args![&account]).await.unwrap();
    let action = "INSERT INTO admin_actions (id, actor, action, target, created_at) VALUES ('adm_1', 'cli', 'a', 'b', 0)";
    tx.run_one(action, args![]).await.unwrap();
    tx.commit().await.unwrap();
    for table in ["token_transactions", "subscription_changes", "admin_actions"] {
        for sql in [format!("UPDATE {table} SET created_at = 1"), format!("DELETE FROM {table}")] {
            let mut tx = begin(&database).await;
            let refused = tx.run(built(sql.clone()), args![]).await.unwrap_err();
            assert!(refused.to_string().contains("append-only"), "{sql}: {refused}");
        }
        let sql = built(format!("SELECT COUNT(*) FROM {table} WHERE created_at = 0"));
        assert_eq!(database.db.reader().one::<(i64,)>(sql, args![]).await.unwrap().0, 1, "{table}");
    }
}

async fn an_account_has_one_open_wish_to_subscribe(database: Database) {
    let account = account(&database.db, "ada").await;
    let wish = async |id: &str, state: &str| {
        let mut tx = begin(&database).await;
        let sql =
            "INSERT INTO subscribe_intents (id, account_id, request_key, state, tier_slug, billing_period,
             stripe_price_id, trial, created_at, updated_at)
             VALUES ($1, $2, $1, $3, 'pro-learn', 'monthly', 'price_1', false, 0, 0)";
        tx.run_one(sql, args![id, &account, state]).await?;
        tx.commit().await
    };
    wish("sint_1", "done").await.unwrap();
    wish("sint_2", "calling").await.unwrap();
    for state in ["calling", "unclear", "awaiting_setup"] {
        assert!(wish("sint_3", state).await.unwrap_err().is_unique_violation(), "{state}");
    }
    wish("sint_3", "failed").await.unwrap();
    assert!(wish("sint_4", "hopeful").await.unwrap_err().is_check_violation());
}

async fn a_payment_belongs_to_one_purchase(database: Database) {
    let account = account(&database.db, "ada").await;
    let purchase = async |id: &str, intent: &str, refunded: i64| {
        let mut tx = begin(&database).await;
        let sql = "INSERT INTO token_purchases (id, account_id, package_slug, package_name, tokens, amount, currency,
             status, call_state, request_key, attempt, stripe_payment_intent_id, refunded_amount, created_at, updated_at)
             VALUES ($1, $2, 'starter', 'Starter', 100, 500, 'usd', 'pending', 'settled', $1, 1, $3, $4, 0, 0)";
        tx.run_one(sql, args![id, &account, intent, refunded]).await?;
        tx.commit().await
    };
    purchase("pur_1", "pi_1", 0).await.unwrap();
    assert!(purchase("pur_2", "pi_1", 0).await.unwrap_err().is_unique_violation());
    assert!(purchase("pur_1", "pi_2", 0).await.unwrap_err().is_unique_violation(), "one per request");
    assert!(purchase("pur_3", "pi_3", 501).await.unwrap_err().is_check_violation(), "more than was paid");
    purchase("pur_3", "pi_3", 500).await.unwrap();
}

async fn nothing_belongs_to_an_account_that_is_not_there(database: Database) {
    let nobody = AccountId::from_stored("acc_nobody");
    transaction(&database, &nobody, "ttx_1", "grant", None).await.unwrap_err();
    let mut tx = begin(&database).await;
    let label = Label { feature: "x".to_owned(), model: None };
    let used = [(&nobody, &label, 1, 1)];
    write(&mut tx, |writes| store::usage::count(writes, "2026-01-01", &used)).await.unwrap_err();
    drop(tx);
    let mut tx = begin(&database).await;
    store::subscriptions::save(&mut tx, &subscription(&nobody, "x", Status::Active, true), NOW)
        .await
        .unwrap_err();
}
