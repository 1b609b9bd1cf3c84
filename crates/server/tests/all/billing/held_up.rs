//! Somebody has a lock on an account for longer, in a console perhaps: it is that account's requests that wait.

use super::support::{at, available, buy, consume, shop};
use domain::ids::AccountId;
use store::{Query as _, args};
use testkit::Database;

testkit::on_postgres!(who_waits_for_a_lock_does_not_hold_up_the_others);

async fn who_waits_for_a_lock_does_not_hold_up_the_others(database: Database) {
    let app = shop(database).await;
    let (locked, other) = (app.register().await, app.register().await);
    for member in [&locked, &other] {
        buy(member, "starter").await;
    }
    let balance = locked.get(&at("tokens/balance/")).await.expect(200);
    let account = AccountId::from_stored(balance["account_id"].as_str().unwrap());
    let mut console = app.database.db.begin().await.unwrap();
    assert!(store::accounts::lock(&mut console, &account).await.unwrap());
    let others = async {
        let waits = async || {
            let sql = "SELECT COUNT(*) FROM pg_stat_activity
                 WHERE wait_event_type = 'Lock' AND datname = current_database()";
            (app.database.db.reader().one::<(i64,)>(sql, args![]).await.unwrap().0 > 0).then_some(())
        };
        testkit::wait_until("the first batch waits", waits).await;
        for _ in 0..3 {
            consume(&other).await.expect(200);
        }
        console.commit().await.unwrap();
    };
    let (was_locked, ()) = tokio::join!(consume(&locked), others);
    was_locked.expect(200);
    assert_eq!((available(&locked).await, available(&other).await), (100_000, 100_000), "of the allowance");
}
