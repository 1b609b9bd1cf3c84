//! Stripe's rule of prorations, held against every change at every second, in both billing modes.

use crate::core::value::{Value, json};
use proptest::prelude::*;

use crate::core::story::Story;

/// 2026-01-31 10:00 UTC: months of different lengths follow.
const START: i64 = 1_769_853_600;

/// The nearest minor unit of `amount * left / whole`, written down anew: halves away from zero.
fn part(amount: i64, left: i64, whole: i64) -> i64 {
    let doubled = 2 * i128::from(amount) * i128::from(left) + i128::from(whole);
    i64::try_from(doubled.div_euclid(2 * i128::from(whole))).unwrap()
}

fn item(subscription: &Value) -> (String, i64, i64) {
    let item = &subscription["items"]["data"][0];
    let time = |name: &str| item[name].as_i64().unwrap();
    (item["id"].as_str().unwrap().to_owned(), time("current_period_start"), time("current_period_end"))
}

fn lines(invoice: &Value) -> Vec<(i64, bool)> {
    let lines = invoice["lines"]["data"].as_array().unwrap();
    let proration = |line: &Value| line["parent"]["subscription_item_details"]["proration"] == true;
    lines.iter().map(|line| (line["amount"].as_i64().unwrap(), proration(line))).collect()
}

