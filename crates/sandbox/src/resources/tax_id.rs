//! Tax ids of customers: shown on invoices at Stripe. Nobody verifies them here, and no tax is computed of them.

use crate::core::value::{Value, json};

use super::customer;
use super::shapes::NONE;
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, LIMIT, list};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "customers/*/tax_ids", CREATE, create),
    route("GET", "customers/*/tax_ids", LIST, all),
    route("GET", "customers/*/tax_ids/*", NONE, retrieve),
    route("DELETE", "customers/*/tax_ids/*", NONE, delete),
];

/// Of the types those of Europe; each with the form that Stripe's documentation of customer tax ids shows.
const CREATE: Shape =
    &[("type", Kind::Word(&["ch_vat", "eu_vat", "gb_vat", "no_vat"])), ("value", Kind::Text)];
const LIST: Shape = &[AFTER, BEFORE, LIMIT];

const KIND: &str = "tax_id";
/// [doc]: five for each customer.
const MOST: usize = 5;

fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let customer = customer::live(work, args.id())?;
    let (kind, value) = (args.need_text("type")?, args.need_text("value")?);
    if !is_well_formed(kind, value) {
        return Err(ApiError::invalid(format!("Invalid value for {kind}."))
            .code("tax_id_invalid")
            .param("value"));
    }
    let present = work.matching(KIND, "customer", &customer);
    if present.len() >= MOST {
        return Err(ApiError::invalid("You cannot add more than 5 tax IDs to a customer."));
    }
    let country = match kind {
        "eu_vat" => value.get(..2).map(|prefix| if prefix == "EL" { "GR" } else { prefix }),
        _ => kind.get(..2),
    };
    let id = format!("txi_1{}", work.random.text(23));
    work.create(json!({
        "id": id,
        "object": KIND,
        "country": country.map(str::to_ascii_uppercase),
        "created": work.now,
        "customer": customer,
        "customer_account": null,
        "livemode": false,
        "owner": { "customer": customer, "type": "customer" },
        "type": kind,
        "value": value,
        "verification": { "status": "pending", "verified_address": null, "verified_name": null },
    }));
    work.tell("customer.tax_id.created", &id);
    Ok((*work.see(&id)).clone())
}

fn is_well_formed(kind: &str, value: &str) -> bool {
    let digits = |text: &str, counts: &[usize]| {
        counts.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    match kind {
        "eu_vat" => {
            let plain = value.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
            let country = value.get(..2).is_some_and(|prefix| prefix.bytes().all(|b| b.is_ascii_uppercase()));
            plain && country && (6..=14).contains(&value.len())
        }
        "gb_vat" => value.strip_prefix("GB").is_some_and(|rest| digits(rest, &[9, 12])),
        "no_vat" => value.strip_suffix("MVA").is_some_and(|rest| digits(rest, &[9])),
        _ => {
            let rest = value.strip_prefix("CHE-").and_then(|rest| rest.split_once(' '));
            rest.is_some_and(|(number, tax)| {
                number.len() == 11
                    && digits(&number.replace('.', ""), &[9])
                    && ["MWST", "TVA", "IVA"].contains(&tax)
            })
        }
    }
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*customer::own(work, args, KIND)?).clone())
}

fn delete(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = customer::own(work, args, KIND)?.id();
    work.tell("customer.tax_id.deleted", &id);
    work.remove(&id);
    Ok(json!({ "id": id, "object": KIND, "deleted": true }))
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let customer = customer::live(work, args.id())?;
    let found = work.matching(KIND, "customer", &customer);
    list(work, args, KIND, &format!("/v1/customers/{customer}/tax_ids"), Some(found), |_| true)
}
