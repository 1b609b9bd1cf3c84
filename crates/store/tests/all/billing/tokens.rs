//! Balances, their history, and usage.

use super::{NOW, account, begin, write};
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
    for units in [&[(&ada, &day, 1), (&ada, &other, 1)][..], &[(&ada, &day, 4)], &[(&ada, &day, 3)]] {
        write(&mut tx, |writes| usage::save(writes, units)).await.unwrap();
    }
    assert_eq!(usage::used(&mut tx, &ada, &day).await.unwrap(), 3);
    assert_eq!(usage::used(&mut tx, &ada, &other).await.unwrap(), 1);
    let never = Window { start: NOW.plus(1), ..day.clone() };
    let found = usage::used_in(&mut tx, &[(&ada, &day), (&ada, &other), (&ada, &never)]).await.unwrap();
    let units_in = |window| found.iter().find(|units| units.are_of(window)).map(|units| units.units);
    assert_eq!([&day, &other, &never].map(units_in), [Some(3), Some(1), None]);
    let label = |feature: &str, model: Option<&str>| Label {
        feature: feature.to_owned(),
        model: model.map(str::to_owned),
    };
    let (chat, small, image) = (label("chat", None), label("chat", Some("small")), label("image", None));
    for (date, used) in [
        ("2026-01-01", &[(&ada, &chat, 1, 5)][..]),
        ("2026-01-02", &[(&ada, &small, 1, 7), (&ada, &image, 1, 1), (&ada, &chat, 2, 6)]),
        ("2026-01-02", &[(&ada, &chat, 1, 4)]),
    ] {
        write(&mut tx, |writes| usage::count(writes, date, used)).await.unwrap();
    }
    let days = usage::days(&mut tx, &ada, "2026-01-01").await.unwrap();
    let days: Vec<_> = days.iter().map(|day| (day.date.as_str(), day.ai_requests, day.tokens)).collect();
    assert_eq!(days, [("2026-01-01", 1, 5), ("2026-01-02", 5, 18)]);
    assert_eq!(usage::days(&mut tx, &ada, "2026-01-02").await.unwrap().len(), 1);
}