/// A price, its quantity, and the one it changes to.
fn change() -> impl Strategy<Value = ((i64, i64), (i64, i64))> {
    ((100..50_000_i64, 1..5_i64), (100..50_000_i64, 1..5_i64))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_change_credits_what_is_left_of_the_old_and_debits_what_is_left_of_the_new(
        ((old, old_count), (new, new_count)) in change(),
        wait in 0..80 * 86_400_i64,
        mode in prop::sample::select(vec!["classic", "flexible"]),
        interval in prop::sample::select(vec![("week", 1), ("month", 1), ("month", 3), ("year", 1)]),
    ) {
        let mut story = Story::new(START);
        let customer = story.customer("pm_card_visa");
        let (from, to) = (story.price(old, interval.0, interval.1), story.price(new, interval.0, interval.1));
        let made = story.post("subscriptions", &format!(
            "customer={customer}&items[0][price]={from}&items[0][quantity]={old_count}&billing_mode[type]={mode}"
        ));
        let id = made["id"].as_str().unwrap();
        story.later(wait);
        let (item, start, end) = item(&story.get(&format!("subscriptions/{id}")));
        let what = format!("[0][id]={item}&items[0][price]={to}&items[0][quantity]={new_count}");
        let preview = story.post("invoices/create_preview", &format!(
            "subscription={id}&subscription_details[items][0][id]={item}&subscription_details[items][0][price]={to}\
             &subscription_details[items][0][quantity]={new_count}\
             &subscription_details[proration_behavior]=always_invoice&subscription_details[proration_date]={}",
            story.now
        ));
        let changed = story.post(&format!("subscriptions/{id}"), &format!(
            "items{what}&proration_behavior=always_invoice&proration_date={}&expand[]=latest_invoice", story.now
        ));
        let (left, whole) = (end - story.now, end - start);
        let credit = -part(old * old_count, left, whole);
        let debit = part(new * new_count, left, whole);
        let invoice = &changed["latest_invoice"];
        if old * old_count == 0 || (old, old_count) == (new, new_count) && from == to {
            return Ok(());
        }
        prop_assert_eq!(lines(invoice), vec![(credit, true), (debit, true)]);
        prop_assert_eq!(lines(&preview), lines(invoice), "the preview is what is charged");
        for member in ["total", "subtotal", "amount_due", "starting_balance"] {
            prop_assert_eq!(&preview[member], &invoice[member], "{}", member);
        }
        prop_assert_eq!(invoice["total"].as_i64(), Some(credit + debit));
        // Less than the least that can be charged waits for the next invoice.
        let due = Some(credit + debit).filter(|owed| *owed >= 50);
        prop_assert_eq!(invoice["amount_due"].as_i64(), Some(due.unwrap_or(0)));
    }

    #[test]
    fn changes_one_after_the_other_credit_what_was_debited_or_what_is_priced(
        prices in prop::collection::vec(100..50_000_i64, 2..5),
        waits in prop::collection::vec(1..6 * 86_400_i64, 4),
        flexible in any::<bool>(),
    ) {
        let mut story = Story::new(START);
        let customer = story.customer("pm_card_visa");
        let ids: Vec<String> = prices.iter().map(|amount| story.price(*amount, "month", 1)).collect();
        let mode = if flexible { "flexible" } else { "classic" };
        let made = story.post("subscriptions", &format!(
            "customer={customer}&items[0][price]={}&billing_mode[type]={mode}", ids[0]
        ));
        let id = made["id"].as_str().unwrap();
        let (item, start, end) = item(&made);
        // What was debited last, and the time that it was for.
        let mut debit = (prices[0], start);
        for (index, price) in ids.iter().enumerate().skip(1) {
            story.later(waits[index - 1]);
            let changed = story.post(&format!("subscriptions/{id}"), &format!(
                "items[0][id]={item}&items[0][price]={price}&proration_behavior=always_invoice\
                 &expand[]=latest_invoice"
            ));
            let left = end - story.now;
            let credit = if flexible {
                part(debit.0, left, end - debit.1)
            } else {
                part(prices[index - 1], left, end - start)
            };
            debit = (part(prices[index], left, end - start), story.now);
            prop_assert_eq!(lines(&changed["latest_invoice"]), vec![(-credit, true), (debit.0, true)]);
        }
    }

    #[test]
    fn prorations_that_wait_are_on_the_next_invoice_and_nowhere_else(
        ((old, _), (new, count)) in change(), wait in 1..27 * 86_400_i64
    ) {
        let mut story = Story::new(START);
        let customer = story.customer("pm_card_visa");
        let (from, to) = (story.price(old, "month", 1), story.price(new, "month", 1));
        let made = story.post("subscriptions", &format!("customer={customer}&items[0][price]={from}"));
        let (id, (item, start, end)) = (made["id"].as_str().unwrap(), item(&made));
        story.later(wait);
        let form = format!("items[0][id]={item}&items[0][price]={to}&items[0][quantity]={count}");
        let changed = story.post(&format!("subscriptions/{id}"), &form);
        prop_assert_eq!(&changed["latest_invoice"], &made["latest_invoice"]);
        let left = end - story.now;
        let waiting = [-part(old, left, end - start), part(new * count, left, end - start)];
        let next = story.post("invoices/create_preview", &format!("subscription={id}"));
        story.later(left);
        let renewed = story.get(&format!("subscriptions/{id}?expand[]=latest_invoice"));
        let expected = vec![(waiting[0], true), (waiting[1], true), (new * count, false)];
        prop_assert_eq!(lines(&renewed["latest_invoice"]), expected);
        prop_assert_eq!(lines(&next), lines(&renewed["latest_invoice"]));
        prop_assert_eq!(story.get("invoiceitems?pending=true")["data"].as_array().map(Vec::len), Some(0));
    }

    #[test]
    fn however_the_planned_end_moves_what_is_billed_is_the_time_until_it(
        amount in 1000..50_000_i64,
        moves in prop::collection::vec((1..4 * 86_400_i64, prop::option::of(5 * 86_400..28 * 86_400_i64)), 1..6),
        mode in prop::sample::select(vec!["classic", "flexible"]),
        last in 1..80 * 86_400_i64,
    ) {
        let mut story = Story::new(START);
        let customer = story.customer("pm_card_visa");
        let price = story.price(amount, "month", 1);
        let made = story.post("subscriptions", &format!(
            "customer={customer}&items[0][price]={price}&billing_mode[type]={mode}"
        ));
        let id = made["id"].as_str().unwrap();
        for (wait, end) in &moves {
            story.later(*wait);
            let end = end.map(|end| (story.now + end).to_string()).unwrap_or_default();
            story.post(&format!("subscriptions/{id}"), &format!("cancel_at={end}"));
        }
        let end = story.now + last;
        story.post(&format!("subscriptions/{id}"), &format!("cancel_at={end}"));
        story.later(last + 2 * 86_400);
        let ended = story.get(&format!("subscriptions/{id}"));
        prop_assert_eq!(ended["status"].as_str(), Some("canceled"));
        prop_assert_eq!(ended["ended_at"].as_i64(), Some(end));
        let invoices = story.get(&format!("invoices?subscription={id}&limit=100"));
        let billed: i64 = invoices["data"].as_array().unwrap().iter().map(|one| one["total"].as_i64().unwrap()).sum();
        // The periods that were lived through, and the part of the last one.
        let price = json!({ "recurring": { "interval": "month", "interval_count": 1 } });
        let (mut used, mut from) = (0, START);
        while from < end {
            let next = crate::life::calendar::next_period_end(START, from, &price);
            used += part(amount, end.min(next) - from, next - from);
            from = next;
        }
        let roundings = i64::try_from(moves.len()).unwrap() + 2;
        prop_assert!((billed - used).abs() <= roundings, "{} billed, {} used", billed, used);
    }
}
