//! The number that says whether what was read of an account's access is still true.

use super::{NOW, account, begin, subscription};
use domain::ids::AccountId;
use domain::subscription::Status;
use store::{args, standings};
use testkit::Database;

testkit::on_both_databases!(
    every_write_moves_the_version_with_its_transaction,
    an_account_that_is_not_there_has_none
);

async fn every_write_moves_the_version_with_its_transaction(database: Database) {
    let (ada, bob) = (account(&database.db, "ada").await, account(&database.db, "bob").await);
    let version = async |id: &AccountId| {
        standings::facts(&mut database.db.reader(), id).await.unwrap().unwrap().version
    };
    let mut before = version(&ada).await;
    let made = subscription(&ada, "ada", Status::Active, true);
    let mut tx = begin(&database).await;
    store::subscriptions::save(&mut tx, &made, NOW).await.unwrap();
    assert_eq!(version(&ada).await, before, "not before it is committed");
    drop(tx);
    let mut tx = begin(&database).await;
    store::subscriptions::save(&mut tx, &made, NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert!(version(&ada).await > before);

    let assign = "INSERT INTO tier_assignments (id, account_id, tier_slug, starts_at, reason, actor)
         VALUES ('asg_1', 'acc_ada', 'pro-learn', 0, '', 'cli')";
    for sql in [
        "UPDATE user_subscriptions SET status = 'past_due'",
        assign,
        "UPDATE tier_assignments SET ended_at = 1",
        "DELETE FROM tier_assignments",
        "DELETE FROM user_subscriptions",
    ] {
        before = version(&ada).await;
        let mut tx = begin(&database).await;
        tx.run_one(sql, args![]).await.unwrap();
        tx.commit().await.unwrap();
        assert!(version(&ada).await > before, "{sql}");
    }
    assert_eq!(version(&bob).await, 0, "that of others stays");
}

async fn an_account_that_is_not_there_has_none(database: Database) {
    let nobody = AccountId::from_stored("acc_none");
    assert!(standings::facts(&mut database.db.reader(), &nobody).await.unwrap().is_none());
}
