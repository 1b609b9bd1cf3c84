//! What is sold: tiers, packages, prices; and what was quoted.

use super::{NOW, account, begin};
use domain::ids::QuoteId;
use store::tiers::{self, Entry, Noun, Price};
use store::{Query as _, args};
use testkit::Database;

testkit::on_both_databases!(
    what_is_written_twice_is_changed_once,
    one_price_of_a_lookup_key_is_active_and_the_old_ones_still_say_the_plan,
    settings_are_remembered_by_name,
    quotes_that_have_expired_are_dropped,
);

fn entry(slug: &str, name: &str) -> Entry {
    Entry {
        slug: slug.into(),
        name: name.into(),
        definition: "{}".into(),
        position: 1,
        stripe_product_id: Some("prod_1".into()),
        active: true,
    }
}

async fn what_is_written_twice_is_changed_once(database: Database) {
    for noun in [Noun::Tier, Noun::Package] {
        let mut tx = begin(&database).await;
        assert!(tiers::save_entry(&mut tx, noun, &entry("one", "One"), NOW).await.unwrap());
        assert!(!tiers::save_entry(&mut tx, noun, &entry("one", "One"), NOW).await.unwrap());
        assert!(tiers::save_entry(&mut tx, noun, &entry("one", "Another"), NOW).await.unwrap());
        assert_eq!(tiers::entries(&mut tx, noun).await.unwrap(), [entry("one", "Another")]);
    }
}

async fn one_price_of_a_lookup_key_is_active_and_the_old_ones_still_say_the_plan(database: Database) {
    let price = |id: &str, amount| Price {
        stripe_price_id: id.into(),
        slug: "pro-learn".into(),
        billing_period: Some("quarterly".into()),
        amount,
        currency: "usd".into(),
        lookup_key: "key".into(),
        active: true,
    };
    let mut tx = begin(&database).await;
    tiers::save_entry(&mut tx, Noun::Tier, &entry("pro-learn", "Pro Learn"), NOW).await.unwrap();
    assert!(tiers::save_price(&mut tx, Noun::Tier, &price("price_1", 10), NOW).await.unwrap());
    assert!(!tiers::save_price(&mut tx, Noun::Tier, &price("price_1", 10), NOW).await.unwrap());
    assert_eq!(tiers::archive_others(&mut tx, Noun::Tier, "key", Some(&"price_2".into())).await.unwrap(), 1);
    assert!(tiers::save_price(&mut tx, Noun::Tier, &price("price_2", 20), NOW.plus(1)).await.unwrap());
    assert_eq!(tiers::active_price(&mut tx, "key").await.unwrap(), Some("price_2".into()));
    for id in ["price_1", "price_2"] {
        let plan = tiers::plan_of(&mut tx, &id.into()).await.unwrap().unwrap();
        assert_eq!(plan.tier.as_str(), "pro-learn");
    }
    let all = tiers::prices(&mut tx, Noun::Tier).await.unwrap();
    assert_eq!(all.iter().map(|price| price.active).collect::<Vec<_>>(), [false, true]);
    tx.commit().await.unwrap();
    // The database itself keeps it to one.
    let mut tx = begin(&database).await;
    let back = tiers::save_price(&mut tx, Noun::Tier, &price("price_1", 10), NOW).await;
    assert!(back.unwrap_err().is_unique_violation());
}

async fn settings_are_remembered_by_name(database: Database) {
    let mut tx = begin(&database).await;
    assert_eq!(store::settings::get(&mut tx, "mode").await.unwrap(), None);
    assert_eq!(store::settings::get_or_set(&mut tx, "mode", "sandbox").await.unwrap(), "sandbox");
    assert_eq!(store::settings::get_or_set(&mut tx, "mode", "live").await.unwrap(), "sandbox");
    store::settings::set(&mut tx, "mode", "test").await.unwrap();
    assert_eq!(store::settings::get(&mut tx, "mode").await.unwrap().as_deref(), Some("test"));
}

async fn quotes_that_have_expired_are_dropped(database: Database) {
    let ada = account(&database.db, "ada").await;
    let mut tx = begin(&database).await;
    for (number, now) in [(1, NOW), (2, NOW.plus(500)), (3, NOW.plus(1_200))] {
        let id = QuoteId::from_stored(format!("quo_{number}"));
        store::quotes::insert(&mut tx, &id, &ada, "{}", None, now, now.plus(1_000)).await.unwrap();
    }
    let left = tx.all::<(String,)>("SELECT id FROM quotes ORDER BY id", args![]).await.unwrap();
    assert_eq!(left.into_iter().map(|row| row.0).collect::<Vec<_>>(), ["quo_2", "quo_3"]);
}
