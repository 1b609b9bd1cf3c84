//! Products and prices.

use crate::harness::{id, saw, text};

stories! {
    async fn a_product_may_bring_its_own_id_which_exists_once(world) {
        let form = [("id", "at_community_pro"), ("name", "Community Pro"), ("metadata[tier]", "community_pro")];
        assert_eq!(world.post("/v1/products", &form).await["id"], "at_community_pro");
        world.try_post("/v1/products", &form).await.refused(400, "resource_already_exists");
        let changed = world.post("/v1/products/at_community_pro", &[("name", "Pro"), ("active", "false")]).await;
        assert_eq!((&changed["name"], &changed["active"]), (&"Pro".into(), &false.into()));
        assert_eq!(world.get("/v1/products?active=true").await["data"].as_array().unwrap().len(), 0);
        assert_eq!(world.delete("/v1/products/at_community_pro").await["deleted"], true);
        world.try_get("/v1/products/at_community_pro").await.refused(404, "resource_missing");
    }

    async fn a_lookup_key_belongs_to_one_price_and_moves_only_when_asked_to(world) {
        let product = id(&world.post("/v1/products", &[("name", "Pro")]).await);
        let form = [
            ("product", product.as_str()), ("currency", "usd"), ("unit_amount", "5400"), ("recurring[interval]", "month"),
            ("recurring[interval_count]", "3"), ("lookup_key", "pro_quarterly_usd"), ("tax_behavior", "exclusive"),
        ];
        let first = world.post("/v1/prices", &form).await;
        assert_eq!((&first["type"], &first["recurring"]["interval_count"]), (&"recurring".into(), &3.into()));
        let refused = world.try_post("/v1/prices", &form).await;
        assert_eq!((refused.status, &refused.body["error"]["param"]), (400, &"lookup_key".into()));
        let mut moved = form.to_vec();
        moved.push(("transfer_lookup_key", "true"));
        let (second, events) = world.events_of(world.post("/v1/prices", &moved)).await;
        saw(&events, &["price.updated", "price.created"]);
        let found = world.get("/v1/prices?lookup_keys[0]=pro_quarterly_usd&lookup_keys[1]=none&active=true&limit=100").await;
        assert_eq!(found["data"].as_array().unwrap().len(), 1);
        assert_eq!(found["data"][0]["id"], second["id"]);
        let archived = world.post(&format!("/v1/prices/{}", id(&first)), &[("active", "false")]).await;
        assert_eq!((&archived["active"], archived["lookup_key"].is_null()), (&false.into(), true));
        let refused = world.try_delete(&format!("/v1/products/{product}")).await;
        assert_eq!(refused.status, 400, "a product with prices stays");
    }

    async fn the_amount_of_a_price_never_changes(world) {
        let price = world.price(2000, "month", 1).await;
        let error = world.try_post(&format!("/v1/prices/{price}"), &[("unit_amount", "1")]).await;
        assert_eq!(error.refused(400, "parameter_unknown")["param"], "unit_amount");
        assert_eq!(world.get(&format!("/v1/prices/{price}")).await["unit_amount"], 2000);
    }

    async fn a_list_is_newest_first_and_pages_both_ways(world) {
        let mut made = Vec::new();
        for name in ["a", "b", "c", "d", "e"] {
            made.push(id(&world.post("/v1/products", &[("name", name)]).await));
        }
        made.reverse();
        let ids = |list: &serde_json::Value| -> Vec<String> { list["data"].as_array().unwrap().iter().map(id).collect() };
        let first = world.get("/v1/products?limit=2").await;
        assert_eq!((ids(&first), &first["has_more"]), (made[..2].to_vec(), &true.into()));
        let last = world.get(&format!("/v1/products?limit=3&starting_after={}", made[1])).await;
        assert_eq!((ids(&last), &last["has_more"]), (made[2..].to_vec(), &false.into()));
        let back = world.get(&format!("/v1/products?limit=2&ending_before={}", made[4])).await;
        assert_eq!((ids(&back), &back["has_more"]), (made[2..4].to_vec(), &true.into()));
        world.try_get("/v1/products?starting_after=prod_none").await.refused(400, "resource_missing");
        world.try_get("/v1/products?limit=101").await.refused(400, "parameter_invalid_integer");
        let now = world.now().await;
        assert_eq!(ids(&world.get(&format!("/v1/products?created[gt]={}", now + 9)).await).len(), 0);
        assert_eq!(ids(&world.get(&format!("/v1/products?created[gte]={}&created[lt]={}", now - 60, now + 9)).await).len(), 5);
        assert_eq!(text(&first["url"]), "/v1/products");
    }
}
