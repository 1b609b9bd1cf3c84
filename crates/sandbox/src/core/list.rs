//! Lists: newest first, by cursor, with `created` ranges.

use std::sync::Arc;

use crate::core::value::{Value, json};

use super::error::{ApiError, Result};
use super::json::Json;
use super::render;
use super::work::Work;
use crate::params::args::Args;
use crate::params::shape::Kind;

/// The members that every list takes, to be put into its shape: `limit`, `starting_after`, `ending_before`.
pub(crate) const LIMIT: (&str, Kind) = ("limit", Kind::Int);
pub(crate) const AFTER: (&str, Kind) = ("starting_after", Kind::Text);
pub(crate) const BEFORE: (&str, Kind) = ("ending_before", Kind::Text);
pub(crate) const CREATED: (&str, Kind) = ("created", Kind::Range);

/// How many elements a page has.
///
/// # Errors
/// 400 for a limit outside 1..=100.
pub(crate) fn page_size(args: &Args) -> Result<usize> {
    match args.int("limit") {
        None => Ok(10),
        Some(limit @ 1..=100) => Ok(usize::try_from(limit).unwrap_or(10)),
        Some(limit) => {
            let (bound, side) = if limit < 1 { (1, "greater") } else { (100, "less") };
            let message = format!("This value must be {side} than or equal to {bound}.");
            Err(ApiError::invalid(message).code("parameter_invalid_integer").param("limit"))
        }
    }
}

/// A page of a list that is kept inside of an object, in its own order.
///
/// # Errors
/// As [`list`].
pub(crate) fn page(args: &Args, all: &[Value], url: &str) -> Result<Value> {
    let limit = page_size(args)?;
    let place = |name: &str| -> Result<Option<usize>> {
        let Some(id) = args.text(name) else { return Ok(None) };
        let found = all.iter().position(|element| element.is("id", id));
        found.map(Some).ok_or_else(|| ApiError::missing_param("element", id, name))
    };
    let (data, has_more) = match (place("starting_after")?, place("ending_before")?) {
        (_, Some(end)) => (&all[end.saturating_sub(limit)..end], end > limit),
        (after, None) => {
            let rest = &all[after.map_or(0, |place| place + 1)..];
            (&rest[..rest.len().min(limit)], rest.len() > limit)
        }
    };
    Ok(json!({ "object": "list", "data": data, "has_more": has_more, "url": url }))
}

/// A page of the objects of one kind for which `keep` holds.
///
/// `among` narrows the search to some objects (newest first), found by an index.
///
/// # Errors
/// 400 for a limit outside 1..=100, two cursors, or a cursor that names nothing.
pub(crate) fn list(
    work: &Work<'_>,
    args: &Args,
    kind: &str,
    url: &str,
    among: Option<Vec<Arc<Value>>>,
    keep: impl Fn(&Value) -> bool,
) -> Result<Value> {
    let limit = page_size(args)?;
    let cursor = |name: &str| -> Result<Option<u64>> {
        let Some(id) = args.text(name) else { return Ok(None) };
        Ok(work.named(kind, id, name)?.at("_seq").as_u64())
    };
    let (after, before) = (cursor("starting_after")?, cursor("ending_before")?);
    if after.is_some() && before.is_some() {
        return Err(ApiError::invalid(
            "You may only specify one of these parameters: starting_after, ending_before.",
        )
        .code("parameters_exclusive"));
    }
    let keep = |object: &Arc<Value>| {
        let seq = object.at("_seq").as_u64().unwrap_or_default();
        after.is_none_or(|cursor| seq < cursor)
            && before.is_none_or(|cursor| seq > cursor)
            && !object.flag("deleted")
            && within(args.at("created"), object.num("created"))
            && keep(object)
    };
    let mut page: Vec<Arc<Value>> = match (among, before) {
        (Some(found), None) => found.into_iter().filter(&keep).take(limit + 1).collect(),
        (Some(found), Some(_)) => found.into_iter().rev().filter(&keep).take(limit + 1).collect(),
        (None, None) => {
            work.account.of_kind_before(kind, after).filter(|o| keep(o)).take(limit + 1).cloned().collect()
        }
        (None, Some(seq)) => {
            work.account.of_kind_after(kind, seq).filter(|o| keep(o)).take(limit + 1).cloned().collect()
        }
    };
    let has_more = page.len() > limit;
    page.truncate(limit);
    if before.is_some() {
        page.reverse();
    }
    let data: Vec<Value> = page.iter().map(|object| render::public(object)).collect();
    Ok(json!({ "object": "list", "data": data, "has_more": has_more, "url": url }))
}

/// Whether a moment lies in a range parameter (a moment, or `gt`, `gte`, `lt`, `lte`).
pub(crate) fn within(range: &Value, at: i64) -> bool {
    if let Some(exact) = range.as_i64() {
        return at == exact;
    }
    range.int("gt").is_none_or(|bound| at > bound)
        && range.int("gte").is_none_or(|bound| at >= bound)
        && range.int("lt").is_none_or(|bound| at < bound)
        && range.int("lte").is_none_or(|bound| at <= bound)
}

/// Whether an object's member is what the parameter of the same name asks for, if it does.
pub(crate) fn agrees(args: &Args, name: &str, object: &Value) -> bool {
    match args.at(name) {
        Value::Null => true,
        wanted => object.at(name) == wanted,
    }
}
