//! What else members, banks and operators do, each told as one story with everything that changed by it.

use super::flaky_stripe::FlakyStripe;
use super::story::Story;
use super::support::{DAY, books_agree, deliver, list, paid_now, quarterly};
use axum::http::Method;
use billing::admin_actions::Actor;
use billing::reconciliation::Reconcile;
use serde_json::json;
use testkit::Database;

testkit::on_both_databases!(
    a_trial_is_cancelled_and_costs_nothing,
    a_first_payment_waits_for_the_bank_and_is_confirmed,
    a_card_is_replaced_and_the_old_one_removed,
    an_invoice_has_a_number_lines_and_an_address,
    a_promotion_code_counts_in_the_preview_and_in_fact,
    one_leaves_with_the_money_back_and_subscribes_again,
    a_refused_purchase_is_paid_disputed_and_won,
    a_disputed_purchase_is_lost_after_its_tokens_were_spent,
    a_second_subscription_is_found_ended_and_given_back,
    hours_without_webhooks_are_caught_up_with,
    somebody_leaves_and_nothing_is_charged_any_more,
    sales_are_stopped_and_what_was_sold_goes_on,
    a_member_applies_is_invited_and_is_given_the_tier,
    the_allowance_and_the_tokens_run_low,
);

async fn a_trial_is_cancelled_and_costs_nothing(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    story.did(&ada, "subscribe/", quarterly("community-pro", "pm_card_visa"), 201).await;
    story.advance(2 * DAY, "two days later").await;
    story.did(&ada, "cancel/", json!({"reason": "unused"}), 200).await;
    story.advance(30 * DAY, "a month later").await;
    story.get(&ada, "subscription/").await;
    let again = story.did(&ada, "subscribe/", quarterly("community-pro", "pm_card_visa"), 409).await;
    assert_eq!(again["code"], "trial_used");
    story.end("a_trial_is_cancelled_and_costs_nothing").await;
}

async fn a_first_payment_waits_for_the_bank_and_is_confirmed(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    let wish = paid_now("pro-learn", "pm_card_authenticationRequired");
    let answer = story.did(&ada, "subscribe/", wish, 201).await;
    let secret = answer["confirm"]["client_secret"].as_str().unwrap();
    let intent = secret.split("_secret_").next().unwrap();
    let form = [("outcome", "succeeded"), ("client_secret", secret)];
    story.at_stripe(&format!("/v1/payment_intents/{intent}/3ds"), &form).await;
    let seen = story.get(&ada, "subscription/").await;
    assert_eq!(seen["subscription"]["status"], "active");
    story.end("a_first_payment_waits_for_the_bank_and_is_confirmed").await;
}

async fn a_card_is_replaced_and_the_old_one_removed(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    let made = story.did(&ada, "subscribe/", paid_now("pro-learn", "pm_card_visa"), 201).await;
    let old = made["subscription"]["payment_method"]["id"].as_str().unwrap().to_owned();
    let new = json!({"payment_method_id": "pm_card_mastercard"});
    story.did(&ada, "payment-methods/setup/", new, 200).await;
    let cards = story.get(&ada, "payment-methods/").await;
    let new = cards["data"].as_array().unwrap().iter().find(|card| card["brand"] == "mastercard").unwrap();
    let path = format!("payment-methods/{}/default/", new["id"].as_str().unwrap());
    story.did(&ada, &path, json!({}), 200).await;
    story.sent(&ada, Method::DELETE, &format!("payment-methods/{old}/"), None, 204).await;
    let last = format!("payment-methods/{}/", new["id"].as_str().unwrap());
    story.sent(&ada, Method::DELETE, &last, None, 409).await;
    story.advance(91 * DAY, "a quarter later").await;
    story.end("a_card_is_replaced_and_the_old_one_removed").await;
}

