//! The newest tries to deliver an account's events, on the dashboard.

use crate::server::delivery_log::Attempt;
use crate::server::html::{Cell, Html, moment};

const HEADS: &[&str] = &["Event", "Type", "Endpoint", "Try", "Answer", "Took", "At"];

pub(super) fn show(page: &mut Html, attempts: &[Attempt]) {
    page.element("h3", "Deliveries (the newest, by the system's time)");
    if attempts.is_empty() {
        page.element("p class=\"none\"", "None.");
        return;
    }
    page.table(HEADS, attempts.iter().map(row));
}

fn row(attempt: &Attempt) -> Vec<Cell> {
    let outcome = &attempt.outcome;
    let answer = match (outcome.status, &outcome.error) {
        (Some(status), _) => status.to_string(),
        (None, Some(error)) => error.clone(),
        (None, None) => String::new(),
    };
    vec![
        Cell::Id(attempt.event.clone()),
        Cell::Text(attempt.event_type.clone()),
        Cell::Id(attempt.endpoint.clone()),
        Cell::Text(attempt.number.to_string()),
        Cell::Text(answer),
        Cell::Text(format!("{} ms", attempt.duration_ms)),
        Cell::Text(moment(attempt.at_ms.div_euclid(1000))),
    ]
}
