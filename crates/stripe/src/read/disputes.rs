//! Disputes.

use super::money;
use crate::json::{Misread, Node};
use domain::dispute::{Dispute, DisputeStatus};

pub(crate) fn dispute(node: &Node<'_>) -> Result<Dispute, Misread> {
    let details = node.opt("evidence_details");
    Ok(Dispute {
        id: node.text_at("id")?.into(),
        payment_intent: node.opt_id("payment_intent")?,
        status: status(node)?,
        amount: money(node, "amount")?,
        reason: node.opt_text("reason")?.unwrap_or_default(),
        due_by: details.map(|details| details.opt_time("due_by")).transpose()?.flatten(),
        created: node.time_at("created")?,
    })
}

fn status(node: &Node<'_>) -> Result<DisputeStatus, Misread> {
    let word = node.get("status")?;
    let text = word.text()?;
    let status = DisputeStatus::ALL.into_iter().find(|status| status.as_str() == text);
    status.ok_or_else(|| word.wrong("the status of a dispute"))
}
