//! Coupons and promotion codes: made, listed, redeemed to the last, and given up.

use crate::harness::{id, saw, text};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

stories! {
    async fn a_coupon_is_made_changed_listed_and_deleted(world) {
        let form = [("id", "SPRING"), ("percent_off", "12.5"), ("duration", "forever"), ("name", "Spring"), ("metadata[a]", "b")];
        let (coupon, events) = world.events_of(world.post("/v1/coupons", &form)).await;
        assert_eq!((&coupon["id"], &coupon["percent_off"], &coupon["valid"], &coupon["times_redeemed"]), (&"SPRING".into(), &12.5.into(), &true.into(), &0.into()));
        assert_eq!((&coupon["amount_off"], &coupon["currency"], &coupon["duration_in_months"]), (&Value::Null, &Value::Null, &Value::Null));
        assert_eq!(events, ["coupon.created"]);
        assert_eq!(world.try_post("/v1/coupons", &form).await.refused(400, "resource_already_exists")["message"], "Coupon already exists.");
        let (changed, events) = world.events_of(world.post("/v1/coupons/SPRING", &[("name", "Spring sale"), ("metadata[a]", "")])).await;
        assert_eq!((&changed["name"], &changed["metadata"]), (&"Spring sale".into(), &json!({})));
        assert_eq!(events, ["coupon.updated"]);
        let drawn = world.post("/v1/coupons", &[("amount_off", "500"), ("currency", "USD")]).await;
        assert_eq!((text(&drawn["id"]).len(), &drawn["duration"], &drawn["currency"]), (8, &"once".into(), &"usd".into()));
        assert_eq!(world.get("/v1/coupons").await["data"][0]["id"], drawn["id"]);
        assert_eq!(world.get("/v1/coupons?limit=1&starting_after=SPRING").await["data"], json!([]));
        assert_eq!(world.get(&format!("/v1/coupons?created[gt]={}", world.now().await + 60)).await["data"], json!([]));
        let (gone, events) = world.events_of(world.delete("/v1/coupons/SPRING")).await;
        assert_eq!(gone, json!({ "id": "SPRING", "object": "coupon", "deleted": true }));
        assert_eq!(events, ["coupon.deleted"]);
        assert_eq!(world.get("/v1/events?type=coupon.deleted").await["data"][0]["data"]["object"]["valid"], false);
        assert_eq!(world.try_get("/v1/coupons/SPRING").await.refused(404, "resource_missing")["param"], "coupon");
        assert_eq!(world.get("/v1/coupons").await["data"].as_array().unwrap().len(), 1);
        assert_eq!(world.post("/v1/coupons", &form).await["times_redeemed"], 0, "its id is free again");
    }

    async fn a_coupon_that_makes_no_sense_is_refused_in_stripes_words(world) {
        for (form, message, param) in [
            (&[("duration", "once")][..], "Must provide percent_off or amount_off.", Value::Null),
            (&[("percent_off", "5"), ("amount_off", "5"), ("currency", "usd")], "Received both percent_off and amount_off parameters. Please pass in only one.", Value::Null),
            (&[("amount_off", "5")], "You must pass currency when passing amount_off", "currency".into()),
            (&[("percent_off", "5"), ("duration", "repeating")], "The duration_in_months param must be set when creating a coupon with a repeating duration", "duration".into()),
            (&[("percent_off", "0")], "This value must be greater than or equal to 0.01 (it currently is '0.0').", "percent_off".into()),
            (&[("percent_off", "100.5")], "This value must be less than or equal to 100 (it currently is '100.5').", "percent_off".into()),
            (&[("percent_off", "5"), ("currency_options[eur][amount_off]", "5")], "You may only specify one of these parameters: currency_options, percent_off.", "currency_options".into()),
            (&[("amount_off", "5"), ("currency", "usd"), ("currency_options[EUR][amount_off]", "5")], "Currencies must be lowercase when used as keys in a map. Use `eur` instead of `EUR`.", "currency_options".into()),
            (&[("percent_off", "5"), ("applies_to[products][0]", "prod_none")], "No such product: 'prod_none'", "applies_to[products][0]".into()),
            (&[("percent_off", "5"), ("redeem_by", "1000")], "The parameter `redeem_by` expects a unix timestamp representing a date and time in the future. You specified the value `1000` which is in the past.", "redeem_by".into()),
        ] {
            let refused = world.try_post("/v1/coupons", form).await;
            assert_eq!((refused.status, &refused.body["error"]["message"]), (400, &message.into()));
            assert_eq!(refused.body["error"].get("param").cloned().unwrap_or_default(), param, "{message}");
        }
        world.try_post("/v1/coupons", &[("percent_off", "5"), ("currency_options[eur][percent_off]", "5")]).await.refused(400, "parameter_unknown");
    }

    async fn what_a_coupon_is_for_is_shown_only_when_expanded(world) {
        let product = id(&world.post("/v1/products", &[("name", "Pro")]).await);
        let form = [
            ("amount_off", "500"), ("currency", "usd"), ("currency_options[eur][amount_off]", "400"),
            ("applies_to[products][0]", product.as_str()),
        ];
        let coupon = world.post("/v1/coupons", &form).await;
        assert!(coupon.get("applies_to").is_none() && coupon.get("currency_options").is_none());
        let url = format!("/v1/coupons/{}?expand[]=applies_to&expand[]=currency_options", id(&coupon));
        let shown = world.get(&url).await;
        assert_eq!(shown["applies_to"], json!({ "products": [product] }));
        assert_eq!(shown["currency_options"], json!({ "usd": { "amount_off": 500 }, "eur": { "amount_off": 400 } }));
        world.post(&format!("/v1/coupons/{}", id(&coupon)), &[("currency_options[gbp][amount_off]", "300")]).await;
        assert_eq!(world.get(&url).await["currency_options"]["gbp"]["amount_off"], 300);
        let all = world.post("/v1/coupons", &[("percent_off", "10"), ("expand[]", "applies_to")]).await;
        assert!(all.get("applies_to").is_none(), "{all}");
    }

    async fn a_promotion_code_is_made_found_by_any_case_and_switched_off(world) {
        world.post("/v1/coupons", &[("id", "TEN"), ("percent_off", "10")]).await;
        let form = [
            ("promotion[type]", "coupon"), ("promotion[coupon]", "TEN"), ("code", "Spring-26"),
            ("restrictions[first_time_transaction]", "true"), ("restrictions[minimum_amount]", "1000"),
            ("restrictions[minimum_amount_currency]", "usd"), ("restrictions[currency_options][eur][minimum_amount]", "900"),
        ];
        let (code, events) = world.events_of(world.post("/v1/promotion_codes", &form)).await;
        assert_eq!((&code["code"], &code["active"], &code["promotion"]), (&"Spring-26".into(), &true.into(), &json!({ "coupon": "TEN", "type": "coupon" })));
        assert_eq!(code["restrictions"], json!({ "first_time_transaction": true, "minimum_amount": 1000, "minimum_amount_currency": "usd" }));
        assert_eq!(events, ["promotion_code.created"]);
        let taken = world.try_post("/v1/promotion_codes", &[("promotion[type]", "coupon"), ("promotion[coupon]", "TEN"), ("code", "SPRING-26")]).await;
        assert_eq!((taken.status, &taken.body["error"]["message"]), (400, &"An active promotion code with `code: SPRING-26` already exists.".into()));
        let url = format!("/v1/promotion_codes/{}", id(&code));
        let shown = world.get(&format!("{url}?expand[]=promotion.coupon&expand[]=restrictions.currency_options")).await;
        assert_eq!((&shown["promotion"]["coupon"]["object"], &shown["restrictions"]["currency_options"]["eur"]["minimum_amount"]), (&"coupon".into(), &900.into()));
        let drawn = world.post("/v1/promotion_codes", &[("promotion[type]", "coupon"), ("promotion[coupon]", "TEN")]).await;
        assert_eq!(text(&drawn["code"]).len(), 8);
        for (filter, expected) in [
            ("code=sPRING-26", &code), ("code=Spring-26&active=true", &code), ("coupon=TEN&limit=1", &drawn), ("active=true&limit=1", &drawn),
        ] {
            assert_eq!(world.get(&format!("/v1/promotion_codes?{filter}")).await["data"][0]["id"], expected["id"], "{filter}");
        }
        assert_eq!(world.try_get("/v1/promotion_codes?coupon=NONE").await.refused(400, "resource_missing")["param"], "coupon");
        let (off, events) = world.events_of(world.post(&url, &[("active", "false")])).await;
        assert_eq!((off["active"].clone(), events), (false.into(), vec!["promotion_code.updated".to_owned()]));
        assert_eq!(world.get("/v1/promotion_codes?code=spring-26&active=true").await["data"], json!([]));
        world.post("/v1/promotion_codes", &[("promotion[type]", "coupon"), ("promotion[coupon]", "TEN"), ("code", "spring-26")]).await;
        let again = world.try_post(&url, &[("active", "true")]).await;
        assert!(text(&again.body["error"]["message"]).contains("already exists"), "{}", again.body);
        let missing = world.try_get("/v1/promotion_codes/promo_none").await.refused(404, "resource_missing");
        assert_eq!((&missing["message"], &missing["param"]), (&"No such promotion code: 'promo_none'".into(), &"promotion_code".into()));
    }

    async fn codes_of_single_customers_may_read_alike(world) {
        world.post("/v1/coupons", &[("id", "TEN"), ("percent_off", "10")]).await;
        let (one, other) = (world.customer("").await, world.customer("").await);
        let form = |customer: &str| vec![("promotion[type]", "coupon".to_owned()), ("promotion[coupon]", "TEN".into()), ("code", "VIP".into()), ("customer", customer.to_owned())];
        let post = async |form: Vec<(&str, String)>| {
            let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            world.try_post("/v1/promotion_codes", &form).await
        };
        let first = post(form(&one)).await.ok();
        post(form(&other)).await.ok();
        assert_eq!(post(form(&one)).await.status, 400);
        assert_eq!(post(form(&one)[..3].to_vec()).await.status, 400, "nor one for everybody");
        assert_eq!(world.get(&format!("/v1/promotion_codes?customer={one}")).await["data"], json!([first]));
    }

    async fn a_promotion_code_that_makes_no_sense_is_refused(world) {
        let now = world.now().await;
        let (soon, later, past) = ((now + 5 * DAY).to_string(), (now + 9 * DAY).to_string(), (now - 5).to_string());
        world.post("/v1/coupons", &[("id", "TEN"), ("percent_off", "10"), ("redeem_by", &soon), ("max_redemptions", "5")]).await;
        let base = [("promotion[type]", "coupon"), ("promotion[coupon]", "TEN")];
        for (more, param) in [
            (("code", "with space"), "code"), (("expires_at", later.as_str()), "expires_at"), (("expires_at", past.as_str()), "expires_at"),
            (("max_redemptions", "6"), "max_redemptions"), (("max_redemptions", "0"), "max_redemptions"), (("customer", "cus_none"), "customer"),
            (("restrictions[minimum_amount]", "5"), "restrictions[minimum_amount_currency]"),
            (("restrictions[currency_options][eur][minimum_amount]", "5"), "restrictions[minimum_amount]"),
        ] {
            let refused = world.try_post("/v1/promotion_codes", &[base[0], base[1], more]).await;
            assert_eq!((refused.status, &refused.body["error"]["param"]), (400, &param.into()), "{}", refused.body);
        }
        world.try_post("/v1/promotion_codes", &[("code", "X")]).await.refused(400, "parameter_missing");
        world.try_post("/v1/promotion_codes", &[("coupon", "TEN")]).await.refused(400, "parameter_unknown");
        assert_eq!(world.try_post("/v1/promotion_codes", &[base[0], ("promotion[coupon]", "NO")]).await.refused(400, "resource_missing")["param"], "promotion[coupon]");
        let bare = world.try_post("/v1/promotion_codes", &base[..1]).await;
        assert_eq!(bare.body["error"]["message"], "You must pass promotion.coupon when passing promotion");
    }

    async fn the_last_redemption_and_the_last_moment_end_a_coupon_and_its_codes(world) {
        let price = world.price(2000, "month", 1).await;
        world.post("/v1/coupons", &[("id", "TWICE"), ("percent_off", "10"), ("max_redemptions", "2")]).await;
        let code = world.post("/v1/promotion_codes", &[("promotion[type]", "coupon"), ("promotion[coupon]", "TWICE"), ("max_redemptions", "1")]).await;
        let url = format!("/v1/promotion_codes/{}", id(&code));
        let customer = world.customer("pm_card_visa").await;
        let (_, events) = world.events_of(world.subscribe(&customer, &price, &[("discounts[0][promotion_code]", &id(&code))])).await;
        saw(&events, &["coupon.updated", "promotion_code.updated", "customer.discount.created"]);
        let after = world.get(&url).await;
        assert_eq!((&after["active"], &after["times_redeemed"]), (&false.into(), &1.into()));
        let once_more = [("customer", customer.as_str()), ("items[0][price]", &price), ("discounts[0][promotion_code]", &id(&code))];
        let refused = world.try_post("/v1/subscriptions", &once_more).await;
        assert!(text(&refused.body["error"]["message"]).starts_with("This promotion code cannot be redeemed because"), "{}", refused.body);
        let second = world.post("/v1/promotion_codes", &[("promotion[type]", "coupon"), ("promotion[coupon]", "TWICE")]).await;
        world.subscribe(&customer, &price, &[("discounts[0][coupon]", "TWICE")]).await;
        let spent = world.get("/v1/coupons/TWICE").await;
        assert_eq!((&spent["valid"], &spent["times_redeemed"]), (&false.into(), &2.into()));
        assert_eq!(world.get(&format!("/v1/promotion_codes/{}", id(&second))).await["active"], false, "with its coupon");
        let refused = world.try_post("/v1/subscriptions", &[once_more[0], once_more[1], ("discounts[0][coupon]", "TWICE")]).await.refused(400, "coupon_expired");
        assert_eq!((&refused["message"], &refused["param"]), (&"Coupon expired: TWICE".into(), &"discounts[0][coupon]".into()));
        assert_eq!(world.try_post(&url, &[("active", "true")]).await.status, 400, "inactive for good");

        let now = world.now().await;
        let (hour, day) = ((now + 3600).to_string(), (now + DAY).to_string());
        world.post("/v1/coupons", &[("id", "SOON"), ("percent_off", "10"), ("redeem_by", &day)]).await;
        let code = |more| [("promotion[type]", "coupon"), ("promotion[coupon]", "SOON"), more];
        let short = id(&world.post("/v1/promotion_codes", &code(("expires_at", &hour))).await);
        let long = id(&world.post("/v1/promotion_codes", &code(("code", "LONG"))).await);
        let active = async |code: &str| world.get(&format!("/v1/promotion_codes/{code}")).await["active"] == true;
        let (_, events) = world.events_of(world.advance(3700)).await;
        assert_eq!((active(&short).await, active(&long).await, events), (false, true, vec!["promotion_code.updated".to_owned()]));
        let (_, events) = world.events_of(world.advance(DAY)).await;
        assert_eq!((active(&long).await, events), (false, vec!["coupon.updated".to_owned(), "promotion_code.updated".into()]));
        assert_eq!(world.get("/v1/coupons/SOON").await["valid"], false);
    }
}
