//! Mails about what a subscription costs: receipts, and payments that did not come.

use super::notices::Words;
use crate::outbox::Mail;
use crate::outbox::letter::Letter;
use domain::notice::{InvoiceNotice, Receipt};
use domain::time::Timestamp;

pub(super) fn mail(notice: &InvoiceNotice, words: Words<'_>) -> Mail {
    match notice {
        InvoiceNotice::Paid(receipt) => self::receipt(receipt, words),
        InvoiceNotice::Failed { amount, reason, attempt, next_attempt, grace_until } => {
            let subject = match attempt {
                0 | 1 => format!("Your payment of {amount} did not go through"),
                _ => format!("Your payment of {amount} failed again"),
            };
            let next = match next_attempt {
                Some(at) => format!("We will try again on {}. You need not wait for that.", at.day()),
                None => "We will not try again by ourselves.".to_owned(),
            };
            Letter::new(subject)
                .say(format!("We could not charge {amount} for your subscription: {reason}"))
                .say(next)
                .maybe(grace(*grace_until))
                .link("Pay now, or use another card", &words.billing_page())
        }
        InvoiceNotice::ToConfirm { invoice, amount, grace_until } => {
            Letter::new(format!("Please confirm your payment of {amount}"))
                .say(format!(
                    "Your bank wants you to confirm the payment of {amount} for your subscription. It takes a minute, \
                     and without it the payment does not go through."
                ))
                .maybe(grace(*grace_until))
                .link("Confirm the payment", &format!("{}?pay={invoice}", words.billing_page()))
        }
    }
    .done()
}

/// Access while a payment is missing has an end (trap 5).
fn grace(until: Option<Timestamp>) -> Option<String> {
    until.map(|at| format!("You keep your access until {}; paid before, nothing is interrupted.", at.day()))
}

fn receipt(receipt: &Receipt, words: Words<'_>) -> Letter {
    let name = words.tier(&receipt.tier);
    let mut rows: Vec<_> =
        receipt.lines.iter().map(|(what, amount)| (what.clone(), amount.to_string())).collect();
    rows.push(("Paid".to_owned(), format!("{} on {}", receipt.paid, receipt.paid_at.day())));
    if let Some((start, end)) = receipt.period {
        rows.push(("For".to_owned(), format!("{} to {}", start.day(), end.day())));
    }
    if let Some(number) = &receipt.number {
        rows.push(("Invoice".to_owned(), number.clone()));
    }
    Letter::new(format!("Your receipt for {}", receipt.paid))
        .say(format!("Thank you. We have received your payment of {} for {name}.", receipt.paid))
        .rows(&rows)
        .link("Your invoices, also as PDF", &words.billing_page())
}
