//! Which invoice a payment is for.

use super::invoices::invoice;
use crate::json::{Misread, Node};
use crate::types::PaidInvoice;

/// With its invoice expanded.
pub(crate) fn paid_invoice(node: &Node<'_>) -> Result<PaidInvoice, Misread> {
    let of = node.opt("payment");
    Ok(PaidInvoice {
        payment_intent: of.map(|of| of.opt_id("payment_intent")).transpose()?.flatten(),
        amount_paid: node.opt("amount_paid").map(|amount| amount.number()).transpose()?.unwrap_or(0),
        invoice: invoice(&node.get("invoice")?)?,
    })
}
