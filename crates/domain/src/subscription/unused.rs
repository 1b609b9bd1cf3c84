//! What is left of what was paid for a subscription, when it ends before its time. Pure.

use crate::invoice::{Invoice, InvoiceLine};
use crate::time::Timestamp;

/// Minor units, in proportion to the time that is left of what each line is for, to the second and rounded down.
/// `paid` are the paid invoices. A credit of a change of plan is a line of its own, so that no time counts twice.
pub fn unused(paid: &[Invoice], now: Timestamp) -> i64 {
    let total: i64 = paid.iter().map(|invoice| invoice.amount_paid).sum();
    let left: i64 = paid.iter().map(|invoice| left_of(invoice, now)).sum();
    left.clamp(0, total.max(0))
}

/// Discounts, tax and credit make what was paid differ from the lines: it is scaled to what was paid.
fn left_of(invoice: &Invoice, now: Timestamp) -> i64 {
    let billed: i64 = invoice.lines.iter().map(|line| line.amount).sum();
    if billed <= 0 {
        return 0;
    }
    let left: i128 = invoice.lines.iter().map(|line| left_of_line(line, now)).sum();
    let scaled = (left * i128::from(invoice.amount_paid)).div_euclid(i128::from(billed));
    i64::try_from(scaled).unwrap_or(0)
}

fn left_of_line(line: &InvoiceLine, now: Timestamp) -> i128 {
    let (start, end) = (line.period_start.seconds(), line.period_end.seconds());
    if end <= start {
        return 0;
    }
    let left = (end - now.seconds()).clamp(0, end - start);
    (i128::from(line.amount) * i128::from(left)).div_euclid(i128::from(end - start))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::invoice::InvoiceStatus;
    use crate::money::Currency;
    use crate::time::DAY;
    use proptest::prelude::*;

    pub(crate) fn line(amount: i64, start: i64, end: i64) -> InvoiceLine {
        InvoiceLine {
            description: String::new(),
            amount,
            quantity: Some(1),
            period_start: Timestamp(start * DAY),
            period_end: Timestamp(end * DAY),
            price: None,
            proration: false,
        }
    }

    pub(crate) fn invoice(lines: Vec<InvoiceLine>, amount_paid: i64) -> Invoice {
        let subtotal = lines.iter().map(|line| line.amount).sum();
        Invoice {
            id: "in_1".into(),
            number: None,
            status: InvoiceStatus::Paid,
            currency: Currency::USD,
            subtotal,
            discount: 0,
            tax: 0,
            total: subtotal,
            amount_due: amount_paid,
            amount_paid,
            amount_remaining: 0,
            subscription: None,
            lines,
            payments: vec![],
            confirmation_secret: None,
            customer: None,
            billing_reason: None,
            created: Timestamp(0),
            paid_at: None,
            attempt_count: 1,
            next_payment_attempt: None,
        }
    }

    #[test]
    fn a_third_of_the_time_is_a_third_of_the_money_rounded_down() {
        let quarter = invoice(vec![line(5_400, 0, 90)], 5_400);
        assert_eq!(unused(std::slice::from_ref(&quarter), Timestamp(60 * DAY)), 1_800);
        assert_eq!(unused(std::slice::from_ref(&quarter), Timestamp(60 * DAY + 1_000)), 1_799);
        assert_eq!(unused(std::slice::from_ref(&quarter), Timestamp(90 * DAY)), 0);
        assert_eq!(unused(&[], Timestamp(0)), 0);
    }

    #[test]
    fn a_discount_is_not_given_back() {
        assert_eq!(unused(&[invoice(vec![line(5_400, 0, 90)], 2_700)], Timestamp(45 * DAY)), 1_350);
    }

    #[test]
    fn time_that_a_longer_period_has_credited_counts_once() {
        let quarter = invoice(vec![line(5_400, 0, 90)], 5_400);
        let year = invoice(vec![line(-2_700, 45, 90), line(18_900, 45, 410)], 16_200);
        let paid = [quarter, year];
        assert_eq!(unused(&paid, Timestamp(45 * DAY)), 18_900);
        // A day of the year has gone, and nothing of the quarter is there any more.
        assert_eq!(unused(&paid, Timestamp(46 * DAY)), 18_900 - 52);
    }

    proptest! {
        #[test]
        fn it_only_shrinks_and_never_exceeds_what_was_paid(
            amounts in prop::collection::vec((1..50_000_i64, 0..100_i64, 1..400_i64, 0..=100_i64), 1..5),
            at in 0..500_i64, later in 0..500_i64,
        ) {
            let paid: Vec<_> = amounts.iter().map(|(amount, start, length, share)| {
                invoice(vec![line(*amount, *start, start + length)], amount * share / 100)
            }).collect();
            let (now, then) = (unused(&paid, Timestamp(at * DAY)), unused(&paid, Timestamp((at + later) * DAY)));
            prop_assert!(then <= now);
            prop_assert!(now <= paid.iter().map(|one| one.amount_paid).sum::<i64>());
        }
    }
}
