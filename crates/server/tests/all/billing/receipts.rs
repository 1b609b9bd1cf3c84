//! What a member was billed and has paid: invoices, purchases, and to whom they are made out.

use super::flaky_stripe::{Fault, FlakyStripe};
use super::support::{
    DAY, at, buy, count, customer_of, list, order, paid_now, quarterly, settled, shop, subscribe,
    wait_for_subscription,
};
use axum::http::Method;
use serde_json::{Value, json};
use testkit::{App, Client, Database, Reply, wait_until};

testkit::on_both_databases!(
    an_invoice_says_what_was_billed_paid_and_given_back,
    invoices_are_listed_newest_first_and_by_pages,
    an_invoice_of_somebody_else_is_not_found,
    invoices_are_shown_without_their_pages_while_stripe_is_down,
    purchases_are_listed_whatever_became_of_them,
    billing_details_are_kept_at_stripe_and_replaced_as_a_whole,
    billing_details_of_a_wrong_shape_are_refused_by_field,
    the_portal_leads_back_to_us_and_changes_no_plan,
);

async fn invoices(member: &Client, cursor: Option<&str>) -> Value {
    let query = cursor.map(|cursor| format!("?cursor={cursor}")).unwrap_or_default();
    member.get(&at(&format!("invoices/{query}"))).await.expect(200)
}

async fn an_invoice_says_what_was_billed_paid_and_given_back(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    settled(&app).await;
    let listed = invoices(&member, None).await["data"][0].clone();
    assert_eq!((&listed["status"], &listed["currency"]), (&json!("paid"), &json!("usd")));
    let amounts = ["subtotal", "discount", "tax", "total", "credit", "amount_due", "amount_paid"];
    let amounts: Vec<_> = amounts.iter().map(|name| listed[name].as_i64().unwrap()).collect();
    assert_eq!(amounts, [10_500, 0, 0, 10_500, 0, 10_500, 10_500]);
    assert_eq!(listed["lines"][0]["amount"], 10_500);
    assert_eq!(listed["description"], listed["lines"][0]["description"]);
    assert!(listed["number"].as_str().unwrap().contains('-'), "{}", listed["number"]);
    for page in ["hosted_url", "pdf_url"] {
        assert!(listed[page].as_str().unwrap().starts_with("http"), "{}", listed[page]);
    }
    let path = at(&format!("invoices/{}/", listed["id"].as_str().unwrap()));
    let one = member.get(&path).await.expect(200);
    assert_eq!(one["invoice"], listed);
    let payment = &one["payments"][0];
    assert_eq!((&payment["amount"], &payment["refunded_amount"]), (&json!(10_500), &json!(0)));
    let back = [("payment_intent", payment["stripe_payment_intent_id"].as_str().unwrap()), ("amount", "500")];
    app.stripe().post_form("/v1/refunds", &back).await.expect(200);
    let one = member.get(&path).await.expect(200);
    assert_eq!(
        (&one["payments"][0]["refunded_amount"], &one["invoice"]["status"]),
        (&json!(500), &json!("paid"))
    );
}

