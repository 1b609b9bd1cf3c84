//! Refunds.

use super::money;
use crate::json::{Misread, Node};
use domain::payment::Refund;

pub(crate) fn refund(node: &Node<'_>) -> Result<Refund, Misread> {
    let status = node.opt_text("status")?;
    Ok(Refund {
        id: node.text_at("id")?.into(),
        amount: money(node, "amount")?,
        counts: !matches!(status.as_deref(), Some("failed" | "canceled")),
        payment_intent: node.opt_id("payment_intent")?,
        reason: node.metadata("reason"),
    })
}
