//! Products and prices.

use serde_json::{Value, json};

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

    async fn a_product_has_everything_that_stripe_keeps_of_one(world) {
        let made = world.post("/v1/products", &[
            ("name", "Shirt"), ("description", "Blue"), ("images[0]", "https://example.com/a.png"), ("shippable", "true"),
            ("marketing_features[0][name]", "Warm"), ("package_dimensions[height]", "10"), ("package_dimensions[length]", "2.5"),
            ("package_dimensions[weight]", "1"), ("package_dimensions[width]", "3"), ("statement_descriptor", "SHIRT"),
            ("unit_label", "shirt"), ("url", "https://example.com/shirt"), ("tax_code", "txcd_99999999"),
        ]).await;
        assert_eq!(made["package_dimensions"], json!({ "height": 10.0, "length": 2.5, "weight": 1.0, "width": 3.0 }));
        assert_eq!(made["marketing_features"], json!([{ "name": "Warm" }]));
        let url = format!("/v1/products/{}", id(&made));
        let cleared = world.post(&url, &[("package_dimensions", ""), ("images", ""), ("marketing_features", ""), ("url", "")]).await;
        assert_eq!((&cleared["package_dimensions"], &cleared["images"], &cleared["url"]), (&Value::Null, &json!([]), &Value::Null));
        world.post("/v1/products", &[("name", "Other")]).await;
        for query in ["shippable=true", &format!("ids[0]={}", id(&made)), "created[gte]=1&active=true&shippable=true"] {
            let found = world.get(&format!("/v1/products?{query}")).await;
            assert_eq!(found["data"].as_array().unwrap().len(), 1, "{query}");
        }
        for (form, param) in [
            (vec![("name", "")], "name"),
            (vec![("statement_descriptor", "more than twenty-two characters")], "statement_descriptor"),
            (vec![("marketing_features[0]", "x")], "marketing_features[0]"),
            (vec![("package_dimensions[height]", "1")], "package_dimensions[length]"),
            (vec![("package_dimensions[height]", "tall")], "package_dimensions[height]"),
            (vec![("unit_label", "thirteen long")], "unit_label"),
        ] {
            let refused = world.try_post(&url, &form).await;
            assert_eq!((refused.status, text(&refused.body["error"]["param"]).as_str()), (400, param), "{}", refused.body);
        }
    }

    async fn the_default_price_of_a_product_is_not_archived(world) {
        let product = world.post("/v1/products", &[
            ("name", "Pro"), ("default_price_data[currency]", "usd"), ("default_price_data[unit_amount]", "2000"),
            ("default_price_data[recurring][interval]", "month"),
        ]).await;
        let (url, price) = (format!("/v1/products/{}", id(&product)), text(&product["default_price"]));
        let refused = world.try_post(&format!("/v1/prices/{price}"), &[("active", "false")]).await;
        assert_eq!(refused.status, 400);
        assert_eq!(text(&refused.body["error"]["message"]), "This price cannot be archived because it is the default price of its product.");
        let form = [("product", id(&product)), ("currency", "eur".into()), ("unit_amount", "1900".into())];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let other = id(&world.post("/v1/prices", &form).await);
        world.post(&url, &[("default_price", &other)]).await;
        world.post(&format!("/v1/prices/{price}"), &[("active", "false")]).await;
        let expanded = world.get(&format!("{url}?expand[]=default_price")).await;
        assert_eq!(expanded["default_price"]["currency"], "eur");
        let foreign = world.price(2000, "month", 1).await;
        assert_eq!(world.try_post(&url, &[("default_price", &foreign)]).await.status, 400);
        for (query, expected) in [
            (format!("product={}&currency=EUR", id(&product)), &other),
            (format!("product={}&recurring[interval]=month&recurring[usage_type]=licensed", id(&product)), &price),
            (format!("product={}&type=one_time", id(&product)), &other),
            (format!("product={}&active=false", id(&product)), &price),
        ] {
            let found = world.get(&format!("/v1/prices?{query}")).await;
            let found: Vec<String> = found["data"].as_array().unwrap().iter().map(id).collect();
            assert_eq!((found.len(), &found[0]), (1, expected), "{query}");
        }
        let nameless = world.try_post("/v1/prices", &[("currency", "usd"), ("unit_amount", "1"), ("product_data[active]", "true")]).await;
        assert_eq!(nameless.refused(400, "parameter_missing")["param"], "product_data[name]");
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
