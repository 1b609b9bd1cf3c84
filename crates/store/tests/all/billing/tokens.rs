//! Balances, their history, and usage.

use super::{NOW, account, begin};
use domain::allowance::Window;
use domain::catalog::WindowKind;
use domain::ids::TokenTransactionId;
use domain::usage::Label;
use ledger::{Balance, Kind, Tokens};
use store::tokens::NewTransaction;
use store::{tokens, usage};
use testkit::Database;

testkit::on_both_databases!(
    a_balance_follows_what_was_appended,
    history_comes_newest_first_in_pages,
    usage_is_counted_per_window_and_per_day,
);

async fn a_balance_follows_what_was_appended(database: Database) {
    let ada = account(&database.db, "ada").await;
    let mut tx = begin(&database).await;
    assert!(store::accounts::lock(&mut tx, &ada).await.unwrap());
    let empty = tokens::balance(&mut tx, &ada).await.unwrap();
    assert_eq!(empty, Balance::default());
    let (after, posting) = empty.credit(Kind::Purchase, Tokens::new(100).unwrap()).unwrap();
    let new = |id: &str| NewTransaction {
        id: TokenTransactionId::from_stored(id),
        account: &ada,
        posting,
        description: "Starter",
        source: Some("pi_1"),
        purchase: None,
        at: NOW,
    };
    assert!(tokens::append(&mut tx, new("ttx_1")).await.unwrap());
    assert!(!tokens::append(&mut tx, new("ttx_2")).await.unwrap(), "its source has moved tokens already");
    for _ in 0..2 {
        tokens::save_balance(&mut tx, &ada, &after, NOW).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(tokens::balance(&mut database.db.reader(), &ada).await.unwrap(), after);
}

async fn history_comes_newest_first_in_pages(database: Database) {
    let ada = account(&database.db, "ada").await;
    let mut tx = begin(&database).await;
    let (_, posting) = Balance::default().credit(Kind::Grant, Tokens::new(1).unwrap()).unwrap();
    for number in 1..=5 {
        let id = TokenTransactionId::from_stored(format!("ttx_{number}"));
        let new = NewTransaction {
            id,
            account: &ada,
            posting,
            description: "x",
            source: None,
            purchase: None,
            at: NOW,
        };
        tokens::append(&mut tx, new).await.unwrap();
    }
    let first = tokens::history(&mut tx, &ada, None, 3).await.unwrap();
    let second = tokens::history(&mut tx, &ada, Some(first[2].id.as_str()), 3).await.unwrap();
    let ids: Vec<_> = first.iter().chain(&second).map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["ttx_5", "ttx_4", "ttx_3", "ttx_2", "ttx_1"]);
}

async fn usage_is_counted_per_window_and_per_day(database: Database) {
    let ada = account(&database.db, "ada").await;
    let mut tx = begin(&database).await;
    let day = Window::at(WindowKind::Day, NOW, None);
    let other = Window { subscription: Some("sub_1".into()), ..day.clone() };
    for window in [&day, &day, &other] {
        usage::use_one(&mut tx, &ada, window).await.unwrap();
    }
    assert_eq!(usage::used(&mut tx, &ada, &day).await.unwrap(), 2);
    assert_eq!(usage::used(&mut tx, &ada, &other).await.unwrap(), 1);
    for (date, feature, model, tokens) in [
        ("2026-01-01", "chat", None, 5),
        ("2026-01-02", "chat", Some("small"), 7),
        ("2026-01-02", "image", None, 1),
        ("2026-01-02", "chat", Some("large"), 2),
        ("2026-01-02", "chat", None, 4),
        ("2026-01-02", "chat", None, 4),
    ] {
        let label = Label { feature: feature.to_owned(), model: model.map(str::to_owned) };
        usage::count(&mut tx, &ada, date, &label, tokens).await.unwrap();
    }
    let days = usage::days(&mut tx, &ada, "2026-01-01").await.unwrap();
    let days: Vec<_> = days.iter().map(|day| (day.date.as_str(), day.ai_requests, day.tokens)).collect();
    assert_eq!(days, [("2026-01-01", 1, 5), ("2026-01-02", 5, 18)]);
    assert_eq!(usage::days(&mut tx, &ada, "2026-01-02").await.unwrap().len(), 1);
}
