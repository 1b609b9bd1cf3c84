//! Search: `GET /v1/{resource}/search` with Stripe's query language.
//!
//! Stripe's own index lags by up to a minute; here everything is found at once.

mod fields;
mod matching;
mod query;

use crate::core::value::{Value, json};

use super::error::{ApiError, Result};
use super::ids::hash;
use super::json::Json;
use super::list::{LIMIT, page_size};
use super::render;
use super::routes::{Route, route};
use super::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use fields::Resource;

const SEARCH: Shape = &[LIMIT, ("page", Kind::Text), ("query", Kind::Text)];

pub(crate) const ROUTES: &[Route] = &[
    route("GET", "charges/search", SEARCH, charges),
    route("GET", "customers/search", SEARCH, customers),
    route("GET", "invoices/search", SEARCH, invoices),
    route("GET", "payment_intents/search", SEARCH, payment_intents),
    route("GET", "prices/search", SEARCH, prices),
    route("GET", "products/search", SEARCH, products),
    route("GET", "subscriptions/search", SEARCH, subscriptions),
];

fn charges(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    search(work, args, &fields::CHARGES)
}

fn customers(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    search(work, args, &fields::CUSTOMERS)
}

fn invoices(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    search(work, args, &fields::INVOICES)
}

fn payment_intents(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    search(work, args, &fields::PAYMENT_INTENTS)
}

fn prices(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    search(work, args, &fields::PRICES)
}

fn products(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    search(work, args, &fields::PRODUCTS)
}

fn subscriptions(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    search(work, args, &fields::SUBSCRIPTIONS)
}

/// A page of what a query finds, newest first.
fn search(work: &Work<'_>, args: &Args, resource: &Resource) -> Result<Value> {
    let text = args.need_text("query")?;
    let query = query::parse(text)?;
    fields::check(resource, &query)?;
    let limit = page_size(args)?;
    let before = args.text("page").map(|page| cursor(page, text)).transpose()?;
    let found = |object: &Value| !object.flag("deleted") && matching::matches(resource, &query, object);
    let counted = args.expand().iter().any(|path| path == "total_count");
    let mut data: Vec<_> = work
        .account
        .of_kind_before(resource.kind, before)
        .filter(|object| found(object))
        .take(limit + 1)
        .collect();
    let has_more = data.len() > limit;
    data.truncate(limit);
    let next = data.last().filter(|_| has_more).map(|last| page_after(last.at("_seq").as_u64(), text));
    let mut answer = json!({
        "object": "search_result",
        "data": data.into_iter().map(|object| render::public(object)).collect::<Vec<_>>(),
        "has_more": has_more,
        "next_page": next,
        "url": format!("/v1/{}/search", resource.name),
    });
    if counted {
        let all = work.account.of_kind(resource.kind).filter(|object| found(object)).count();
        answer.set("total_count", all);
    }
    Ok(answer)
}

/// A page is known by the last object before it, and belongs to one query.
fn page_after(seq: Option<u64>, query: &str) -> String {
    let seq = seq.unwrap_or_default();
    format!("{seq:016x}{:016x}", hash(&format!("{seq} {query}")))
}

fn cursor(page: &str, query: &str) -> Result<u64> {
    let seq = page.get(..16).and_then(|seq| u64::from_str_radix(seq, 16).ok());
    seq.filter(|seq| page_after(Some(*seq), query) == page)
        .ok_or_else(|| ApiError::invalid(format!("Invalid page: {page}")).param("page"))
}
