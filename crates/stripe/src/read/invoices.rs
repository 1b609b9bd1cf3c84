//! Invoices, and previews of them.

use super::currency;
use super::payment_intents::client_secret;
use crate::json::{Misread, Node};
use domain::invoice::{Invoice, InvoiceLine, InvoicePages, InvoicePayment, InvoicePreview, InvoiceStatus};

pub(crate) fn invoice(node: &Node<'_>) -> Result<Invoice, Misread> {
    let parent = node.opt("parent").and_then(|parent| parent.opt("subscription_details"));
    let payments = node.opt("payments").map(|payments| self::payments(&payments)).transpose()?;
    let secret = node.opt("confirmation_secret").map(|secret| client_secret(&secret)).transpose()?;
    Ok(Invoice {
        id: node.text_at("id")?.into(),
        status: status(node)?,
        number: node.opt_text("number")?,
        currency: currency(node)?,
        subtotal: node.number_at("subtotal")?,
        discount: sum(node, "total_discount_amounts")?,
        tax: sum(node, "total_taxes")?,
        total: node.number_at("total")?,
        amount_due: node.number_at("amount_due")?,
        amount_paid: node.number_at("amount_paid")?,
        amount_remaining: node.number_at("amount_remaining")?,
        lines: lines(node)?,
        subscription: parent.map(|details| details.opt_id("subscription")).transpose()?.flatten(),
        payments: payments.unwrap_or_default(),
        confirmation_secret: secret.flatten(),
        customer: node.opt_id("customer")?,
        billing_reason: node.opt_text("billing_reason")?,
        created: node.time_at("created")?,
        paid_at: match node.opt("status_transitions") {
            Some(transitions) => transitions.opt_time("paid_at")?,
            None => None,
        },
        attempt_count: node.opt("attempt_count").map(|count| count.number()).transpose()?.unwrap_or(0),
        next_payment_attempt: node.opt_time("next_payment_attempt")?,
    })
}

/// First the default one.
fn payments(node: &Node<'_>) -> Result<Vec<InvoicePayment>, Misread> {
    let mut payments = Vec::new();
    for item in node.get("data")?.items()? {
        let of = item.opt("payment");
        let default = item.opt("is_default").map(|flag| flag.flag()).transpose()?.unwrap_or(false);
        let payment = InvoicePayment {
            payment_intent: of.map(|of| of.opt_id("payment_intent")).transpose()?.flatten(),
            paid: item.text_at("status")? == "paid",
            amount_paid: item.opt("amount_paid").map(|amount| amount.number()).transpose()?.unwrap_or(0),
        };
        payments.push((!default, payment));
    }
    payments.sort_by_key(|(other, _)| *other);
    Ok(payments.into_iter().map(|(_, payment)| payment).collect())
}

fn status(node: &Node<'_>) -> Result<InvoiceStatus, Misread> {
    let word = node.get("status")?;
    let text = word.text()?;
    let status = InvoiceStatus::ALL.into_iter().find(|status| status.as_str() == text);
    status.ok_or_else(|| word.wrong("the status of an invoice"))
}

/// The amounts of a list such as `total_taxes`, which is null where there are none.
fn sum(node: &Node<'_>, list: &str) -> Result<i64, Misread> {
    let Some(list) = node.opt(list) else { return Ok(0) };
    list.items()?.iter().map(|item| item.number_at("amount")).sum()
}

fn lines(node: &Node<'_>) -> Result<Vec<InvoiceLine>, Misread> {
    node.get("lines")?.get("data")?.items()?.iter().map(line).collect()
}

pub(crate) fn pages(node: &Node<'_>) -> Result<InvoicePages, Misread> {
    Ok(InvoicePages {
        id: node.text_at("id")?.into(),
        hosted_url: node.opt_text("hosted_invoice_url")?,
        pdf_url: node.opt_text("invoice_pdf")?,
    })
}

/// Its id may not be stored, and is not read.
pub(crate) fn preview(node: &Node<'_>) -> Result<InvoicePreview, Misread> {
    Ok(InvoicePreview {
        currency: currency(node)?,
        amount_due: node.number_at("amount_due")?,
        total: node.number_at("total")?,
        starting_balance: node.opt("starting_balance").map(|b| b.number()).transpose()?.unwrap_or(0),
        discount: sum(node, "total_discount_amounts")?,
        tax: taxes_on_top(node)?,
        lines: lines(node)?,
    })
}

/// What lines do not include already.
fn taxes_on_top(node: &Node<'_>) -> Result<i64, Misread> {
    let Some(all) = node.opt("total_taxes") else { return Ok(0) };
    let mut sum = 0;
    for tax in all.items()? {
        if tax.text_at("tax_behavior")? == "exclusive" {
            sum += tax.number_at("amount")?;
        }
    }
    Ok(sum)
}

fn line(node: &Node<'_>) -> Result<InvoiceLine, Misread> {
    let parent = node.opt("parent");
    let of =
        |name: &str| parent.as_ref().and_then(|parent| parent.opt(name)).and_then(|of| of.opt("proration"));
    let proration = of("subscription_item_details").or_else(|| of("invoice_item_details"));
    let period = node.get("period")?;
    Ok(InvoiceLine {
        description: node.opt_text("description")?.unwrap_or_default(),
        amount: node.number_at("amount")?,
        quantity: node.opt("quantity").map(|quantity| quantity.number()).transpose()?,
        period_start: period.time_at("start")?,
        period_end: period.time_at("end")?,
        price: match node.opt("pricing").and_then(|pricing| pricing.opt("price_details")) {
            Some(details) => details.opt_id("price")?,
            None => None,
        },
        proration: proration.map(|flag| flag.flag()).transpose()?.unwrap_or(false),
    })
}
