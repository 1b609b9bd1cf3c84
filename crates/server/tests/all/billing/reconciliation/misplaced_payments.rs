//! Payments that do not fit what is here: a person looks at them, and gives them back.

use super::super::flaky_stripe::FlakyStripe;
use super::super::support::{available, buy, count, customer_of, deliver, event, order, run_sql, settled};
use super::{
    account_of, deaf, kinds, nothing_is_found, paid_in_the_browser, pay_at_stripe, reconcile,
    refund_at_stripe, text, waits_for_a_person,
};
use domain::ids::{AccountId, TokenPurchaseId, TokenTransactionId};
use ledger::{Kind, Tokens};
use store::tokens::NewTransaction;
use testkit::{App, Client, Database};

testkit::on_both_databases!(
    a_payment_of_another_amount_waits_for_a_person,
    a_payment_without_its_purchase_waits_until_it_is_given_back,
    a_second_payment_of_one_purchase_waits_until_it_is_given_back,
    tokens_whose_payment_never_came_wait_for_a_person,
    a_payment_that_stripe_does_not_have_waits_for_a_person,
);

async fn a_payment_of_another_amount_waits_for_a_person(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    let intent = paid_in_the_browser(&app, &member).await;
    run_sql(&app, "UPDATE token_purchases SET amount = 600").await;
    waits_for_a_person(&app, &["payment_mismatch"]).await;
    assert_eq!(available(&member).await, 0);
    refund_at_stripe(&app, &intent, None).await;
    nothing_is_found(&app).await;
}

/// As after a backup was restored that is older than the purchase.
async fn a_payment_without_its_purchase_waits_until_it_is_given_back(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    buy(&member, "starter").await;
    let lost = pay_at_stripe(&app, &member, "pur_lost").await;
    waits_for_a_person(&app, &["payment_without_purchase"]).await;
    refund_at_stripe(&app, text(&lost, "id"), Some("100")).await;
    waits_for_a_person(&app, &["payment_without_purchase"]).await;
    refund_at_stripe(&app, text(&lost, "id"), None).await;
    nothing_is_found(&app).await;
    assert_eq!(available(&member).await, 100_000);
}

async fn a_second_payment_of_one_purchase_waits_until_it_is_given_back(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    let bought = buy(&member, "starter").await;
    let second = pay_at_stripe(&app, &member, text(&bought, "id")).await;
    waits_for_a_person(&app, &["payment_mismatch"]).await;
    deliver(&app, &event("evt_second", "payment_intent.succeeded", &second)).await.expect(200);
    settled(&app).await;
    waits_for_a_person(&app, &["payment_mismatch"]).await;
    let kept = "SELECT COUNT(*) FROM token_purchases p JOIN token_transactions t
         ON t.source = p.stripe_payment_intent_id WHERE p.status = 'completed'";
    assert_eq!(
        (count(&app, kept).await, available(&member).await),
        (1, 100_000),
        "granted for the first one"
    );
    refund_at_stripe(&app, text(&second, "id"), None).await;
    nothing_is_found(&app).await;
    deliver(&app, &event("evt_again", "payment_intent.succeeded", &second)).await.expect(200);
    settled(&app).await;
    assert_eq!(app.billing().open_discrepancies().await.unwrap(), 0, "it is over");
    assert_eq!(available(&member).await, 100_000);
}

/// What a hand on the database may do: the tokens of a purchase that nobody has paid.
async fn grant_by_hand(app: &App, member: &Client, purchase: &str, intent: &str) {
    let account = AccountId::from_stored(account_of(member).await);
    let now = app.billing().now();
    let mut tx = app.database.db.begin().await.unwrap();
    let balance = store::tokens::balance(&mut tx, &account).await.unwrap();
    let (after, posting) = balance.credit(Kind::Purchase, Tokens::new(100_000).unwrap()).unwrap();
    let new = NewTransaction {
        id: TokenTransactionId::from_stored("ttx_by_hand"),
        account: &account,
        posting,
        description: "By hand",
        source: Some(intent),
        purchase: Some(&TokenPurchaseId::from_stored(purchase)),
        at: now,
    };
    assert!(store::tokens::append(&mut tx, new).await.unwrap());
    store::tokens::save_balance(&mut tx, &account, &after, now).await.unwrap();
    tx.commit().await.unwrap();
    run_sql(app, "UPDATE token_purchases SET status = 'completed'").await;
}

async fn tokens_whose_payment_never_came_wait_for_a_person(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    let asked = order(&member, "starter", None).await.expect(201)["purchase"].clone();
    let intent = text(&asked, "stripe_payment_intent_id");
    grant_by_hand(&app, &member, text(&asked, "id"), intent).await;
    waits_for_a_person(&app, &["granted_not_paid"]).await;
    assert_eq!(available(&member).await, 100_000, "nothing is taken back by itself");
    let card = [("payment_method", "pm_card_visa"), ("return_url", "https://example.com/")];
    app.stripe().post_form(&format!("/v1/payment_intents/{intent}/confirm"), &card).await.expect(200);
    nothing_is_found(&app).await;
}

/// As with the key of another account of Stripe's.
async fn a_payment_that_stripe_does_not_have_waits_for_a_person(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    buy(&member, "starter").await;
    let customer = customer_of(&app, &member).await;
    run_sql(&app, "UPDATE token_purchases SET stripe_payment_intent_id = 'pi_of_another'").await;
    let report = reconcile(&app, true).await;
    // The payment that there is belongs to no purchase any more, and the grant is not of the one that is named.
    assert_eq!(kinds(&report), ["payment_mismatch", "granted_not_paid", "grant_differs"], "{report}");
    assert_eq!((available(&member).await, customer_of(&app, &member).await), (100_000, customer));
}
