//! Products.

use crate::core::value::{Value, json};

use super::price;
use super::shapes::{NONE, RECURRING};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, agrees, list};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "products", CREATE, create),
    route("GET", "products", LIST, all),
    route("GET", "products/*", NONE, retrieve),
    route("POST", "products/*", UPDATE, update),
    route("DELETE", "products/*", NONE, delete),
];

const DEFAULT_PRICE: Shape = &[
    ("currency", Kind::Text),
    ("metadata", Kind::Metadata),
    ("recurring", Kind::Nested(RECURRING)),
    ("tax_behavior", Kind::Word(&["exclusive", "inclusive", "unspecified"])),
    ("unit_amount", Kind::Int),
    ("unit_amount_decimal", Kind::Decimal),
];

const FEATURE: Shape = &[("name", Kind::Text)];

const DIMENSIONS: Shape =
    &[("height", Kind::Number), ("length", Kind::Number), ("weight", Kind::Number), ("width", Kind::Number)];

/// [spec]: up to 8 images, up to 15 features.
const MOST: [(&str, usize); 2] = [("images", 8), ("marketing_features", 15)];

const CREATE: Shape = &[
    ("active", Kind::Bool),
    ("default_price_data", Kind::Nested(DEFAULT_PRICE)),
    ("description", Kind::UpTo(40_000)),
    ("id", Kind::Text),
    ("images", Kind::Texts),
    ("marketing_features", Kind::Each(FEATURE)),
    ("metadata", Kind::Metadata),
    ("name", Kind::Text),
    ("package_dimensions", Kind::Nested(DIMENSIONS)),
    ("shippable", Kind::Bool),
    ("statement_descriptor", Kind::UpTo(22)),
    ("tax_code", Kind::Text),
    ("type", Kind::Word(&["good", "service"])),
    ("unit_label", Kind::UpTo(12)),
    ("url", Kind::Text),
];

const UPDATE: Shape = &[
    ("active", Kind::Bool),
    ("default_price", Kind::Text),
    ("description", Kind::UpTo(40_000)),
    ("images", Kind::Texts),
    ("marketing_features", Kind::Each(FEATURE)),
    ("metadata", Kind::Metadata),
    ("name", Kind::Text),
    ("package_dimensions", Kind::Nested(DIMENSIONS)),
    ("shippable", Kind::Bool),
    ("statement_descriptor", Kind::UpTo(22)),
    ("tax_code", Kind::Text),
    ("unit_label", Kind::UpTo(12)),
    ("url", Kind::Text),
];

const LIST: Shape = &[
    ("active", Kind::Bool),
    AFTER,
    BEFORE,
    CREATED,
    ("ids", Kind::Texts),
    LIMIT,
    ("shippable", Kind::Bool),
    ("type", Kind::Word(&["good", "service"])),
    ("url", Kind::Text),
];

const PLAIN: &[&str] =
    &["active", "description", "name", "shippable", "statement_descriptor", "tax_code", "unit_label", "url"];

/// A new product, told to the endpoints; prices make one from their `product_data` too.
pub(crate) fn make(work: &mut Work<'_>, id: Option<&str>, args: &Args) -> Result<String> {
    let id = match id {
        Some(id) if work.get(id).is_some() => {
            return Err(ApiError::conflict("resource_already_exists", "Product already exists.").param("id"));
        }
        Some(id) => id.to_owned(),
        None => work.new_id("prod"),
    };
    args.need_text("name")?;
    let mut product = json!({
        "id": id,
        "object": "product",
        "active": true,
        "attributes": [],
        "created": work.now,
        "default_price": null,
        "description": null,
        "images": [],
        "livemode": false,
        "marketing_features": [],
        "metadata": {},
        "name": null,
        "package_dimensions": null,
        "shippable": null,
        "statement_descriptor": null,
        "tax_code": null,
        "type": "service",
        "unit_label": null,
        "updated": work.now,
        "url": null,
    });
    fill(args, &mut product)?;
    args.copy(&["type"], &mut product);
    work.create(product);
    work.tell("product.created", &id);
    Ok(id)
}

fn fill(args: &Args, product: &mut Value) -> Result<()> {
    args.copy(PLAIN, product);
    args.metadata(product);
    for (name, most) in MOST {
        if args.params.list(name).len() > most {
            return Err(ApiError::invalid(format!("You can specify up to {most} {name}.")).param(name));
        }
        if let Some(sent) = args.params.get(name) {
            product.set(name, if sent.is_null() { json!([]) } else { sent.clone() });
        }
    }
    for (index, feature) in args.params.list("marketing_features").iter().enumerate() {
        if !feature.has("name") {
            return Err(ApiError::required(&format!("marketing_features[{index}][name]")));
        }
    }
    match args.params.get("package_dimensions") {
        Some(Value::Object(sent)) => {
            for (side, _) in DIMENSIONS {
                if !sent.contains_key(side) {
                    return Err(ApiError::required(&format!("package_dimensions[{side}]")));
                }
            }
            product.set("package_dimensions", sent.clone());
        }
        Some(_) => product.set("package_dimensions", Value::Null),
        None => {}
    }
    Ok(())
}

fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = make(work, args.text("id"), args)?;
    if args.at("default_price_data").is_object() {
        let price_args = Args { params: args.at("default_price_data").clone(), ..Args::default() };
        let price = price::make(work, &id, &price_args)?;
        work.set(&id, "default_price", price);
        work.tell_if_changed("product.updated", &id);
    }
    Ok((*work.see(&id)).clone())
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.path("product", args.id())?).clone())
}

fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = work.path("product", args.id())?.id();
    if args.sent("name") {
        args.need_text("name")?;
    }
    if let Some(price) = args.text("default_price") {
        let price = work.named("price", price, "default_price")?;
        if !price.is("product", &id) {
            let message = format!("The price `{}` does not belong to the product `{id}`.", price.id());
            return Err(ApiError::invalid(message).param("default_price"));
        }
    }
    let mut changed = (*work.see(&id)).clone();
    fill(args, &mut changed)?;
    args.copy(&["default_price"], &mut changed);
    work.edit(&id, |product| *product = changed);
    if work.account.get(&id).is_none_or(|before| **before != *work.see(&id)) {
        let now = work.now;
        work.set(&id, "updated", now);
    }
    work.tell_if_changed("product.updated", &id);
    Ok((*work.see(&id)).clone())
}

/// Only a product without prices can be deleted ([spec]).
fn delete(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = work.path("product", args.id())?.id();
    if !work.matching("price", "product", &id).is_empty() {
        let message = "This product cannot be deleted because it has one or more user-created prices.";
        return Err(ApiError::invalid(message).begun());
    }
    work.tell("product.deleted", &id);
    work.remove(&id);
    Ok(json!({ "id": id, "object": "product", "deleted": true }))
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let ids = args.at("ids");
    list(work, args, "product", "/v1/products", None, |product| {
        ["active", "shippable", "type", "url"].iter().all(|name| agrees(args, name, product))
            && ids.as_array().is_none_or(|ids| ids.contains(product.at("id")))
    })
}
