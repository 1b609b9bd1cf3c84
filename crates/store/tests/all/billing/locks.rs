//! The locks that several instances take, on PostgreSQL; SQLite has one writer at a time.

use super::keys::{kept, with_keys};
use super::{account, begin};
use domain::ids::AccountId;
use domain::time::Timestamp;
use store::accounts::{lock, lock_all};
use store::idempotency_keys::delete_expired;
use store::{Query as _, args};
use testkit::Database;

testkit::on_postgres!(
    a_batch_has_every_account_that_it_names_and_no_other,
    a_batch_takes_its_accounts_in_the_order_that_it_gives,
    keys_that_another_instance_forgets_are_passed_over,
);

/// Whether somebody else has the account's lock.
async fn is_taken(database: &Database, id: &AccountId) -> bool {
    let mut tx = begin(database).await;
    let sql = tx.locked_free("SELECT id FROM accounts WHERE id = $1");
    tx.opt::<(AccountId,)>(sql, args![id]).await.unwrap().is_none()
}

async fn a_batch_has_every_account_that_it_names_and_no_other(database: Database) {
    let (ada, ben, cleo) = (
        account(&database.db, "ada").await,
        account(&database.db, "ben").await,
        account(&database.db, "cleo").await,
    );
    let nobody = AccountId::from_stored("acc_nobody");
    let mut batch = database.db.begin_batch().await.unwrap();
    lock_all(&mut batch, &[&ada, &cleo, &nobody]).await.unwrap();
    assert!(is_taken(&database, &ada).await);
    assert!(!is_taken(&database, &ben).await);
    assert!(is_taken(&database, &cleo).await);
    batch.commit().await.unwrap();
    assert!(!is_taken(&database, &ada).await);
}

/// It waits for the first one, which has the last id, and has none of those behind it meanwhile.
async fn a_batch_takes_its_accounts_in_the_order_that_it_gives(database: Database) {
    let (ada, ben) = (account(&database.db, "ada").await, account(&database.db, "ben").await);
    let mut other = begin(&database).await;
    assert!(lock(&mut other, &ben).await.unwrap());
    let waiting = tokio::spawn({
        let (db, ada, ben) = (database.db.clone(), ada.clone(), ben.clone());
        async move {
            let mut batch = db.begin_batch().await.unwrap();
            lock_all(&mut batch, &[&ben, &ada]).await.unwrap();
            batch
        }
    });
    let waits = async || {
        let sql = "SELECT COUNT(*) FROM pg_stat_activity
             WHERE wait_event_type = 'Lock' AND datname = current_database()";
        (database.db.reader().one::<(i64,)>(sql, args![]).await.unwrap().0 == 1).then_some(())
    };
    testkit::wait_until("the batch waits", waits).await;
    assert!(!is_taken(&database, &ada).await);
    other.commit().await.unwrap();
    let batch = waiting.await.unwrap();
    assert!(is_taken(&database, &ada).await && is_taken(&database, &ben).await);
    drop(batch);
}

async fn keys_that_another_instance_forgets_are_passed_over(database: Database) {
    let mut one = with_keys(&database, 7).await;
    assert!(delete_expired(&mut one, Timestamp(6), 4).await.unwrap());
    let mut other = begin(&database).await;
    assert!(!delete_expired(&mut other, Timestamp(6), 4).await.unwrap());
    assert_eq!(kept(&mut other).await, ["1", "2", "3", "4", "7"]);
    other.commit().await.unwrap();
    one.commit().await.unwrap();
    assert_eq!(kept(&mut begin(&database).await).await, ["7"]);
}
