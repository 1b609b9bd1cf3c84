//! What an invoice lives through: its lines, its due date, payments in parts, revisions, and its ends.

use crate::harness::{Form, World, id, saw, text};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

/// A draft with one line.
async fn draft(world: &World, customer: &str, amount: &str, more: Form<'_>) -> Value {
    let mut form = vec![("customer", customer)];
    form.extend_from_slice(more);
    let invoice = world.post("/v1/invoices", &form).await;
    let line = [("lines[0][amount]", amount), ("lines[0][description]", "Help")];
    world.post(&format!("/v1/invoices/{}/add_lines", id(&invoice)), &line).await
}

async fn open(world: &World, customer: &str, amount: &str, more: Form<'_>) -> Value {
    let draft = draft(world, customer, amount, more).await;
    world.post(&format!("{}/finalize", url(&draft)), &[]).await
}

fn url(invoice: &Value) -> String {
    format!("/v1/invoices/{}", id(invoice))
}

fn line(invoice: &Value, place: usize) -> String {
    id(&invoice["lines"]["data"][place])
}

/// Status, amount due, paid, remaining.
fn stands(invoice: &Value) -> (String, i64, i64, i64) {
    let amount = |name: &str| invoice[name].as_i64().unwrap();
    (text(&invoice["status"]), amount("amount_due"), amount("amount_paid"), amount("amount_remaining"))
}

fn standing(status: &str, due: i64, paid: i64, remaining: i64) -> (String, i64, i64, i64) {
    (status.to_owned(), due, paid, remaining)
}

async fn balance(world: &World, customer: &str) -> i64 {
    world.get(&format!("/v1/customers/{customer}")).await["balance"].as_i64().unwrap()
}

/// An intent of a customer's, not confirmed.
async fn intent(world: &World, customer: &str, amount: &str) -> String {
    let form = [
        ("customer", customer),
        ("amount", amount),
        ("currency", "usd"),
        ("automatic_payment_methods[enabled]", "true"),
        ("automatic_payment_methods[allow_redirects]", "never"),
    ];
    id(&world.post("/v1/payment_intents", &form).await)
}

async fn confirm(world: &World, intent: &str) -> Value {
    world.post(&format!("/v1/payment_intents/{intent}/confirm"), &[("payment_method", "pm_card_visa")]).await
}

