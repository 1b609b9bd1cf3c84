//! Disputes: there are none on this floor (the cards that cause them are refused), and the lists say so.

use serde_json::Value;

use super::shapes::NONE;
use crate::core::error::Result;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, list};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] =
    &[route("GET", "disputes", LIST, all), route("GET", "disputes/*", NONE, retrieve)];

const LIST: Shape = &[AFTER, BEFORE, ("charge", Kind::Text), CREATED, LIMIT, ("payment_intent", Kind::Text)];

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.path("dispute", args.id())?).clone())
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    list(work, args, "dispute", "/v1/disputes", None, |_| true)
}
