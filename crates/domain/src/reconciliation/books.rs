//! The ledger against itself, and money against tokens: every paid cent has one grant, every grant one payment or
//! one named reason.

use super::{Finding, Kind, Ours, PurchaseBook, Repair};
use crate::ids::StripePaymentIntentId;

pub(super) fn compare(ours: &Ours) -> Vec<Finding> {
    let mut findings = Vec::new();
    for book in ours.books.iter().filter(|book| book.net != book.sum || book.held != book.reserved) {
        let details = format!(
            "the balance says {}, the transactions add up to {}; it holds {}, the open holds reserve {}",
            book.net, book.sum, book.held, book.reserved
        );
        findings.push(Finding::new(
            Kind::LedgerDiffers,
            &book.account,
            &book.account,
            details,
            Repair::Person,
        ));
    }
    for grant in ours.grants.iter().filter(|grant| !grant.named) {
        let details = format!("{} tokens without a payment or an administrator's action", grant.tokens);
        findings.push(Finding::new(
            Kind::GrantWithoutReason,
            &grant.id,
            &grant.account,
            details,
            Repair::Person,
        ));
    }
    let dead = ours.dead_events.iter().map(|event| Finding {
        kind: Kind::EventDead,
        object: event.to_string(),
        account: None,
        details: "it could not be applied, and was given up".to_owned(),
        repair: Repair::Replay(event.clone()),
    });
    findings.extend(dead);
    findings.extend(ours.purchase_books.iter().filter_map(of_purchase));
    findings
}

fn of_purchase(book: &PurchaseBook) -> Option<Finding> {
    let (Some(purchase), Some(status)) = (&book.purchase, book.status) else {
        return Some(without_payment(book, "they name no purchase"));
    };
    let found = |kind, details| Some(Finding::new(kind, purchase, &book.account, details, Repair::Person));
    if !status.is_granted() {
        return Some(without_payment(book, &format!("for {purchase}, which is {}", status.as_str())));
    }
    let source = book.source.as_deref();
    let payment = book.payment.as_ref().map(StripePaymentIntentId::as_str);
    if book.grants != 1 || book.granted != book.due || source != payment {
        let details = format!(
            "{} tokens were granted in {} parts for {source:?}; {} are due for {:?}",
            book.granted, book.grants, book.due, payment
        );
        return found(Kind::GrantDiffers, details);
    }
    if book.taken != book.due_back {
        let details = format!("{} tokens were taken back, {} by the purchase", book.taken, book.due_back);
        return found(Kind::TakenBackDiffers, details);
    }
    None
}

fn without_payment(book: &PurchaseBook, why: &str) -> Finding {
    let object = book.source.clone().unwrap_or_else(|| book.account.to_string());
    let details = format!("{} tokens were granted, {why}", book.granted);
    Finding::new(Kind::GrantWithoutPayment, &object, &book.account, details, Repair::Person)
}
