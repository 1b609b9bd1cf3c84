//! What a customer owes or is owed outside of invoices, and how invoices take it.

use crate::harness::{World, id};
use serde_json::{Value, json};

async fn transactions(world: &World, customer: &str) -> Vec<Value> {
    let list = world.get(&format!("/v1/customers/{customer}/balance_transactions?limit=100")).await;
    list["data"].as_array().unwrap().clone()
}

/// (type, amount, ending balance), oldest first.
async fn history(world: &World, customer: &str) -> Vec<(String, i64, i64)> {
    let mut all = transactions(world, customer).await;
    all.reverse();
    let number = |value: &Value| value.as_i64().unwrap();
    all.iter()
        .map(|t| (t["type"].as_str().unwrap().to_owned(), number(&t["amount"]), number(&t["ending_balance"])))
        .collect()
}

/// A finalised invoice of one item.
async fn invoice(world: &World, customer: &str, amount: &str) -> Value {
    world.post("/v1/invoiceitems", &[("customer", customer), ("amount", amount), ("currency", "usd")]).await;
    let draft = world
        .post("/v1/invoices", &[("customer", customer), ("pending_invoice_items_behavior", "include")])
        .await;
    world.post(&format!("/v1/invoices/{}/finalize", id(&draft)), &[]).await
}

async fn balance(world: &World, customer: &str) -> Value {
    world.get(&format!("/v1/customers/{customer}")).await["balance"].clone()
}

stories! {
    async fn every_change_of_a_balance_is_written_down(world) {
        let customer = world.post("/v1/customers", &[("balance", "-500")]).await;
        assert_eq!((&customer["balance"], &customer["currency"]), (&(-500).into(), &"usd".into()));
        let customer = id(&customer);
        let url = format!("/v1/customers/{customer}");
        let (_, events) = world.events_of(world.post(&url, &[("balance", "-200")])).await;
        assert_eq!(events, ["customer.updated"]);
        let form = [("amount", "-300"), ("currency", "usd"), ("description", "sorry"), ("metadata[a]", "b")];
        let (made, events) = world.events_of(world.post(&format!("{url}/balance_transactions"), &form)).await;
        assert_eq!((&made["type"], &made["ending_balance"], &made["description"]), (&"adjustment".into(), &(-500).into(), &"sorry".into()));
        assert_eq!(events, ["customer.updated"]);
        world.post(&url, &[("balance", "-500"), ("name", "Jenny")]).await;
        let expected = [("initial", -500, -500), ("adjustment", 300, -200), ("adjustment", -300, -500)];
        let expected: Vec<_> = expected.iter().map(|(kind, amount, ending)| ((*kind).to_owned(), *amount, *ending)).collect();
        assert_eq!(history(world, &customer).await, expected);
        let one = format!("{url}/balance_transactions/{}", id(&made));
        assert_eq!(world.post(&one, &[("description", "really sorry"), ("metadata[a]", "")]).await["metadata"], json!({}));
        assert_eq!(world.get(&one).await["description"], "really sorry");
        let read = world.get(&format!("{url}?expand[]=invoice_credit_balance")).await;
        assert_eq!(read["invoice_credit_balance"], json!({ "usd": -500 }));
    }

    async fn a_credit_is_applied_at_finalisation_and_given_back_when_the_invoice_is_void(world) {
        let customer = id(&world.post("/v1/customers", &[("balance", "-500")]).await);
        let open = invoice(world, &customer, "2000").await;
        assert_eq!((&open["amount_due"], &open["starting_balance"], &open["ending_balance"]), (&1500.into(), &(-500).into(), &0.into()));
        assert_eq!(balance(world, &customer).await, 0);
        let url = format!("/v1/customers/{customer}/balance_transactions?invoice={}", id(&open));
        let applied = world.get(&url).await;
        assert_eq!((&applied["data"][0]["type"], &applied["data"][0]["amount"]), (&"applied_to_invoice".into(), &500.into()));
        let (_, events) = world.events_of(world.post(&format!("/v1/invoices/{}/void", id(&open)), &[])).await;
        assert!(events.contains(&"customer.updated".to_owned()), "{events:?}");
        assert_eq!(balance(world, &customer).await, -500);
        let all = history(world, &customer).await;
        assert_eq!(all.last(), Some(&("unapplied_from_invoice".to_owned(), -500, -500)));
        assert_eq!(world.get(&url).await["data"].as_array().unwrap().len(), 2);
    }

    async fn a_credit_that_is_larger_stays_for_the_next_invoice_and_a_debt_is_added(world) {
        let customer = id(&world.post("/v1/customers", &[("balance", "-5000")]).await);
        let paid = invoice(world, &customer, "2000").await;
        assert_eq!((&paid["status"], &paid["amount_due"], &paid["ending_balance"]), (&"paid".into(), &0.into(), &(-3000).into()));
        world.post(&format!("/v1/customers/{customer}"), &[("balance", "700")]).await;
        let open = invoice(world, &customer, "2000").await;
        assert_eq!((&open["amount_due"], &open["ending_balance"]), (&2700.into(), &0.into()));
        assert_eq!(history(world, &customer).await.last(), Some(&("applied_to_invoice".to_owned(), -700, 0)));
        let credit = invoice(world, &customer, "-900").await;
        assert_eq!((&credit["status"], &credit["ending_balance"]), (&"paid".into(), &(-900).into()));
        assert_eq!(balance(world, &customer).await, -900);
    }

    async fn what_is_too_little_to_be_charged_waits_for_the_next_invoice(world) {
        let customer = world.customer("pm_card_visa").await;
        let small = invoice(world, &customer, "30").await;
        assert_eq!((&small["status"], &small["amount_due"], &small["ending_balance"]), (&"paid".into(), &0.into(), &30.into()));
        assert_eq!(history(world, &customer).await, [("invoice_too_small".to_owned(), 30, 30)]);
        let next = invoice(world, &customer, "1000").await;
        assert_eq!((&next["starting_balance"], &next["amount_due"]), (&30.into(), &1030.into()));
    }

    async fn balances_are_of_one_currency_and_within_bounds(world) {
        let customer = id(&world.post("/v1/customers", &[("balance", "-500")]).await);
        let url = format!("/v1/customers/{customer}/balance_transactions");
        for form in [
            [("amount", "100"), ("currency", "eur")], [("amount", "0"), ("currency", "usd")], [("amount", "999999999999"), ("currency", "usd")],
            [("amount", "-99999999999"), ("currency", "usd")], [("amount", "100"), ("currency", "dollars")],
        ] {
            assert_eq!(world.try_post(&url, &form).await.status, 400, "{form:?}");
        }
        world.try_post(&url, &[("amount", "100")]).await.refused(400, "parameter_missing");
        assert_eq!(transactions(world, &customer).await.len(), 1);
        let other = id(&world.post("/v1/customers", &[("balance", "5")]).await);
        let foreign = format!("{url}/{}", id(&transactions(world, &other).await[0]));
        world.try_get(&foreign).await.refused(404, "resource_missing");
        world.delete(&format!("/v1/customers/{customer}")).await;
        world.try_get(&url).await.refused(404, "resource_missing");
    }
}
