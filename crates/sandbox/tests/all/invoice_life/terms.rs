//! What is said of an invoice, when it is finalised, and when it is due.

use super::{DAY, balance, draft, line, open, standing, stands, url};
use crate::harness::{id, saw, text};
use serde_json::{Value, json};

stories! {
    async fn what_is_said_of_an_invoice_is_kept_and_wrong_things_are_refused(world) {
        let customer = world.customer("pm_card_visa").await;
        let now = world.now().await;
        let (due, effective) = ((now + 10 * DAY).to_string(), (now - DAY).to_string());
        let form = [
            ("collection_method", "send_invoice"), ("due_date", due.as_str()), ("number", "OWN-7"), ("effective_at", &effective),
            ("description", "Memo"), ("footer", "Thanks"), ("custom_fields[0][name]", "PO"), ("custom_fields[0][value]", "42"),
            ("statement_descriptor", "ALLTHRIVE"), ("rendering[pdf][page_size]", "a4"), ("payment_settings[payment_method_types][0]", "card"),
            ("payment_settings[payment_method_options][card][request_three_d_secure]", "any"),
            ("shipping_details[name]", "Jenny"), ("shipping_details[address][city]", "Rome"),
        ];
        let made = draft(world, &customer, "2000", &form).await;
        assert_eq!((&made["due_date"], &made["number"], &made["next_payment_attempt"]), (&(now + 10 * DAY).into(), &"OWN-7".into(), &Value::Null));
        assert_eq!(made["custom_fields"], json!([{ "name": "PO", "value": "42" }]));
        assert_eq!((&made["rendering"]["pdf"]["page_size"], &made["shipping_details"]["address"]["city"]), (&"a4".into(), &"Rome".into()));
        let listed = |range: &str| format!("/v1/invoices?due_date[gt]={range}&collection_method=send_invoice");
        assert_eq!(world.get(&listed(&now.to_string())).await["data"][0]["id"], made["id"]);
        assert_eq!(world.get(&listed(&due)).await["data"], json!([]));
        let changed = world.post(&url(&made), &[("days_until_due", "3"), ("custom_fields", ""), ("number", "OWN-8")]).await;
        assert_eq!((&changed["custom_fields"], &changed["number"]), (&Value::Null, &"OWN-8".into()));
        let sent = world.post(&format!("{}/send", url(&made)), &[("expand[]", "payments.data.payment.payment_intent")]).await;
        assert_eq!((&sent["number"], &sent["effective_at"], &sent["status"]), (&"OWN-8".into(), &(now - DAY).into(), &"open".into()));
        let paid_by = &sent["payments"]["data"][0]["payment"]["payment_intent"];
        assert_eq!(paid_by["payment_method_options"]["card"]["request_three_d_secure"], "any");
        assert_eq!(paid_by["statement_descriptor"], "ALLTHRIVE");
        world.try_post(&url(&made), &[("description", "Other")]).await.refused(400, "invoice_not_editable");
        world.post(&url(&made), &[("metadata[a]", "b")]).await;
        let next = open(world, &customer, "500", &[]).await;
        assert!(text(&next["number"]).ends_with("-0001"), "{}", next["number"]);
        let other = world.customer("pm_card_visa").await;
        let foreign = text(&world.get(&format!("/v1/customers/{other}")).await["invoice_settings"]["default_payment_method"]);
        let customer = customer.as_str();
        for form in [
            vec![("collection_method", "send_invoice")], vec![("days_until_due", "3")], vec![("due_date", &due)],
            vec![("collection_method", "send_invoice"), ("days_until_due", "3"), ("due_date", &due)],
            vec![("collection_method", "send_invoice"), ("due_date", &effective)],
            vec![("statement_descriptor", "123")], vec![("number", "a number that is much too long")],
            vec![("default_payment_method", &foreign)], vec![("custom_fields[0][name]", "PO")], vec![("currency", "dollars")],
            vec![("automatically_finalizes_at", &effective)], vec![("automatically_finalizes_at", &due), ("auto_advance", "false")],
            vec![("payment_settings[payment_method_types][0]", "sepa_debit")], vec![("shipping_cost[shipping_rate]", "shr_1")],
            vec![("shipping_details[name]", "Jenny")], vec![("from_invoice[action]", "copy")],
        ] {
            let mut whole = vec![("customer", customer)];
            whole.extend(form);
            assert_eq!(world.try_post("/v1/invoices", &whole).await.status, 400, "{whole:?}");
        }
    }

    async fn a_draft_is_finalised_when_it_is_said_and_charged_by_itself(world) {
        let customer = world.customer("pm_card_visa").await;
        let at = world.now().await + 3 * DAY;
        let made = draft(world, &customer, "2000", &[("automatically_finalizes_at", &at.to_string())]).await;
        assert_eq!((&made["automatically_finalizes_at"], &made["auto_advance"]), (&at.into(), &true.into()));
        world.advance(2 * DAY).await;
        assert_eq!(world.get(&url(&made)).await["status"], "draft");
        let held = world.post(&url(&made), &[("auto_advance", "false")]).await;
        assert_eq!((&held["automatically_finalizes_at"], &held["next_payment_attempt"]), (&Value::Null, &Value::Null));
        world.post(&url(&made), &[("auto_advance", "true")]).await;
        world.advance(DAY + 10).await;
        let paid = world.get(&url(&made)).await;
        assert_eq!((stands(&paid), &paid["attempt_count"]), (standing("paid", 2000, 2000, 0), &1.into()));
        assert!(at <= paid["status_transitions"]["finalized_at"].as_i64().unwrap());
        let failing = world.customer("pm_card_chargeCustomerFail").await;
        let tried = open(world, &failing, "2000", &[("auto_advance", "true")]).await;
        world.advance(3700).await;
        let tried = world.get(&url(&tried)).await;
        assert_eq!((&tried["status"], &tried["attempt_count"]), (&"open".into(), &1.into()));
        assert!(tried["next_payment_attempt"].is_i64());
        let stopped = world.post(&url(&tried), &[("auto_advance", "false")]).await;
        assert_eq!(stopped["next_payment_attempt"], Value::Null);
        world.advance(30 * DAY).await;
        assert_eq!(world.get(&url(&tried)).await["attempt_count"], 1, "nothing is tried any more");
    }

    async fn an_invoice_that_was_sent_will_be_due_and_then_is_overdue(world) {
        let settings = world.client.post(format!("{}/_sandbox/settings", world.base)).bearer_auth(&world.key);
        world.call(settings.json(&json!({ "will_be_due_days": 3 }))).await.ok();
        let customer = world.customer("").await;
        let sent = open(world, &customer, "2000", &[("collection_method", "send_invoice"), ("days_until_due", "10")]).await;
        let due = sent["due_date"].as_i64().unwrap();
        let (_, events) = world.events_of(world.advance(due - 3 * DAY - 10 - world.now().await)).await;
        assert_eq!(events, Vec::<String>::new());
        let (_, events) = world.events_of(world.advance(20)).await;
        assert_eq!(events, ["invoice.will_be_due"]);
        let (_, events) = world.events_of(world.advance(3 * DAY)).await;
        assert_eq!(events, ["invoice.overdue"]);
        let (given_up, events) = world.events_of(world.post(&format!("{}/mark_uncollectible", url(&sent)), &[])).await;
        assert_eq!(given_up["status"], "uncollectible");
        saw(&events, &["invoice.marked_uncollectible"]);
        assert_eq!(world.try_post(&format!("{}/mark_uncollectible", url(&sent)), &[]).await.status, 400);
        assert_eq!(world.try_post(&format!("{}/send", url(&sent)), &[]).await.status, 400);
        let method = id(&world.post("/v1/payment_methods/pm_card_visa/attach", &[("customer", &customer)]).await);
        let paid = world.post(&format!("{}/pay", url(&sent)), &[("payment_method", &method)]).await;
        assert_eq!(stands(&paid), standing("paid", 2000, 2000, 0));
        assert!(paid["status_transitions"]["marked_uncollectible_at"].is_i64());
        assert_eq!(world.try_post(&format!("{}/void", url(&sent)), &[]).await.status, 400);
        assert_eq!(world.try_post(&format!("{}/pay", url(&sent)), &[]).await.status, 400);
    }

    async fn a_revision_takes_the_place_of_what_it_revises(world) {
        let customer = id(&world.post("/v1/customers", &[("balance", "-500")]).await);
        let first = open(world, &customer, "2000", &[("description", "Memo"), ("collection_method", "send_invoice"), ("days_until_due", "9")]).await;
        assert_eq!((&first["amount_due"], balance(world, &customer).await), (&1500.into(), 0));
        let form = [("from_invoice[action]", "revision"), ("from_invoice[invoice]", first["id"].as_str().unwrap()), ("footer", "New")];
        let revised = world.post("/v1/invoices", &form).await;
        assert_eq!((&revised["status"], &revised["description"], &revised["footer"]), (&"draft".into(), &"Memo".into(), &"New".into()));
        assert_eq!((&revised["starting_balance"], &revised["amount_due"], &revised["total"]), (&(-500).into(), &1500.into(), &2000.into()));
        assert_eq!(revised["from_invoice"], json!({ "action": "revision", "invoice": first["id"] }));
        assert_ne!(line(&revised, 0), line(&first, 0));
        world.post(&format!("{}/lines/{}", url(&revised), line(&revised, 0)), &[("amount", "1800")]).await;
        let (open, events) = world.events_of(world.post(&format!("{}/finalize", url(&revised)), &[])).await;
        saw(&events, &["invoice.voided", "invoice.finalized"]);
        assert_eq!((&open["amount_due"], &open["ending_balance"], balance(world, &customer).await), (&1300.into(), &0.into(), 0));
        let replaced = world.get(&format!("{}?expand[]=latest_revision", url(&first))).await;
        assert_eq!((&replaced["status"], &replaced["latest_revision"]["id"]), (&"void".into(), &revised["id"]));
        assert_eq!(replaced["total"], 2000);
        assert_eq!(world.try_post("/v1/invoices", &form).await.status, 400, "it is void");
        let again = [("from_invoice[action]", "revision"), ("from_invoice[invoice]", revised["id"].as_str().unwrap())];
        let third = world.post("/v1/invoices", &again).await;
        world.delete(&url(&third)).await;
        assert_eq!(world.get("/v1/invoiceitems?pending=true").await["data"], json!([]), "the copies are gone with it");
        let third = world.post("/v1/invoices", &again).await;
        world.post(&format!("{}/finalize", url(&third)), &[]).await;
        assert_eq!(world.get(&url(&first)).await["latest_revision"], third["id"]);
        let mut with_customer = again.to_vec();
        with_customer.push(("customer", &customer));
        world.try_post("/v1/invoices", &with_customer).await.refused(400, "parameters_exclusive");
    }
}
