//! What members are told when little is left.

use super::super::mails::subjects;
use super::super::support::{backend, books_agree, buy, shop, wait_for_tokens};
use super::{all_expired, capture, has, held, void, with_tokens_only};
use store::{Query as _, args};
use testkit::Database;

testkit::on_both_databases!(
    a_low_balance_is_told_by_what_was_used_and_not_by_what_was_held,
    a_debt_that_is_paid_by_what_comes_back_may_leave_little_and_is_told,
);

async fn a_low_balance_is_told_by_what_was_used_and_not_by_what_was_held(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let low = async || {
        let told = subjects(&app).await;
        told.into_iter().filter(|subject| subject.ends_with("tokens left")).collect::<Vec<_>>()
    };
    let (one, other) = (held(&backend, 60_000).await, held(&backend, 39_000).await);
    assert_eq!(low().await, [""; 0], "most of it may come back");
    capture(&backend, &one, 60_000).await.expect(200);
    assert_eq!(low().await, [""; 0]);
    capture(&backend, &other, 34_000).await.expect(200);
    assert_eq!(low().await, ["You have 6,000 tokens left"]);
    let id = held(&backend, 2_000).await;
    void(&backend, &id).await.expect(200);
    let id = held(&backend, 2_000).await;
    capture(&backend, &id, 2_000).await.expect(200);
    assert_eq!(low().await.len(), 1, "once on the way down");
    buy(&member, "starter").await;
    let (one, _open) = (held(&backend, 98_000).await, held(&backend, 5_000).await);
    capture(&backend, &one, 98_000).await.expect(200);
    assert_eq!(low().await[1..], ["You have 1,000 tokens left"]);
    let mail = "SELECT body_text FROM outbox_messages WHERE subject = 'You have 1,000 tokens left'";
    let (mail,) = app.database.db.reader().one::<(String,)>(mail, args![]).await.unwrap();
    assert!(mail.contains("Another 5,000 tokens are put aside"), "what may come back: {mail}");
}

async fn a_debt_that_is_paid_by_what_comes_back_may_leave_little_and_is_told(database: Database) {
    let app = shop(database).await;
    for by_void in [true, false] {
        let member = app.register().await;
        let purchase = buy(&member, "starter").await;
        let backend = backend(&app, &member).await;
        let id = held(&backend, 95_000).await;
        let payment = purchase["stripe_payment_intent_id"].as_str().unwrap();
        let refund = [("payment_intent", payment), ("amount", "475")];
        app.stripe().post_form("/v1/refunds", &refund).await.expect(200);
        wait_for_tokens(&member, 0).await;
        has(&member, 0, 95_000, 90_000).await;
        let low = async || {
            let told = subjects(&app).await;
            told.into_iter().filter(|subject| subject == "You have 5,000 tokens left").count()
        };
        let before = low().await;
        if by_void {
            void(&backend, &id).await.expect(200);
        } else {
            app.advance(310).await;
            all_expired(&app).await;
        }
        has(&member, 5_000, 0, 0).await;
        assert_eq!(low().await, before + 1, "by giving it up: {by_void}");
    }
    books_agree(&app).await;
}