stories! {
    async fn lines_are_added_changed_and_removed_many_at_a_time(world) {
        let customer = world.customer("pm_card_visa").await;
        let waiting = world.post("/v1/invoiceitems", &[("customer", &customer), ("amount", "300"), ("currency", "usd")]).await;
        let product = id(&world.post("/v1/products", &[("name", "Hat")]).await);
        let invoice = world.post("/v1/invoices", &[("customer", &customer), ("currency", "usd")]).await;
        let form = [
            ("lines[0][amount]", "1000"), ("lines[0][description]", "Help"), ("lines[0][metadata][a]", "1"),
            ("lines[1][price_data][currency]", "usd"), ("lines[1][price_data][product]", &product),
            ("lines[1][price_data][unit_amount]", "250"), ("lines[1][quantity]", "4"),
            ("lines[2][invoice_item]", waiting["id"].as_str().unwrap()),
            ("lines[3][price_data][currency]", "usd"), ("lines[3][price_data][product_data][name]", "Shoe"),
            ("lines[3][price_data][unit_amount]", "70"), ("invoice_metadata[k]", "v"),
        ];
        let (added, events) = world.events_of(world.post(&format!("{}/add_lines", url(&invoice)), &form)).await;
        assert_eq!((&added["total"], &added["lines"]["total_count"], &added["metadata"]["k"]), (&2370.into(), &4.into(), &"v".into()));
        assert_eq!(added["lines"]["data"][1]["description"], "Hat");
        assert_eq!(events.iter().filter(|event| *event == "invoice.updated").count(), 1, "{events:?}");
        assert_eq!(events.iter().filter(|event| *event == "invoiceitem.created").count(), 3, "{events:?}");
        let form = [
            ("lines[0][id]", line(&added, 0)), ("lines[0][amount]", "500".into()), ("lines[0][metadata][b]", "2".into()),
            ("lines[1][id]", line(&added, 1)), ("lines[1][quantity]", "2".into()),
        ];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let changed = world.post(&format!("{}/update_lines", url(&invoice)), &form).await;
        assert_eq!((&changed["total"], line(&changed, 0)), (&1370.into(), line(&added, 0)));
        assert_eq!(changed["lines"]["data"][0]["metadata"], json!({ "a": "1", "b": "2" }));
        let item = text(&changed["lines"]["data"][0]["parent"]["invoice_item_details"]["invoice_item"]);
        assert_eq!(world.get(&format!("/v1/invoiceitems/{item}")).await["amount"], 500, "the item changes with its line");
        let one = world.post(&format!("{}/lines/{}", url(&invoice), line(&added, 3)), &[("description", "Boot"), ("amount", "80")]).await;
        assert_eq!((&one["object"], &one["description"], &one["amount"]), (&"line_item".into(), &"Boot".into(), &80.into()));
        let form = [
            ("lines[0][id]", line(&added, 0)), ("lines[0][behavior]", "delete".into()),
            ("lines[1][id]", line(&added, 2)), ("lines[1][behavior]", "unassign".into()),
        ];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let removed = world.post(&format!("{}/remove_lines", url(&invoice)), &form).await;
        assert_eq!((&removed["total"], &removed["lines"]["total_count"]), (&580.into(), &2.into()));
        world.try_get(&format!("/v1/invoiceitems/{item}")).await.refused(404, "resource_missing");
        let pending = world.get("/v1/invoiceitems?pending=true").await;
        assert_eq!((pending["data"].as_array().unwrap().len(), &pending["data"][0]["id"]), (1, &waiting["id"]));
        let twice = [("lines[0][invoice_item]", waiting["id"].as_str().unwrap())];
        world.post(&format!("{}/add_lines", url(&invoice)), &twice).await;
        assert_eq!(world.try_post(&format!("{}/add_lines", url(&invoice)), &twice).await.status, 400);
        for (path, form) in [
            ("add_lines", ("lines[0][amount]", "x")), ("add_lines", ("lines[0][description]", "free")),
            ("update_lines", ("lines[0][id]", "il_none")), ("remove_lines", ("lines[0][behavior]", "delete")),
            ("add_lines", ("lines[0][currency]", "usd")), ("update_lines", ("invoice_metadata[a]", "b")),
        ] {
            assert_eq!(world.try_post(&format!("{}/{path}", url(&invoice)), &[form]).await.status, 400, "{path} {form:?}");
        }
        world.post(&format!("{}/finalize", url(&invoice)), &[]).await;
        let late = world.try_post(&format!("{}/add_lines", url(&invoice)), &[("lines[0][amount]", "1")]).await;
        late.refused(400, "invoice_not_editable");
    }

    async fn a_renewals_draft_can_be_lowered_and_later_credits_follow(world) {
        let customer = world.customer("pm_card_visa").await;
        let (price, other) = (world.price(3000, "month", 1).await, world.price(9000, "month", 1).await);
        let subscription = world.subscribe(&customer, &price, &[]).await;
        let end = subscription["items"]["data"][0]["current_period_end"].as_i64().unwrap();
        world.advance(end - world.now().await).await;
        let renewed = world.get(&format!("/v1/invoices?subscription={}&status=draft", id(&subscription))).await;
        let draft = &renewed["data"][0];
        let path = format!("{}/lines/{}", url(draft), line(draft, 0));
        assert_eq!(world.try_post(&path, &[("amount", "1")]).await.status, 400, "its amount follows from the subscription");
        world.post("/v1/coupons", &[("id", "half"), ("percent_off", "50")]).await;
        let changed = world.post(&path, &[("discounts[0][coupon]", "half"), ("metadata[x]", "y"), ("description", "Less")]).await;
        assert_eq!((&changed["discount_amounts"][0]["amount"], &changed["metadata"]), (&1500.into(), &json!({ "x": "y" })));
        let draft = world.get(&url(draft)).await;
        assert_eq!((&draft["total"], &draft["subtotal"]), (&1500.into(), &1500.into()));
        let item = id(&subscription["items"]["data"][0]);
        let form = [("items[0][id]", item.as_str()), ("items[0][price]", &other), ("proration_behavior", "always_invoice"), ("expand[]", "latest_invoice")];
        let upgraded = world.post(&format!("/v1/subscriptions/{}", id(&subscription)), &form).await;
        assert_eq!(upgraded["latest_invoice"]["lines"]["data"][0]["amount"], -1500, "what was debited, with its discount");
        assert_eq!(world.try_delete(&url(&draft)).await.status, 400);
    }

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

    async fn an_invoice_is_paid_in_parts_by_payments_that_are_attached(world) {
        let customer = world.customer("pm_card_visa").await;
        let invoice = open(world, &customer, "3000", &[]).await;
        let (first, second) = (intent(world, &customer, "1000").await, intent(world, &customer, "2000").await);
        let attach = format!("{}/attach_payment", url(&invoice));
        let with = world.post(&attach, &[("payment_intent", &first), ("expand[]", "payments")]).await;
        assert_eq!(with["payments"]["data"].as_array().unwrap().len(), 2);
        assert_eq!(world.try_post(&attach, &[("payment_intent", &first)]).await.status, 400, "once only");
        assert_eq!(world.try_post(&format!("{}/void", url(&invoice)), &[]).await.status, 400);
        assert_eq!(world.try_post(&format!("{}/mark_uncollectible", url(&invoice)), &[]).await.status, 400);
        let (_, events) = world.events_of(confirm(world, &first)).await;
        saw(&events, &["invoice_payment.paid", "invoice.updated"]);
        let partly = world.get(&format!("{}?expand[]=payments", url(&invoice))).await;
        assert_eq!(stands(&partly), standing("open", 3000, 1000, 2000));
        let default = partly["payments"]["data"].as_array().unwrap().iter().find(|payment| payment["is_default"] == true).unwrap();
        assert_eq!(default["amount_requested"], 2000, "the default payment is for what remains");
        confirm(world, &second).await;
        let (paid, events) = world.events_of(world.post(&attach, &[("payment_intent", &second), ("expand[]", "payments")])).await;
        saw(&events, &["invoice_payment.paid", "invoice.paid", "invoice.payment_succeeded", "payment_intent.canceled"]);
        assert_eq!(stands(&paid), standing("paid", 3000, 3000, 0));
        let statuses: Vec<&Value> = paid["payments"]["data"].as_array().unwrap().iter().map(|payment| &payment["status"]).collect();
        assert_eq!(statuses, ["paid", "paid", "canceled"]);
        let listed = world.get(&format!("/v1/invoice_payments?invoice={}&status=paid", id(&invoice))).await;
        assert_eq!(listed["data"].as_array().unwrap().len(), 2);
    }

    async fn what_is_paid_too_much_is_credited_and_what_is_canceled_does_not_count(world) {
        let customer = world.customer("pm_card_visa").await;
        let invoice = open(world, &customer, "1000", &[]).await;
        let attach = format!("{}/attach_payment", url(&invoice));
        let (one, two, dropped) =
            (intent(world, &customer, "600").await, intent(world, &customer, "700").await, intent(world, &customer, "100").await);
        for each in [&one, &two, &dropped] {
            world.post(&attach, &[("payment_intent", each)]).await;
        }
        world.post(&format!("/v1/payment_intents/{dropped}/cancel"), &[]).await;
        confirm(world, &one).await;
        let (_, events) = world.events_of(confirm(world, &two)).await;
        saw(&events, &["invoice.paid", "invoice.overpaid", "customer.updated"]);
        let paid = world.get(&url(&invoice)).await;
        assert_eq!((stands(&paid), &paid["amount_overpaid"]), (standing("paid", 1000, 1000, 0), &300.into()));
        assert_eq!(balance(world, &customer).await, -300);
        let other = world.customer("pm_card_visa").await;
        let invoice = open(world, &customer, "2000", &[]).await;
        let attach = format!("{}/attach_payment", url(&invoice));
        let foreign = intent(world, &other, "600").await;
        let large = intent(world, &customer, "1701").await;
        for wrong in [foreign.as_str(), &large, &one, &dropped, "pi_none"] {
            assert_eq!(world.try_post(&attach, &[("payment_intent", wrong)]).await.status, 400, "{wrong}");
        }
        let rest = intent(world, &customer, "700").await;
        world.post(&attach, &[("payment_intent", &rest)]).await;
        confirm(world, &rest).await;
        let paid = world.post(&format!("{}/pay", url(&invoice)), &[("expand[]", "payments.data.payment.payment_intent")]).await;
        assert_eq!(stands(&paid), standing("paid", 1700, 1700, 0));
        let amounts: i64 = paid["payments"]["data"].as_array().unwrap().iter().map(|payment| payment["amount_paid"].as_i64().unwrap()).sum();
        assert_eq!(amounts, 1700, "the default payment took what remained");
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

    async fn what_waits_for_a_subscription_is_invoiced_apart_from_its_cycle(world) {
        let customer = world.customer("pm_card_visa").await;
        let price = world.price(2000, "month", 1).await;
        let subscription = world.subscribe(&customer, &price, &[]).await;
        let owner = id(&subscription);
        let none = [("customer", customer.as_str()), ("subscription", &owner)];
        world.try_post("/v1/invoices", &none).await.refused(400, "invoice_no_subscription_line_items");
        for (amount, of) in [("700", Some(&owner)), ("100", None)] {
            let mut form = vec![("customer", customer.as_str()), ("amount", amount), ("currency", "usd")];
            form.extend(of.map(|of| ("subscription", of.as_str())));
            world.post("/v1/invoiceitems", &form).await;
        }
        let made = world.post("/v1/invoices", &none).await;
        assert_eq!((&made["total"], &made["billing_reason"]), (&700.into(), &"manual".into()));
        assert_eq!(made["parent"]["subscription_details"]["subscription"], owner.as_str());
        assert_eq!(world.get(&format!("/v1/invoices?subscription={owner}")).await["data"][0]["id"], made["id"]);
        let failing = id(&world.post("/v1/payment_methods/pm_card_chargeCustomerFail/attach", &[("customer", &customer)]).await);
        let (refused, events) =
            world.events_of(world.try_post(&format!("{}/pay", url(&made)), &[("payment_method", &failing)])).await;
        refused.refused(402, "card_declined");
        saw(&events, &["invoice.payment_failed"]);
        let path = format!("/v1/subscriptions/{owner}");
        let now = world.get(&path).await;
        assert_eq!((&now["status"], &now["latest_invoice"]), (&"active".into(), &subscription["latest_invoice"]["id"]));
        world.post(&format!("{}/void", url(&made)), &[]).await;
        assert_eq!(world.get(&path).await["status"], "active");
    }

    async fn items_are_priced_in_every_way_and_prorations_are_not_ours_to_change(world) {
        let customer = world.customer("pm_card_visa").await;
        let product = id(&world.post("/v1/products", &[("name", "Hat")]).await);
        let customer = customer.as_str();
        let item = async |form: Form<'_>| {
            let mut whole = vec![("customer", customer)];
            whole.extend_from_slice(form);
            world.try_post("/v1/invoiceitems", &whole).await
        };
        let made = item(&[("price_data[currency]", "usd"), ("price_data[product]", &product), ("price_data[unit_amount]", "250"), ("quantity", "4")]).await.ok();
        assert_eq!((&made["amount"], &made["description"], &made["pricing"]["unit_amount_decimal"]), (&1000.into(), &"Hat".into(), &"250".into()));
        assert_eq!(world.get(&format!("/v1/prices/{}", text(&made["pricing"]["price_details"]["price"]))).await["active"], false);
        let part = item(&[("unit_amount_decimal", "12.5"), ("quantity_decimal", "2.4"), ("currency", "usd")]).await.ok();
        assert_eq!((&part["amount"], &part["quantity"], &part["quantity_decimal"]), (&30.into(), &2.into(), &"2.4".into()));
        assert_eq!(part["pricing"]["unit_amount_decimal"], "12.5");
        let credit = item(&[("unit_amount_decimal", "-100"), ("currency", "usd"), ("period[start]", "1000"), ("period[end]", "2000")]).await.ok();
        assert_eq!((&credit["amount"], &credit["discountable"], &credit["net_amount"]), (&(-100).into(), &false.into(), &(-100).into()));
        assert_eq!(credit["period"], json!({ "end": 2000, "start": 1000 }));
        assert!(part.get("net_amount").is_none());
        let more = world.post(&format!("/v1/invoiceitems/{}", id(&made)), &[("quantity", "5"), ("metadata[a]", "b")]).await;
        assert_eq!((&more["amount"], &more["quantity"], &more["metadata"]["a"]), (&1250.into(), &5.into(), &"b".into()));
        let plain = world.post(&format!("/v1/invoiceitems/{}", id(&made)), &[("amount", "700")]).await;
        assert_eq!((&plain["amount"], &plain["pricing"]["unit_amount_decimal"]), (&700.into(), &"140".into()));
        let price = world.price(2000, "month", 1).await;
        let price = price.as_str();
        for form in [
            vec![], vec![("amount", "5")], vec![("amount", "5"), ("currency", "usd"), ("unit_amount_decimal", "5")],
            vec![("unit_amount_decimal", "0.5"), ("currency", "usd")], vec![("pricing[price]", price)],
            vec![("amount", "5"), ("currency", "usd"), ("quantity", "1"), ("quantity_decimal", "1")],
            vec![("amount", "5"), ("currency", "usd"), ("period[start]", "5")], vec![("amount", "100000000"), ("currency", "usd")],
            vec![("amount", "5"), ("currency", "usd"), ("period[start]", "5"), ("period[end]", "4")],
            vec![("amount", "5"), ("currency", "usd"), ("tax_rates[0]", "txr_1")], vec![("quantity", "2"), ("currency", "usd")],
        ] {
            assert_eq!(item(&form).await.status, 400, "{form:?}");
        }
        let euro = id(&world.post("/v1/invoices", &[("customer", customer), ("currency", "eur")]).await);
        assert_eq!(item(&[("amount", "5"), ("currency", "usd"), ("invoice", &euro)]).await.body["error"]["param"], "currency");
        item(&[("amount", "5"), ("invoice", &euro)]).await.ok();

        let subscription = world.subscribe(customer, price, &[]).await;
        let large = world.price(4000, "month", 1).await;
        let of = id(&subscription["items"]["data"][0]);
        world.post(&format!("/v1/subscriptions/{}", id(&subscription)), &[("items[0][id]", &of), ("items[0][price]", &large)]).await;
        let listed = world.get(&format!("/v1/invoiceitems?pending=true&customer={customer}")).await;
        let proration = listed["data"].as_array().unwrap().iter().find(|item| item["proration"] == true).unwrap();
        let path = format!("/v1/invoiceitems/{}", id(proration));
        for form in [("amount", "1"), ("quantity", "2"), ("discountable", "true")] {
            assert_eq!(world.try_post(&path, &[form]).await.body["error"]["param"], form.0);
        }
        assert_eq!(world.post(&path, &[("description", "Less time")]).await["description"], "Less time");
        world.delete(&path).await;
        let since = world.now().await + 1;
        assert_eq!(world.get(&format!("/v1/invoiceitems?created[gt]={since}")).await["data"], json!([]));
        assert_ne!(world.get(&format!("/v1/invoiceitems?created[lt]={since}")).await["data"], json!([]));
    }

    async fn prorations_show_their_discounts_where_that_is_asked_for(world) {
        let customer = world.customer("pm_card_visa").await;
        let (small, large) = (world.price(1000, "month", 1).await, world.price(5000, "month", 1).await);
        world.post("/v1/coupons", &[("id", "tenth"), ("percent_off", "10"), ("duration", "forever")]).await;
        world.post("/v1/coupons", &[("id", "two"), ("amount_off", "200"), ("currency", "usd"), ("duration", "forever")]).await;
        let form = [
            ("items[0][discounts][0][coupon]", "tenth"), ("discounts[0][coupon]", "two"), ("billing_mode[type]", "flexible"),
            ("billing_mode[flexible][proration_discounts]", "itemized"),
        ];
        let subscription = world.subscribe(&customer, &small, &form).await;
        assert_eq!(subscription["latest_invoice"]["total"], 700);
        let path = format!("/v1/subscriptions/{}", id(&subscription));
        let item = id(&subscription["items"]["data"][0]);
        let form = [("items[0][id]", item.as_str()), ("items[0][price]", &large), ("proration_behavior", "always_invoice"), ("expand[]", "latest_invoice")];
        let invoice = world.post(&path, &form).await["latest_invoice"].clone();
        let lines = invoice["lines"]["data"].as_array().unwrap();
        let off = |line: &Value| line["discount_amounts"].as_array().unwrap().iter().map(|one| one["amount"].as_i64().unwrap()).collect::<Vec<_>>();
        assert_eq!((&lines[0]["amount"], off(&lines[0])), (&(-1000).into(), vec![-100, -200]));
        assert_eq!((&lines[1]["amount"], off(&lines[1])), (&5000.into(), vec![500, 200]));
        assert_eq!((&invoice["subtotal"], &invoice["total"]), (&3600.into(), &3600.into()), "less the item's own discounts; the other is even");
        assert_eq!(invoice["total_discount_amounts"].as_array().unwrap().iter().map(|one| one["amount"].as_i64().unwrap()).sum::<i64>(), 400);
        let items = world.get(&format!("/v1/invoiceitems?invoice={}", id(&invoice))).await;
        let debit = &items["data"][0];
        assert_eq!((&debit["amount"], &debit["net_amount"], &debit["discountable"]), (&5000.into(), &4300.into(), &false.into()));
        assert_eq!(debit["proration_details"]["discount_amounts"], lines[1]["discount_amounts"]);
        let back = [("billing_mode[type]", "flexible"), ("billing_mode[flexible][proration_discounts]", "included")];
        assert_eq!(world.try_post(&format!("{path}/migrate"), &back).await.status, 400, "there is no way back");
    }

    async fn what_is_more_than_one_charge_can_be_is_left_for_the_next_invoice(world) {
        let customer = world.customer("pm_card_visa").await;
        let made = draft(world, &customer, "99999999", &[]).await;
        world.post(&format!("{}/add_lines", url(&made)), &[("lines[0][amount]", "500")]).await;
        let paid = world.post(&format!("{}/pay", url(&made)), &[]).await;
        assert_eq!(stands(&paid), standing("paid", 99_999_999, 99_999_999, 0));
        assert_eq!((&paid["total"], &paid["ending_balance"], balance(world, &customer).await), (&100_000_499.into(), &500.into(), 500));
        let empty = world.post("/v1/invoices", &[("customer", &customer)]).await;
        let owed = world.post(&format!("{}/finalize", url(&empty)), &[]).await;
        assert_eq!((&owed["total"], &owed["amount_due"], &owed["status"]), (&0.into(), &500.into(), &"open".into()));
    }
}