async fn invoices_are_listed_newest_first_and_by_pages(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    assert_eq!(invoices(&member, None).await, json!({"data": [], "next_cursor": null}));
    let monthly =
        json!({"tier_slug": "pro-learn", "billing_period": "monthly", "payment_method_id": "pm_card_visa"});
    subscribe(&member, monthly).await;
    for _ in 0..52 {
        app.advance(31 * DAY).await;
    }
    let at_stripe = list(&app, "/v1/invoices?limit=100").await;
    let finalized: Vec<_> =
        at_stripe.iter().filter(|invoice| invoice["status"] != "draft").cloned().collect();
    let mirrored = async || {
        let rows = count(&app, "SELECT CAST(COUNT(*) AS BIGINT) FROM invoices").await;
        (usize::try_from(rows).unwrap() == finalized.len()).then_some(())
    };
    wait_until("every invoice is mirrored", mirrored).await;
    let first = invoices(&member, None).await;
    let next = first["next_cursor"].as_str().unwrap();
    let second = invoices(&member, Some(next)).await;
    assert_eq!(second["next_cursor"], json!(null));
    let both =
        [first["data"].as_array().unwrap().clone(), second["data"].as_array().unwrap().clone()].concat();
    assert_eq!(first["data"].as_array().unwrap().len(), 50);
    let ids = |all: &[Value]| all.iter().map(|one| one["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&both), ids(&finalized));
    for invoice in &both {
        assert!(invoice["pdf_url"].is_string(), "{invoice:#}");
    }
    let nowhere = invoices(&member, Some("in_none")).await;
    assert_eq!(nowhere["data"], json!([]));
}

async fn an_invoice_of_somebody_else_is_not_found(database: Database) {
    let app = shop(database).await;
    let (ada, bob) = (app.register().await, app.register().await);
    subscribe(&ada, paid_now("pro-learn", "pm_card_visa")).await;
    settled(&app).await;
    let adas = invoices(&ada, None).await["data"][0]["id"].as_str().unwrap().to_owned();
    for id in [adas.as_str(), "in_none", "..."] {
        bob.get(&at(&format!("invoices/{id}/"))).await.problem(404, "not_found");
    }
    assert_eq!(invoices(&bob, None).await["data"], json!([]));
    assert_eq!(invoices(&bob, Some(&adas)).await["data"], json!([]));
}

async fn invoices_are_shown_without_their_pages_while_stripe_is_down(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    settled(&app).await;
    stripe.set(Method::GET, "/v1/", Fault::Garble);
    let listed = invoices(&member, None).await["data"][0].clone();
    assert_eq!((&listed["amount_paid"], &listed["hosted_url"]), (&json!(10_500), &json!(null)));
    let one = member.get(&at(&format!("invoices/{}/", listed["id"].as_str().unwrap()))).await.expect(200);
    assert_eq!(one["payments"][0]["refunded_amount"], json!(null));
    stripe.heal();
    assert!(invoices(&member, None).await["data"][0]["hosted_url"].is_string());
}

async fn purchases_are_listed_whatever_became_of_them(database: Database) {
    let app = shop(database).await;
    let (ada, bob) = (app.register().await, app.register().await);
    let bought = buy(&ada, "starter").await;
    order(&ada, "booster", Some("pm_card_chargeDeclined")).await.problem(402, "card_declined");
    buy(&bob, "power").await;
    let listed = ada.get(&at("tokens/purchases/")).await.expect(200);
    assert_eq!(listed["data"][1], bought);
    assert_eq!(
        (&listed["data"][0]["package_slug"], &listed["data"][0]["status"], &listed["next_cursor"]),
        (&json!("booster"), &json!("failed"), &json!(null))
    );
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
    let path = at(&format!("tokens/purchases/?cursor={}", listed["data"][0]["id"].as_str().unwrap()));
    assert_eq!(ada.get(&path).await.expect(200)["data"], json!([bought]));
}

async fn save(member: &Client, details: Value) -> Reply {
    let request = member.request(Method::PUT, &at("billing-details/")).json(&details);
    member.send(request).await
}

async fn billing_details_are_kept_at_stripe_and_replaced_as_a_whole(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let nothing = json!({"name": null, "address": null, "vat_id": null});
    assert_eq!(member.get(&at("billing-details/")).await.expect(200), nothing);
    let address = json!({"line1": "Am Markt 1", "line2": null, "city": "Berlin", "state": null,
        "postal_code": "10115", "country": "DE"});
    let sent = json!({"name": " Ada GmbH ", "address": address, "vat_id": "de 123 456 789"});
    let saved = save(&member, sent).await.expect(200);
    assert_eq!(saved, json!({"name": "Ada GmbH", "address": address, "vat_id": "DE123456789"}));
    assert_eq!(member.get(&at("billing-details/")).await.expect(200), saved);
    let customer = customer_of(&app, &member).await;
    let tax_ids = format!("/v1/customers/{customer}/tax_ids");
    let first = list(&app, &tax_ids).await;
    assert_eq!((&first[0]["type"], &first[0]["value"]), (&json!("eu_vat"), &json!("DE123456789")));
    save(&member, json!({"name": "Ada GmbH", "vat_id": "DE123456789"})).await.expect(200);
    assert_eq!(list(&app, &tax_ids).await, first, "the same one is left alone");
    save(&member, json!({"vat_id": "GB123456789"})).await.expect(200);
    let seen = member.get(&at("billing-details/")).await.expect(200);
    assert_eq!(seen, json!({"name": null, "address": null, "vat_id": "GB123456789"}));
    assert_eq!(list(&app, &tax_ids).await.len(), 1, "the old one is gone");
    save(&member, json!({})).await.expect(200);
    assert_eq!(list(&app, &tax_ids).await.len(), 0);
    // They are printed on what is billed from then on.
    save(&member, json!({"name": "Ada GmbH", "address": address})).await.expect(200);
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    let invoice = &list(&app, "/v1/invoices").await[0];
    assert_eq!(
        (&invoice["customer_name"], &invoice["customer_address"]["city"]),
        (&json!("Ada GmbH"), &json!("Berlin"))
    );
}

async fn billing_details_of_a_wrong_shape_are_refused_by_field(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    for (details, field) in [
        (json!({"name": "x".repeat(201)}), "name"),
        (json!({"address": {"city": "Berlin"}}), "address.country"),
        (json!({"address": {"country": "Germany"}}), "address.country"),
        (json!({"address": {"country": "DE", "line1": "x".repeat(201)}}), "address"),
        (json!({"address": {"country": "DE", "street": "x"}}), "address.street"),
        (json!({"vat_id": "US123"}), "vat_id"),
        (json!({"names": "x"}), "names"),
    ] {
        let refused = save(&member, details).await.problem(422, "invalid_request");
        assert_eq!(refused["errors"][0]["field"], field);
    }
    let customers = "SELECT CAST(COUNT(stripe_customer_id) AS BIGINT) FROM accounts";
    assert_eq!(count(&app, customers).await, 0, "nothing was asked of Stripe");
}

async fn open_portal(app: &App, member: &Client) -> (String, Value) {
    let opened = member.post(&at("portal/"), json!({})).await.expect(200);
    let all = list(app, "/v1/billing_portal/configurations").await;
    let ours: Vec<_> = all.iter().filter(|one| one["metadata"]["allthrive"] == "1").collect();
    (opened["url"].as_str().unwrap().to_owned(), json!(ours))
}

async fn the_portal_leads_back_to_us_and_changes_no_plan(database: Database) {
    let app = shop(database).await;
    let (ada, bob) = (app.register().await, app.register().await);
    subscribe(&ada, quarterly("community-pro", "pm_card_visa")).await;
    let elsewhere = json!({"return_path": "https://elsewhere.example/"});
    ada.post(&at("portal/"), elsewhere).await.problem(422, "invalid_request");
    let (url, ours) = open_portal(&app, &ada).await;
    let (another, still) = open_portal(&app, &bob).await;
    assert_ne!(url, another);
    assert_eq!(ours, still, "one configuration for all");
    let features = &ours[0]["features"];
    assert_eq!(features["subscription_update"]["enabled"], false);
    assert_eq!(features["subscription_cancel"]["mode"], "at_period_end");
    assert_eq!(ours[0]["default_return_url"], format!("{}/account/billing", app.url));
    let page = app.stripe().get(url.strip_prefix(&app.sandbox_url).unwrap()).await;
    let page = page.expect(200).as_str().unwrap().to_owned();
    assert!(page.contains(&format!("{}/account/billing", app.url)), "{page}");
    // Somebody lets it change plans in the Dashboard: then another one is made.
    let path = format!("/v1/billing_portal/configurations/{}", ours[0]["id"].as_str().unwrap());
    let product = list(&app, "/v1/prices?lookup_keys[]=pro-learn_quarterly_usd").await[0].clone();
    let allowed = [
        ("features[subscription_update][enabled]", "true"),
        ("features[subscription_update][default_allowed_updates][0]", "price"),
        ("features[subscription_update][products][0][product]", product["product"].as_str().unwrap()),
        ("features[subscription_update][products][0][prices][0]", product["id"].as_str().unwrap()),
    ];
    app.stripe().post_form(&path, &allowed).await.expect(200);
    let (_, now) = open_portal(&app, &ada).await;
    assert_eq!(
        (now.as_array().unwrap().len(), &now[0]["features"]["subscription_update"]["enabled"]),
        (2, &json!(false))
    );
    wait_for_subscription(&ada, "status", json!("trialing")).await;
}
