//! Schedules.

use crate::json::{Misread, Node};
use crate::types::{Phase, Schedule};

pub(crate) fn schedule(node: &Node<'_>) -> Result<Schedule, Misread> {
    let phases = node.get("phases")?.items()?.iter().map(phase).collect::<Result<Vec<_>, _>>()?;
    let current = match node.opt("current_phase") {
        Some(current) => Some(current.time_at("start_date")?),
        None => None,
    };
    Ok(Schedule {
        id: node.text_at("id")?.to_owned(),
        over: matches!(node.text_at("status")?, "released" | "completed" | "canceled"),
        lets_go: node.text_at("end_behavior")? == "release",
        current: current.and_then(|start| phases.iter().position(|phase| phase.start == start)),
        phases,
        change: node.metadata("plan_change"),
    })
}

fn phase(node: &Node<'_>) -> Result<Phase, Misread> {
    let items = node.get("items")?.items()?;
    let price = match items.as_slice() {
        [item] => item.opt_id("price")?,
        _ => None,
    };
    let discounts = node.opt("discounts").map(|discounts| discounts.items()).transpose()?.unwrap_or_default();
    let codes = discounts.iter().map(|discount| discount.opt_id::<String>("promotion_code"));
    let promotion_code = codes.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().next();
    Ok(Phase { start: node.time_at("start_date")?, end: node.time_at("end_date")?, price, promotion_code })
}
