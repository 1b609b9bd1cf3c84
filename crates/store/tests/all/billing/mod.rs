//! The billing nouns: every statement on both databases, and what the database itself refuses.

mod constraints;
mod events;
mod holds;
mod invoices;
mod keys;
mod locks;
mod sold;
mod standings;
mod tokens;
mod wishes;

use domain::catalog::{BillingPeriod, TierSlug};
use domain::ids::{AccountId, UserId, UserSubscriptionId};
use domain::money::Money;
use domain::subscription::{Observed, Plan, Status, UserSubscription};
use domain::time::Timestamp;
use store::db::Writes;
use store::{Db, Tx, args};
use testkit::Database;

const NOW: Timestamp = Timestamp(1_780_000_000_000);

/// An account whose Stripe customer is `cus_` and its name.
async fn account(db: &Db, name: &str) -> AccountId {
    let (user, account) =
        (UserId::from_stored(format!("usr_{name}")), AccountId::from_stored(format!("acc_{name}")));
    let mut tx = db.begin().await.unwrap();
    let insert =
        "INSERT INTO users (id, issuer, subject, name, created_at) VALUES ($1, 'local', $2, 'Ada', $3)";
    tx.run_one(insert, args![&user, user.as_str(), NOW]).await.unwrap();
    let insert = "INSERT INTO accounts (id, owner_user_id, created_at) VALUES ($1, $2, $3)";
    tx.run_one(insert, args![&account, &user, NOW]).await.unwrap();
    store::accounts::set_customer(&mut tx, &account, &format!("cus_{name}").as_str().into()).await.unwrap();
    tx.commit().await.unwrap();
    account
}

async fn begin(database: &Database) -> Tx {
    database.db.begin().await.unwrap()
}

/// As a batch writes.
async fn write(tx: &mut Tx, add: impl FnOnce(&mut Writes) -> store::Result<()>) -> store::Result<()> {
    let mut writes = tx.writes();
    add(&mut writes)?;
    tx.run_all(writes).await
}

fn usd(amount: i64) -> Money {
    Money { amount, currency: "usd".parse().unwrap() }
}

fn subscription(account: &AccountId, name: &str, status: Status, primary: bool) -> UserSubscription {
    let seen = Observed {
        id: format!("sub_{name}").as_str().into(),
        customer: "cus_ada".into(),
        status,
        item_id: "si_1".into(),
        price: "price_1".into(),
        amount: usd(5_400),
        period_start: NOW,
        period_end: NOW.plus(1_000),
        created: NOW,
        trial_start: None,
        trial_end: Some(NOW.plus(1_000)),
        cancel_at: None,
        cancel_at_period_end: false,
        canceled_at: None,
        ended_at: None,
        default_payment_method: None,
        latest_invoice: None,
        pending_setup_intent: None,
        schedule: None,
        discount: None,
        collection_paused: false,
        resumes_at: None,
        pending_update: None,
        account_id: Some(account.to_string()),
        subscribe_intent: None,
    };
    let plan = Plan { tier: TierSlug::from_stored("pro-learn"), billing_period: BillingPeriod::Quarterly };
    let id = UserSubscriptionId::from_stored(format!("usub_{name}"));
    UserSubscription::first_seen(id, account.clone(), primary, plan, seen, NOW).0
}
