//! What is written down before Stripe is asked: wishes to subscribe, purchases, trials taken.

use super::{NOW, account, begin, subscription, usd};
use domain::catalog::{BillingPeriod, TierSlug};
use domain::ids::{
    AccountId, PlanChangeId, SubscribeIntentId, SubscriptionCallId, SubscriptionChangeId, TokenPurchaseId,
};
use domain::purchase::{CallState, PurchaseStatus, TokenPurchase};
use domain::subscription::intent::State;
use domain::subscription::{By, Call, Change, Plan, PlanChange, Status, SubscribeIntent, plan_change};
use domain::trial::Redemption;
use ledger::Tokens;
use store::subscription_changes::Side;
use store::{
    accounts, plan_changes, purchases, subscribe_intents, subscription_calls, subscription_changes,
    trial_redemptions,
};
use testkit::Database;

testkit::on_both_databases!(
    a_wish_is_moved_by_whoever_saw_it_last,
    a_purchase_is_moved_by_whoever_saw_it_last,
    a_trial_is_taken_once_and_given_back_with_its_wish,
    an_account_has_one_customer,
    changes_come_newest_first,
    a_change_of_plan_keeps_others_out_and_is_moved_by_whoever_saw_it_last,
    a_call_is_open_until_it_was_seen,
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

async fn a_change_of_plan_keeps_others_out_and_is_moved_by_whoever_saw_it_last(database: Database) {
    let ada = account(&database.db, "ada").await;
    let mut tx = begin(&database).await;
    let seen = PlanChange {
        id: PlanChangeId::from_stored("plch_1"),
        account: ada.clone(),
        subscription: "sub_1".into(),
        request_key: "key".into(),
        state: plan_change::State::Calling,
        to: Plan { tier: TierSlug::from_stored("pro-learn"), billing_period: BillingPeriod::Annual },
        quote: None,
        due_today: 0,
        request: None,
        by: By::admin("adm_1"),
        created_at: NOW,
        updated_at: NOW,
    };
    plan_changes::insert(&mut tx, &seen).await.unwrap();
    assert_eq!(plan_changes::by_request(&mut tx, &ada, "key").await.unwrap(), Some(seen.clone()));
    assert_eq!(plan_changes::open(&mut tx, &ada).await.unwrap(), Some(seen.clone()));
    let stuck = plan_changes::stuck(&mut tx, NOW.plus(1), NOW, 10).await.unwrap();
    assert_eq!(stuck, std::slice::from_ref(&seen));
    let waits = PlanChange { state: plan_change::State::Confirming, due_today: 3_400, ..seen.clone() };
    let waits = plan_changes::advance(&mut tx, &seen, waits, NOW).await.unwrap().unwrap();
    assert_eq!(plan_changes::advance(&mut tx, &seen, seen.clone(), NOW).await.unwrap(), None);
    assert_eq!(plan_changes::open(&mut tx, &ada).await.unwrap(), None, "it keeps nobody out while it waits");
    assert_eq!(plan_changes::confirming(&mut tx, &ada).await.unwrap(), std::slice::from_ref(&waits));
    let again =
        PlanChange { id: PlanChangeId::from_stored("plch_2"), request_key: "two".into(), ..seen.clone() };
    plan_changes::insert(&mut tx, &again).await.unwrap();
    assert!(!plan_changes::delete(&mut tx, &seen).await.unwrap(), "it was touched since");
    tx.commit().await.unwrap();
    let mut tx = begin(&database).await;
    let third = PlanChange { id: PlanChangeId::from_stored("plch_3"), request_key: "three".into(), ..seen };
    plan_changes::insert(&mut tx, &third).await.unwrap_err();
}

async fn a_call_is_open_until_it_was_seen(database: Database) {
    let ada = account(&database.db, "ada").await;
    let mut tx = begin(&database).await;
    let [old, new] = ["call_1", "call_2"].map(SubscriptionCallId::from_stored);
    let by = By::member();
    subscription_calls::insert(&mut tx, &old, &ada, None, Call::Subscribe, &by, NOW).await.unwrap();
    let of = Some(&"sub_1".into());
    subscription_calls::insert(&mut tx, &new, &ada, of, Call::Cancel, &by, NOW.plus(5)).await.unwrap();
    let ids = |calls: Vec<subscription_calls::OpenCall>| {
        calls.into_iter().map(|call| call.id.to_string()).collect::<Vec<_>>()
    };
    let before = NOW.minus(1);
    assert_eq!(ids(subscription_calls::open(&mut tx, &ada, before).await.unwrap()), ["call_2", "call_1"]);
    // One that was never answered is not waited for without end.
    assert_eq!(ids(subscription_calls::open(&mut tx, &ada, NOW).await.unwrap()), ["call_2"]);
    subscription_calls::answered(&mut tx, &old, NOW).await.unwrap();
    assert_eq!(ids(subscription_calls::open(&mut tx, &ada, NOW).await.unwrap()), ["call_2", "call_1"]);
    subscription_calls::close(&mut tx, &new, NOW).await.unwrap();
    assert_eq!(ids(subscription_calls::open(&mut tx, &ada, before).await.unwrap()), ["call_1"]);
    assert_eq!(subscription_calls::forget(&mut tx, NOW.plus(6)).await.unwrap(), 2);
}
