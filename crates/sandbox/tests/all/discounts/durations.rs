//! How long discounts last.

use super::{DAY, billed, code, coupon};
use crate::harness::{id, saw};
use serde_json::json;

stories! {
    async fn a_coupon_that_counts_once_is_used_up_by_the_first_invoice(world) {
        coupon(world, "FIRST", &[("percent_off", "50"), ("duration", "once")]).await;
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let (subscription, events) = world.events_of(world.subscribe(&customer, &price, &[("discounts[0][coupon]", "FIRST")])).await;
        saw(&events, &["customer.discount.created", "customer.discount.deleted"]);
        assert_eq!(subscription["discounts"], json!([]), "as Stripe answers");
        world.renew(&subscription).await;
        assert_eq!(billed(world, &subscription).await, [(2000, 1000), (2000, 2000)]);
    }

    async fn a_trial_does_not_use_up_a_coupon_that_counts_once(world) {
        coupon(world, "FIRST", &[("percent_off", "50"), ("duration", "once")]).await;
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let form = [("discounts[0][coupon]", "FIRST"), ("trial_period_days", "7")];
        let subscription = world.subscribe(&customer, &price, &form).await;
        assert_eq!((&subscription["status"], subscription["discounts"].as_array().unwrap().len()), (&"trialing".into(), 1));
        let ((), events) = world.events_of(world.renew(&subscription)).await;
        saw(&events, &["customer.discount.deleted"]);
        world.renew(&subscription).await;
        assert_eq!(billed(world, &subscription).await, [(0, 0), (2000, 1000), (2000, 2000)]);
        assert_eq!(world.get(&format!("/v1/subscriptions/{}", id(&subscription))).await["discounts"], json!([]));
    }

    async fn a_coupon_that_repeats_ends_after_its_months(world) {
        coupon(world, "QUARTER", &[("percent_off", "50"), ("duration", "repeating"), ("duration_in_months", "3")]).await;
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let subscription = world.subscribe(&customer, &price, &[("discounts[0][coupon]", "QUARTER"), ("expand[2]", "discounts")]).await;
        let days = (subscription["discounts"][0]["end"].as_i64().unwrap() - subscription["start_date"].as_i64().unwrap()) / DAY;
        assert!((89..=92).contains(&days), "{days}");
        world.renew(&subscription).await;
        world.renew(&subscription).await;
        let ((), events) = world.events_of(world.renew(&subscription)).await;
        saw(&events, &["customer.discount.deleted", "customer.subscription.updated"]);
        assert_eq!(billed(world, &subscription).await, [(2000, 1000), (2000, 1000), (2000, 1000), (2000, 2000)]);
        assert_eq!(world.get(&format!("/v1/subscriptions/{}", id(&subscription))).await["discounts"], json!([]));
    }

    async fn on_a_test_clock_a_discount_ends_in_the_clocks_time(world) {
        coupon(world, "MONTH", &[("percent_off", "50"), ("duration", "repeating"), ("duration_in_months", "1")]).await;
        let clock = id(&world.post("/v1/test_helpers/test_clocks", &[("frozen_time", "1704067200")]).await);
        let card = "pm_card_visa";
        let form = [("test_clock", clock.as_str()), ("payment_method", card), ("invoice_settings[default_payment_method]", card)];
        let (customer, price) = (id(&world.post("/v1/customers", &form).await), world.price(2000, "month", 1).await);
        let subscription = world.subscribe(&customer, &price, &[("discounts[0][coupon]", "MONTH"), ("expand[2]", "discounts")]).await;
        let discount = &subscription["discounts"][0];
        assert_eq!((&discount["start"], &discount["end"]), (&1_704_067_200.into(), &1_706_745_600.into()));
        let path = format!("/v1/test_helpers/test_clocks/{clock}");
        world.post(&format!("{path}/advance"), &[("frozen_time", "1706752800")]).await;
        for _ in 0..100 {
            if world.get(&path).await["status"] == "ready" {
                break;
            }
        }
        assert_eq!(billed(world, &subscription).await, [(2000, 1000), (2000, 2000)]);
        assert_eq!(world.get(&format!("/v1/subscriptions/{}", id(&subscription))).await["discounts"], json!([]));
    }

    async fn a_deleted_coupon_is_not_redeemed_again_and_its_discounts_stay(world) {
        coupon(world, "TENTH", &[("percent_off", "10"), ("duration", "forever")]).await;
        let promo = code(world, "TENTH", &[]).await;
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let subscription = world.subscribe(&customer, &price, &[("discounts[0][coupon]", "TENTH")]).await;
        let (_, events) = world.events_of(world.delete("/v1/coupons/TENTH")).await;
        assert_eq!(events, ["coupon.deleted", "promotion_code.updated"]);
        world.renew(&subscription).await;
        assert_eq!(billed(world, &subscription).await, [(2000, 1800); 2]);
        let form = [("customer", customer.as_str()), ("items[0][price]", &price)];
        let refused = world.try_post("/v1/subscriptions", &[form[0], form[1], ("discounts[0][coupon]", "TENTH")]).await.refused(400, "resource_missing");
        assert_eq!((&refused["message"], &refused["param"]), (&"No such coupon: 'TENTH'".into(), &"discounts[0][coupon]".into()));
        world.try_post("/v1/subscriptions", &[form[0], form[1], ("discounts[0][promotion_code]", &promo)]).await.refused(400, "coupon_expired");
        let shown = world.get(&format!("/v1/subscriptions/{}?expand[]=discounts.source.coupon", id(&subscription))).await;
        assert_eq!(shown["discounts"][0]["source"]["coupon"]["percent_off"], 10.0);
    }
}
