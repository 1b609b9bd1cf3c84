//! The mirror of invoices, and of the payments that pay them.

use super::{NOW, account, begin, subscription};
use domain::ids::AccountId;
use domain::invoice::{Invoice, InvoiceLine, InvoicePayment, InvoiceStatus, MirroredInvoice, OpenPayment};
use domain::payment::{Decline, IntentStatus};
use domain::subscription::Status;
use testkit::Database;

testkit::on_both_databases!(
    an_invoice_is_kept_as_it_was_seen_and_follows_what_is_seen_next,
    what_can_still_change_is_looked_at_again,
);

fn open(account: &AccountId, id: &str) -> MirroredInvoice {
    let line = InvoiceLine {
        description: "1 × Pro Learn".to_owned(),
        amount: 10_500,
        quantity: Some(1),
        period_start: NOW,
        period_end: NOW.plus(1_000),
        price: Some("price_1".into()),
        proration: false,
    };
    let invoice = Invoice {
        id: id.into(),
        number: Some("A-1".to_owned()),
        status: InvoiceStatus::Open,
        currency: "usd".parse().unwrap(),
        subtotal: 10_500,
        discount: 500,
        tax: 100,
        total: 10_100,
        amount_due: 10_000,
        amount_paid: 0,
        amount_remaining: 10_000,
        subscription: Some("sub_ada".into()),
        lines: vec![line],
        payments: vec![InvoicePayment {
            payment_intent: Some(format!("pi_{id}").as_str().into()),
            paid: false,
            amount_paid: 0,
        }],
        confirmation_secret: None,
        customer: Some("cus_ada".into()),
        billing_reason: Some("subscription_cycle".to_owned()),
        created: NOW,
        paid_at: None,
        attempt_count: 1,
        next_payment_attempt: Some(NOW.plus(500)),
    };
    let decline = Decline {
        code: "card_declined".to_owned(),
        decline_code: Some("insufficient_funds".to_owned()),
        message: "Your card has insufficient funds.".to_owned(),
    };
    let payment = OpenPayment { status: IntentStatus::RequiresPaymentMethod, decline: Some(decline) };
    MirroredInvoice::of(account.clone(), invoice, Some(payment))
}

async fn save(database: &Database, invoice: &MirroredInvoice) {
    let mut tx = begin(database).await;
    store::invoices::save(&mut tx, invoice, &"cus_ada".into(), &"sub_ada".into(), NOW).await.unwrap();
    tx.commit().await.unwrap();
}

async fn member(database: &Database) -> AccountId {
    let ada = account(&database.db, "ada").await;
    let mut tx = begin(database).await;
    let row = subscription(&ada, "ada", Status::Active, true);
    store::subscriptions::save(&mut tx, &row, NOW).await.unwrap();
    tx.commit().await.unwrap();
    ada
}

async fn an_invoice_is_kept_as_it_was_seen_and_follows_what_is_seen_next(database: Database) {
    let ada = member(&database).await;
    let mut seen = open(&ada, "in_1");
    save(&database, &seen).await;
    let mut reader = database.db.reader();
    assert_eq!(store::invoices::find(&mut reader, &"in_1".into()).await.unwrap(), Some(seen.clone()));
    assert_eq!(store::invoices::find(&mut reader, &"in_2".into()).await.unwrap(), None);
    seen.payment = None;
    seen.invoice.status = InvoiceStatus::Paid;
    seen.invoice.paid_at = Some(NOW.plus(700));
    seen.invoice.payments[0].paid = true;
    seen.invoice.payments[0].amount_paid = 10_000;
    save(&database, &seen).await;
    let found = store::invoices::of_payment(&mut reader, &"pi_in_1".into()).await.unwrap();
    assert_eq!(found, Some(seen));
    assert_eq!(store::invoices::of_payment(&mut reader, &"pi_in_2".into()).await.unwrap(), None);
}

async fn what_can_still_change_is_looked_at_again(database: Database) {
    let ada = member(&database).await;
    let mut paid = open(&ada, "in_1");
    paid.invoice.status = InvoiceStatus::Paid;
    save(&database, &paid).await;
    save(&database, &open(&ada, "in_2")).await;
    let mut reader = database.db.reader();
    let unsettled = store::invoices::unsettled(&mut reader, &"cus_ada".into()).await.unwrap();
    assert_eq!(unsettled, ["in_2".into()]);
    for (id, settled) in [("in_1", true), ("in_2", false), ("in_3", false)] {
        assert_eq!(store::invoices::is_settled(&mut reader, &id.into()).await.unwrap(), settled, "{id}");
    }
}