async fn an_invoice_has_a_number_lines_and_an_address(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    story.did(&ada, "subscribe/", paid_now("pro-learn", "pm_card_visa"), 201).await;
    let details = json!({
        "name": "Ada Lovelace", "vat_id": "DE123456789",
        "address": {"line1": "Unter den Linden 1", "city": "Berlin", "postal_code": "10117", "country": "DE"},
    });
    story.sent(&ada, Method::PUT, "billing-details/", Some(details), 200).await;
    let listed = ada.get("/api/v1/billing/invoices/").await.expect(200);
    let id = listed["data"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!((&listed["data"][0]["amount_paid"], &listed["next_cursor"]), (&json!(10_500), &json!(null)));
    let invoice = ada.get(&format!("/api/v1/billing/invoices/{id}/")).await.expect(200);
    assert!(invoice.to_string().contains("1 × Pro Learn"), "{invoice:#}");
    story.end("an_invoice_has_a_number_lines_and_an_address").await;
}

async fn a_promotion_code_counts_in_the_preview_and_in_fact(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    let coupon = [("id", "spring"), ("percent_off", "25"), ("duration", "once")];
    story.at_stripe("/v1/coupons", &coupon).await;
    let code = [("promotion[type]", "coupon"), ("promotion[coupon]", "spring"), ("code", "SPRING")];
    story.at_stripe("/v1/promotion_codes", &code).await;
    let mut wish = paid_now("pro-learn", "pm_card_visa");
    wish["promotion_code"] = json!("spring");
    let quote = story.did(&ada, "subscribe/preview/", wish.clone(), 200).await;
    assert_eq!((&quote["due_today"], &quote["then"]["amount"]), (&json!(7_875), &json!(10_500)));
    story.did(&ada, "subscribe/", wish, 201).await;
    story.advance(91 * DAY, "a quarter later").await;
    story.end("a_promotion_code_counts_in_the_preview_and_in_fact").await;
}

async fn one_leaves_with_the_money_back_and_subscribes_again(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    story.did(&ada, "subscribe/", paid_now("pro-learn", "pm_card_visa"), 201).await;
    story.advance(3 * DAY, "three days later").await;
    let leave = json!({"at": "now", "refund": true, "reason": "missing_features", "comment": "no piano"});
    story.did(&ada, "cancel/", leave, 200).await;
    story.did(&ada, "resume/", json!({}), 409).await;
    story.did(&ada, "subscribe/", paid_now("community-pro", "pm_card_visa"), 201).await;
    story.end("one_leaves_with_the_money_back_and_subscribes_again").await;
}

/// What the bank reads as evidence decides in the sandbox.
async fn evidence(story: &mut Story, text: &str) {
    let disputes = story.app.stripe().get("/v1/disputes").await.expect(200);
    let dispute = format!("/v1/disputes/{}", disputes["data"][0]["id"].as_str().unwrap());
    story.at_stripe(&dispute, &[("evidence[uncategorized_text]", text), ("submit", "true")]).await;
    story.advance(DAY, "the bank has decided").await;
}

async fn a_refused_purchase_is_paid_disputed_and_won(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    let order = json!({"package_slug": "starter", "payment_method_id": "pm_card_chargeDeclined"});
    let refused = story.did(&ada, "tokens/purchase/", order, 402).await;
    let path = format!("tokens/purchases/{}/pay/", refused["purchase"]["id"].as_str().unwrap());
    let card = json!({"payment_method_id": "pm_card_createDisputeInquiry"});
    story.did(&ada, &path, card, 200).await;
    story.settled().await;
    evidence(&mut story, "escalate_inquiry_evidence").await;
    let frozen = story.get(&ada, "tokens/balance/").await;
    assert_eq!(frozen["available"], 0);
    evidence(&mut story, "winning_evidence").await;
    let balance = story.get(&ada, "tokens/balance/").await;
    assert_eq!(balance["available"], 100_000);
    let app = story.end("a_refused_purchase_is_paid_disputed_and_won").await;
    books_agree(&app).await;
}

async fn a_disputed_purchase_is_lost_after_its_tokens_were_spent(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    let order = |card| json!({"package_slug": "starter", "payment_method_id": card});
    story.did(&ada, "tokens/purchase/", order("pm_card_createDisputeInquiry"), 201).await;
    story.settled().await;
    story.did(&ada, "usage/consume/", json!({"tokens": 30_000}), 200).await;
    evidence(&mut story, "escalate_inquiry_evidence").await;
    evidence(&mut story, "losing_evidence").await;
    let owed = story.get(&ada, "tokens/balance/").await;
    assert_eq!((&owed["available"], &owed["debt"]), (&json!(0), &json!(30_000)));
    story.did(&ada, "tokens/purchase/", order("pm_card_visa"), 201).await;
    let paid = story.get(&ada, "tokens/balance/").await;
    assert_eq!((&paid["available"], &paid["debt"]), (&json!(70_000), &json!(0)));
    let app = story.end("a_disputed_purchase_is_lost_after_its_tokens_were_spent").await;
    books_agree(&app).await;
}

async fn a_second_subscription_is_found_ended_and_given_back(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    let made = story.did(&ada, "subscribe/", paid_now("pro-learn", "pm_card_visa"), 201).await;
    let path =
        format!("/v1/subscriptions/{}", made["subscription"]["stripe_subscription_id"].as_str().unwrap());
    let first = story.app.stripe().get(&path).await.expect(200);
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let (customer, price) = (text(&first["customer"]), text(&first["items"]["data"][0]["price"]["id"]));
    let account = text(&first["metadata"]["account_id"]);
    let form = [
        ("customer", customer.as_str()),
        ("items[0][price]", price.as_str()),
        ("metadata[account_id]", account.as_str()),
    ];
    story.at_stripe("/v1/subscriptions", &form).await;
    let repair = Reconcile { repair: true, since: None };
    let report = story.app.billing().reconcile(repair, |_| {}).await.unwrap().unwrap();
    assert!(report.left.is_empty(), "{report}");
    story.tell("reconcile --repair");
    story.end("a_second_subscription_is_found_ended_and_given_back").await;
}

async fn hours_without_webhooks_are_caught_up_with(database: Database) {
    let stripe = FlakyStripe::start().await;
    let mut story = Story::in_shop(stripe.quiet_shop(database).await).await;
    let ada = story.app.register().await;
    let order = json!({"package_slug": "starter", "payment_method_id": "pm_card_visa"});
    let bought = story.did(&ada, "tokens/purchase/", order, 201).await;
    // The last one that came.
    deliver(&story.app, &list(&story.app, "/v1/events").await[0]).await.expect(200);
    story.settled().await;
    let payment = bought["purchase"]["stripe_payment_intent_id"].as_str().unwrap();
    story.at_stripe("/v1/refunds", &[("payment_intent", payment), ("amount", "250")]).await;
    story.advance(6 * 3_600, "six hours without webhooks").await;
    let before = story.get(&ada, "tokens/balance/").await;
    assert_eq!(before["available"], 100_000);
    let caught = story.app.billing().catch_up(None).await.unwrap();
    assert!(caught.missed > 0, "{caught:?}");
    story.tell("Stripe is asked for what was missed");
    story.settled().await;
    let after = story.get(&ada, "tokens/balance/").await;
    assert_eq!(after["available"], 50_000);
    story.end("hours_without_webhooks_are_caught_up_with").await;
}

async fn somebody_leaves_and_nothing_is_charged_any_more(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    story.did(&ada, "subscribe/", paid_now("pro-learn", "pm_card_visa"), 201).await;
    let order = json!({"package_slug": "starter", "payment_method_id": "pm_card_visa"});
    story.did(&ada, "tokens/purchase/", order, 201).await;
    let password = json!({"password": "correct horse"});
    story.sent(&ada, Method::DELETE, "/api/v1/auth/me/", Some(password), 204).await;
    story.advance(366 * DAY, "a year later").await;
    story.end("somebody_leaves_and_nothing_is_charged_any_more").await;
}

async fn sales_are_stopped_and_what_was_sold_goes_on(database: Database) {
    let mut story = Story::begin(database).await;
    let (ada, bob) = (story.app.register().await, story.app.register().await);
    story.did(&ada, "subscribe/", paid_now("community-pro", "pm_card_visa"), 201).await;
    story.app.billing().pause_sales(true, &Actor::command_line(), "a wrong price").await.unwrap();
    story.tell("sales pause");
    story.did(&bob, "subscribe/", paid_now("pro-learn", "pm_card_visa"), 503).await;
    let order = json!({"package_slug": "starter", "payment_method_id": "pm_card_visa"});
    story.did(&bob, "tokens/purchase/", order, 503).await;
    story.advance(91 * DAY, "a quarter later").await;
    story.did(&ada, "usage/consume/", json!({}), 200).await;
    story.did(&ada, "cancel/", json!({}), 200).await;
    story.end("sales_are_stopped_and_what_was_sold_goes_on").await;
}

async fn a_member_applies_is_invited_and_is_given_the_tier(database: Database) {
    let mut story = Story::begin(database).await;
    let (ada, root) = (story.app.register().await, story.app.register().await);
    story.app.billing().make_admin("member1@members.example").await.unwrap();
    let applied = story.did(&ada, "invitation/", json!({"message": "I teach welding."}), 201).await;
    let accept =
        format!("/api/v1/admin/invitations/{}/accept/", applied["invitation"]["id"].as_str().unwrap());
    story.did(&root, &accept, json!({"reason": "good work"}), 200).await;
    let balance = story.get(&ada, "tokens/balance/").await;
    let tier = format!("/api/v1/admin/accounts/{}/tier/", balance["account_id"].as_str().unwrap());
    let given = json!({"tier_slug": "creator-mentor", "until": "2031-02-01T00:00:00Z", "reason": "while it has no price"});
    story.did(&root, &tier, given, 200).await;
    story.get(&ada, "entitlements/").await;
    story.advance(40 * DAY, "after its date").await;
    let seen = story.get(&ada, "subscription/").await;
    assert_eq!(seen["tier"]["slug"], "free");
    story.end("a_member_applies_is_invited_and_is_given_the_tier").await;
}

async fn the_allowance_and_the_tokens_run_low(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    story.did(&ada, "subscribe/", paid_now("community-pro", "pm_card_visa"), 201).await;
    let order = json!({"package_slug": "starter", "payment_method_id": "pm_card_visa"});
    story.did(&ada, "tokens/purchase/", order, 201).await;
    for _ in 0..200 {
        ada.post("/api/v1/billing/usage/consume/", json!({})).await.expect(200);
    }
    story.tell("two hundred requests");
    story.did(&ada, "usage/consume/", json!({"tokens": 95_000}), 200).await;
    story.did(&ada, "usage/consume/", json!({"tokens": 1_000}), 200).await;
    story.did(&ada, "usage/consume/", json!({"tokens": 50_000}), 403).await;
    story.end("the_allowance_and_the_tokens_run_low").await;
}
