//! What is written down before Stripe is asked: wishes to subscribe, purchases, trials taken.

use super::{NOW, account, begin, subscription, usd};
use domain::catalog::{BillingPeriod, TierSlug};
use domain::ids::{AccountId, SubscribeIntentId, SubscriptionChangeId, TokenPurchaseId};
use domain::purchase::{CallState, PurchaseStatus, TokenPurchase};
use domain::subscription::intent::State;
use domain::subscription::{By, Change, Status, SubscribeIntent};
use domain::trial::Redemption;
use ledger::Tokens;
use store::subscription_changes::Side;
use store::{accounts, purchases, subscribe_intents, subscription_changes, trial_redemptions};
use testkit::Database;

testkit::on_both_databases!(
    a_wish_is_moved_by_whoever_saw_it_last,
    a_purchase_is_moved_by_whoever_saw_it_last,
    a_trial_is_taken_once_and_given_back_with_its_wish,
    an_account_has_one_customer,
    changes_come_newest_first,
);

fn wish(account: &AccountId) -> SubscribeIntent {
    SubscribeIntent {
        id: SubscribeIntentId::from_stored("sint_1"),
        account: account.clone(),
        request_key: "key".into(),
        state: State::Calling,
        tier: TierSlug::from_stored("pro-learn"),
        billing_period: BillingPeriod::Annual,
        price: "price_1".into(),
        trial: true,
        setup_intent: None,
        subscription: None,
        card_fingerprint: None,
        request: None,
        promotion_code: None,
        promotion_first_time: false,
        created_at: NOW,
        updated_at: NOW,
    }
}

async fn a_wish_is_moved_by_whoever_saw_it_last(database: Database) {
    let ada = account(&database.db, "ada").await;
    let mut tx = begin(&database).await;
    let seen = wish(&ada);
    subscribe_intents::insert(&mut tx, &seen).await.unwrap();
    assert_eq!(subscribe_intents::find(&mut tx, "sint_1").await.unwrap(), Some(seen.clone()));
    assert_eq!(subscribe_intents::by_request(&mut tx, &ada, "key").await.unwrap(), Some(seen.clone()));
    assert_eq!(subscribe_intents::open(&mut tx, &ada).await.unwrap(), Some(seen.clone()));
    let stuck = subscribe_intents::stuck(&mut tx, NOW.plus(1), 10).await.unwrap();
    assert_eq!(stuck, std::slice::from_ref(&seen));
    let done = SubscribeIntent { state: State::Done, subscription: Some("sub_made".into()), ..seen.clone() };
    let moved = subscribe_intents::advance(&mut tx, &seen, done.clone(), NOW).await.unwrap().unwrap();
    assert!(moved.updated_at > seen.updated_at);
    assert_eq!(
        subscribe_intents::advance(&mut tx, &seen, done, NOW).await.unwrap(),
        None,
        "another was faster"
    );
    assert!(!subscribe_intents::delete(&mut tx, &seen).await.unwrap());
    assert_eq!(subscribe_intents::open(&mut tx, &ada).await.unwrap(), None);
    assert_eq!(subscribe_intents::unmirrored(&mut tx, &"cus_ada".into()).await.unwrap(), ["sub_made".into()]);
    assert!(subscribe_intents::has_unmirrored(&mut tx, &ada).await.unwrap());
    store::subscriptions::save(&mut tx, &subscription(&ada, "made", Status::Active, true), NOW)
        .await
        .unwrap();
    assert!(!subscribe_intents::has_unmirrored(&mut tx, &ada).await.unwrap());
    assert!(subscribe_intents::delete(&mut tx, &moved).await.unwrap());
}

async fn a_purchase_is_moved_by_whoever_saw_it_last(database: Database) {
    let ada = account(&database.db, "ada").await;
    let mut tx = begin(&database).await;
    let seen = TokenPurchase {
        id: TokenPurchaseId::from_stored("pur_1"),
        account: ada.clone(),
        package_slug: "starter".into(),
        package_name: "Starter".into(),
        tokens: Tokens::new(100_000).unwrap(),
        price: usd(500),
        status: PurchaseStatus::Pending,
        call: CallState::Calling,
        request_key: "key".into(),
        request: Some("{}".into()),
        attempt: 1,
        payment_intent: None,
        refunded_amount: 0,
        tokens_taken_back: Tokens::ZERO,
        created_at: NOW,
        updated_at: NOW,
    };
    purchases::insert(&mut tx, &seen).await.unwrap();
    assert_eq!(purchases::find(&mut tx, "pur_1").await.unwrap(), Some(seen.clone()));
    assert_eq!(purchases::by_request(&mut tx, &ada, "key").await.unwrap(), Some(seen.clone()));
    assert_eq!(purchases::in_flight(&mut tx, &ada, "starter").await.unwrap(), Some(seen.clone()));
    let stuck = purchases::stuck(&mut tx, NOW.plus(1), 10).await.unwrap();
    assert_eq!(stuck, std::slice::from_ref(&seen));
    let settled =
        TokenPurchase { call: CallState::Settled, payment_intent: Some("pi_1".into()), ..seen.clone() };
    let moved = purchases::advance(&mut tx, &seen, settled.clone(), NOW).await.unwrap().unwrap();
    assert_eq!(purchases::advance(&mut tx, &seen, settled, NOW).await.unwrap(), None, "another was faster");
    assert_eq!(purchases::by_payment_intent(&mut tx, &"pi_1".into()).await.unwrap(), Some(moved.clone()));
    assert_eq!(purchases::undecided(&mut tx, &"cus_ada".into()).await.unwrap(), ["pi_1".into()]);
    assert_eq!(
        purchases::of_account(&mut tx, &AccountId::from_stored("acc_bob"), "pur_1").await.unwrap(),
        None
    );
    assert!(purchases::of_account(&mut tx, &ada, "pur_1").await.unwrap().is_some());
    assert!(!purchases::delete(&mut tx, &seen).await.unwrap());
    assert!(purchases::delete(&mut tx, &moved).await.unwrap());
}

