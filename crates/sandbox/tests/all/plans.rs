//! Plans: a plan and the price of the same id are one thing.

use crate::harness::{id, saw, text};
use serde_json::Value;

fn types(events: &[String]) -> Vec<&str> {
    events.iter().map(String::as_str).collect()
}

fn ids(list: &Value) -> Vec<String> {
    list["data"].as_array().unwrap().iter().map(id).collect()
}

stories! {
    async fn a_plan_is_made_under_an_id_of_ones_own_and_is_a_price(world) {
        let form = [
            ("id", "small-monthly"), ("amount", "2500"), ("currency", "usd"), ("interval", "month"),
            ("product[name]", "Small"), ("product[unit_label]", "user"), ("nickname", "Small"), ("metadata[a]", "b"),
        ];
        let (plan, events) = world.events_of(world.post("/v1/plans", &form)).await;
        assert_eq!(types(&events), ["product.created", "price.created", "plan.created"]);
        assert_eq!((text(&plan["object"]), id(&plan)), ("plan".into(), "small-monthly".into()));
        assert_eq!((plan["amount"].as_i64(), plan["interval_count"].as_i64()), (Some(2500), Some(1)));
        assert_eq!(plan["metadata"]["a"], "b");
        let price = world.get("/v1/prices/small-monthly").await;
        assert_eq!((text(&price["object"]), price["unit_amount"].as_i64()), ("price".into(), Some(2500)));
        assert_eq!(price["recurring"]["interval"], "month");
        assert_eq!(price["product"], plan["product"]);
        let customer = world.customer("pm_card_visa").await;
        let subscription = world.subscribe(&customer, "small-monthly", &[]).await;
        assert_eq!(subscription["items"]["data"][0]["plan"], plan);
        world.try_post("/v1/plans", &form).await.refused(400, "resource_already_exists");
    }

    async fn a_recurring_price_is_seen_as_a_plan_and_a_one_time_price_is_not(world) {
        let price = world.price(5400, "month", 3).await;
        let plan = world.get(&format!("/v1/plans/{price}")).await;
        assert_eq!((plan["amount"].as_i64(), plan["interval_count"].as_i64()), (Some(5400), Some(3)));
        let form = [("currency", "usd"), ("unit_amount", "5"), ("product", plan["product"].as_str().unwrap())];
        let (once, events) = world.events_of(world.post("/v1/prices", &form)).await;
        assert_eq!(types(&events), ["price.created"]);
        world.try_get(&format!("/v1/plans/{}", id(&once))).await.refused(404, "resource_missing");
        assert_eq!(ids(&world.get("/v1/plans").await), [price]);
    }

    async fn a_plan_is_changed_with_its_price_and_a_price_with_its_plan(world) {
        let price = world.price(2000, "year", 1).await;
        let (plan, price) = (format!("/v1/plans/{price}"), format!("/v1/prices/{price}"));
        let (_, events) = world.events_of(world.post(&plan, &[("nickname", "Gold"), ("active", "false")])).await;
        assert_eq!(types(&events), ["price.updated", "plan.updated"]);
        assert_eq!(world.get(&price).await["nickname"], "Gold");
        world.post(&price, &[("active", "true")]).await;
        assert_eq!(world.get(&plan).await["active"], true);
        let told = world.get("/v1/events?type=plan.updated").await;
        assert_eq!(told["data"][0]["data"]["previous_attributes"], serde_json::json!({ "active": false }));
        let (_, events) = world.events_of(world.post(&price, &[("lookup_key", "gold")])).await;
        assert_eq!(types(&events), ["price.updated"], "a plan shows no lookup key");
        world.try_post(&plan, &[("amount", "1")]).await.refused(400, "parameter_unknown");
    }

    async fn plans_are_listed_by_product_and_whether_they_are_for_sale(world) {
        let prices = [world.price(100, "day", 1).await, world.price(200, "week", 1).await];
        world.post(&format!("/v1/plans/{}", prices[0]), &[("active", "false")]).await;
        assert_eq!(ids(&world.get("/v1/plans?active=true").await), [prices[1].clone()]);
        let product = text(&world.get(&format!("/v1/plans/{}", prices[0])).await["product"]);
        assert_eq!(ids(&world.get(&format!("/v1/plans?product={product}")).await), [prices[0].clone()]);
        let page = world.get("/v1/plans?limit=1").await;
        assert_eq!((ids(&page), page["has_more"].as_bool()), (vec![prices[1].clone()], Some(true)));
        let rest = world.get(&format!("/v1/plans?starting_after={}", prices[1])).await;
        assert_eq!((ids(&rest), rest["has_more"].as_bool()), (vec![prices[0].clone()], Some(false)));
    }

    async fn a_deleted_plan_takes_no_one_new_and_keeps_who_is_there(world) {
        let customer = world.customer("pm_card_visa").await;
        let price = world.price(2000, "month", 1).await;
        let subscription = world.subscribe(&customer, &price, &[]).await;
        let (gone, events) = world.events_of(world.delete(&format!("/v1/plans/{price}"))).await;
        assert_eq!((gone["deleted"].as_bool(), text(&gone["object"])), (Some(true), "plan".into()));
        saw(&events, &["plan.deleted", "price.deleted"]);
        world.try_get(&format!("/v1/prices/{price}")).await.refused(404, "resource_missing");
        let form = [("customer", customer.as_str()), ("items[0][price]", &price)];
        world.try_post("/v1/subscriptions", &form).await.refused(400, "resource_missing");
        world.renew(&subscription).await;
        let invoices = world.get(&format!("/v1/invoices?subscription={}", id(&subscription))).await;
        let renewed = &invoices["data"][0];
        assert_eq!((text(&renewed["billing_reason"]), renewed["amount_paid"].as_i64()), ("subscription_cycle".into(), Some(2000)));
    }

    async fn a_plan_needs_what_a_price_needs(world) {
        for (form, param) in [
            (vec![("amount", "1"), ("interval", "day"), ("product[name]", "x")], "currency"),
            (vec![("amount", "1"), ("currency", "usd"), ("product[name]", "x")], "interval"),
            (vec![("currency", "usd"), ("interval", "day"), ("product[name]", "x")], "amount"),
            (vec![("amount", "1"), ("currency", "usd"), ("interval", "day")], "product"),
            (vec![("amount", "1"), ("currency", "usd"), ("interval", "day"), ("product[active]", "true")], "product[name]"),
        ] {
            let error = world.try_post("/v1/plans", &form).await.refused(400, "parameter_missing");
            assert_eq!(error["param"], param);
        }
        let unknown = [("amount", "1"), ("currency", "usd"), ("interval", "day"), ("product[name]", "x"), ("product[url]", "y")];
        let error = world.try_post("/v1/plans", &unknown).await.refused(400, "parameter_unknown");
        assert_eq!(error["param"], "product[url]");
        assert!(ids(&world.get("/v1/products").await).is_empty(), "what is refused leaves nothing behind");
    }
}
