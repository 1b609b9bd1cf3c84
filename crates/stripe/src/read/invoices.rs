//! Invoices, and previews of them.

use super::currency;
use super::payment_intents::client_secret;
use crate::json::{Misread, Node};
use domain::payment::{Invoice, InvoicePayment, InvoicePreview, InvoiceStatus, PreviewLine};

pub(crate) fn invoice(node: &Node<'_>) -> Result<Invoice, Misread> {
    let parent = node.opt("parent").and_then(|parent| parent.opt("subscription_details"));
    let payments = node.opt("payments").map(|payments| self::payments(&payments)).transpose()?;
    let secret = node.opt("confirmation_secret").map(|secret| client_secret(&secret)).transpose()?;
    Ok(Invoice {
        id: node.text_at("id")?.into(),
        status: status(node)?,
        currency: currency(node)?,
        total: node.number_at("total")?,
        amount_due: node.number_at("amount_due")?,
        amount_paid: node.number_at("amount_paid")?,
        subscription: parent.map(|details| details.opt_id("subscription")).transpose()?.flatten(),
        payments: payments.unwrap_or_default(),
        confirmation_secret: secret.flatten(),
        customer: node.opt_id("customer")?,
        billing_reason: node.opt_text("billing_reason")?,
        created: node.time_at("created")?,
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
    match word.text()? {
        "draft" => Ok(InvoiceStatus::Draft),
        "open" => Ok(InvoiceStatus::Open),
        "paid" => Ok(InvoiceStatus::Paid),
        "uncollectible" => Ok(InvoiceStatus::Uncollectible),
        "void" => Ok(InvoiceStatus::Void),
        _ => Err(word.wrong("the status of an invoice")),
    }
}

/// Its id may not be stored, and is not read.
pub(crate) fn preview(node: &Node<'_>) -> Result<InvoicePreview, Misread> {
    let lines = node.get("lines")?.get("data")?.items()?;
    Ok(InvoicePreview {
        currency: currency(node)?,
        amount_due: node.number_at("amount_due")?,
        total: node.number_at("total")?,
        starting_balance: node.opt("starting_balance").map(|b| b.number()).transpose()?.unwrap_or(0),
        lines: lines.iter().map(line).collect::<Result<_, _>>()?,
    })
}

fn line(node: &Node<'_>) -> Result<PreviewLine, Misread> {
    let parent = node.opt("parent");
    let of =
        |name: &str| parent.as_ref().and_then(|parent| parent.opt(name)).and_then(|of| of.opt("proration"));
    let proration = of("subscription_item_details").or_else(|| of("invoice_item_details"));
    Ok(PreviewLine {
        description: node.opt_text("description")?.unwrap_or_default(),
        amount: node.number_at("amount")?,
        period_end: node.get("period")?.time_at("end")?,
        proration: proration.map(|flag| flag.flag()).transpose()?.unwrap_or(false),
    })
}
