//! Invoices that are paid in parts, too much, or by more than one charge.

use super::{balance, confirm, draft, intent, open, standing, stands, url};
use crate::harness::{id, saw};
use serde_json::Value;

stories! {
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
