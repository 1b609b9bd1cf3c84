//! Any discounts on any items: what a preview says is what is charged, and time takes them away as their coupons say.

use crate::core::value::Value;
use proptest::prelude::*;

use crate::core::story::Story;

/// 2026-01-31 10:00 UTC: months of different lengths follow.
const START: i64 = 1_769_853_600;
const DAY: i64 = 86_400;

/// A coupon's parameters, without its id.
fn coupon() -> impl Strategy<Value = String> {
    let off = prop_oneof![
        (1..=10_000_i64).prop_map(|hundredths| format!(
            "percent_off={}.{:02}",
            hundredths / 100,
            hundredths % 100
        )),
        (1..8_000_i64).prop_map(|amount| format!("amount_off={amount}&currency=usd")),
    ];
    let duration = prop::sample::select(vec![
        "duration=once",
        "duration=forever",
        "duration=repeating&duration_in_months=2",
    ]);
    (off, duration).prop_map(|(off, duration)| format!("{off}&{duration}"))
}

fn amounts(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|one| one["amount"].as_i64().unwrap()).collect()
}

/// What is said of money: totals, lines, and what was taken off each.
fn shown(invoice: &Value) -> (Vec<i64>, Vec<i64>, Vec<Vec<i64>>) {
    let totals = ["subtotal", "total", "amount_due"].map(|name| invoice[name].as_i64().unwrap());
    let lines = invoice["lines"]["data"].as_array().unwrap();
    let off = lines.iter().map(|line| amounts(&line["discount_amounts"])).collect();
    (totals.to_vec(), amounts(&invoice["lines"]["data"]), off)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_preview_with_discounts_is_what_is_charged_now_and_next_time(
        prices in prop::collection::vec(100..9_000_i64, 1..4),
        coupons in prop::collection::vec((coupon(), any::<bool>()), 0..4),
        mode in prop::sample::select(vec!["classic", "flexible"]),
    ) {
        let mut story = Story::new(START);
        let customer = story.customer("pm_card_visa");
        let mut items: Vec<(String, String)> = Vec::new();
        for (index, amount) in prices.iter().enumerate() {
            items.push((format!("items[{index}][price]"), story.price(*amount, "month", 1)));
        }
        let mut whole: Vec<(String, String)> = Vec::new();
        for (index, (terms, of_item)) in coupons.iter().enumerate() {
            story.post("coupons", &format!("id=c{index}&{terms}"));
            let (of, place) = if *of_item { (&mut items, "items[0][discounts]") } else { (&mut whole, "discounts") };
            of.push((format!("{place}[{index}][coupon]"), format!("c{index}")));
        }
        let form = |own: &str| -> String {
            let inner = items.iter().map(|(name, value)| {
                let name = if own.is_empty() { name.clone() } else { format!("{own}[items]{}", &name["items".len()..]) };
                format!("&{name}={value}")
            });
            inner.chain(whole.iter().map(|(name, value)| format!("&{name}={value}"))).collect::<Vec<_>>().concat()
        };
        let preview = story.post("invoices/create_preview", &format!(
            "customer={customer}&subscription_details[billing_mode][type]={mode}{}", form("subscription_details")
        ));
        let made = story.post("subscriptions", &format!(
            "customer={customer}&billing_mode[type]={mode}&expand[]=latest_invoice{}", form("")
        ));
        let first = shown(&made["latest_invoice"]);
        prop_assert_eq!(&shown(&preview), &first);
        prop_assert_eq!(first.0[1], prices.iter().sum::<i64>() - first.2.concat().iter().sum::<i64>());

        let id = made["id"].as_str().unwrap();
        let next = story.post("invoices/create_preview", &format!("subscription={id}"));
        let mut totals = vec![first.0[1]];
        for _ in 0..3 {
            story.later(31 * DAY + 3700);
            let now = story.get(&format!("subscriptions/{id}?expand[]=latest_invoice"));
            if totals.len() == 1 {
                prop_assert_eq!(shown(&next), shown(&now["latest_invoice"]));
            }
            totals.push(now["latest_invoice"]["total"].as_i64().unwrap());
        }
        prop_assert!(totals.is_sorted(), "discounts only end: {:?}", totals);
        let forever = coupons.iter().filter(|(terms, _)| terms.ends_with("forever")).count();
        let left = story.get(&format!("subscriptions/{id}"));
        let of_items = left["items"]["data"].as_array().unwrap().iter().flat_map(|item| item["discounts"].as_array().unwrap());
        let of_all = of_items.chain(left["discounts"].as_array().unwrap()).count();
        // One that took nothing off is not used up.
        prop_assert!(of_all >= forever);
        if forever == 0 && totals[3] == prices.iter().sum::<i64>() {
            prop_assert_eq!(of_all, 0);
        }
    }

    #[test]
    fn itemized_or_included_the_discounts_of_prorations_come_to_the_same(
        prices in prop::collection::vec(100..9_000_i64, 2..4),
        coupons in prop::collection::vec((coupon(), any::<bool>()), 0..4),
        waits in prop::collection::vec(1..20 * DAY, 2),
        always in any::<bool>(),
    ) {
        let behavior = if always { "always_invoice" } else { "create_prorations" };
        let play = |mode: &str| {
            let mut story = Story::new(START);
            let customer = story.customer("pm_card_visa");
            let ids: Vec<String> = prices.iter().map(|amount| story.price(*amount, "month", 1)).collect();
            let mut form = format!(
                "customer={customer}&items[0][price]={}&billing_mode[type]=flexible\
                 &billing_mode[flexible][proration_discounts]={mode}", ids[0]
            );
            for (index, (terms, of_item)) in coupons.iter().enumerate() {
                story.post("coupons", &format!("id=c{index}&{terms}"));
                let place = if *of_item { "items[0][discounts]" } else { "discounts" };
                form = format!("{form}&{place}[{index}][coupon]=c{index}");
            }
            let made = story.post("subscriptions", &form);
            let (id, item) = (made["id"].as_str().unwrap(), made["items"]["data"][0]["id"].as_str().unwrap());
            for (price, wait) in ids.iter().skip(1).zip(&waits) {
                story.later(*wait);
                story.post(&format!("subscriptions/{id}"), &format!(
                    "items[0][id]={item}&items[0][price]={price}&proration_behavior={behavior}"
                ));
            }
            story.later(62 * DAY);
            let items: Vec<Value> = story.get("invoiceitems?limit=100")["data"].as_array().unwrap().clone();
            let invoices = story.get("invoices?limit=100")["data"].as_array().unwrap().clone();
            (items, invoices)
        };
        let ((items, included), (gross, itemized)) = (play("included"), play("itemized"));
        let nets = |items: &[Value]| items.iter().map(|item| item["net_amount"].as_i64().unwrap()).collect::<Vec<_>>();
        prop_assert_eq!(nets(&items), nets(&gross));
        for item in &items {
            prop_assert_eq!(&item["net_amount"], &item["amount"]);
        }
        for item in &gross {
            let off: i64 = amounts(&item["proration_details"]["discount_amounts"]).iter().sum();
            prop_assert_eq!(item["net_amount"].as_i64().unwrap(), item["amount"].as_i64().unwrap() - off);
        }
        prop_assert_eq!(included.len(), itemized.len());
        for (one, other) in included.iter().zip(&itemized) {
            for member in ["total", "amount_due", "amount_paid", "starting_balance", "ending_balance", "status"] {
                prop_assert_eq!(&one[member], &other[member], "{}", member);
            }
            let (totals, lines, off) = shown(other);
            prop_assert_eq!(totals[1], lines.iter().sum::<i64>() - off.concat().iter().sum::<i64>());
        }
    }
}
