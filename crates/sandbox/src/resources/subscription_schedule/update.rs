//! Changing a schedule: its current and coming phases are sent anew.

use crate::core::value::Value;

use super::create::END_BEHAVIOR;
use super::phases::{self, DEFAULTS, PHASE};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::life::schedule;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use crate::resources::subscription::update::PRORATION_BEHAVIOR;

pub(super) const UPDATE: Shape = &[
    ("default_settings", Kind::Nested(DEFAULTS)),
    ("end_behavior", END_BEHAVIOR),
    ("metadata", Kind::Metadata),
    ("phases", Kind::Each(PHASE)),
    ("proration_behavior", PRORATION_BEHAVIOR),
];

pub(super) fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = super::open(work, args, "update")?;
    if args.at("default_settings").is_object() {
        let defaults = phases::defaults(args)?;
        work.set(&id, "default_settings", defaults);
    }
    work.edit(&id, |schedule| {
        args.copy(&["end_behavior"], schedule);
        args.metadata(schedule);
    });
    if args.sent("phases") {
        replace(work, args, &id)?;
    }
    super::changed(work, &id);
    Ok((*work.see(&id)).clone())
}

/// Past phases stay; the current one keeps its start ([doc]: whatever is not sent again is unset).
fn replace(work: &mut Work<'_>, args: &Args, id: &str) -> Result<()> {
    let schedule = work.see(id);
    let sent = args.params.list("phases").to_vec();
    let current = schedule::current(&schedule);
    let past: Vec<Value> = schedule.list("phases").iter().take(current.unwrap_or(0)).cloned().collect();
    let start = match (current, sent.first().and_then(|phase| phase.int("start_date"))) {
        (Some(current), asked) => {
            let start = schedule.list("phases")[current].num("start_date");
            if asked.is_some_and(|asked| asked != start) {
                let message =
                    "You cannot change the start date of the current phase of a subscription schedule.";
                return Err(ApiError::invalid(message).param("phases[0][start_date]"));
            }
            start
        }
        (None, Some(asked)) if asked > work.now => asked,
        (None, Some(_)) => {
            let message = "Invalid timestamp: must be an integer Unix timestamp in the future.";
            return Err(ApiError::invalid(message).param("phases[0][start_date]"));
        }
        (None, None) => schedule.list("phases")[0].num("start_date"),
    };
    if sent.is_empty() {
        return Err(ApiError::required("phases"));
    }
    let new = phases::read(work, &sent, start, &schedule.string("customer"))?;
    if current.is_some() && new[0].num("end_date") < work.now {
        let message = "The phases of a subscription schedule must reach into the future.";
        return Err(ApiError::invalid(message).param("phases[0][end_date]"));
    }
    let all: Vec<Value> = past.into_iter().chain(new).collect();
    work.set(id, "phases", all);
    if current.is_some() {
        schedule::adopt(work, id, args.text("proration_behavior"))?;
    }
    Ok(())
}
