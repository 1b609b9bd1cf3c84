//! Search with Stripe's query language.

use serde_json::{Value, json};

use crate::harness::{World, id, text};

async fn found(world: &World, resource: &str, query: &str) -> Vec<String> {
    let query: String = url_encoded(query);
    let answer = world.get(&format!("/v1/{resource}/search?limit=100&query={query}")).await;
    assert_eq!((&answer["object"], &answer["has_more"]), (&json!("search_result"), &json!(false)));
    assert_eq!(text(&answer["url"]), format!("/v1/{resource}/search"));
    answer["data"].as_array().unwrap().iter().map(id).collect()
}

/// The only one that is found.
async fn the_one(world: &World, resource: &str, query: &str) -> String {
    let mut all = found(world, resource, query).await;
    assert_eq!(all.len(), 1, "{query} finds {all:?}");
    all.remove(0)
}

fn url_encoded(query: &str) -> String {
    url::form_urlencoded::byte_serialize(query.as_bytes()).collect()
}

async fn refused(world: &World, resource: &str, query: &str) -> Value {
    let reply = world.try_get(&format!("/v1/{resource}/search?query={}", url_encoded(query))).await;
    assert_eq!(reply.status, 400, "{query}: {}", reply.body);
    assert_eq!(reply.body["error"]["type"], "invalid_request_error");
    reply.body["error"]["message"].clone()
}

stories! {
    async fn customers_are_found_by_email_name_and_metadata_newest_first(world) {
        let jane = id(&world.post("/v1/customers", &[
            ("email", "Jane@example.com"), ("name", "Jane \"J\" Doe"), ("metadata[team]", "blue"),
        ]).await);
        let john = id(&world.post("/v1/customers", &[("email", "john@example.com"), ("metadata[team]", "red")]).await);
        assert_eq!(the_one(world, "customers", "email:'jane@EXAMPLE.com'").await, jane);
        assert_eq!(found(world, "customers", "email~\"example\"").await, [john.clone(), jane.clone()]);
        assert_eq!(the_one(world, "customers", "-metadata['team']:'red'").await, jane);
        assert_eq!(the_one(world, "customers", r#"name:"jane \"j\" doe""#).await, jane);
        assert_eq!(the_one(world, "customers", "name:null AND metadata[\"team\"]:\"red\"").await, john);
        assert_eq!(found(world, "customers", "metadata['team']:'blue' OR metadata['team']:'red'").await, [john.clone(), jane.clone()]);
        let now = world.now().await;
        assert_eq!(found(world, "customers", &format!("created>{}", now + 60)).await, Vec::<String>::new());
        world.delete(&format!("/v1/customers/{john}")).await;
        assert_eq!(the_one(world, "customers", "email~'example'").await, jane);
    }

    async fn every_searchable_resource_is_found_by_its_own_fields(world) {
        let customer = world.customer("pm_card_visa").await;
        let price = world.price(2000, "month", 1).await;
        let subscription = world.subscribe(&customer, &price, &[("metadata[a]", "b")]).await;
        let product = text(&world.get(&format!("/v1/prices/{price}")).await["product"]);
        let invoice = id(&subscription["latest_invoice"]);
        let intent = text(&subscription["latest_invoice"]["payments"]["data"][0]["payment"]["payment_intent"]);
        let charge = text(&world.get(&format!("/v1/payment_intents/{intent}")).await["latest_charge"]);
        for (resource, query, expected) in [
            ("charges", format!("customer:'{customer}' payment_method_details.card.last4:'4242' amount>=2000"), &charge),
            ("charges", "refunded:'false' AND status:'succeeded' AND -disputed:'true'".into(), &charge),
            ("invoices", format!("subscription:'{}' total:2000 status:'paid'", id(&subscription)), &invoice),
            ("payment_intents", "status:'succeeded' AND currency:'USD'".into(), &intent),
            ("prices", format!("product:'{product}' active:'true' type:'recurring'"), &price),
            ("products", "name~'community' active:'true' shippable:null".into(), &product),
            ("subscriptions", "status:'active' metadata['a']:'b' canceled_at:null".into(), &id(&subscription)),
        ] {
            assert_eq!(&the_one(world, resource, &query).await, expected, "{resource}: {query}");
        }
    }

    async fn results_come_in_pages_and_are_counted_when_asked(world) {
        let mut made = Vec::new();
        for number in 0..5 {
            made.push(id(&world.post("/v1/customers", &[("name", &format!("Number {number}"))]).await));
        }
        made.reverse();
        let url = "/v1/customers/search?query=name~%27number%27&limit=2";
        let first = world.get(&format!("{url}&expand[]=total_count&expand[]=data.default_source")).await;
        assert_eq!((&first["total_count"], &first["has_more"]), (&json!(5), &json!(true)));
        let (mut page, mut seen) = (first, Vec::new());
        loop {
            seen.extend(page["data"].as_array().unwrap().iter().map(id));
            let Some(next) = page["next_page"].as_str() else { break };
            // What is made meanwhile does not move the pages.
            world.post("/v1/customers", &[("name", "Number later")]).await;
            page = world.get(&format!("{url}&page={next}")).await;
            assert!(page.get("total_count").is_none());
        }
        assert_eq!(seen, made);
        let other = text(&world.get(url).await["next_page"]);
        let reply = world.try_get(&format!("/v1/customers/search?query=name~%27other%27&page={other}")).await;
        assert_eq!((reply.status, &reply.body["error"]["param"]), (400, &json!("page")));
    }

    async fn queries_that_stripe_refuses_are_refused(world) {
        let missing = world.try_get("/v1/products/search").await;
        assert_eq!(text(&missing.refused(400, "parameter_missing")["message"]), "Missing required param: query.");
        assert!(text(&refused(world, "products", "asdf").await).starts_with("We were unable to parse your search query."));
        assert!(text(&refused(world, "products", "foo:'bar'").await)
            .starts_with("Field `foo` is an unsupported search field for resource `products`."));
        for query in [
            "name:'a' AND url:'b' OR active:'true'", "name~'ab'", "active~'tru'", "name>3", "metadata:'x'", "name['x']:'y'",
            "name:Jane", "name:'open",
        ] {
            refused(world, "products", query).await;
        }
        refused(world, "invoices", "total:'much'").await;
        let unknown = world.try_get("/v1/products/search?query=name~%27abc%27&starting_after=prod_1").await;
        unknown.refused(400, "parameter_unknown");
    }
}
