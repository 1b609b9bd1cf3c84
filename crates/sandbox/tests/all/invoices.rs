//! Invoices of one's own making, previews, and invoice items.

use crate::harness::{id, saw, text};
use serde_json::{Value, json};

stories! {
    async fn pending_items_are_put_on_an_invoice_finalised_and_paid(world) {
        let customer = world.customer("pm_card_visa").await;
        let item = world.post("/v1/invoiceitems", &[("customer", &customer), ("amount", "2000"), ("currency", "usd"), ("description", "Help")]).await;
        assert_eq!(world.get("/v1/invoiceitems?pending=true").await["data"][0]["id"], item["id"]);
        let form = [("customer", customer.as_str()), ("pending_invoice_items_behavior", "include"), ("metadata[a]", "b")];
        let (invoice, events) = world.events_of(world.post("/v1/invoices", &form)).await;
        assert_eq!((&invoice["status"], &invoice["total"], &invoice["number"]), (&"draft".into(), &2000.into(), &Value::Null));
        saw(&events, &["invoice.created"]);
        let invoice = id(&invoice);
        let more = [("customer", customer.as_str()), ("invoice", &invoice), ("amount", "500"), ("currency", "usd")];
        let second = world.post("/v1/invoiceitems", &more).await;
        assert_eq!(world.get(&format!("/v1/invoices/{invoice}")).await["amount_due"], 2500);
        world.post(&format!("/v1/invoiceitems/{}", id(&second)), &[("amount", "700")]).await;
        assert_eq!(world.get(&format!("/v1/invoices/{invoice}/lines")).await["data"][1]["amount"], 700);
        world.delete(&format!("/v1/invoiceitems/{}", id(&second))).await;
        let open = world.post(&format!("/v1/invoices/{invoice}/finalize"), &[]).await;
        assert_eq!((&open["status"], &open["amount_due"]), (&"open".into(), &2000.into()));
        assert!(text(&open["number"]).ends_with("-0001"), "{}", open["number"]);
        assert!(text(&open["hosted_invoice_url"]).starts_with("https://"));
        world.try_post("/v1/invoiceitems", &more).await.refused(400, "invoice_not_editable");
        let paid = world.post(&format!("/v1/invoices/{invoice}/pay"), &[("expand[]", "payments")]).await;
        assert_eq!((&paid["status"], &paid["payments"]["data"][0]["amount_paid"]), (&"paid".into(), &2000.into()));
        let intent = text(&paid["payments"]["data"][0]["payment"]["payment_intent"]);
        let refused = world.try_post(&format!("/v1/payment_intents/{intent}/cancel"), &[]).await;
        refused.refused(400, "payment_intent_unexpected_state");
    }

    async fn an_invoice_is_voided_given_up_deleted_or_paid_elsewhere(world) {
        let customer = world.customer("").await;
        let open = async || {
            world.post("/v1/invoiceitems", &[("customer", &customer), ("amount", "2000"), ("currency", "usd")]).await;
            let form = [("customer", customer.as_str()), ("pending_invoice_items_behavior", "include")];
            let invoice = id(&world.post("/v1/invoices", &form).await);
            world.post(&format!("/v1/invoices/{invoice}/finalize"), &[]).await;
            format!("/v1/invoices/{invoice}")
        };
        let invoice = open().await;
        world.try_post(&format!("{invoice}/pay"), &[]).await.refused(400, "resource_missing");
        let (voided, events) = world.events_of(world.post(&format!("{invoice}/void"), &[])).await;
        assert_eq!(voided["status"], "void");
        saw(&events, &["invoice.voided", "payment_intent.canceled"]);
        assert_eq!(world.try_post(&format!("{invoice}/pay"), &[]).await.status, 400);
        let invoice = open().await;
        assert_eq!(world.post(&format!("{invoice}/mark_uncollectible"), &[]).await["status"], "uncollectible");
        let invoice = open().await;
        world.try_delete(&invoice).await.refused(400, "invoice_not_editable");
        let paid = world.post(&format!("{invoice}/pay"), &[("paid_out_of_band", "true")]).await;
        assert_eq!((&paid["status"], &paid["amount_paid_off_stripe"]), (&"paid".into(), &2000.into()));
        let draft = id(&world.post("/v1/invoices", &[("customer", &customer)]).await);
        assert_eq!(world.delete(&format!("/v1/invoices/{draft}")).await["deleted"], true);
        world.try_get(&format!("/v1/invoices/{draft}")).await.refused(404, "resource_missing");
    }

    async fn a_customers_credit_pays_first(world) {
        let customer = world.customer("pm_card_visa").await;
        world.post(&format!("/v1/customers/{customer}"), &[("balance", "-2500")]).await;
        let price = world.price(2000, "month", 1).await;
        let subscription = world.subscribe(&customer, &price, &[]).await;
        let invoice = &subscription["latest_invoice"];
        assert_eq!((&subscription["status"], &invoice["amount_due"], &invoice["total"]), (&"active".into(), &0.into(), &2000.into()));
        assert_eq!((&invoice["starting_balance"], &invoice["ending_balance"]), (&(-2500).into(), &(-500).into()));
        assert_eq!(world.get(&format!("/v1/customers/{customer}")).await["balance"], -500);
    }

    async fn a_preview_says_what_would_be_charged_and_makes_nothing(world) {
        let customer = world.customer("pm_card_visa").await;
        let price = world.price(5400, "month", 3).await;
        let form = [
            ("customer", customer.as_str()), ("subscription_details[items][0][price]", &price),
            ("subscription_details[items][0][quantity]", "1"), ("subscription_details[billing_mode][type]", "flexible"),
        ];
        let (preview, events) = world.events_of(world.post("/v1/invoices/create_preview", &form)).await;
        assert_eq!((&preview["amount_due"], &preview["total"], &preview["status"]), (&5400.into(), &5400.into(), &"draft".into()));
        assert!(text(&preview["id"]).starts_with("upcoming_in_"));
        assert_eq!(events, Vec::<String>::new());
        assert_eq!(world.get("/v1/invoices").await["data"], json!([]));
        let trial = (world.now().await + 7 * 86_400).to_string();
        let mut with_trial = form.to_vec();
        with_trial.push(("subscription_details[trial_end]", &trial));
        assert_eq!(world.post("/v1/invoices/create_preview", &with_trial).await["amount_due"], 0);

        let subscription = world.subscribe(&customer, &price, &[]).await;
        let next = world.post("/v1/invoices/create_preview", &[("subscription", &id(&subscription))]).await;
        assert_eq!((&next["billing_reason"], &next["amount_due"]), (&"upcoming".into(), &5400.into()));
        let start = &subscription["items"]["data"][0]["current_period_end"];
        assert_eq!(&next["lines"]["data"][0]["period"]["start"], start);
        let other = world.price(10500, "month", 3).await;
        let item = id(&subscription["items"]["data"][0]);
        let change = [
            ("subscription", subscription["id"].as_str().unwrap()), ("subscription_details[items][0][id]", &item),
            ("subscription_details[items][0][price]", &other),
        ];
        let next = world.post("/v1/invoices/create_preview", &change).await;
        assert_eq!((&next["lines"]["total_count"], &next["total"]), (&3.into(), &15600.into()), "-54, +105, and the renewal");
        let mut none = change.to_vec();
        none.push(("subscription_details[proration_behavior]", "none"));
        assert_eq!(world.post("/v1/invoices/create_preview", &none).await["amount_due"], 10500);
        let nobody = [
            ("customer_details[address][country]", "DE"), ("currency", "usd"), ("subscription_details[items][0][price]", price.as_str()),
        ];
        assert_eq!(world.post("/v1/invoices/create_preview", &nobody).await["total"], 5400);
        let unknown = [
            ("customer_details[tax_exempt]", "none"), ("currency", "usd"), ("subscription_details[items][0][price]", price.as_str()),
        ];
        assert_eq!(world.post("/v1/invoices/create_preview", &unknown).await["total"], 5400);
        let listed = world.get("/v1/invoice_payments?status=paid&expand[]=data.invoice").await;
        assert_eq!(listed["data"][0]["invoice"]["status"], "paid");
    }
}