async fn a_trial_is_taken_once_and_given_back_with_its_wish(database: Database) {
    let (ada, bob) = (account(&database.db, "ada").await, account(&database.db, "bob").await);
    let mut tx = begin(&database).await;
    let intent = wish(&ada).id;
    let kinds = [
        Redemption::User("usr_ada".into()),
        Redemption::Email("a@b.example".into()),
        Redemption::Card("f".into()),
    ];
    for redemption in &kinds {
        assert!(!trial_redemptions::is_redeemed(&mut tx, redemption).await.unwrap());
        assert!(trial_redemptions::take(&mut tx, redemption, &ada, Some(&intent), NOW).await.unwrap());
        assert!(!trial_redemptions::take(&mut tx, redemption, &bob, None, NOW).await.unwrap());
        assert!(trial_redemptions::is_redeemed(&mut tx, redemption).await.unwrap());
    }
    assert_eq!(trial_redemptions::release(&mut tx, &intent).await.unwrap(), 3);
    assert!(trial_redemptions::take(&mut tx, &kinds[2], &bob, None, NOW).await.unwrap());
}

async fn an_account_has_one_customer(database: Database) {
    let ada = account(&database.db, "ada").await;
    let mut tx = begin(&database).await;
    assert!(!accounts::set_customer(&mut tx, &ada, &"cus_second".into()).await.unwrap());
    assert_eq!(accounts::customer(&mut tx, &ada).await.unwrap(), Some("cus_ada".into()));
    assert_eq!(accounts::find_by_customer(&mut tx, &"cus_ada".into()).await.unwrap(), Some(ada.clone()));
    assert_eq!(accounts::lock_by_customer(&mut tx, &"cus_ada".into()).await.unwrap(), Some(ada.clone()));
    assert_eq!(accounts::lock_by_customer(&mut tx, &"cus_none".into()).await.unwrap(), None);
    assert!(accounts::invite(&mut tx, &ada).await.unwrap());
    assert!(!accounts::invite(&mut tx, &ada).await.unwrap());
    assert!(!accounts::forget_customer(&mut tx, &ada, &"cus_none".into()).await.unwrap());
    assert!(accounts::forget_customer(&mut tx, &ada, &"cus_ada".into()).await.unwrap());
    assert_eq!(accounts::customer(&mut tx, &ada).await.unwrap(), None);
    let former = accounts::lock_by_customer(&mut tx, &"cus_ada".into()).await.unwrap();
    assert_eq!(former, Some(ada.clone()), "what still comes in about it is hers");
    let owner = accounts::owner(&mut tx, &ada).await.unwrap().unwrap();
    assert_eq!((owner.name.as_str(), owner.invited, owner.former_customers), ("Ada", true, 1));
    assert!(accounts::set_customer(&mut tx, &ada, &"cus_second".into()).await.unwrap());
}

async fn changes_come_newest_first(database: Database) {
    let ada = account(&database.db, "ada").await;
    let mut tx = begin(&database).await;
    let of = subscription(&ada, "one", Status::Active, true);
    store::subscriptions::save(&mut tx, &of, NOW).await.unwrap();
    let side = |status| Side { plan: &of.plan, status, amount: of.seen.amount };
    for number in 1..=3 {
        let change = subscription_changes::NewChange {
            id: SubscriptionChangeId::from_stored(format!("chg_{number}")),
            account: &ada,
            subscription: &of.id,
            change: Change::Renewed,
            from: Some(side(Status::Trialing)),
            to: side(Status::Active),
            by: &By::admin("adm_1"),
            event: None,
            charged: Some(-500),
            at: NOW,
        };
        subscription_changes::append(&mut tx, change).await.unwrap();
    }
    let first = subscription_changes::list(&mut tx, &ada, None, 2).await.unwrap();
    let rest = subscription_changes::list(&mut tx, &ada, Some(first[1].id.as_str()), 2).await.unwrap();
    let ids: Vec<_> = first.iter().chain(&rest).map(|change| change.id.as_str()).collect();
    assert_eq!(ids, ["chg_3", "chg_2", "chg_1"]);
    assert_eq!((rest[0].from_status.as_deref(), rest[0].to_status.as_str()), (Some("trialing"), "active"));
    assert_eq!((rest[0].cause.as_str(), rest[0].actor.as_deref()), ("admin", Some("adm_1")));
    assert_eq!((rest[0].to_amount, rest[0].charged), (Some(of.seen.amount.amount), Some(-500)));
}
